"""Find which zones a classical question is about: those that some usable site reaches.

A site is usable if it may hold a supercharging station: it has one, or the one type that may be
built fits its ground and the scenario's rules for sites and for what stands already.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from siting.verify.candidates import refused_sites
from siting.verify.formulas import rank
from siting.verify.mismatch import KM, MINUTES
from siting.verify.reach import find_reach

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.verify.state import Site, State

    Floats = NDArray[np.float64]


def asked_zones(state: State) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the zones the question must be about, and those it may be about, (Z,) each.

    They differ where a time, or a measure of a site, lies within a rounding band of its limit.
    """
    wide, narrow = refused_sites(state)
    sure = _zone_excess(state, wide)
    perhaps = sure if wide == narrow else _zone_excess(state, narrow)
    band = MINUTES if state.scenario.reach.km is None else KM
    return sure[1] <= -band, perhaps[0] <= band


def _zone_excess(state: State, refused: set[str]) -> tuple[Floats, Floats]:
    """Return by how much the nearest usable site is out of reach, low and high, (Z,) each."""
    places = [
        (site.lon, site.lat)
        for site in state.sites.values()
        if site.id not in refused and _usable(state, site)
    ]
    if not places:
        nothing = np.full(len(state.case.zones), np.inf)
        return nothing, nothing
    return find_reach(state.case, state.scenario.reach, places, []).zone_excess


def _usable(state: State, site: Site) -> bool:
    """Tell whether a site has a supercharging station, or may be given one."""
    scenario = state.scenario
    before = None if site.initial is None else scenario.stations[site.initial]
    if before is not None and before.is_super:
        return True
    if before is not None and scenario.existing.policy == "keep":
        return False
    for label, kind in scenario.stations.items():
        if not (kind.buildable and kind.is_super):
            continue
        need = kind.guns * scenario.limits.area_per_bay_m2
        fits = math.isnan(site.area_m2) or need <= site.area_m2
        if fits and (before is None or (rank(kind), label) > (rank(before), site.initial)):
            return True
    return False
