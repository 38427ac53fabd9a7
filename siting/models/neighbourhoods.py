"""Choose parts of a plan to solve exactly: around a place, a substation, a district, a doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from siting.data.problem import NONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.layout import Layout

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

Kind = Literal["place", "idle", "substation", "district", "time", "doubt"]

KINDS: tuple[Kind, ...] = ("place", "doubt", "place", "substation", "idle", "district", "time")
"""In turn; ``time`` only where there are phases."""
WINDOW = 36
"""Sites that a neighbourhood frees; half as many again after a while in vain."""
WIDEST = 120
"""Most sites that a neighbourhood frees."""
DONORS = 12
"""Little-used stations elsewhere that a neighbourhood frees as well, so that money can move."""
DOUBT = 0.1
"""Difference of a choice from the relaxation's at which it is doubted."""


def columns_around(
    layout: Layout,
    values: Values,
    wish: Values,
    kind: Kind,
    size: int,
    rng: np.random.Generator,
) -> Indices:
    """Return the columns of a neighbourhood, ascending.

    Parameters
    ----------
    layout
        What the columns are.
    values
        (columns,) the plan.
    wish
        (choice,) the relaxation's choice.
    kind
        place: around demand left unserved; idle: around a little-used station; substation: sites
        that hang on one, and on those around; district: some sites of one; time: some stations of
        the plan, wherever, so that they may change places in time; doubt: some sites where the
        relaxation chose otherwise.
    size
        Sites to free, donors not counted.
    rng
        Draws them.
    """
    sites = _sites(layout, values, wish, kind, size, rng)
    if kind != "time":
        donors = _idle(layout, values, rng, DONORS)
        sites = np.concatenate([sites, donors])
    return columns_at(layout, values, sites)


def _sites(
    layout: Layout,
    values: Values,
    wish: Values,
    kind: Kind,
    size: int,
    rng: np.random.Generator,
) -> Indices:
    p = layout.problem
    if kind == "doubt":
        doubted = np.unique(layout.site[np.abs(values[layout.choice] - wish) > DOUBT])
        return rng.permutation(doubted)[:size]
    if kind == "time":
        chosen = np.unique(layout.site[values[layout.choice] > 0.5])  # noqa: PLR2004 - a binary
        return rng.permutation(chosen)[:size]
    zone = (_idle_zone if kind == "idle" else _short_zone)(layout, values, rng)
    near = _around(layout, zone, size)
    if kind == "substation" and len(near):
        feeders = np.unique(p.site_substation[near[: max(size // 4, 1)]])
        fed = np.flatnonzero(np.isin(p.site_substation, feeders[feeders != NONE]))
        return np.union1d(rng.permutation(fed)[:size], near[: size // 2])
    if kind == "district" and len(near):
        inside = np.flatnonzero(p.site_district == p.site_district[near[0]])
        return rng.permutation(inside)[:size]
    return near


def columns_at(layout: Layout, values: Values, sites: Indices) -> Indices:
    """Return the columns of some sites, of their substations' reinforcements, and of zones near.

    Parameters
    ----------
    layout
        What the columns are.
    values
        (columns,) the plan.
    sites
        To free.
    """
    p, opened = layout.problem, layout.open_supers(values)
    free_site = np.zeros(len(p.sites), dtype=bool)
    free_site[sites] = True
    if p.works:  # reinforcements of the substations that feed them
        works = np.arange(len(p.sites) - p.works, len(p.sites))
        fed = np.unique(p.site_substation[sites])
        free_site[works[np.isin(p.site_substation[works], fed[fed != NONE])]] = True
    zones = np.zeros(len(p.zones), dtype=bool)
    zones[p.pair_zone[free_site[p.pair_site]]] = True
    parts = [layout.choice[free_site[layout.site]]]
    count = len(p.pair_zone)
    if len(layout.energy):
        near = np.flatnonzero(zones[p.pair_zone])
        for t in range(len(p.phases)):
            usable = opened[t] | free_site
            parts.append(layout.energy[t * count + near[usable[p.pair_site[near]]]])
    parts += [layout.cover[zones[layout.cover_zone]], layout.slack]
    return np.concatenate(parts)


def _short_zone(layout: Layout, values: Values, rng: np.random.Generator) -> int:
    """Draw a zone by its unmet demand; where minutes count, by the minutes it drives."""
    p = layout.problem
    need = layout.unmet(values).sum(axis=0)
    if p.objective == "access":
        driven = np.tile(p.pair_minutes, len(p.phases)) * values[layout.energy]
        zones = np.tile(p.pair_zone, len(p.phases))
        need = np.bincount(zones, weights=driven, minlength=len(p.zones))
    weight = need + 1e-9 * p.demand_kwh.sum(axis=0) + 1e-12
    weight = np.where(p.reachable_zone | ~p.reachable_zone.any(), weight, 0.0)
    return int(rng.choice(len(p.zones), p=weight / weight.sum()))


def _idle_zone(layout: Layout, values: Values, rng: np.random.Generator) -> int:
    """Draw a zone within reach of a little-used station."""
    p = layout.problem
    idle = _idle(layout, values, rng, 1 + len(p.sites) // 4)
    zones = p.pair_zone[p.pair_site == rng.choice(idle)] if len(idle) else p.pair_zone
    return int(rng.choice(zones)) if len(zones) else _short_zone(layout, values, rng)


def _around(layout: Layout, zone: int, size: int) -> Indices:
    """Return the sites nearest to a zone, then those that share most zones with them."""
    p = layout.problem
    first, last = np.searchsorted(p.pair_zone, [zone, zone + 1])
    order = np.argsort(p.pair_minutes[first:last], kind="stable")
    sites = np.asarray(p.pair_site[first:last][order][:size], dtype=np.int64)
    if len(sites) == size or not len(sites):
        return sites
    near = np.zeros(len(p.sites), dtype=bool)
    near[sites] = True
    zones = np.zeros(len(p.zones), dtype=bool)
    zones[p.pair_zone[near[p.pair_site]]] = True
    shared = np.bincount(p.pair_site[zones[p.pair_zone]], minlength=len(p.sites))
    shared[near] = 0
    more = np.argsort(-shared, kind="stable")[: size - len(sites)]
    return np.concatenate([sites, more[shared[more] > 0]])


def _idle(layout: Layout, values: Values, rng: np.random.Generator, count: int) -> Indices:
    """Return little-used stations of the last phase, more or less the least used first."""
    candidates = np.flatnonzero(layout.open_supers(values)[-1])
    if not len(candidates):
        return candidates
    noise = rng.uniform(0.5, 1.5, len(candidates))
    order = np.argsort(layout.used(values)[candidates] * noise, kind="stable")
    return candidates[order[:count]]
