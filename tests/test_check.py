"""What a check tells of a city: counts, gaps, odd values, verdicts; as text, JSON and a page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from siting.cli import main
from siting.data.load import load_case
from siting.data.report import CaseReport, LayerReport, case_report
from siting.maps.check import render_check
from tests.small_case import EAST, FUEL, SITES, SUBSTATIONS, WEST, layer_toml, write_case

if TYPE_CHECKING:
    from pathlib import Path


def report(folder: Path, **files: str) -> CaseReport:
    """Return what is found in the small case with some files changed."""
    named = {name.replace("_", "."): text for name, text in files.items()}
    return case_report(load_case(write_case(folder, files=dict(named))))


def layer(found: CaseReport, name: str) -> LayerReport:
    """Return one layer's part."""
    return next(item for item in found.layers if item.layer == name)


def test_small_case(tmp_path: Path) -> None:
    """Two zones with 40 kWh/day in two districts; site b has neither name nor area."""
    found = report(tmp_path)
    assert [item.layer for item in found.layers] == ["zones", "sites", "fuel", "districts"]
    assert found.absent == (
        *("stations", "substations", "exclusions", "supply_areas"),
        *("roads", "pois", "water", "parks", "flows", "raster"),
    )
    zones = layer(found, "zones")
    assert zones.counts == ("2 rows", "demand 40 in all", "by district: west 1, east 1")
    assert zones.extent == (114.05, 22.55, 114.15, 22.55)
    sites = layer(found, "sites")
    assert sites.gaps == (
        "name: 1 of 2 are the id; no name",
        "name_zh: 2 of 2 empty; no Chinese name",
        "area_m2: 1 of 2 empty; sites of unknown area take any type of station",
        "substation: 2 of 2 empty; their load is on no substation",
    )
    assert sites.odd == ()
    assert sites.verdict == "good; 4 columns have gaps"
    assert layer(found, "districts").verdict == "good; 1 column has gaps"


def test_notes_go_to_their_layer(tmp_path: Path) -> None:
    """A site just beyond the districts went to the nearest; the note stands with the sites."""
    found = report(tmp_path, sites_csv="id,lon,lat\na,114.04,22.55\nb,114.2003,22.55\n")
    note, few = layer(found, "sites").notes
    assert note.startswith("1 of 2 points lie in no district and went to the nearest")
    assert few == (
        "too few places to tell (2) whether its coordinates are shifted; it takes 15 distinct ones."
    )
    assert layer(found, "sites").verdict == "usable; 1 thing to look at"
    assert found.notes == ()


def test_values_far_out(tmp_path: Path) -> None:
    """Of ten zones nine ask for 10 and one for 1,000,000; one that asks for nothing is told apart.

    Quartiles 10 and 10: beyond a factor of 3 is far out, since nothing nearer is odd.
    """
    rows = [f"z{n},114.0{n},22.55,10" for n in range(1, 10)]
    rows += ["big,114.15,22.55,1000000", "mid,114.16,22.55,29", "nil,114.17,22.55,0"]
    found = report(tmp_path, zones_csv="id,lon,lat,demand\n" + "\n".join(rows))
    odd = layer(found, "zones").odd
    assert [item.what for item in odd] == [
        "1 of 12 rows: no demand: nil",
        "1 of 12 rows: demand far out: big (1e+06)",
    ]
    assert odd[1].reason == "half of the rows have 10 to 10"


def test_places_side_by_side(tmp_path: Path) -> None:
    """Fuel stations 51 m apart are a pair (0.0005 degrees x 102.7 km), 103 m apart are not.

    Sites count as one place within 2 m only.
    """
    fuel = FUEL + "f3,114.0305,22.55\nf4,114.0315,22.55\n"
    found = report(tmp_path, fuel_csv=fuel, sites_csv=SITES + "c,Mall 2,114.04001,22.55,800\n")
    (pair,) = layer(found, "fuel").odd
    assert pair.what == "1 pair within 60 m: f1 and f3"
    (twice,) = layer(found, "sites").odd
    assert twice.what == "1 pair within 2 m: a and c"


