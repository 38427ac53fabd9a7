"""Say which run is near which: what a run begins with, and which run is next."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from siting.errors import PlanError
from siting.sweep.work import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from siting.sweep.design import Run
    from siting.sweep.vary import Value

MOST_KNOWN = 3
"""Runs whose bounds are tried; the nearest one's plan is begun with."""


class Distance:
    """Measure how far two runs are apart.

    A key of numbers counts by its part of the key's whole range, another by 1 where it differs;
    runs of different cities have nothing in common.

    Parameters
    ----------
    runs
        All runs of the sweep.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self._span: dict[str, float] = {}
        for key in runs[0].values if runs else ():
            values = [run.values[key] for run in runs]
            numbers = [float(v) for v in values if _is_number(v)]
            if len(numbers) == len(values):
                self._span[key] = (max(numbers) - min(numbers)) or 1.0

    def __call__(self, one: Run, other: Run) -> float:
        """Return the distance of two runs; infinite between cities."""
        if one.case_hash != other.case_hash:
            return float("inf")
        return sum(self._apart(key, one.values[key], other.values[key]) for key in one.values)

    def _apart(self, key: str, one: Value, other: Value) -> float:
        if key in self._span:
            return abs(float(one) - float(other)) / self._span[key]
        return float(one != other)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Queue:
    """Hold the runs that wait, and hand out the one nearest to any that is solved.

    Parameters
    ----------
    waiting
        In order; of several that are as near, and while none is solved, the first comes first.
    apart
        Measures distances.
    """

    def __init__(self, waiting: Sequence[Run], apart: Distance) -> None:
        self.apart = apart
        self._waiting = {run.id: (run, float("inf")) for run in waiting}

    def __len__(self) -> int:
        return len(self._waiting)

    def solved(self, run: Run) -> None:
        """Take note that a run has a plan to begin others with."""
        for name, (other, least) in self._waiting.items():
            self._waiting[name] = other, min(least, self.apart(run, other))

    def take(self) -> Run:
        """Return the next run; it waits no longer."""
        name = min(self._waiting, key=lambda name: self._waiting[name][1])
        return self._waiting.pop(name)[0]


def known_of(
    run: Run, solved: Sequence[Run], apart: Distance, read: Callable[[Run], Known | None]
) -> tuple[Known, ...]:
    """Return what is known of the nearest runs of the same city, the nearest first.

    Parameters
    ----------
    run
        The run to answer.
    solved
        Runs with plans.
    apart
        Measures distances.
    read
        Reads a run's plan; None where it cannot be.
    """
    same = [other for other in solved if other.case_hash == run.case_hash]
    nearest = sorted(same, key=lambda other: apart(run, other))
    found = (known for other in nearest if (known := read(other)) is not None)
    return tuple(itertools.islice(found, MOST_KNOWN))


def read_known(run: Run, folder: Path) -> Known | None:
    """Return what a run's plan folder tells; None where it is not there, or damaged."""
    try:
        document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        types = {
            station["id"]: tuple(step["type"] for step in station["steps"])
            for station in document["stations"]
        }
        return Known(run.id, run.scenario, types, float(document["outcome"]["bound"]))
    except (OSError, ValueError, KeyError, TypeError, PlanError):
        return None
