"""Send demand to the open sites of a covering question whose sites have a capacity."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.cover_swap import Opening
from siting.models.classical.question import Limits
from siting.models.highs import Highs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

HAIR = 1e-12
MET = 1e-7


def serve(cover: Cover, opened: Flags) -> Floats:
    """Return (P,) part of each zone's weight that goes along each pair of ``reach``.

    With the open sites fixed this is a linear program: the most worth within the capacities.
    """
    site = cover.reach.indices
    pairs = np.flatnonzero(opened[site])
    share = np.zeros(len(site))
    if not len(pairs) or cover.capacity is None:
        return share
    stay = np.flatnonzero(opened)
    fixed = replace(
        cover,
        reach=cover.reach[:, stay].tocsr(),
        price=np.zeros(len(stay)),
        kept=np.ones(len(stay), dtype=bool),
        least=0,
        most=len(stay),
        limits=Limits.none(len(stay)),
        capacity=cover.capacity[stay],
    )
    run = Highs(fixed.arrays(), relaxed=True).run(time_limit_s=math.inf)
    if not len(run.values):
        return share
    sent = np.clip(run.values[len(run.values) - len(pairs) :], 0.0, 1.0)
    share[pairs] = np.where(sent < HAIR, 0.0, sent)
    return _within(cover, share)


def _within(cover: Cover, share: Floats) -> Floats:
    """Scale away what a solver's tolerance let pass a capacity or what counts."""
    zone, site = cover.pair_zone(), cover.reach.indices
    most = len(cover.worth) + cover.need
    for where, amount, limit in (
        (zone, share, most),
        (site, share * cover.weight[zone], cover.capacity),
    ):
        if limit is None:
            continue
        total = np.bincount(where, weights=amount, minlength=len(limit))
        factor = np.where(total > limit, limit / np.maximum(total, 1e-300), 1.0)
        share = share * factor[where]
    return share


def served_value(cover: Cover, share: Floats, opened: Flags) -> float:
    """Return what is earned by what is served, less the price of the open sites."""
    times = np.bincount(cover.pair_zone(), weights=share, minlength=len(cover.weight))
    layers = np.arange(len(cover.worth))[:, None]
    covered = np.clip(times - cover.need - layers, 0.0, 1.0)
    return float(np.sum(cover.worth * covered) - cover.price[opened].sum())


def first_served(cover: Cover, *, go_on: Callable[[], bool]) -> tuple[Flags, float] | None:
    """Return a choice made as if there were no capacities, and its worth with them.

    Parameters
    ----------
    cover
        The question.
    go_on
        False ends the search.
    """
    opening = Opening(cover, cover.kept)
    opening.fill()
    opening.improve(go_on)
    return served_choice(cover, opening.opened)


def favoured(cover: Cover, often: Floats) -> tuple[Flags, float] | None:
    """Return the choice of the sites that prices open most often, and its worth.

    Parameters
    ----------
    cover
        The question.
    often
        (J,) how often each site was open.
    """
    order = np.argsort(-(often + cover.kept), kind="stable")
    opened = np.zeros(cover.sites, dtype=bool)
    opened[order[: cover.most]] = True
    return served_choice(cover, opened & ((often > 0) | cover.kept))


def served_choice(cover: Cover, opened: Flags) -> tuple[Flags, float] | None:
    """Return a choice and its worth with capacities; None if it breaks a rule."""
    if not (cover.keeps(opened) and cover.covers(opened)):
        return None
    share = serve(cover, opened)
    times = np.bincount(cover.pair_zone(), weights=share, minlength=len(cover.weight))
    if np.any(times < cover.need - MET):
        return None
    return opened, served_value(cover, share, opened)


def columns(cover: Cover, opened: Flags, share: Floats) -> Floats:
    """Return the program's columns for a choice of sites and what goes to each."""
    times = np.bincount(cover.pair_zone(), weights=share, minlength=len(cover.weight))
    layers = np.arange(len(cover.worth))[:, None]
    covered = np.clip(times - cover.need - layers, 0.0, 1.0)
    return np.concatenate([opened.astype(float), covered.ravel(), share])