def test_districts_that_overlap(tmp_path: Path) -> None:
    """East reaching half-way into west overlaps it; sharing a border does not."""
    assert layer(report(tmp_path), "districts").odd == ()
    wide = [[114.05 if lon == 114.1 else lon, lat] for lon, lat in EAST]
    features = [
        {
            "type": "Feature",
            "properties": {"id": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for name, ring in (("west", WEST), ("east", wide))
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (odd,) = layer(report(tmp_path, districts_geojson=text), "districts").odd
    assert odd.what == "1 pair overlap: west and east"


def test_substations_that_are_full(tmp_path: Path) -> None:
    """A base load of 60 MW is past 100 MVA x 0.5; 20 MW is not."""
    files = {"substations.csv": SUBSTATIONS.replace("100,0.5,20\ng2", "100,0.5,60\ng2")}
    table = {"substations": layer_toml("substations", "substations.csv")}
    found = case_report(load_case(write_case(tmp_path, files=dict(files), layers=table)))
    (odd,) = layer(found, "substations").odd
    assert odd.what == "1 of 2 rows: full already: g1"
    assert layer(found, "substations").counts == ("2 rows", "200 MVA in all")


def test_roads_and_what_is_far_from_them(tmp_path: Path) -> None:
    """Two streets of 1.112 km, one at 140 km/h; site b and zone z2 are 10 km from both."""
    ends = [(114.05, 22.54), (114.05, 22.55), (114.05, 22.56)]
    frame = gpd.GeoDataFrame(
        {
            "u": ["A", "B"],
            "v": ["B", "C"],
            "highway": ["primary", "residential"],
            "speed_kph": [140.0, 28.0],
        },
        geometry=[shapely.LineString(ends[:2]), shapely.LineString(ends[1:])],
        crs="EPSG:4326",
    )
    frame.to_parquet(tmp_path / "roads.parquet")
    table = {"roads": layer_toml("roads", "roads.parquet", "")}
    found = case_report(load_case(write_case(tmp_path, layers=table)))
    roads = layer(found, "roads")
    # 4 x 1.112 km; 2 x 1.112 / 140 + 2 x 1.112 / 28 h is 0.0953 h: 46.7 km/h
    assert roads.counts == (
        "3 junctions, 4 directed edges, 4.4 km",
        "most of it primary 2 km, residential 2 km",
        "mean speed 47 km/h",
    )
    assert [item.what for item in roads.odd] == ["2 edges are faster than 130 km/h"]
    (far,) = layer(found, "zones").odd
    assert far.what.startswith("1 of 2 rows: more than 300 m from any road, at most 10,2")
    assert len(layer(found, "sites").odd) == 1


HOSTILE = '<script>alert("x")</script>\'&\u202e'


class _Tags(HTMLParser):
    """Gather the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page_is_whole_and_escaped(tmp_path: Path) -> None:
    """Hostile titles, sources and ids are shown as text; no script, and nothing is loaded."""
    quoted = json.dumps(HOSTILE, ensure_ascii=True)
    cells = HOSTILE.replace('"', '""')
    zones = f'id,lon,lat,demand\n"{cells}",114.05,22.55,0\nz2,114.15,22.55,10\n'
    fuel = layer_toml("fuel", "fuel.csv").replace('"by hand"', quoted)
    folder = write_case(
        tmp_path,
        files={"zones.csv": zones},
        layers={"fuel": fuel},
        head=f"title = {quoted}\nlabel = {quoted}\n",
    )
    page = render_check(case_report(load_case(folder)))
    parser = _Tags()
    parser.feed(page)
    assert parser.open == []
    assert "script" not in parser.tags
    assert not re.search(r"https?:|url\(|@import", page)
    assert page.count("&lt;script&gt;") >= 4


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a command."""
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_command_prints_a_verdict_per_layer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a layer, absent ones too, after what was found in each."""
    folder = str(write_case(tmp_path))
    code, out, _ = run(capsys, "check", folder, "--quiet")
    assert (code, out) == (0, "")
    code, out, _ = run(capsys, "check", folder)
    assert code == 0
    lines = [line.strip().split(maxsplit=3) for line in out.splitlines()]
    assert ["zones", "2", "rows", "good; 3 columns have gaps"] in lines
    assert ["roads", "-", "not", "in this case"] in lines
    assert out.endswith(f"{folder}: no faults.\n")


def test_command_writes_json_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints one document with the layers; --html writes the page as well."""
    folder, page = str(write_case(tmp_path)), tmp_path / "check.html"
    code, out, _ = run(capsys, "check", folder, "--json", "--html", str(page))
    document = json.loads(out)
    assert code == 0
    assert document["ok"] is True
    assert document["layers"][0]["verdict"] == "good; 3 columns have gaps"
    assert document["layers"][0]["extent"] == [114.05, 22.55, 114.15, 22.55]
    assert document["notes"] == []
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_pages_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A scenario has no page, and a folder is no file: exit code 2, said in a line."""
    code, _, err = run(capsys, "check", "central", "--html", str(tmp_path / "x.html"))
    assert code == 2
    assert "Only what is found in a city" in err
    folder = str(write_case(tmp_path))
    code, _, err = run(capsys, "check", folder, "--html", str(tmp_path))
    assert code == 2
    assert "could not be written" in err
