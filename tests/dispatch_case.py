"""Small questions of storage, PV and V2G, whose answers can be found by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.models.dispatch.question import NOWHERE, Equipment, Question, Sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN = Equipment(
    battery_cny_kwh_year=100.0,
    battery_cny_kw_year=0.0,
    pv_cny_kw_year=100.0,
    wear_cny_kwh=0.0,
    round_trip=1.0,
    depth=1.0,
    c_rate=10.0,
    v2g_round_trip=0.8,
    storage_export=False,
    overload_cny_kwh=10.0,
)


def sizes(kwh: Sequence[float], pv_kw: Sequence[float]) -> Sizes:
    """Return sizes; a battery may have ten kW for each kWh."""
    cells = np.array(kwh, dtype=float)
    return Sizes(cells, 10 * cells, np.array(pv_kw, dtype=float))


def ask(
    load_kw: Sequence[Sequence[float]],
    *,
    kwh: Sequence[float] = (),
    pv_kw: Sequence[float] = (),
    buy: Sequence[float] = (0.2, 1.0),
    room_kw: float | None = None,
    equipment: dict[str, Any] | None = None,
    **changes: Any,  # noqa: ANN401 - any field
) -> Question:
    """Return stations on one kind of day, all year; load is design load, connections are 100 kW.

    Parameters
    ----------
    load_kw
        A row of hours for each station.
    kwh, pv_kw
        Most that each may have; none where left out.
    buy
        Price by hour.
    room_kw
        Of the substation that feeds all of them; none where left out.
    equipment, changes
        What differs from ``PLAIN``, and from this question.
    """
    load = np.array(load_kw, dtype=float)[:, None, :]
    count, days, hours = load.shape
    none = [0.0] * count
    tied = room_kw is not None
    question = Question(
        stations=tuple("ABCDEFGH"[:count]),
        groups=("G",) if tied else (),
        days=("all",),
        group_of=np.full(count, 0 if tied else NOWHERE),
        days_per_year=np.array([365.0]),
        load_kw=load,
        design_kw=load,
        connection_kw=np.full(count, 100.0),
        room_kw=np.full((int(tied), days, hours), room_kw or 0.0),
        sun=np.array([[0.0] * (hours - 1) + [1.0]]),
        v2g_kw=np.zeros(load.shape),
        v2g_kwh=np.zeros((count, days)),
        buy_cny=np.array([buy], dtype=float),
        feed_in_cny=np.full((days, hours), min(*buy, 0.4)),
        v2g_cny=np.full((days, hours), 0.5),
        capacity_cny_kw_year=0.0,
        least=sizes(none, none),
        most=sizes(kwh or none, pv_kw or none),
        equipment=replace(PLAIN, **(equipment or {})),
    )
    return replace(question, **changes)


def toy() -> Question:
    """Return two stations on one substation, two hours, everything there, for the golden file."""
    question = ask(
        [[0, 100], [20, 60]],
        kwh=(60, 0),
        pv_kw=(0, 10),
        room_kw=120,
        equipment={"round_trip": 0.81},
        capacity_cny_kw_year=12.0,
    )
    v2g = np.zeros((2, 1, 2))
    v2g[1] = 20.0
    return replace(question, v2g_kw=v2g, v2g_kwh=np.array([[0.0], [15.0]]))
