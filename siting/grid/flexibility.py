"""Say how much a plan's stations can take off the grid, or take up, in each hour of a kind of day.

What a station offers for one hour, from its planned schedule on: *down* by charging that waits or
is refused, by its battery and by vehicles, no more than it takes from the grid; *up* by its
battery, by curtailing PV, and by charging drawn forward, as far as its connection has room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.storage import Response
    from siting.models.dispatch.question import Question
    from siting.models.dispatch.response import Planned

    Floats = NDArray[np.float64]

CITY = "city"


@dataclass(frozen=True, eq=False)
class Flexibility:
    """Hold what J stations offer in each of H hours of a kind of day, kW."""

    down: dict[str, Floats]
    """By source."""
    up: dict[str, Floats]
    down_kw: Floats
    """What all sources give together: no more than is taken from the grid."""
    up_kw: Floats
    """No more than the connection has room for."""


def flexibility(q: Question, planned: Planned, response: Response) -> Flexibility:
    """Return what each station offers.

    Parameters
    ----------
    q
        One kind of day, its sizes fixed.
    planned
        Its schedule.
    response
        How much charging may wait or be refused.
    """
    item, load = q.equipment, q.load_kw[:, 0]
    size, way = q.most, q.equipment.one_way
    before = np.roll(planned.stored_kwh, 1, axis=1)
    running = planned.discharge_kw - planned.charge_kw
    out = np.minimum(size.battery_kw[:, None], before * way)
    into = np.minimum(
        size.battery_kw[:, None], (item.depth * size.battery_kwh[:, None] - before) / way
    )
    left = np.maximum(q.v2g_kwh[:, 0] - planned.given_kw.sum(axis=1), 0.0)[:, None]
    spare = np.minimum(q.v2g_kw[:, 0], load) - planned.given_kw
    down = {
        "guns": (response.defer_share + response.shed_share) * load,
        "storage": np.maximum(out - running, 0.0),
        "v2g": np.clip(np.minimum(spare, left), 0.0, None) + planned.back_kw,
    }
    coming = sum(np.roll(load, -n, axis=1) for n in range(1, response.defer_hours + 1))
    up = {
        "guns": response.defer_share * coming * np.ones_like(load),
        "storage": np.maximum(into + running, 0.0),
        "pv": planned.pv_kw,
    }
    taken = np.maximum(load + planned.shift_kw, 0.0)
    room = q.connection_kw[:, None] - q.design_kw[:, 0] - planned.shift_kw
    return Flexibility(
        down=down,
        up=up,
        down_kw=np.minimum(sum(down.values()), taken),
        up_kw=np.clip(sum(up.values()), 0.0, np.maximum(room, 0.0)),
    )


def station_offers(q: Question, found: Flexibility, districts: list[str]) -> pd.DataFrame:
    """Return one row a station and hour: substation, district, kW by source, and in all.

    Parameters
    ----------
    q, found
        One kind of day, and what its stations offer.
    districts
        (J,)
    """
    stations, hours = found.down_kw.shape
    tied = ["" if g < 0 else q.groups[g] for g in q.group_of]
    columns = {f"down_{name}_kw": kw.ravel() for name, kw in found.down.items()}
    columns |= {f"up_{name}_kw": kw.ravel() for name, kw in found.up.items()}
    return pd.DataFrame(
        {
            "station": np.repeat(np.array(q.stations, dtype=object), hours),
            "substation": np.repeat(np.array(tied, dtype=object), hours),
            "district": np.repeat(np.array(districts, dtype=object), hours),
            "day": q.days[0],
            "hour": np.tile(np.arange(hours), stations),
            **columns,
            "down_kw": found.down_kw.ravel(),
            "up_kw": found.up_kw.ravel(),
        }
    )


def area_offers(offers: pd.DataFrame, response: Response) -> pd.DataFrame:
    """Return offers by substation, district and city, and whether an aggregator may make them.

    It may where so many hours in a row, this one among them, hold the least it may offer.

    Parameters
    ----------
    offers
        As `station_offers` gives them, of any kinds of day.
    response
        Least kW and hours of an aggregator.
    """
    parts = []
    for area in ("substation", "district", CITY):
        named = offers.assign(**{CITY: CITY}) if area == CITY else offers[offers[area] != ""]
        table = named.groupby([area, "day", "hour"], as_index=False, sort=False)[
            ["down_kw", "up_kw"]
        ].sum()
        table.insert(0, "area", area)
        parts.append(table.rename(columns={area: "name"}))
    table = pd.concat(parts, ignore_index=True)
    hours = max(1, int(np.ceil(response.least_hours)))
    for sense in ("down", "up"):
        enough = table[f"{sense}_kw"] >= response.least_kw
        of = [table["area"], table["name"], table["day"]]
        table[f"{sense}_may_be_offered"] = enough.groupby(of, sort=False).transform(
            lambda held: in_a_row(held.to_numpy(dtype=bool), hours)
        )
    return table


def in_a_row(held: NDArray[np.bool_], hours: int) -> NDArray[np.bool_]:
    """Return which hours belong to a run of at least so many.

    Parameters
    ----------
    held
        (H,) by hour of the day.
    hours
        Least length.
    """
    found = np.zeros(len(held), dtype=bool)
    start = 0
    for end in range(len(held) + 1):
        if end == len(held) or not held[end]:
            found[start:end] = end - start >= hours
            start = end + 1
    return found
