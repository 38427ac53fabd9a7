"""Make the point layers: fuel stations, existing supercharging stations, candidate sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data.synth.places import HOSTS, by_district, name_places, scaled
from siting.data.synth.plane import apportion, scatter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.synth.facts import Facts
    from siting.data.synth.places import Host, Spots
    from siting.data.synth.plane import Floats, Plane

_FUEL_SPACING_M = 650.0
_STATION_SPACING_M = 1_200.0
_SITE_SPACING_M = 260.0
_NOZZLES = np.array([8, 12, 16, 20, 24])


def make_fuel(
    facts: Facts, spots: Spots, *, scale: float, rng: np.random.Generator
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return the fuel stations and the spots they take: along arterials, more among people.

    Parameters
    ----------
    facts
        Fuel stations by district.
    spots
        Where they may stand.
    scale
        Of their number; two at least in every district that has any.
    rng
        Source of randomness.
    """
    wanted = scaled(_count(facts, facts.fuel_stations, ["stations"]), scale, least=2)
    weights = np.where(spots.main, 1.0, 1e-4) * np.sqrt(spots.density)
    spacing = _FUEL_SPACING_M / np.sqrt(scale)
    rows = by_district(spots, weights, wanted, spacing_m=spacing, rng=rng, taken=np.zeros((0, 2)))
    table = _table(facts, spots.pick(rows), "fuel", "fuel station", "加油站")
    table["nozzles"] = rng.choice(_NOZZLES, len(rows), p=[0.15, 0.3, 0.3, 0.15, 0.1])
    return table, rows


