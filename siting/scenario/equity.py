"""Say what is fair: the least that every district, or a group of people, must get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from siting.scenario.base import Positive, Section, Share, key
from siting.scenario.kinds import CLASSICAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Raised = Literal["served", "covered"]
"""What a max-min question raises."""
_PHASED = frozenset({"served", "covered", "access", "cost"})


class Group(Section):
    """Name some zones, by district or by the label of a zone column, and what they must get."""

    name: Annotated[str, Field(min_length=1)] = key("-", "short label, shown in tables")
    districts: tuple[str, ...] = key("-", "ids of the districts it lives in", default=())
    label: str | None = key("-", "zones whose column 'group' says this", default=None)
    min_served_share: Share | None = key(
        "share", "least share of the group's reachable demand served", default=None
    )
    min_covered_share: Share | None = key(
        "share",
        "least share of the group's reachable demand with a station within reach",
        default=None,
    )
    circle_km: Positive | None = key(
        "km",
        "every zone of the group has a supercharging station within this radius, straight line; "
        "zones that no usable site is so near to are left out, and told",
        default=None,
    )

    @model_validator(mode="after")
    def _one_way(self) -> Group:
        if bool(self.districts) == (self.label is not None):
            msg = f"group {self.name!r} needs either districts or label, not both and not neither"
            raise ValueError(msg)
        return self

    @property
    def asks(self) -> bool:
        """Tell whether the group limits a plan, or is only reported on."""
        return bool(self.min_served_share or self.min_covered_share or self.circle_km)


class Equity(Section):
    """Say what every district and group must get, and from which phase on."""

    from_phase: str | None = key(
        "-", "first phase the floors and circles hold in; left out: all", default=None
    )
    min_served_share: Share | None = key(
        "share", "least share of reachable demand served in every district", default=None
    )
    min_covered_share: Share | None = key(
        "share",
        "least share of reachable demand with a station within reach in every district",
        default=None,
    )
    max_min: Raised | None = key(
        "-",
        "raise the least share over all districts and groups, of reachable demand served or "
        "covered in the last phase, as far as it goes, before the objective counts (max-min)",
        default=None,
    )
    max_min_slack: Share = key(
        "share",
        "what the objective may take back of the raised least share",
        default=0.001,
    )
    groups: tuple[Group, ...] = key("-", "groups of zones with floors of their own", default=())

    @model_validator(mode="after")
    def _distinct(self) -> Equity:
        names = [group.name for group in self.groups]
        if len(set(names)) != len(names):
            msg = f"groups: names must differ, got {names}"
            raise ValueError(msg)
        return self

    @property
    def asks(self) -> bool:
        """Tell whether anything limits a plan."""
        return bool(
            self.max_min
            or self.min_served_share
            or self.min_covered_share
            or any(group.asks for group in self.groups)
        )


def equity_faults(
    equity: Equity | None, kind: str, phases: Sequence[str], solver: str
) -> Iterator[str]:
    """Yield why a scenario cannot ask what its section equity asks; none otherwise.

    Parameters
    ----------
    equity
        The section, valid by itself; None where there is none.
    kind
        Of the objective.
    phases
        Names, in order.
    solver
        That the scenario names.
    """
    if equity is None:
        return
    if equity.from_phase is not None and equity.from_phase not in phases:
        yield f"equity.from_phase: {equity.from_phase!r} is no phase of {list(phases)}"
    if equity.asks and kind not in _PHASED:
        what = "classical" if kind in CLASSICAL else "of trips and markets"
        yield (
            f"objective {kind!r} is {what} and knows no floors of equity: leave them out, or use "
            "served, covered, access or cost"
        )
    if equity.max_min and solver != "highs":
        yield f"equity.max_min is solved by highs only, not {solver!r}"
    if "max_min_slack" in equity.model_fields_set and not equity.max_min:
        yield "equity.max_min_slack goes with max_min, and only with it"
