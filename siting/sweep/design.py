"""Lay out a sweep: every combination of values, or a Latin hypercube of them; one run each.

A run's id is a hash of its whole question and of the city's files, so whatever has an answer
already is known by it, and whatever has changed is not.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import qmc

from siting.errors import Fault, ScenarioError
from siting.scenario_io import from_data, resolve_toml
from siting.sweep.keys import check_key, set_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from siting.data.case import Case
    from siting.scenario import Scenario
    from siting.sweep.vary import Value, Vary

MOST_RUNS = 100_000
_LONGEST = 40
"""Characters of a run's values in names."""
_NAME = 50
"""Characters of the base's name in a run's."""
_ID = 12
"""Digits of an id: 48 bits."""
_SIGNIFICANT = 6
"""Digits kept of a sampled number."""
_MILLION = 1e6
_UNSAFE = re.compile(r"[^\w.+=-]+")


@dataclass(frozen=True)
class Run:
    """Hold one run: its values and its question."""

    id: str
    case: str
    """As asked for."""
    case_hash: str
    values: Mapping[str, Value]
    scenario: Scenario

    @property
    def label(self) -> str:
        """Return the values in words, such as ``ratio 0.7, budget 410 M``."""
        return ", ".join(f"{key} {shown(value)}" for key, value in self.values.items())

    @property
    def folder(self) -> str:
        """Return the name of its plan folder."""
        return f"{_words(self.values)}-{self.id}"


def _words(values: Mapping[str, Value]) -> str:
    """Return values as part of a file's name, such as ``ratio=0.7_budget=410M``."""
    words = "_".join(f"{key}={shown(value)}" for key, value in values.items())
    return _UNSAFE.sub("", words)[:_LONGEST].strip("-.")


def shown(value: Value | None) -> str:
    """Return a value as people write it: 410000000 as 410 M."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:.6g}" if abs(value) < _MILLION else f"{value / _MILLION:,.6g} M"


def case_hash(case: Case) -> str:
    """Return a hash of a city's files, layer by layer."""
    layers = sorted((layer.layer, layer.sha256) for layer in case.layers)
    return hashlib.sha256(json.dumps(layers).encode()).hexdigest()


def runs_of(
    scenario: Scenario,
    vary: Sequence[Vary],
    cases: Mapping[str, Case],
    *,
    sample: int | None = None,
    seed: int = 0,
) -> list[Run]:
    """Return the runs of a sweep, city by city, the last key varied fastest.

    Parameters
    ----------
    scenario
        Base of them all.
    vary
        What is varied.
    cases
        Cities by the name asked for.
    sample
        Points of a Latin hypercube (M. D. McKay, R. J. Beckman & W. J. Conover, Technometrics 21,
        1979) in place of every combination.
    seed
        Of the hypercube.

    Raises
    ------
    ScenarioError
        If a key is unknown, given twice, or a value out of its range; or if plans are to be
        evaluated as given, which have no frontier.
    """
    base: dict[str, Any] = json.loads(scenario.model_dump_json(exclude_none=True))
    for n, item in enumerate(vary):
        check_key(base, item.key)
        if item.key in {other.key for other in vary[:n]}:
            msg = "A key is varied twice."
            fault = Fault(f"--vary {item.key}", "is given twice", "Give all its values at once.")
            raise ScenarioError(msg, [fault])
    points = list(_factorial(vary) if sample is None else _hypercube(vary, sample, seed))
    hashes = {name: case_hash(case) for name, case in cases.items()}
    keys = [item.key for item in vary]
    runs = [
        _run(base, name, hashes[name], dict(zip(keys, point, strict=True)))
        for name in cases
        for point in points
    ]
    if any(run.scenario.only_fixed for run in runs):
        msg = "A sweep plans; a plan evaluated as given has no frontier."
        mend = "Leave only_fixed out; or evaluate each with siting plan --only."
        raise ScenarioError(msg, [Fault(f"scenario {scenario.name}", "has only_fixed", mend)])
    return list({run.id: run for run in runs}.values())


def _factorial(vary: Sequence[Vary]) -> Iterator[tuple[Value, ...]]:
    count = 1
    for item in vary:
        count *= len(item.values)
    if count > MOST_RUNS:
        msg = f"This sweep would take {count:,} runs."
        mend = "Take fewer values, or --sample 200."
        raise ScenarioError(msg, [Fault("--vary", f"more than {MOST_RUNS:,} runs", mend)])
    return itertools.product(*(item.values for item in vary))


def _hypercube(vary: Sequence[Vary], sample: int, seed: int) -> Iterator[tuple[Value, ...]]:
    unit = qmc.LatinHypercube(len(vary), seed=np.random.default_rng(seed)).random(sample)
    points = (tuple(_pick(v, u) for v, u in zip(vary, row, strict=True)) for row in unit.tolist())
    return iter(dict.fromkeys(points))


def _pick(vary: Vary, at: float) -> Value:
    """Return the value at a place from 0 to 1."""
    if not vary.between:
        return vary.values[min(int(at * len(vary.values)), len(vary.values) - 1)]
    low, high = (float(end) for end in vary.values)
    return float(f"{low + at * (high - low):.{_SIGNIFICANT}g}")


def _run(base: dict[str, Any], case: str, case_hash: str, values: dict[str, Value]) -> Run:
    data = json.loads(json.dumps(base))
    for key, value in values.items():
        set_value(data, key, value)
    said = ", ".join(f"{key} {shown(value)}" for key, value in values.items())
    data["case"] = case
    data["name"] = f"{data['name'][:_NAME]} {_words(values)}"
    data["title"] = f"{data['title']} ({said})"
    data["title_zh"] = f"{data['title_zh']}（{said}）"
    scenario = from_data(data)
    anywhere = scenario.model_copy(update={"case": ""})  # where a city lies changes nothing
    text = f"{resolve_toml(anywhere)}\n{case_hash}"
    run_id = hashlib.sha256(text.encode()).hexdigest()[:_ID]
    return Run(run_id, case, case_hash, values, scenario)
