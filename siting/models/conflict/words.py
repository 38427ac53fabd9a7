"""Put a requirement into the planner's words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import FREE, NONE
from siting.models.conflict.requirements import OWED, due_kwh
from siting.models.headroom import headroom_rows

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.models.conflict.requirements import Requirement


def sentence(problem: Problem, item: Requirement, best: float | None) -> str:
    """Return a requirement in words.

    Parameters
    ----------
    problem
        The question.
    item
        The requirement.
    best
        What the other requirements of the conflict leave: the most stations (or guns) for a
        target, the least money in CNY for a budget, the most kWh a day for a floor; None where
        unknown or endless.
    """
    when = "" if item.phase == NONE else f" by {problem.phases[item.phase]}"
    if item.family == "ratio":
        return _target(problem, item, when, best)
    if item.family == "budget":
        money = problem.budget_cny[item.phase] / 1e6
        need = "" if best is None else f"; the least that meets the rest costs {best / 1e6:,.2f}"
        return f"budget: {money:,.2f} M CNY have arrived{when}{need}"
    if item.family == "headroom":
        return _headroom(problem, item)
    if item.family in {"served", "covered", *OWED}:
        return _floor(problem, item, when, best)
    return _rule(problem, item, when)


def _rule(problem: Problem, item: Requirement, when: str) -> str:
    if item.family == "most":
        most = problem.max_stations[item.phase]
        return f"at most {counted(most, 'supercharging station')} may be open{when}"
    if item.family == "stay":
        stays = int(((problem.initial != NONE) & ~problem.closable).sum())
        return f"{counted(stays, 'existing station')} must stay open"
    if item.family == "circle":
        circle = problem.fairness.circles[item.scope]
        zones = counted(len(circle.zones), "zone")
        return f"{zones} of {circle.group} each need a station within {circle.km:g} km"
    if item.family == "fixed":
        return fixed_words(problem, item)
    if item.family == "area":
        return "no site may hold a type larger than its area allows"
    least = f" of {problem.spacing_m:,.0f} m" if problem.spacing_m else ""
    pairs = counted(len(problem.conflicts), "pair")
    return f"spacing{least}: {pairs} of sites, each too close to hold two stations"


def fixed_words(problem: Problem, item: Requirement) -> str:
    """Return what was decided of a site by hand, or how many sites were, in words."""
    if item.site == NONE:
        sites = int((problem.fixed != FREE).any(axis=0).sum())
        return f"{counted(sites, 'site')} {'is' if sites == 1 else 'are'} fixed by hand"
    said, before = [], FREE
    for phase, kind in zip(problem.phases, problem.fixed[:, item.site].tolist(), strict=True):
        if kind not in {FREE, before}:
            said.append(f"{'closed' if kind == NONE else problem.types[kind]} from {phase} on")
        before = kind
    return f"{problem.sites[item.site]} is fixed by hand: {', then '.join(said)}"


def _floor(problem: Problem, item: Requirement, when: str, best: float | None) -> str:
    share, due = due_kwh(problem, item)
    reachable, word = float(due[item.phase]), item.family.removesuffix("_in")
    where = "" if item.scope == NONE else f"{problem.fairness.floors[item.scope].scope}: "
    text = f"{where}at least {share:.1%} of the {reachable:,.0f} kWh a day within reach"
    text += f" is to be {word}{when}"
    return text if best is None else f"{text}; no more than {best / reachable:.1%} can be"


def _target(problem: Problem, item: Requirement, when: str, best: float | None) -> str:
    city = item.district == NONE
    scope = scope_of(problem, item)
    asked = (
        problem.city_target[item.phase]
        if city
        else problem.district_target[item.phase, item.district]
    )
    here = (
        np.ones(len(problem.sites), dtype=bool) if city else problem.site_district == item.district
    )
    can = (problem.allowed & problem.is_super[None, :]).any(axis=1) & here
    room = can & _has_headroom(problem, item.phase)
    unit = unit_of(problem)
    text = f"{scope}: {counted(asked, unit)} asked for{when}"
    text += f", {counted(can.sum(), 'site')} can hold a station"
    if room.sum() < can.sum():
        text += f", {room.sum():,} of them with headroom"
    if best is not None:
        text += f"; at most {counted(best, unit)} can be had"
    return text


def _headroom(problem: Problem, item: Requirement) -> str:
    if item.substation == NONE:
        full = int((problem.headroom_kw[-1] <= 0).sum())
        plain = "" if problem.batteries is None else " without a battery"
        return (
            f"no substation may pass its limit: {full:,} of {len(problem.substations):,} "
            f"have no room for any station{plain}"
        )
    name, free = problem.substations[item.substation], problem.headroom_kw[:, item.substation]
    room = [
        f"{np.floor(kw / 10) / 100:,.2f} MW by {phase}"
        for phase, kw in zip(problem.phases, free, strict=True)
        if np.isfinite(kw)
    ]
    works = problem.site_substation[len(problem.sites) - problem.works :]
    if item.substation in works.tolist():
        most = problem.types[problem.steps - 1]
        return f"substation {name} may not pass its limit, even reinforced by {most}"
    plain = "" if problem.batteries is None else " without a battery"
    if (free <= 0).all():
        return f"substation {name} may not pass its limit, and has no room for any station{plain}"
    what = f"room for stations{plain} of {', '.join(room)}"
    return f"substation {name} may not pass its limit: {what}"


def scope_of(problem: Problem, item: Requirement) -> str:
    """Return the district of a target, or the whole city."""
    return "the whole city" if item.district == NONE else problem.districts[item.district]


def unit_of(problem: Problem) -> str:
    """Return what the ratio counts."""
    return "supercharging gun" if (problem.ratio_count > 1).any() else "station"


def counted(number: float, noun: str) -> str:
    """Return a whole number and its noun, such as ``1 station`` or ``1,000 stations``."""
    return f"{number:,.0f} {noun}{'' if round(number) == 1 else 's'}"


def _has_headroom(problem: Problem, phase: int) -> np.ndarray:
    """Return which sites' substations, reinforced as far as may be, can take a station, (J,)."""
    rows = headroom_rows(problem)
    fits = problem.allowed & problem.is_super
    for n in np.flatnonzero(rows.phase == phase).tolist():
        steps = rows.load_kw[n, : problem.steps]  # each asks for less than nothing
        room = rows.limit_kw[n] - steps.min(initial=0.0)
        here = problem.site_substation == rows.substation[n]
        fits[here] &= rows.load_kw[n] <= room + 1e-9
    return np.asarray(fits.any(axis=1))
