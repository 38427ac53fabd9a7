"""Hold the answer: the document ``plan.json``, and the tables that go with it.

All numbers of ``phases``, ``stations`` and ``kpis`` describe the state at the end of a phase;
``kpis`` is the last phase's state. Energies are per day, loads are hourly means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from siting.plan.assumption import Assumption
from siting.plan.base import Part
from siting.plan.futures import Future, FuturePhase, OverFutures
from siting.plan.least_share import LeastShare
from siting.scenario.kinds import ObjectiveKind  # noqa: TC001 - pydantic reads it at run time

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BATTERY_COLUMNS",
    "FORMAT",
    "LOAD_COLUMNS",
    "SERVICE_COLUMNS",
    "ZONE_COLUMNS",
    "Assumption",
    "Document",
    "ExportFormat",
    "Future",
    "FuturePhase",
    "Kpis",
    "LayerSource",
    "LeastShare",
    "Outcome",
    "OutcomeStatus",
    "OverFutures",
    "PhaseResult",
    "Plan",
    "Provenance",
    "Ratio",
    "RatioRow",
    "Station",
    "StationStatus",
    "StationStep",
    "Substation",
    "SubstationStep",
    "Unreached",
]

FORMAT = "siting-plan/1"

OutcomeStatus = Literal["optimal", "feasible", "given"]
StationStatus = Literal["new", "kept", "upgraded", "closed"]
ExportFormat = Literal["geojson", "gpkg", "geoparquet", "csv", "xlsx"]
"""What a plan's layers are written as, for other programs."""
Hour = Annotated[int, Field(ge=0, le=23)]


class Outcome(Part):
    """Certify the answer: how good it is, and how that is known."""

    status: OutcomeStatus = Field(
        description="optimal: proved within tolerance; feasible: see gap; given: evaluated as it "
        "was given, not optimised"
    )
    objective_kind: ObjectiveKind
    objective_unit: str = Field(description="unit of objective and bound")
    objective: float = Field(description="value of this plan, recomputed from the plan")
    bound: float = Field(
        description="proven: no plan can be better than this; the objective itself where given"
    )
    gap: float = Field(description="|bound - objective| / |objective|")
    seconds: float = Field(description="time of model and search")
    solver: str = Field(description="name and version")
    method: str = Field(description="how objective and bound were found, in a sentence")


class RatioRow(Part):
    """Count supercharging stations against fuel stations in one scope."""

    district: str = Field(description="district id; 'city' for the whole case")
    name: str
    name_zh: str = Field(description="'' where the case has none; so for every name_zh")
    stations: int = Field(description="open supercharging stations")
    fuel_stations: int
    guns: int = Field(description="supercharging guns of open stations")
    nozzles: int | None = Field(description="fuel nozzles, where the case knows them")
    ratio: float | None = Field(
        description="in the scenario's form; null where there is nothing to count against"
    )
    target: float


class Ratio(Part):
    """Compare with the target, city-wide and by district, at the end of the last phase."""

    form: Literal["stations", "guns"]
    city: RatioRow
    districts: tuple[RatioRow, ...]


class Kpis(Part):
    """Sum up one phase's state."""

    stations_open: int = Field(description="open supercharging stations")
    stations_new: int = Field(description="of these, on sites where none stood before the plan")
    stations_upgraded: int = Field(description="existing stations made larger by then")
    guns: int = Field(description="all guns of open supercharging stations")
    demand_kwh_day: float = Field(description="supercharging demand of all zones")
    served_kwh_day: float
    demand_served_share: float
    demand_covered_share: float = Field(description="demand with an open station within reach")
    access_minutes_mean: float | None = Field(
        description="weighted by energy served; null if none is"
    )
    access_minutes_p95: float | None
    capex_cny: float = Field(description="spent up to and including this phase")
    peak_mw: float = Field(description="highest hourly charging load of all stations together")


class PhaseResult(Part):
    """Describe the state at the end of one phase."""

    name: str
    date: str
    ratio: Ratio
    kpis: Kpis
    budget_cny: float | None = Field(description="arrived up to and including this phase")


class StationStep(Part):
    """Describe one station in one phase."""

    phase: str
    type: str | None = Field(description="null: nothing open here in this phase")
    served_kwh_day: float
    peak_kw: float = Field(
        description="highest hourly load asked of the grid; a battery of its type not counted"
    )


