"""Hold the optional sections about candidate sites and about a grid nobody has surveyed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from siting.scenario.base import NotNegative, Positive, Section, Share, key

SCORE_PARTS = ("road", "area", "demand", "grid")
"""What a site's score may be made of; each is 0 to 1, as `siting.data.site_score` defines it."""


class Candidates(Section):
    """Say which sites may hold a new station; a rule left out is off."""

    max_road_m: Positive | None = key(
        "m", "longest straight line from a site to the nearest road", default=None
    )
    min_arterial_junction_m: Positive | None = key(
        "m",
        "a site nearer than this to a junction on a trunk, primary or secondary road is out",
        default=None,
    )
    hosts_allowed: tuple[str, ...] = key(
        "-", "hosts a station may stand at, such as fuel station; none given: any", default=()
    )
    hosts_refused: tuple[str, ...] = key(
        "-", "hosts a station may not stand at, whatever is allowed", default=()
    )
    setback_m: NotNegative | None = key(
        "m", "least distance to the areas of layer exclusions; inside is always out", default=None
    )
    merge_m: Positive | None = key(
        "m", "of sites nearer to each other than this only one stays", default=None
    )
    min_score: Share | None = key("share", "a site of a lower score is out", default=None)
    weights: dict[str, NotNegative] = key(
        "-", "weight of each part of the score: road, area, demand, grid", default={}
    )
    demand_radius_km: Positive | None = key(
        "km", "great circle around a site whose demand counts for its score", default=None
    )

    @model_validator(mode="after")
    def _fits(self) -> Candidates:
        unknown = sorted(set(self.weights) - set(SCORE_PARTS))
        if unknown:
            msg = f"weights: {unknown[0]!r} is not one of {', '.join(SCORE_PARTS)}"
            raise ValueError(msg)
        if self.weights and not sum(self.weights.values()):
            msg = "weights: at least one weight must be more than 0"
            raise ValueError(msg)
        if self.min_score is not None and not self.weights:
            msg = "min_score needs weights: without them there is no score"
            raise ValueError(msg)
        if self.weights.get("road") and self.max_road_m is None:
            msg = "weights.road needs max_road_m, where the part falls to 0"
            raise ValueError(msg)
        if self.weights.get("demand") and self.demand_radius_km is None:
            msg = "weights.demand needs demand_radius_km"
            raise ValueError(msg)
        both = sorted(set(self.hosts_allowed) & set(self.hosts_refused))
        if both:
            msg = f"host {both[0]!r} is both allowed and refused"
            raise ValueError(msg)
        return self


class SyntheticGrid(Section):
    """Say how to draw substations where a city has none; every output labels them synthetic."""

    load_mw_km2: Positive = key("MW/km2", "peak load on built-up ground")
    built_up_share: Annotated[float, Field(gt=0, le=1)] = key(
        "share", "built-up ground in the zones' area (in the districts', where zones are points)"
    )
    substation_mva: Positive = key("MVA", "rating of one substation, all transformers together")
    n1_limit: Annotated[float, Field(gt=0, le=1)] = key(
        "share", "part of the rating left with the largest transformer out"
    )
    loading: Annotated[float, Field(gt=0, le=1)] = key(
        "share", "base peak in the N-1 limit; with the load, it sets how many substations there are"
    )
    voltage_kv: Positive = key("kV", "upper voltage")
