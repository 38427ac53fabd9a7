"""Answer one run, wherever: in a process of this machine, or on a worker of a cluster.

A run begins with the plan of the nearest run that has one, and with the best bound among those that
ask no more than it does. The city is loaded once a process, and what zones reach is kept on disk.
"""

from __future__ import annotations

import io
import math
import tarfile
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.data.build import build_problem
from siting.data.candidates import screen_sites
from siting.data.load import case_folder, load_case
from siting.data.problem import NONE
from siting.data.supply import supplied
from siting.errors import PlanError, SitingError, SweepError
from siting.models.relaxes import relaxes
from siting.models.warm import Start, takes_start
from siting.pipeline import make_plan, write_verified
from siting.scenario.kinds import LEAST
from siting.sweep.design import Run, case_hash
from siting.sweep.rows import planned, without_plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.problem import Problem
    from siting.plan import Plan
    from siting.scenario import Scenario

    Types = NDArray[np.int64]

_CITIES = 4
"""Cities a process keeps in memory."""


@dataclass(frozen=True)
class Known:
    """Hold what is known of another run: its question, its stations, its bound."""

    id: str
    scenario: Scenario
    types: dict[str, tuple[str | None, ...]]
    """By site: type in each phase."""
    bound: float


@dataclass(frozen=True)
class Order:
    """Say what to answer, where to put it, and what is known."""

    run: Run
    folder: Path | None
    """Of the plan; None: pack it and hand it back."""
    known: tuple[Known, ...] = ()
    """The nearest first; its plan is begun with."""


@dataclass(frozen=True)
class Answer:
    """Hold a run's row, and its plan folder, packed, where that is wanted."""

    row: dict[str, Any]
    packed: bytes = b""


def answer(order: Order) -> Answer:
    """Answer one run; whatever keeps it from a plan becomes part of its row.

    Raises
    ------
    SweepError, PlanError
        If the city has changed, or the disk refuses: every other run would fail likewise.
    """
    run = order.run
    bare = city(run.case, run.case_hash)
    wall, cpu = time.monotonic(), time.process_time()
    begin = _Beginning(order.known, bare)
    packed = b""
    try:
        case = supplied(bare, run.scenario)
        plan = make_plan(case, run.scenario, start=begin if order.known else None)
        plan, packed = _write(order, case, plan)
    except (SweepError, PlanError):
        raise
    except (SitingError, RuntimeError, ArithmeticError, LookupError, MemoryError) as error:
        names = {"case_title": bare.title, "case_title_zh": bare.title_zh}
        labels = {"label": bare.label, "label_zh": bare.label_zh}
        row = without_plan(run, error, **names, **labels, folder=None)
    else:
        origin = {"start_from": begin.start_from, "bound_from": begin.bound_from}
        row = planned(run, plan.document, **origin)
    spent = {"wall_s": time.monotonic() - wall, "cpu_s": time.process_time() - cpu}
    return Answer(row | spent, packed)


def _write(order: Order, case: Case, plan: Plan) -> tuple[Plan, bytes]:
    """Write the plan where it is to stand, or pack it; return it as written."""
    run = order.run
    screening = screen_sites(case, run.scenario)
    if order.folder is not None:
        folder = order.folder
        return write_verified(plan, case, run.scenario, folder, screening=screening), b""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "plan"
        plan = write_verified(plan, case, run.scenario, folder, screening=screening)
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as pack:
            pack.add(folder, arcname=".")
        return plan, stream.getvalue()


class _Beginning:
    """Turn what is known of other runs into a start, once the problem is stated."""

    def __init__(self, known: tuple[Known, ...], bare: Case) -> None:
        self.known = known
        self.bare = bare
        self.start_from: str | None = None
        self.bound_from: str | None = None

    def __call__(self, problem: Problem) -> Start:
        bound = math.nan
        if not takes_start(problem):
            nothing = (len(problem.phases), len(problem.sites))
            return Start(np.full(nothing, NONE, dtype=np.int64))
        better = max if problem.objective in LEAST else min
        for item in self.known:
            if not self._relaxes(item.scenario, problem):
                continue
            if math.isnan(bound) or better(item.bound, bound) != bound:
                bound, self.bound_from = item.bound, item.id
        types = type_at(problem, self.known[0].types)
        self.start_from = self.known[0].id if (types != NONE).any() else None
        return Start(types, bound)

    def _relaxes(self, scenario: Scenario, problem: Problem) -> bool:
        if scenario.objective.kind != problem.objective:
            return False
        if len(scenario.phases) != len(problem.phases):
            return False
        wide, _ = build_problem(supplied(self.bare, scenario), scenario)
        return relaxes(wide, problem)


def type_at(problem: Problem, types: dict[str, tuple[str | None, ...]]) -> Types:
    """Return stations of another run as this problem's types, (T, J); what it lacks is left out."""
    kind = {name: k for k, name in enumerate(problem.types)}
    count = len(problem.phases)
    found = np.full((count, len(problem.sites)), NONE, dtype=np.int64)
    for j, name in enumerate(problem.sites):
        steps = types.get(name, ())
        if len(steps) == count:
            found[:, j] = [NONE if step is None else kind.get(step, NONE) for step in steps]
    return found


@lru_cache(maxsize=_CITIES)
def _loaded(name: str, hashed: str) -> Case:
    """Load a city; the hash it is asked for by makes a changed one be loaded anew."""
    case = load_case(case_folder(name))
    if case_hash(case) != hashed:
        msg = (
            f"The city {name} is not the one this sweep began with: its files differ here. "
            "Run the same command again once they stay as they are."
        )
        raise SweepError(msg)
    return case


def city(name: str, hashed: str) -> Case:
    """Return a city, loaded once a process.

    Raises
    ------
    SweepError
        If its files are not those the hash is of.
    """
    return _loaded(name, hashed)
