"""Join existing stations and candidates into one list of sites, with what each may become."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.candidates import screen_sites
from siting.data.problem import NONE

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Scenario


class Sites:
    """Hold the sites, existing stations first: J of them, K types in rising rank."""

    def __init__(self, case: Case, scenario: Scenario, types: tuple[str, ...]) -> None:
        old, new = case.stations, case.sites
        self.ids = (*old["id"], *new["id"])
        self.points = shapely.get_coordinates(_joined(old, new, "geometry"))
        self.district = _joined(old, new, "district")
        self.substations = len(case.substations)
        named = _joined(old, new, "substation")
        self.substation = indexed(named, tuple(case.substations["id"]))
        kinds = old["type"].fillna(scenario.existing.default_type)
        missing = np.full(len(new), NONE, dtype=np.int64)
        self.initial = np.concatenate([indexed(kinds, types), missing])
        self.allowed = self._allowed(case, scenario, types)
        screening = screen_sites(case, scenario)
        if screening is not None:
            self.allowed[len(old) :] &= screening.kept[:, None]
        self.state_cost = self._state_cost(case, scenario, types)

    def standing_kw(self, load_kw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the highest load of existing stations by substation, (G,)."""
        held = (self.initial != NONE) & (self.substation != NONE)
        load = load_kw[self.initial[held]]
        return np.bincount(self.substation[held], weights=load, minlength=self.substations).astype(
            np.float64
        )

    def _allowed(self, case: Case, scenario: Scenario, types: tuple[str, ...]) -> NDArray[np.bool_]:
        area = _joined(case.stations, case.sites, "area_m2").astype(float)
        need = [scenario.stations[k].guns * scenario.limits.area_per_bay_m2 for k in types]
        buildable = np.array([scenario.stations[k].buildable for k in types])
        allowed = (np.isnan(area)[:, None] | (np.array(need)[None, :] <= area[:, None])) & buildable
        rank = np.arange(len(types))
        stands = self.initial != NONE
        upgrade = scenario.existing.policy != "keep"
        allowed[stands] &= upgrade & (rank[None, :] > self.initial[stands][:, None])
        allowed[np.flatnonzero(stands), self.initial[stands]] = True
        return np.asarray(allowed)

    def _state_cost(
        self, case: Case, scenario: Scenario, types: tuple[str, ...]
    ) -> NDArray[np.float64]:
        price = np.array([scenario.cost_cny(k) for k in types])
        extra = case.sites["extra_cost_cny"].to_numpy(float)
        new = price[None, :] + extra[:, None]
        kind = self.initial[: len(case.stations)]
        old = price[None, :] - scenario.existing.credit_share * price[kind][:, None]
        old[np.arange(len(kind)), kind] = 0.0
        return np.vstack([old, new])


def _joined(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, column: str) -> NDArray[np.object_]:
    return np.concatenate([old[column].to_numpy(object), new[column].to_numpy(object)])


def indexed(labels: Iterable[object], known: tuple[str, ...]) -> NDArray[np.int64]:
    """Return each label's position among the known ones, NONE where it is not there."""
    position: dict[object, int] = {label: n for n, label in enumerate(known)}
    return np.array([position.get(label, NONE) for label in labels], dtype=np.int64)
