"""Read the published figures a stylised city is made from."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.errors import CaseError, Fault

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {
    "city": ("key", "value"),
    "districts": ("id", "name", "name_zh", "area_km2", "population"),
    "subdistricts": ("district", "name", "name_zh", "lat", "lon"),
    "outline": ("lat", "lon"),
    "green": ("kind", "lat", "lon", "radius_km"),
    "hubs": ("name", "name_zh", "lat", "lon", "weight"),
    "corridors": ("highway", "name", "via"),
    "road_classes": ("highway", "speed_kph"),
    "fuel_stations": ("district", "stations"),
    "existing_stations": ("district", "type_s", "type_m", "type_l"),
    "substations": ("voltage_kv", "rating_mva", "n1_limit", "count"),
}
"""Fact tables (``NAME.csv``) and the columns the generator needs of each."""


@dataclass(frozen=True, eq=False)
class Facts:
    """Hold the fact tables of one city, each as its file gives it."""

    city: dict[str, float]
    """Single figures by key."""
    districts: pd.DataFrame
    subdistricts: pd.DataFrame
    outline: pd.DataFrame
    """Corners of the land, in order, open ring."""
    green: pd.DataFrame
    """Hills, reservoirs and wetlands, where few live."""
    hubs: pd.DataFrame
    corridors: pd.DataFrame
    road_classes: pd.DataFrame
    fuel_stations: pd.DataFrame
    existing_stations: pd.DataFrame
    substations: pd.DataFrame
    head: dict[str, Any]
    """``case.toml`` of the fact folder."""

    @property
    def seed(self) -> int:
        """Return the seed ``case.toml`` names, or 0."""
        return int(self.head.get("generator", {}).get("seed", 0))

    @property
    def speeds_kph(self) -> dict[str, float]:
        """Return km/h by road class."""
        table = self.road_classes
        return dict(zip(table["highway"], table["speed_kph"].astype(float), strict=True))


def read_facts(folder: Path) -> Facts:
    """Read the fact tables of a folder.

    Parameters
    ----------
    folder
        Holds ``case.toml`` and one ``NAME.csv`` for each row of `COLUMNS`.

    Raises
    ------
    CaseError
        If a table or a column is missing, or a row names an unknown district or sub-district.
    """
    faults: list[Fault] = []
    tables = {name: _table(folder, name, faults) for name in COLUMNS}
    head = folder / "case.toml"
    if not head.is_file():
        faults.append(Fault(str(head), "file is missing", "copy it from the shipped city"))
    if not faults:
        faults = _cross_faults(folder, tables)
    if faults:
        msg = f"{folder}: the fact tables of this stylised city are not whole"
        raise CaseError(msg, faults)
    city = tables.pop("city")
    return Facts(
        city=dict(zip(city["key"], city["value"].astype(float), strict=True)),
        head=tomllib.loads(head.read_text(encoding="utf-8")),
        **tables,
    )


def _table(folder: Path, name: str, faults: list[Fault]) -> pd.DataFrame:
    """Return one table; note what is missing of it."""
    path = folder / f"{name}.csv"
    if not path.is_file():
        faults.append(Fault(str(path), "file is missing", "copy it from the shipped city"))
        return pd.DataFrame()
    table = pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
    missing = [column for column in COLUMNS[name] if column not in table.columns]
    faults += [Fault(str(path), "column is missing", "add it", field=column) for column in missing]
    return table


def _cross_faults(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Fault]:
    """Return a fault for every row that names a district or sub-district nobody knows."""
    districts = set(tables["districts"]["id"])
    places = set(tables["subdistricts"]["name"])
    faults = []
    for name in ("subdistricts", "fuel_stations", "existing_stations"):
        for row, district in enumerate(tables[name]["district"], start=2):
            if district not in districts:
                what = f"unknown district {district!r}"
                mend = f"use one of {sorted(districts)}"
                faults.append(Fault(str(folder / f"{name}.csv"), what, mend, row, "district"))
    for row, via in enumerate(tables["corridors"]["via"], start=2):
        for place in split_via(via):
            if place not in places:
                what = f"unknown sub-district {place!r}"
                mend = "use a name of subdistricts.csv"
                faults.append(Fault(str(folder / "corridors.csv"), what, mend, row, "via"))
    return faults


def split_via(via: str) -> list[str]:
    """Return the sub-districts of a corridor: ``'A > B'`` gives ``['A', 'B']``."""
    return [place.strip() for place in via.split(">")]
