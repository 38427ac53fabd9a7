"""Hold what every battery, roof and vehicle does, and make a solver's values exact.

A solver's values hold to its tolerances, and at a price of nothing it may charge and discharge a
battery at once. Here both are netted so that the battery holds the same; each day's charging and
discharging close; what is bought follows from the balance. None of this costs more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.models.dispatch.question import NOWHERE, Sizes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.dispatch.question import Question

    Floats = NDArray[np.float64]

KEPT_KW = 1e-3
"""A limit is kept that is passed by less: a watt is a solver's rounding."""
_ROUNDS = 50
_NOTHING = 1e-9
"""kW below which a flow is rounding."""


@dataclass(frozen=True, eq=False)
class Schedule:
    """Hold sizes (J,), flows in kW (J, D, H), and what passes limits (G, D, H)."""

    sizes: Sizes
    import_kw: Floats
    export_kw: Floats
    pv_kw: Floats
    """Used or fed in; the rest of what the sun gives is curtailed."""
    charge_kw: Floats
    discharge_kw: Floats
    stored_kwh: Floats
    """At the end of each hour."""
    given_kw: Floats
    """By vehicles."""
    back_kw: Floats
    """To vehicles, for what they gave and what that lost."""
    over_kw: Floats

    @property
    def grid_kw(self) -> Floats:
        """Return what is bought less what is fed in."""
        return self.import_kw - self.export_kw

    @property
    def shift_kw(self) -> Floats:
        """Return what equipment adds to the load; below zero where it takes off."""
        taken = self.discharge_kw + self.given_kw + self.pv_kw
        return self.charge_kw + self.back_kw - taken


@dataclass(frozen=True, eq=False)
class Costs:
    """Hold what a schedule costs a year, CNY by station (J,); the price of overload apart."""

    equipment: Floats
    bought: Floats
    fed_in: Floats
    """What feeding in earns."""
    capacity: Floats
    vehicles: Floats
    """Paid for what they give."""
    wear: Floats
    overload: float

    @property
    def by_station(self) -> Floats:
        """Return the sum of each station's costs."""
        running = self.bought - self.fed_in + self.capacity + self.vehicles + self.wear
        return self.equipment + running

    @property
    def total(self) -> float:
        """Return the objective."""
        return float(self.by_station.sum()) + self.overload


def settled(q: Question, values: dict[str, Floats]) -> Schedule:
    """Return a schedule that holds exactly, out of a solver's values.

    Parameters
    ----------
    q
        The question.
    values
        By block, as the layout has them.
    """
    way, loop = q.equipment.one_way, q.equipment.v2g_round_trip
    flow = {name: np.maximum(values[name], 0.0) for name in ("u", "c", "d", "v", "r")}
    sun = q.sun * np.minimum(np.maximum(values["P"], 0.0), q.most.pv_kw)[:, None, None]
    u = np.minimum(flow["u"], sun)
    c, d = netted(flow["c"], flow["d"], way, way)
    r, v = netted(flow["r"], np.minimum(flow["v"], q.v2g_kw), loop, 1.0)
    for _ in range(_ROUNDS):
        c, d = _closed(c, d, way, way)
        r, v = _closed(r, v, loop, 1.0)
        extra = _unsold(q, u, c + r, d, v)
        if not np.any(extra > _NOTHING):
            break
        cut = np.minimum(v, extra)
        v, d = v - cut, np.maximum(d - (extra - cut), 0.0)
    stored = np.cumsum(way * c - d / way, axis=2)
    stored -= stored.min(axis=2, keepdims=True)
    net = q.load_kw + c + r - d - v - u
    shift = c + r - d - v - u
    return Schedule(
        sizes=_used(q, stored, c + d, values["P"]),
        import_kw=np.maximum(net, 0.0),
        export_kw=np.maximum(-net, 0.0),
        pv_kw=u,
        charge_kw=c,
        discharge_kw=d,
        stored_kwh=stored,
        given_kw=v,
        back_kw=r,
        over_kw=overload(q, shift),
    )


