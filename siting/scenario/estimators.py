"""Hold the estimators of demand: each turns something counted into kWh a day, zone by zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from siting.scenario.base import SUM_SLACK, NotNegative, Positive, Section, Shape, Share, key

if TYPE_CHECKING:
    from collections.abc import Sequence

EstimatorKind = Literal["column", "population", "poi", "fleet", "raster"]
UserClass = Literal["all", "private", "taxi", "ride-hailing", "bus", "logistics", "truck", "other"]
ZoneColumn = Literal["demand", "people", "jobs", "piles", "measured_kwh"]

_NEEDS: dict[str, tuple[str, ...]] = {
    "column": ("column", "kwh_per_unit"),
    "population": ("vehicles_per_person", "kwh_per_vehicle_day", "public_share"),
    "poi": ("kwh_per_poi",),
    "fleet": ("vehicles", "km_day", "kwh_100km", "public_share"),
    "raster": ("vehicles_per_person", "kwh_per_vehicle_day", "public_share"),
}
_MAY: dict[str, tuple[str, ...]] = {
    "column": (),
    "population": (),
    "poi": ("radius_m",),
    "fleet": ("column", "poi_kinds", "radius_m"),
    "raster": (),
}
_ANY = {"name", "kind", "covers", "profile", "growth"}


class Estimator(Section):
    """Turn one thing that is counted into kWh a day in every zone, for the users it covers."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = key(
        "-", "label of its own, in letters, digits, '-' and '_'"
    )
    kind: EstimatorKind = key(
        "-",
        "column: a zone column; population: people of each zone; poi: points of interest; "
        "fleet: vehicles of the whole city; raster: people of the case's raster",
    )
    covers: Annotated[tuple[UserClass, ...], Field(min_length=1)] = key(
        "-", "whose charging it gives; 'all': a measured total, beside which nothing else stands"
    )
    column: ZoneColumn | None = key(
        "-", "zone column: what is counted (column), or what spreads a fleet", default=None
    )
    kwh_per_unit: NotNegative | None = key(
        "kWh/day", "energy of one unit of the column: 1 where it is energy itself", default=None
    )
    vehicles_per_person: NotNegative | None = key(
        "vehicles/person", "electric vehicles each inhabitant has", default=None
    )
    kwh_per_vehicle_day: NotNegative | None = key(
        "kWh/day", "energy one vehicle takes, wherever it charges", default=None
    )
    kwh_per_poi: dict[str, NotNegative] | None = key(
        "kWh/day", "energy of one point of each kind, times its weight", default=None
    )
    radius_m: Positive | None = key(
        "m",
        "a point's energy goes to the zones whose point is this near; without it, to its own zone",
        default=None,
    )
    vehicles: NotNegative | None = key("vehicles", "size of the fleet, whole city", default=None)
    km_day: NotNegative | None = key("km/day", "drive of one vehicle", default=None)
    kwh_100km: NotNegative | None = key("kWh/100 km", "consumption", default=None)
    public_share: Share | None = key(
        "share", "part of its energy taken at public stations, not at home or depot", default=None
    )
    poi_kinds: Annotated[tuple[str, ...], Field(min_length=1)] | None = key(
        "-", "kinds of points, such as depots, that spread a fleet by their weight", default=None
    )
    profile: Shape | None = key(
        "shares of a day",
        "own hourly charging, 24 values that sum to 1; grid.charging_profile without it",
        default=None,
    )
    growth: dict[str, NotNegative] = key(
        "-", "factor on its energy in a phase, by the phase's name; 1 without it", default={}
    )

    @property
    def zone_column(self) -> str | None:
        """Return the zone column it reads, if any."""
        own = {"population": "people", "raster": "raster_people"}
        return own.get(self.kind, self.column)

    @property
    def point_kinds(self) -> tuple[str, ...]:
        """Return the kinds of points of interest it reads."""
        return tuple(self.kwh_per_poi or ()) if self.kind == "poi" else self.poi_kinds or ()

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Estimator:
        given = {name for name in self.model_fields_set if getattr(self, name) is not None}
        missing = [name for name in _NEEDS[self.kind] if name not in given]
        strange = sorted(given - _ANY - {*_NEEDS[self.kind], *_MAY[self.kind]})
        if missing or strange:
            more = f"needs {', '.join(missing)}" if missing else ""
            less = f"takes no {', '.join(strange)}" if strange else ""
            both = " and ".join(part for part in (more, less) if part)
            msg = f"estimator {self.name!r} of kind {self.kind} {both}"
            raise ValueError(msg)
        if self.kind == "fleet" and (self.column is None) == (self.poi_kinds is None):
            msg = f"estimator {self.name!r} is spread either by column or by poi_kinds: give one"
            raise ValueError(msg)
        if self.kind == "fleet" and self.radius_m is not None and self.poi_kinds is None:
            msg = f"estimator {self.name!r}: radius_m goes with poi_kinds"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _sums(self) -> Estimator:
        if self.profile is not None and abs(sum(self.profile) - 1) > SUM_SLACK:
            msg = f"estimator {self.name!r}: profile sums to {sum(self.profile):.4f}, not 1"
            raise ValueError(msg)
        if self.kind == "poi" and not self.kwh_per_poi:
            msg = f"estimator {self.name!r}: kwh_per_poi names no kind"
            raise ValueError(msg)
        return self


def refuse_double_counting(estimators: Sequence[Estimator]) -> None:
    """Let no user class, and no name, stand in two estimators.

    Parameters
    ----------
    estimators
        Of one scenario.

    Raises
    ------
    ValueError
        Names both estimators, and the class they share.
    """
    names = [item.name for item in estimators]
    for name in names:
        if names.count(name) > 1:
            msg = f"two estimators are called {name!r}"
            raise ValueError(msg)
    owner: dict[str, str] = {}
    for item in estimators:
        for users in item.covers:
            if users in owner:
                msg = f"double counting: {owner[users]!r} and {item.name!r} both cover {users}"
                raise ValueError(msg)
            owner[users] = item.name
    if "all" in owner and len(owner) > 1:
        others = ", ".join(sorted({repr(name) for users, name in owner.items() if users != "all"}))
        msg = f"double counting: {owner['all']!r} covers all, so {others} must go"
        raise ValueError(msg)
