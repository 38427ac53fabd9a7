"""Give what planners vary most a short name: each says what it sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from siting.errors import Fault, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.sweep.vary import Value

Path = tuple[str, ...]
Data = dict[str, Any]

_DIGITS = 12
"""Kept of what is scaled: 0.1 times 3 is 0.3."""


@dataclass(frozen=True)
class Short:
    """Hold what a short name sets."""

    unit: str
    sets: str
    """In plain words, for the help."""
    put: Callable[[Data, Value], list[Path]]
    """Sets it; returns the places that changed."""


def _number(name: str, value: Value) -> float:
    if isinstance(value, bool | str):
        msg = "What to vary cannot be read."
        fault = Fault(f"--vary {name}", f"{value!r} is no number", "Give numbers.")
        raise ScenarioError(msg, [fault])
    return value


def _refuse(name: str, why: str, mend: str) -> NoReturn:
    msg = "This scenario cannot be varied so."
    raise ScenarioError(msg, [Fault(f"--vary {name}", why, mend)])


def _scaled(value: float, factor: float) -> float:
    return round(value * factor, _DIGITS)


def _ratio(data: Data, value: Value) -> list[Path]:
    target = _number("ratio", value)
    changed: list[Path] = []
    for phase in data["phases"]:
        old = phase["ratio"]
        new = target if phase is data["phases"][-1] else min(old, target)
        if not old and phase["district_floor"]:
            why = f"phase {phase['name']} has floors for districts, but no target to scale them by"
            mend = f"Name the key: --vary phases.{phase['name']}.ratio=..."
            _refuse("ratio", why, mend)
        if new == old:
            continue
        phase["ratio"] = new
        changed.append(("phases", phase["name"], "ratio"))
        if phase["district_floor"]:
            phase["district_floor"] = _scaled(phase["district_floor"], new / old)
            changed.append(("phases", phase["name"], "district_floor"))
        for district, floor in phase["district_ratio"].items():
            phase["district_ratio"][district] = _scaled(floor, new / old) if old else floor
            changed.append(("phases", phase["name"], "district_ratio", district))
    return changed


def _budget(data: Data, value: Value) -> list[Path]:
    total, phases = _number("budget", value), data["phases"]
    known = [phase["budget_cny"] for phase in phases if phase.get("budget_cny") is not None]
    first = phases[0]
    if not known:
        first["budget_cny"] = total
        rest = phases[1:]
        for phase in rest:
            phase["budget_cny"] = 0.0
        return [("phases", phase["name"], "budget_cny") for phase in phases]
    if len(known) < len(phases) or not sum(known):
        why = "only some phases have a budget above 0, so none can be shared as they share it"
        _refuse("budget", why, f"Name the phase: --vary phases.{first['name']}.budget_cny=...")
    for phase in phases:
        phase["budget_cny"] = _scaled(phase["budget_cny"], total / sum(known))
    return [("phases", phase["name"], "budget_cny") for phase in phases]


def _growth(data: Data, value: Value) -> list[Path]:
    factor = _number("growth", value)
    changed: list[Path] = []
    for phase in data["phases"]:
        key = "growth" if phase.get("city_gwh_day") is None else "city_gwh_day"
        phase[key] = _scaled(phase[key], factor)
        changed.append(("phases", phase["name"], key))
    return changed


def _share(data: Data, value: Value) -> list[Path]:
    share, last = _number("share", value), data["phases"][-1].get("super_share")
    if not last:
        _refuse("share", "the last phase has no super_share", "Vary growth instead.")
    having = [phase for phase in data["phases"] if phase.get("super_share") is not None]
    for phase in having:
        phase["super_share"] = min(1.0, _scaled(phase["super_share"], share / last))
    having[-1]["super_share"] = share
    return [("phases", phase["name"], "super_share") for phase in having]


def _reach(data: Data, value: Value) -> list[Path]:
    reach, wanted = data["reach"], _number("reach", value)
    if reach.get("km") is None:
        reach["minutes"] = wanted
        return [("reach", "minutes")]
    factor = wanted / reach["km"]["default"]
    reach["km"] = {name: _scaled(km, factor) for name, km in reach["km"].items()}
    return [("reach", "km", name) for name in reach["km"]]


def _prices(data: Data, value: Value) -> list[Path]:
    factor = _number("prices", value)
    changed: list[Path] = []
    for name, price in data["prices"].items():
        data["prices"][name] = _scaled(price, factor)
        changed.append(("prices", name))
    for kind, station in data["stations"].items():
        if station.get("cost_cny") is not None:
            station["cost_cny"] = _scaled(station["cost_cny"], factor)
            changed.append(("stations", kind, "cost_cny"))
    steps = data["grid"].get("reinforcement")
    if steps is not None:
        steps["step_cny"] = _scaled(steps["step_cny"], factor)
        changed.append(("grid", "reinforcement", "step_cny"))
    return changed


def _at(section: str, name: str) -> Callable[[Data, Value], list[Path]]:
    def put(data: Data, value: Value) -> list[Path]:
        data[section][name] = value
        return [(section, name)]

    return put


def _last(key: str) -> Callable[[Data, Value], list[Path]]:
    def put(data: Data, value: Value) -> list[Path]:
        phase = data["phases"][-1]
        phase[key] = value
        return [("phases", phase["name"], key)]

    return put


SHORT: dict[str, Short] = {
    "ratio": Short(
        "stations per fuel station",
        "the city's target in the last phase; an earlier target above it comes down to it; floors "
        "of districts are scaled with their phase's target",
        _ratio,
    ),
    "budget": Short(
        "CNY", "the money of all phases together, shared among them as the scenario does", _budget
    ),
    "growth": Short("factor", "multiplies the demand of every phase", _growth),
    "share": Short(
        "share", "super_share of the last phase; that of earlier ones is scaled with it", _share
    ),
    "reach": Short(
        "min", "reach.minutes; where the scenario has km, km of 'default', others scaled", _reach
    ),
    "stations": Short("stations", "max_stations of the last phase", _last("max_stations")),
    "prices": Short(
        "factor", "multiplies every price, and whole costs of stations and reinforcement", _prices
    ),
    "spacing": Short("m", "limits.spacing_m", _at("limits", "spacing_m")),
    "wait": Short("min", "service.max_wait_min", _at("service", "max_wait_min")),
    "reserve": Short("share", "grid.reserve", _at("grid", "reserve")),
    "served": Short("share", "objective.min_served_share", _at("objective", "min_served_share")),
    "covered": Short("share", "objective.min_covered_share", _at("objective", "min_covered_share")),
    "objective": Short("-", "objective.kind", _at("objective", "kind")),
    "gap": Short("share", "solve.gap", _at("solve", "gap")),
    "seed": Short("-", "solve.seed", _at("solve", "seed")),
}
"""By name."""