def overload(q: Question, shift_kw: Floats) -> Floats:
    """Return by how much each group's limit is passed, (G, D, H) kW.

    Parameters
    ----------
    q
        The question; its design load counts.
    shift_kw
        (J, D, H) what equipment adds to it.
    """
    held = np.flatnonzero(q.group_of != NOWHERE)
    total = np.zeros((len(q.groups), *q.shape[1:]))
    np.add.at(total, q.group_of[held], (q.design_kw + shift_kw)[held])
    over = total - q.room_kw
    return np.where(over > _NOTHING * (1 + np.abs(q.room_kw)), over, 0.0)


def costs(q: Question, plan: Schedule) -> Costs:
    """Return what a schedule costs a year."""
    item, a_year = q.equipment, q.days_per_year[:, None]

    def paid(flow_kw: Floats, price: Floats) -> Floats:
        return np.asarray(np.einsum("jdh,dh->j", flow_kw, price * a_year))

    peak = plan.import_kw.max(axis=(1, 2), initial=0.0)
    flat = np.ones_like(q.buy_cny)
    size = plan.sizes
    return Costs(
        equipment=item.battery_cny_kwh_year * size.battery_kwh
        + item.battery_cny_kw_year * size.battery_kw
        + item.pv_cny_kw_year * size.pv_kw,
        bought=paid(plan.import_kw, q.buy_cny),
        fed_in=paid(plan.export_kw, q.feed_in_cny),
        capacity=q.capacity_cny_kw_year * peak,
        vehicles=paid(plan.given_kw, q.v2g_cny),
        wear=paid(plan.discharge_kw, flat * item.wear_cny_kwh),
        overload=float((plan.over_kw * a_year).sum() * item.overload_cny_kwh),
    )


def netted(into: Floats, out: Floats, keep_in: float, keep_out: float) -> tuple[Floats, Floats]:
    """Return flows into and out of a store of which one is zero; it gains what it gained.

    Parameters
    ----------
    into, out
        kW.
    keep_in, keep_out
        Share left on each way.
    """
    gain = keep_in * into - out / keep_out
    return np.maximum(gain, 0.0) / keep_in, np.maximum(-gain, 0.0) * keep_out


def _closed(into: Floats, out: Floats, keep_in: float, keep_out: float) -> tuple[Floats, Floats]:
    """Return flows of which as much goes in as comes out each day: the larger is scaled down."""
    gained = keep_in * into.sum(axis=2, keepdims=True)
    lost = out.sum(axis=2, keepdims=True) / keep_out
    least = np.minimum(gained, lost)
    none = np.zeros_like(gained)
    less_in = np.divide(least, gained, out=none.copy(), where=gained > _NOTHING)
    less_out = np.divide(least, lost, out=none.copy(), where=lost > _NOTHING)
    return into * less_in, out * less_out


def _unsold(q: Question, u: Floats, takes: Floats, d: Floats, v: Floats) -> Floats:
    """Return what may not be fed in, (J, D, H): what goes beyond PV, and batteries if they may."""
    fed = np.maximum(u + d + v - takes - q.load_kw, 0.0)
    allowed = u + d if q.equipment.storage_export else u
    return np.maximum(fed - allowed, 0.0)


def _used(q: Question, stored: Floats, power: Floats, pv_kw: Floats) -> Sizes:
    """Return sizes no larger than what is used, and no smaller than what stands."""
    item = q.equipment
    kw = np.maximum(power.max(axis=(1, 2), initial=0.0), q.least.battery_kw)
    kwh = np.maximum(stored.max(axis=(1, 2), initial=0.0) / item.depth, kw / item.c_rate)
    pv = np.where(pv_kw > _NOTHING, pv_kw, 0.0)
    return Sizes(
        battery_kwh=np.clip(kwh, q.least.battery_kwh, q.most.battery_kwh),
        battery_kw=np.minimum(kw, q.most.battery_kw),
        pv_kw=np.clip(pv, q.least.pv_kw, q.most.pv_kw),
    )
