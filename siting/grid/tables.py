"""Write a placed load as tables: by station, substation, district and city."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.grid.placement import HOURS, NOWHERE, OVER, summed_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.grid.placement import Placement
    from siting.plan import Document

    Floats = NDArray[np.float64]


def _long(
    placement: Placement, kind: str, labels: list[str], columns: dict[str, Floats]
) -> pd.DataFrame:
    """Return one row a phase, label, kind of day and hour."""
    size = (len(placement.phases), len(labels), len(placement.days), HOURS)
    index = np.indices(size).reshape(4, -1)
    names = (placement.phases, labels, placement.days)
    table = {
        name: np.array(values, dtype=object)[place]
        for name, values, place in zip(("phase", kind, "day"), names, index, strict=False)
    }
    return pd.DataFrame(
        {**table, "hour": index[3], **{name: values.ravel() for name, values in columns.items()}}
    )


def station_load(placement: Placement) -> pd.DataFrame:
    """Return each station's design and expected load: phase, station, day, hour, substation, kW."""
    table = _long(
        placement,
        "station",
        list(placement.stations),
        {"design_kw": placement.design_kw, "expected_kw": placement.expected_kw},
    )
    tied = dict(zip(placement.stations, placement.substation_of.tolist(), strict=True))
    names = {s: "" if g == NOWHERE else placement.substations[g] for s, g in tied.items()}
    table.insert(2, "substation", table["station"].map(names))
    return table


def substation_load(placement: Placement) -> pd.DataFrame:
    """Return each substation's day: base, design and expected load, limit, headroom, MW."""
    limit = np.broadcast_to(placement.limit_mw[:, :, None, None], placement.base_mw.shape)
    return _long(
        placement,
        "substation",
        list(placement.substations),
        {
            "base_mw": placement.base_mw,
            "charging_mw": placement.charging_mw,
            "expected_mw": placement.expected_mw,
            "limit_mw": limit,
            "headroom_mw": placement.headroom_mw,
            "loading": placement.loading,
        },
    )


def district_load(placement: Placement, document: Document) -> pd.DataFrame:
    """Return the charging load by district, and of the whole city, MW."""
    districts = [station.district for station in document.stations]
    labels = ["city", *dict.fromkeys(districts)]
    of = np.array([labels.index(name) for name in districts], dtype=np.int64)

    columns = {}
    for name, load in (("design_mw", placement.design_kw), ("expected_mw", placement.expected_kw)):
        total = summed_by(load, of, len(labels)) / 1000
        total[:, 0] = load.sum(axis=1) / 1000
        columns[name] = total
    return _long(placement, "district", labels, columns)


def verdicts(placement: Placement) -> pd.DataFrame:
    """Return whether each substation holds, in every phase.

    Columns: ``phase``, ``substation``, ``limit_mw``; day, hour and MW of the worst hour, its
    loading and headroom; ``over``; the first hour over the limit in the order of the study's days,
    how deep the limit is passed (MW), in how many hours a year, and whether the base load alone
    passes it.
    """
    p = placement
    rows = []
    for t, phase in enumerate(p.phases):
        for g, name in enumerate(p.substations):
            loading, total = p.loading[t, g], p.base_mw[t, g] + p.charging_mw[t, g]
            day, hour = np.unravel_index(int(total.argmax()), total.shape)
            over = loading > OVER
            first = np.argwhere(over)[0] if over.any() else None
            rows.append(
                {
                    "phase": phase,
                    "substation": name,
                    "limit_mw": p.limit_mw[t, g],
                    "worst_day": p.days[day],
                    "worst_hour": int(hour),
                    "worst_mw": total[day, hour],
                    "loading": loading[day, hour],
                    "headroom_mw": p.headroom_mw[t, g].min(),
                    "over": bool(over.any()),
                    "first_over": "" if first is None else f"{p.days[first[0]]} {first[1]:02d}:00",
                    "depth_mw": max(0.0, -float(p.headroom_mw[t, g].min())) if over.any() else 0.0,
                    "hours_over_per_year": float(over.sum(axis=1) @ p.days_per_year),
                    "base_alone_over": bool(
                        (p.base_mw[t, g].max() > p.limit_mw[t, g] * OVER) and over.any()
                    ),
                }
            )
    return pd.DataFrame(rows, columns=_VERDICT)


_VERDICT = [
    "phase",
    "substation",
    "limit_mw",
    "worst_day",
    "worst_hour",
    "worst_mw",
    "loading",
    "headroom_mw",
    "over",
    "first_over",
    "depth_mw",
    "hours_over_per_year",
    "base_alone_over",
]


def substation_layer(table: pd.DataFrame, case: Case) -> gpd.GeoDataFrame:
    """Return the verdicts at their places, WGS-84.

    Parameters
    ----------
    table
        As `verdicts` gives it.
    case
        The city.
    """
    places = case.substations[["id", "name", "name_zh", "voltage_kv", "rating_mva", "geometry"]]
    merged = table.merge(places, left_on="substation", right_on="id").drop(columns="id")
    return gpd.GeoDataFrame(merged, geometry="geometry", crs=case.substations.crs)
