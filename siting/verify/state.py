"""Read what a plan decides: which type stands where in each phase, and which zone charges where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from siting.plan import SERVICE_COLUMNS
from siting.verify.tables import Table, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.plan import Plan, Station
    from siting.scenario import Scenario, StationType
    from siting.verify.mismatch import Ledger


@dataclass(frozen=True)
class Site:
    """Hold one row of the case's stations or sites."""

    id: str
    name: str
    name_zh: str
    lon: float
    lat: float
    district: str
    host: str
    area_m2: float
    extra_cost_cny: float
    substation: str | None
    initial: str | None
    """Type before the plan; None on a new site."""


@dataclass(frozen=True, eq=False)
class State:
    """Hold a plan's decisions beside the case and scenario they answer."""

    plan: Plan
    case: Case
    scenario: Scenario
    sites: dict[str, Site]
    """Every site, existing stations first."""
    stations: dict[str, Station]
    """The plan's stations that stand on known sites, each once."""
    types: dict[str, tuple[str | None, ...]]
    """Type in each phase, of the same stations."""
    service: Table

    @property
    def names(self) -> list[str]:
        """Return the phases' names in order."""
        return [phase.name for phase in self.scenario.phases]

    def kind(self, station: str, phase: int) -> StationType | None:
        """Return the type open at a station in a phase, by position."""
        label = self.types[station][phase]
        return None if label is None else self.scenario.stations[label]

    def initial(self, station: str) -> StationType | None:
        """Return the type that stood before the plan."""
        label = self.sites[station].initial
        return None if label is None else self.scenario.stations[label]

    def open_super(self, phase: int) -> Iterator[tuple[Site, StationType]]:
        """Yield the open supercharging stations of a phase."""
        for station in self.stations:
            kind = self.kind(station, phase)
            if kind is not None and kind.is_super:
                yield self.sites[station], kind

    def energy(self, axis: str) -> NDArray[np.float64]:
        """Return (phases, zones) or (phases, stations) energy, summed over the service table."""
        labels = self.stations if axis == "station" else self.case.zones["id"]
        total = np.zeros((len(self.scenario.phases), len(labels)))
        codes = self.service.codes
        column = self.service.keys.index(axis)
        np.add.at(total, (codes[0], codes[column]), self.service.numbers("kwh_day"))
        return total


def read_state(ledger: Ledger, plan: Plan, case: Case, scenario: Scenario) -> State:
    """Return the plan's decisions, noting labels that the case or the scenario does not know."""
    sites = _sites(case, scenario)
    stations: dict[str, Station] = {}
    for station in plan.document.stations:
        where = f"stations[{station.id}]"
        if station.id not in sites:
            ledger.note(where, "a station", "no such site in the case")
        elif station.id in stations:
            ledger.note(where, "more than one entry", "one entry")
        else:
            stations[station.id] = station
    types = {name: _types(ledger, station, scenario) for name, station in stations.items()}
    axes = {
        "phase": [phase.name for phase in scenario.phases],
        "zone": case.zones["id"].tolist(),
        "station": list(stations),
    }
    service = read_table(
        ledger, "service", plan.service, axes, columns=SERVICE_COLUMNS, complete=False
    )
    return State(plan, case, scenario, sites, stations, types, service)


def _sites(case: Case, scenario: Scenario) -> dict[str, Site]:
    found = {}
    for table, existing in ((case.stations, True), (case.sites, False)):
        lon, lat = shapely.get_x(table.geometry), shapely.get_y(table.geometry)
        for n, row in enumerate(table.to_dict("records")):
            initial = None
            if existing:
                initial = _text(row["type"]) or scenario.existing.default_type
            found[str(row["id"])] = Site(
                id=str(row["id"]),
                name=str(row["name"]),
                name_zh=str(row["name_zh"]),
                lon=float(lon[n]),
                lat=float(lat[n]),
                district=str(row["district"]),
                host=str(row["host"]),
                area_m2=float(row["area_m2"]),
                extra_cost_cny=float(row["extra_cost_cny"]),
                substation=_text(row["substation"]),
                initial=initial,
            )
    return found


def _text(value: str | float | None) -> str | None:
    return None if pd.isna(value) else str(value)


def _types(ledger: Ledger, station: Station, scenario: Scenario) -> tuple[str | None, ...]:
    where = f"stations[{station.id}].steps"
    names = [phase.name for phase in scenario.phases]
    said = [step.phase for step in station.steps]
    if said != names:
        ledger.note(where, ", ".join(said), ", ".join(names))
    steps = {step.phase: step.type for step in station.steps}
    for phase, label in steps.items():
        if label is not None and label not in scenario.stations:
            ledger.note(f"{where}[{phase}].type", label, f"one of {', '.join(scenario.stations)}")
    known = {None, *scenario.stations}
    return tuple(steps.get(name) if steps.get(name) in known else None for name in names)
