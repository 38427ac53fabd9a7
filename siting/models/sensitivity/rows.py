"""Write a study as rows: one number each, with its unit and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from siting.data.problem import NONE
from siting.models.sensitivity.figure import UNITS, Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.models.sensitivity.rejected import Rejected
    from siting.models.sensitivity.study import Study


class Row(NamedTuple):
    """Hold one number, ready for a table."""

    about: str
    """limit, station, site or plan."""
    name: str
    """Which one."""
    what: str
    lower: float | None
    """The number, or what it is proved to be no less than; None where unknown."""
    upper: float | None
    """The number, or what it is proved not to pass; None where unknown or endless."""
    unit: str
    basis: str
    """exact, bounds, estimate or unknown."""
    note: str


def rows(study: Study) -> list[Row]:
    """Return all numbers of a study."""
    return [
        *_values(study),
        *_substations(study),
        *_losses(study),
        *_rejected(study),
        *_plans(study),
    ]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _row(study: Study, about: str, name: str, what: str, figure: Figure, note: str) -> Row:
    unit = UNITS[study.problem.objective]
    lower, upper = _number(figure.lower), _number(figure.upper)
    return Row(about, name, what, lower, upper, unit, figure.basis, note)


def _values(study: Study) -> Iterator[Row]:
    for value in study.values:
        yield _row(study, "limit", value.name, "what it changes", value.value, value.note)
        relaxed = "price of the linear relaxation: it forgets that stations are whole"
        yield _row(study, "limit", value.name, "price", value.price, relaxed)


def _substations(study: Study) -> Iterator[Row]:
    for item in study.substations:
        name = f"1 MW more at substation {study.problem.substations[item.substation]}"
        fixed = "linear program, integers fixed but for its own stations, which may be parts"
        yield _row(study, "limit", name, "marginal value", item.relaxed, fixed)
        anew = "its own stations chosen anew, all others and the money as they are"
        yield _row(study, "limit", name, "gain there", item.local, anew)


def _losses(study: Study) -> Iterator[Row]:
    for loss in study.losses:
        name = study.problem.sites[loss.site]
        broken = "; ".join(f"breaks: {text}" for text in loss.breaks)
        yield _row(study, "station", name, "lost without it, all others kept", loss.lost, broken)
        if loss.replanned is not None:
            what = "lost without it, all planned anew"
            yield _row(study, "station", name, what, loss.replanned, loss.note)


def _rejected(study: Study) -> Iterator[Row]:
    for site in study.rejected:
        name = study.problem.sites[site.site]
        yield _row(study, "site", name, "gain if it opened", site.gain, reasons(study, site))
        if site.swap_change is not None:
            other = study.problem.sites[site.swap]
            what = f"gain if it replaced {other}"
            note = f"the best of {site.swaps_tried:,} swaps that keep every rule"
            yield _row(study, "site", name, what, site.swap_change, note)


def reasons(study: Study, site: Rejected) -> str:
    """Return why a site has no station, in a sentence."""
    parts = list(site.reasons)
    if site.kind != NONE:
        parts.insert(0, f"tried as {study.problem.types[site.kind]}")
    if site.dominated_by != NONE:
        parts.append(f"dominated by {study.problem.sites[site.dominated_by]}")
    return "; ".join(parts)


def _plans(study: Study) -> Iterator[Row]:
    sites = study.problem.sites
    for n, other in enumerate(study.runners_up):
        plus = ", ".join(sites[j] for j in other.opened) or "none"
        minus = ", ".join(sites[j] for j in other.closed) or "none"
        note = f"opens {plus}; does without {minus}"
        yield _row(study, "plan", f"runner-up {n + 1}", "worse than the best by", other.worse, note)
