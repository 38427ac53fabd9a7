"""Read the frontier off a sweep's rows: what one more point of a target costs, and how surely.

A plan's true optimum lies between its objective and its bound. So what one step of the varied value
is worth lies in an interval: the difference of the optima, each anywhere between the two. Where the
interval holds 0, the step is within the gaps, and is not significant.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from siting.scenario.kinds import LEAST
from siting.sweep.design import shown
from siting.sweep.rows import PLANNED, VARIED

if TYPE_CHECKING:
    from collections.abc import Sequence

    Row = dict[str, Any]

POINT = 0.01
"""One point of ratio: a hundredth of a station per fuel station."""
_HAIR = 1e-9


@dataclass(frozen=True)
class Step:
    """Hold what lies between two neighbours on the frontier, per point of what is varied."""

    key: str
    series: str
    """The other values, in words."""
    low: float
    high: float
    """Of what is varied."""
    per: float
    """How much of it the figures below are for."""
    objective: float
    """Difference of what the plans are worth, in the unit of the objective; more is dearer."""
    at_least: float
    at_most: float
    """Between which the difference of the true optima is proved to lie."""
    significant: bool
    """Whether 0 lies outside."""
    capex_cny: float
    """Difference of what these two plans cost; proved only where cost is the objective."""
    served_kwh_day: float
    covered_share: float
    unit: str


def axis_of(rows: Sequence[Row], keys: Sequence[str]) -> str | None:
    """Return the key the frontier is drawn along: ratio, else the first one of several numbers."""
    numeric = [key for key in keys if _numbers(rows, key) > 1]
    return "ratio" if "ratio" in numeric else next(iter(numeric), None)


def series_of(rows: Sequence[Row], keys: Sequence[str], axis: str | None) -> dict[str, list[Row]]:
    """Return the rows by their other values and their city, each along the axis.

    Parameters
    ----------
    rows
        Of a sweep.
    keys
        What is varied.
    axis
        As `axis_of` gives it.
    """
    cities = _cities(rows)
    found: dict[str, list[Row]] = {}
    for row in rows:
        words = [f"{key} {shown(row[VARIED + key])}" for key in keys if key != axis]
        if len(cities) > 1:
            words.insert(0, cities[row["case_hash"]])
        found.setdefault(", ".join(words), []).append(row)
    if axis is not None:
        for group in found.values():
            group.sort(key=lambda row: row[VARIED + axis])
    return found


def _cities(rows: Sequence[Row]) -> dict[str, str]:
    """Return the cities' names by hash: titles, with what tells them apart where they are alike."""
    titles = {row["case_hash"]: row["case_title"] or row["case"] for row in rows}
    asked = {row["case_hash"]: PurePath(row["case"]).name for row in rows}
    alike = Counter(titles.values())
    return {
        name: title if alike[title] == 1 else f"{title} ({asked[name]})"
        for name, title in titles.items()
    }


def steps(rows: Sequence[Row], keys: Sequence[str]) -> list[Step]:
    """Return the steps of the frontier, series by series, each from one plan to the next.

    Parameters
    ----------
    rows
        Of a sweep.
    keys
        What is varied.
    """
    axis = axis_of(rows, keys)
    if axis is None:
        return []
    found = []
    for name, group in series_of(rows, keys, axis).items():
        plans = [row for row in group if row["outcome"] in PLANNED]
        found += [
            _step(axis, name, one, other)
            for one, other in pairwise(plans)
            if one["objective_kind"] == other["objective_kind"]
        ]
    return found


def _step(axis: str, series: str, one: Row, other: Row) -> Step:
    low, high = float(one[VARIED + axis]), float(other[VARIED + axis])
    per = POINT if axis == "ratio" else high - low
    share = per / (high - low)
    sign = 1.0 if one["objective_kind"] in LEAST else -1.0
    before, after = sorted(_bracket(one, sign)), sorted(_bracket(other, sign))
    least, most = share * (after[0] - before[1]), share * (after[1] - before[0])
    scale = _HAIR * max(abs(after[1]), abs(before[1]), 1.0)
    return Step(
        key=axis,
        series=series,
        low=low,
        high=high,
        per=per,
        objective=share * sign * (other["objective"] - one["objective"]),
        at_least=least,
        at_most=most,
        significant=least > scale or most < -scale,
        capex_cny=share * (other["capex_cny"] - one["capex_cny"]),
        served_kwh_day=share * (other["served_kwh_day"] - one["served_kwh_day"]),
        covered_share=share * (other["covered_share"] - one["covered_share"]),
        unit=one["objective_unit"],
    )


def _bracket(row: Row, sign: float) -> tuple[float, float]:
    """Return between what the true optimum lies, as a cost: more is dearer."""
    return sign * row["objective"], sign * row["bound"]


def _numbers(rows: Sequence[Row], key: str) -> int:
    values = {row.get(VARIED + key) for row in rows}
    plain = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return len(values) if plain else 0


def in_words(step: Step) -> str:
    """Return a step as a sentence.

    Parameters
    ----------
    step
        Of a frontier.
    """
    what = f"{step.key} {shown(step.low)} to {shown(step.high)}"
    if step.series:
        what = f"{step.series}; {what}"
    per = "one point of ratio" if step.key == "ratio" else "the step"
    money = f"{step.capex_cny / 1e6:+,.2f} million CNY between these plans"
    if step.at_least == step.at_most == 0:
        return f"{what}: {per} costs nothing, as is proved ({money})"
    if not step.significant:
        return f"{what}: {per} costs nothing significant; what differs is within the gaps ({money})"
    middle = f"{step.objective:,.6g}"
    brackets = f"{step.at_least:,.6g} to {step.at_most:,.6g} proved"
    return f"{what}: {per} costs {middle} {step.unit} ({brackets}); {money}"


def table(found: Sequence[Step]) -> list[dict[str, Any]]:
    """Return steps as rows of a table."""
    return [asdict(step) for step in found]