def make_stations(
    facts: Facts, spots: Spots, *, scale: float, rng: np.random.Generator
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return the existing supercharging stations and the spots they take.

    Parameters
    ----------
    facts
        Existing stations by district and type.
    spots
        Where they may stand.
    scale
        Of their number.
    rng
        Source of randomness.
    """
    columns = ["type_s", "type_m", "type_l"]
    wanted = scaled(_count(facts, facts.existing_stations, columns), scale, least=0)
    spacing = _STATION_SPACING_M / np.sqrt(scale)
    rows = by_district(
        spots, spots.density, wanted, spacing_m=spacing, rng=rng, taken=np.zeros((0, 2))
    )
    chosen = spots.pick(rows)
    table = _table(facts, chosen, "station", "supercharging station", "超充站")
    types = facts.existing_stations.set_index("district")[columns]
    table["type"] = ""
    for district, part in table.groupby("district", sort=False):
        counts = apportion(types.loc[district].to_numpy(float), len(part))
        table.loc[part.index, "type"] = np.repeat(["S", "M", "L"], counts)
    bays = table["type"].map({"S": 6, "M": 12, "L": 24}).to_numpy(float)
    table["host"] = rng.choice(["car park", "mall"], len(table), p=[0.7, 0.3])
    table["area_m2"] = np.round(bays * 40 * rng.uniform(1.1, 2.2, len(table)), -1)
    table["extra_cost_cny"] = 0
    return table, rows


def make_sites(
    facts: Facts,
    spots: Spots,
    fuel: NDArray[np.int64],
    stations: NDArray[np.int64],
    *,
    scale: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return candidate sites of every kind of host.

    Parameters
    ----------
    facts
        Number of sites, populations, fuel stations.
    spots
        Where they may stand.
    fuel
        Spots of fuel stations; some of them are hosts.
    stations
        Spots of existing stations; sites keep away from them.
    scale
        Of the number of sites.
    rng
        Source of randomness.
    """
    wanted = _sites_by_district(facts, scale)
    spacing = _SITE_SPACING_M / np.sqrt(max(scale, 1))
    tables, taken = [], spots.points[np.concatenate([stations, fuel])]
    shares = np.array([host.share for host in HOSTS])
    counts = np.stack([apportion(shares, int(total)) for total in wanted])
    for column, host in enumerate(HOSTS):
        if host.name == "fuel station":
            rows = _fuel_hosts(spots, fuel, counts[:, column], rng)
        else:
            weights = spots.density**host.crowd
            rows = by_district(
                spots, weights, counts[:, column], spacing_m=spacing, rng=rng, taken=taken
            )
            taken = np.vstack([taken, spots.points[rows]])
        tables.append(_host_table(facts, spots.pick(rows), host, rng))
    table = pd.concat(tables, ignore_index=True)
    order = np.argsort(table["district"].map(_rows(facts)).to_numpy(), kind="stable")
    table = table.iloc[order].reset_index(drop=True)
    table["id"] = _ids("site", len(table))
    return table


def _sites_by_district(facts: Facts, scale: float) -> NDArray[np.int64]:
    """Return sites by district, by people and fuel stations; thrice the latter at least."""
    total = round(facts.city["sites"] * scale)
    people = facts.districts["population"].to_numpy(float)
    fuel = _count(facts, facts.fuel_stations, ["stations"])
    weights = people / people.sum() + fuel / fuel.sum()
    least = 3 * scaled(fuel, scale, least=2)
    return apportion(weights, total, least=least)


def _fuel_hosts(
    spots: Spots, fuel: NDArray[np.int64], counts: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return so many of the fuel stations' spots in each district, or all it has."""
    chosen = []
    for district, count in enumerate(counts.tolist()):
        rows = fuel[spots.district[fuel] == district]
        chosen.append(rng.permutation(rows)[:count])
    return np.concatenate(chosen)


def _host_table(facts: Facts, spots: Spots, host: Host, rng: np.random.Generator) -> pd.DataFrame:
    """Return the rows of one kind of host."""
    table = _table(facts, spots, "site", host.name, host.name_zh)
    table["host"] = host.name
    area = host.area_m2 * np.exp(host.spread * rng.standard_normal(len(table)))
    table["area_m2"] = np.round(np.maximum(area, 240.0), -1)
    extra = host.extra_cny * np.exp(0.5 * rng.standard_normal(len(table)))
    dear = rng.random(len(table)) < host.extra_share
    table["extra_cost_cny"] = np.where(dear, np.round(extra, -4), 0).astype(np.int64)
    return table


def make_substations(
    facts: Facts, spots: Spots, *, scale: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return substations whose base peaks sum to the city's peak load, times the scale.

    Parameters
    ----------
    facts
        Fleet of substations, city peak, power factor, reserve.
    spots
        Where they may stand.
    scale
        Of their number and of the peak.
    rng
        Source of randomness.
    """
    fleet = facts.substations
    counts = scaled(fleet["count"].to_numpy(np.int64), scale, least=1)
    total = int(counts.sum())
    spacing = 1_500.0 / np.sqrt(scale)
    rows = scatter(spots.points, spots.density**0.75, total, spacing_m=spacing, rng=rng)
    chosen = spots.pick(rows)
    kind = rng.permutation(np.repeat(np.arange(len(fleet)), counts))
    voltage = fleet["voltage_kv"].to_numpy()[kind]
    table = _table(facts, chosen, "grid", "substation", "变电站", [f"{v} kV" for v in voltage])
    table["voltage_kv"] = voltage
    table["rating_mva"] = fleet["rating_mva"].to_numpy()[kind]
    table["n1_limit"] = fleet["n1_limit"].to_numpy(float)[kind]
    limit = table["rating_mva"].to_numpy(float) * table["n1_limit"].to_numpy(float)
    limit = limit * facts.city["power_factor"] * (1 - facts.city["reserve"])
    crowd = np.argsort(np.argsort(chosen.density, kind="stable")) / max(total - 1, 1)
    wish = 0.30 * (crowd - 0.5) + 0.07 * rng.standard_normal(total)
    table["base_peak_mw"] = base_peaks(limit, wish, facts.city["peak_mw"] * scale)
    return table


def base_peaks(limit_mw: Floats, wish: Floats, total_mw: float) -> Floats:
    """Return base peaks, (n,) MW with one decimal, that sum to a total.

    Parameters
    ----------
    limit_mw
        (n,) what each substation may carry.
    wish
        (n,) how much its share of the limit should differ from the others'.
    total_mw
        Wished sum; rounded to 0.1 MW.

    Notes
    -----
    A peak is ``limit * clip(level + wish, 0.3, 0.97)``; the level is found by bisection.
    """
    low, high = -2.0, 3.0
    for _ in range(60):
        level = (low + high) / 2
        if float(limit_mw @ np.clip(level + wish, 0.3, 0.97)) < total_mw:
            low = level
        else:
            high = level
    peaks = limit_mw * np.clip(high + wish, 0.3, 0.97)
    return np.asarray(apportion(peaks, round(total_mw * 10)) / 10)


def degrees(table: pd.DataFrame, plane: Plane) -> pd.DataFrame:
    """Return the table with lon and lat, six decimals, in place of metres."""
    lon_lat = np.round(plane.to_degrees(table[["east_m", "north_m"]].to_numpy(float)), 6)
    table = table.drop(columns=["east_m", "north_m"])
    return table.assign(lon=lon_lat[:, 0], lat=lon_lat[:, 1])


def _table(
    facts: Facts, spots: Spots, prefix: str, kind: str, kind_zh: str, marks: list[str] | None = None
) -> pd.DataFrame:
    """Return id, name, name_zh, district, east_m, north_m of spots."""
    count = len(spots.points)
    marks = [""] * count if marks is None else [f"{mark} " for mark in marks]
    kinds = [f"{mark}{kind}" for mark in marks]
    kinds_zh = [f"{mark.replace(' ', '')}{kind_zh}" for mark in marks]
    name, name_zh = name_places(facts, spots.cell, kinds, kinds_zh)
    return pd.DataFrame(
        {
            "id": _ids(prefix, count),
            "name": name,
            "name_zh": name_zh,
            "district": facts.districts["id"].to_numpy()[spots.district],
            "east_m": spots.points[:, 0],
            "north_m": spots.points[:, 1],
        }
    )


def _ids(prefix: str, count: int) -> list[str]:
    """Return 'fuel-0001' and so on."""
    return [f"{prefix}-{number:04d}" for number in range(1, count + 1)]


def _rows(facts: Facts) -> dict[str, int]:
    """Return the row of each district."""
    return {name: row for row, name in enumerate(facts.districts["id"])}


def _count(facts: Facts, table: pd.DataFrame, columns: list[str]) -> NDArray[np.int64]:
    """Return the sum of columns by district, (D,), in the districts' order."""
    total = table.set_index("district")[columns].sum(axis=1)
    return np.asarray(total.reindex(facts.districts["id"], fill_value=0).to_numpy(np.int64))