class Station(Part):
    """Describe one site that is open in some phase, or was closed by the plan."""

    id: str
    name: str
    name_zh: str
    lon: float
    lat: float
    district: str
    host: str = Field(description="what the site is: car park, mall, fuel station, ...")
    type: str | None = Field(description="at the end of the last phase; null if closed")
    guns: int
    super_guns: int
    kw: float = Field(description="power shared by the guns")
    phase: str = Field(
        description="when it opened, was upgraded or closed; the first phase for kept"
    )
    status: StationStatus
    substation: str | None
    capex_cny: float
    steps: tuple[StationStep, ...] = Field(description="one per phase")


class SubstationStep(Part):
    """Describe one substation in one phase."""

    phase: str
    charging_peak_mw: float = Field(
        description="highest hourly charging load; batteries of station types counted"
    )
    worst_hour: Hour = Field(description="hour whose total comes closest to the limit")
    worst_mw: float = Field(description="base plus charging load in that hour")
    loading: float = Field(description="worst_mw / (limit_mw + added_mw)")
    added_mva: float = Field(default=0.0, description="reinforced by so much by then")
    added_mw: float = Field(default=0.0, description="what that adds to limit_mw")
    reinforcement_cny: float = Field(default=0.0, description="spent on it by then")


class Substation(Part):
    """Describe one substation."""

    id: str
    name: str
    name_zh: str
    lon: float
    lat: float
    voltage_kv: float
    rating_mva: float
    limit_mw: float = Field(description="rating x N-1 limit x power factor x (1 - reserve)")
    base_peak_mw: float = Field(description="before growth")
    steps: tuple[SubstationStep, ...]


class LayerSource(Part):
    """Say where one layer comes from."""

    layer: str
    file: str
    rows: int
    source: str
    licence: str
    date: str
    synthetic: bool
    sha256: str


class Provenance(Part):
    """Let anyone make the same plan again."""

    case: str = Field(description="what the case was loaded from")
    case_title: str
    case_title_zh: str
    label: str = Field(
        description="'' for real data, else what every output must say, e.g. 'stylised'"
    )
    label_zh: str
    synthetic: bool
    scenario_title: str
    scenario_title_zh: str
    travel: str = Field(
        description="how times were found: on roads, or straight lines times a factor"
    )
    layers: tuple[LayerSource, ...]
    versions: dict[str, str]
    seed: int
    created: str


class Unreached(Part):
    """List, by id, zones with no site within reach, and sites within reach of no zone."""

    zones: tuple[str, ...]
    sites: tuple[str, ...]
    zone_demand_kwh_day: float = Field(description="demand of these zones in the last phase")


class Document(Part):
    """Hold ``plan.json``."""

    format: Literal["siting-plan/1"] = "siting-plan/1"
    name: str
    outcome: Outcome
    ratio: Ratio
    kpis: Kpis
    phases: tuple[PhaseResult, ...]
    stations: tuple[Station, ...]
    substations: tuple[Substation, ...]
    unreached: Unreached
    unmet: tuple[str, ...] = Field(
        default=(), description="requirements that a plan evaluated as given does not meet"
    )
    assumptions: tuple[Assumption, ...]
    provenance: Provenance
    least_share: LeastShare | None = Field(
        default=None, description="where the scenario asks for max-min"
    )
    robust: OverFutures | None = Field(
        default=None, description="where the scenario asks over several futures"
    )


SERVICE_COLUMNS = ("phase", "zone", "station", "kwh_day", "minutes")
ZONE_COLUMNS = (
    "phase",
    "zone",
    "district",
    "demand_kwh_day",
    "served_kwh_day",
    "covered",
    "minutes",
)
LOAD_COLUMNS = ("phase", "substation", "hour", "base_mw", "charging_mw", "limit_mw")
BATTERY_COLUMNS = ("phase", "substation", "type", "hour", "charge_kw", "discharge_kw")


@dataclass(frozen=True, eq=False)
class Plan:
    """Hold the answer in memory.

    ``service`` says which zone charges where (``SERVICE_COLUMNS``, one row per phase, zone and
    station with energy); ``zones`` sums it up by zone and phase (``ZONE_COLUMNS``; ``minutes`` is
    the energy-weighted mean, NaN where nothing is served; ``covered`` is a bool); ``load`` is each
    substation's day (``LOAD_COLUMNS``). ``batteries`` is the timetable of one battery of each
    type at each substation where some stand (``BATTERY_COLUMNS``); None where no type has one.
    """

    document: Document
    service: pd.DataFrame
    zones: pd.DataFrame
    load: pd.DataFrame
    batteries: pd.DataFrame | None = None
