"""Driving speeds: what maxspeed says, what a country's law says, what the class assumes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from siting.data.case_file import LayerSpec
from siting.data.findings import Findings
from siting.data.road_files import read_roads
from siting.data.speed_limits import NATIONAL, national, parse_maxspeed
from siting.data.speeds import CLASS_SPEED_KPH, stated_speeds

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.roads import Roads

STEP_M = 1111.9508
"""0.01 degrees of latitude: 6371.0088 km x pi / 180 x 0.01."""


@pytest.mark.parametrize(
    ("text", "kph"),
    [
        ("60", 60),
        ("60 km/h", 60),
        ("60kmh", 60),
        ("40 mph", 64.37376),
        ("40mph", 64.37376),
        ("60;80", 70),
        ("100|80", 90),
        ("['25', '20']", 22.5),
        # of a list, what says nothing counts for nothing
        ("signals;60", 60),
        ("none;120", 120),
        ("walk", 7),
        ("DE:walk", 7),
        ("none", math.inf),
        ("CN:urban", 50),
        ("DE:rural", 100),
        ("DE:zone:30", 30),
        ("DE:zone30", 30),
        ("FR:30", 30),
        # 20 x 1.609344, 60 x 1.609344
        ("GB:zone20", 32.18688),
        ("GB:nsl_single", 96.56064),
        ("['CN:urban', '70']", 60),
        ("CN:harbour", None),
        ("XX:urban", None),
        ("cn:urban", None),
        ("signals", None),
        ("variable", None),
        ("60 knots", None),
        ("-60", None),
        ("1", None),
        ("999", None),
        ("1e2", None),
        ("٦٠", 60),
        ("", None),
        (";|[]", None),
    ],
)
def test_maxspeed(text: str, kph: float | None) -> None:
    """Numbers, miles, lists, words and national defaults; absurd speeds are unknown."""
    assert parse_maxspeed(text) == pytest.approx(float("nan") if kph is None else kph, nan_ok=True)


def test_national_defaults_are_told_apart() -> None:
    """A value that stands for a country's law names it; a number or an unknown default does not."""
    texts = ("CN:urban", "['CN:urban', '60']", "DE:zone:30", "60", "CN:harbour", "XX:urban", "")
    assert [national(text) for text in texts] == ["CN", "CN", None, None, None, None, None]


def test_every_country_says_where_its_limits_are_from() -> None:
    """Each has a source and a confidence, and limits that rise from town to motorway."""
    for country in NATIONAL.values():
        assert country.source
        assert country.confidence in {"A", "B", "C", "M"}
        limits = [country.kph.get(kind) for kind in ("urban", "rural", "motorway")]
        given = [limit for limit in limits if limit is not None]
        assert given == sorted(given)
        assert all(5 <= kph <= 150 for kph in country.kph.values())


def test_no_limit_counts_on_fast_roads_only() -> None:
    """130 km/h on a motorway or trunk road without a limit; elsewhere 'none' means unknown."""
    highway = np.array(["motorway", "motorway_link", "trunk", "residential"], dtype=object)
    speeds = stated_speeds(["none"] * 4, highway)
    assert speeds == pytest.approx([130, 130, 130, float("nan")], nan_ok=True)


def test_every_link_is_slower_than_its_class() -> None:
    """Class speeds fall from motorway to living street, and no link is faster than its class."""
    links = {name for name in CLASS_SPEED_KPH if name.endswith("_link")}
    for link in links:
        assert CLASS_SPEED_KPH[link] < CLASS_SPEED_KPH[link.removesuffix("_link")]
    rest = [speed for name, speed in CLASS_SPEED_KPH.items() if name not in links]
    assert rest == sorted(rest, reverse=True)


def read(
    path: Path, *rows: tuple[str, str, str], oneway: tuple[bool, ...] = ()
) -> tuple[Roads | None, list[str]]:
    """Return roads of rows u, v, maxspeed between places A, B, ... one step apart, and notes."""
    line = {place: (114.05, 22.5 + 0.01 * step) for step, place in enumerate("ABCDEFG")}
    table = {
        "u": [row[0] for row in rows],
        "v": [row[1] for row in rows],
        "highway": ["residential"] * len(rows),
        "maxspeed": [row[2] for row in rows],
        "oneway": list(oneway) or [False] * len(rows),
    }
    lines = [shapely.LineString([line[row[0]], line[row[1]]]) for row in rows]
    frame = gpd.GeoDataFrame(table, geometry=lines, crs="EPSG:4326")
    frame.to_parquet(path / "roads.parquet")
    findings = Findings()
    about = {"path": "x", "source": "by hand", "licence": "none", "date": "2025"}
    roads = read_roads(path / "roads.parquet", LayerSpec.model_validate(about), findings)
    return roads, findings.notes


def test_notes_say_how_much_was_imputed_and_how(tmp_path: Path) -> None:
    """Of four equal streets one has a sign, one a national default, one nonsense, one nothing."""
    rows = (("A", "B", "60"), ("B", "C", "CN:urban"), ("C", "D", "fast"), ("D", "E", ""))
    roads, notes = read(tmp_path, *rows)
    assert roads is not None
    # residential 25 by class; each street is two directed edges, the reverse ones at the end
    kmh = roads.length_m / roads.seconds * 3.6
    assert kmh == pytest.approx([60, 50, 25, 25] * 2)
    where = "roads.parquet (roads): "
    assert notes[-3:] == [
        where + "4 of 8 edges (50% of their length) state no speed; a free-flow speed was assumed "
        "by road class.",
        where + 'these values of maxspeed give no speed: "fast" (2).',
        where + "2 edges (25% of the length) state a national default as their speed: "
        f"CN: {NATIONAL['CN'].source} (B).",
    ]


def test_pieces_that_are_dropped_are_named(tmp_path: Path) -> None:
    """Beyond the main A-B-C-D one-way D-E leads to E-F, and one-way F-G out of it.

    One piece: D-E, E-F both ways, F-G: 1 + 2 + 1 = 4 steps of 10; the first row is where it is.
    """
    rows = tuple((a, b, "30") for a, b in ("AB", "BC", "CD", "DE", "EF", "FG"))
    roads, notes = read(tmp_path, *rows, oneway=(False, False, False, True, False, True))
    assert roads is not None
    assert len(roads.tail) == 6
    assert notes[-1] == (
        "roads.parquet (roads): 4 of 10 directed edges (4.4 of 11.1 km) were dropped: they cannot "
        "be reached from, or cannot reach, the main network. The piece: 4.4 km of residential near "
        "114.05000, 22.53500."
    )


def test_largest_of_several_pieces_come_first(tmp_path: Path) -> None:
    """One-way A-B before the main B-C-D, and one-way D-E with E-F, F-E after it: 3 steps and 1."""
    rows = tuple((a, b, "30") for a, b in ("AB", "BC", "CD", "DE", "EF"))
    _, notes = read(tmp_path, *rows, oneway=(True, False, False, True, False))
    assert notes[-1].endswith(
        "The largest of 2 pieces: 3.3 km of residential near 114.05000, 22.53500; "
        "1.1 km of residential near 114.05000, 22.50500."
    )
