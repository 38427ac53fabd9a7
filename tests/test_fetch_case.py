"""From a place's name to a case and a plan, on loopback; and every way a place can be unclear."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from siting.cli import main
from siting.data.fetch.cache import Cache
from siting.data.fetch.case import Servers, Wish, fetch_case
from siting.data.fetch.place import place_by_name, place_from_bbox, place_from_file
from siting.data.fetch.web import Web
from siting.data.load import load_case
from siting.errors import CaseError, InputError, SourceError
from tests.overpass_server import BBOX, NAME, MapServer, districts, json_reply, neighbours, page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.data.fetch.place import Place


@pytest.fixture(autouse=True)
def instant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Wait for nothing, and work in an empty folder."""
    monkeypatch.setattr("siting.data.fetch.web.sleep", lambda _seconds: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def server() -> Iterator[MapServer]:
    """Serve the town."""
    with MapServer() as found:
        yield found


def _servers(server: MapServer, **options: Any) -> Servers:  # noqa: ANN401 - passed through
    return Servers((server.url,), server.url, cache=Path("cache"), **options)


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def _fetch(server: MapServer, *more: str) -> int:
    asked = ["--endpoint", server.url, "--nominatim", server.url, "--cache", "cache"]
    return _run("case", "fetch", NAME, "--out", "data/testford", *asked, *more)


def test_name_becomes_a_case(server: MapServer) -> None:
    """Every layer is there, with what the town has of it, where it came from and when."""
    out = Path("data/testford")
    report = fetch_case(Wish(NAME), out, servers=_servers(server), tell=lambda _line: None)
    case = load_case(out)
    assert case.title == NAME
    assert sorted(case.districts["id"]) == ["East", "West"]
    assert sorted(case.fuel["name"]) == ["East Fuel", "West Fuel"]
    # 3 car parks, 1 mall, and both fuel stations
    assert len(case.sites) == 6
    assert case.stations["name"].tolist() == ["Old Chargers"]
    assert case.substations["voltage_kv"].tolist() == [110.0]
    assert case.roads is not None
    # 7 streets of 4.448 km and 5 of 4.464 km (0.06 deg x 111.195 km x cos 48 deg), both ways
    assert report.road_km == pytest.approx(2 * (7 * 4.448 + 5 * 4.464), rel=0.001)
    assert {info.date for info in case.layers} == {"2025-06-30"}
    assert all("OpenStreetMap" in info.source for info in case.layers)
    assert {info.licence for info in case.layers} == {"ODbL 1.0"}


def test_one_command_fetches_and_plans(
    server: MapServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Name in, map out; the second time without a single question."""
    assert _fetch(server, "--plan", "one-to-one", "--json") == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["rows"]["fuel"] == 2
    assert document["plan"]["ratio"]["city"]["ratio"] == 1.0  # 2 stations for 2 fuel stations
    assert Path("maps/testford-one-to-one/map.html").is_file()
    assert "roads, tile 1 of 1: asking 127.0.0.1" in err
    server.asked.clear()
    assert _fetch(server, "--quiet") == 0
    assert server.asked == []


def test_box_and_polygon_need_no_look_up(server: MapServer) -> None:
    """A polygon cuts the town: East alone has one fuel station; the name is the title then."""
    polygon = Path("east.geojson")
    east = gpd.GeoDataFrame(geometry=[shapely.box(20.03, 47.99, 20.07, 48.05)], crs="EPSG:4326")
    east.to_crs("EPSG:32634").to_file(polygon, driver="GeoJSON")
    wish = Wish("Eastford", polygon=polygon)
    report = fetch_case(wish, Path("east"), servers=_servers(server), tell=lambda _line: None)
    assert report.rows["fuel"] == 1
    assert load_case(Path("east")).title == "Eastford"
    assert len(server.asked) == len(server.questions)  # all to Overpass
    box = Wish(bbox=",".join(map(str, BBOX)))
    report = fetch_case(box, Path("box"), servers=_servers(server), tell=lambda _line: None)
    assert report.rows["fuel"] == 2


def test_district_level_and_pois_are_asked_for(server: MapServer) -> None:
    """--district-level asks for that level alone, --pois for more places."""
    assert _fetch(server, "--district-level", "8", "--pois") == 0
    assert '["admin_level"~"^(8)$"]' in server.questions[0]
    assert "cinema" in server.questions[1]
    assert _fetch(server, "--district-level", "9") == 2  # there is none


def test_a_contact_is_told_to_the_servers(
    server: MapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--contact, or SITING_CONTACT, stands in the User-Agent; no header may hold a line's end."""
    assert _fetch(server, "--contact", "a@b.org") == 0
    assert server.asked[-1].headers["User-Agent"].endswith("charging networks; a@b.org)")
    monkeypatch.setenv("SITING_CONTACT", "https://b.org/who")
    assert _fetch(server, "--refresh") == 0
    assert server.asked[-1].headers["User-Agent"].endswith("; https://b.org/who)")
    asked = len(server.asked)
    assert _fetch(server, "--contact", "a\nb") == 2
    assert len(server.asked) == asked


def test_sliver_of_a_neighbour_is_no_district(
    server: MapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place drawn 15 m into its neighbour is divided by its own districts, not off from it."""
    both = [*neighbours(), *districts()]
    monkeypatch.setattr("tests.overpass_server.districts", lambda: both)
    # 0.0002 of 20.0602 - 20.0 degrees is 0.33 % of the place, and 0.14 % of the neighbour
    box = Wish("Testford", bbox="20.0,48.0,20.0602,48.04")
    fetch_case(box, Path("out"), servers=_servers(server), tell=lambda _line: None)
    assert sorted(load_case(Path("out")).districts["id"]) == ["East", "West"]


def test_source_that_fails_is_exit_code_6(
    server: MapServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing is named, also as JSON, and no folder is written."""
    server.script.append(json_reply([]))
    server.always = page("too busy", 504)
    box = ",".join(map(str, BBOX))
    assert _fetch(server, "--bbox", box, "--tries", "2", "--json") == 6
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert error["exit_code"] == 6
    assert [line.partition(":")[0].split(" ")[0] for line in error["missing"]] == [
        "districts",
        "places",
        "roads",
    ]
    assert "Still missing:" in err
    assert not Path("data").exists()


def test_ctrl_c_loses_nothing(server: MapServer) -> None:
    """Stopped before the third answer, the next run asks for the look-up and two answers less."""

    def stop(line: str) -> None:
        if "roads, tile 1 of 1: asking" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_case(Wish(NAME), Path("out"), servers=_servers(server), tell=stop)
    assert not Path("out").exists()
    server.asked.clear()
    fetch_case(Wish(NAME), Path("out"), servers=_servers(server), tell=lambda _line: None)
    assert len(server.asked) == 1


def test_out_folder_is_checked_before_anything_is_asked(server: MapServer) -> None:
    """Files of others are not replaced, and nobody waits to learn it."""
    Path("data/testford").mkdir(parents=True)
    Path("data/testford/notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(CaseError):
        fetch_case(Wish(NAME), Path("data/testford"), servers=_servers(server), tell=print)
    assert server.asked == []


@pytest.mark.parametrize(
    "options",
    [
        ["--endpoint", "overpass-api.de"],
        ["--endpoint", "ftp://somewhere/api"],
        ["--nominatim", "http://"],
        ["--tries", "0"],
        ["--tries", "1000"],
        ["--timeout", "0"],
        ["--timeout", "nan"],
        ["--bbox", "1,2,3"],
        ["--bbox", "170,-10,-170,10"],
        ["--bbox", "20,48,20.1,nan"],
        ["--bbox", "20,48,20.1,48.1", "--polygon", "x.geojson"],
        ["--polygon", "missing.geojson"],
        ["--plan", "no-such-scenario"],
    ],
)
def test_bad_options_are_exit_code_2_without_a_question(
    server: MapServer, options: list[str]
) -> None:
    """Whatever is wrong on the command line is told before anything is asked for."""
    assert _fetch(server, *options) == 2
    assert server.asked == []


def test_no_area_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    """One of name, box and polygon is needed."""
    assert _run("case", "fetch", "--out", "x") == 2
    assert "Give a place, --bbox or --polygon" in capsys.readouterr().err


def _find(server: MapServer, name: str = NAME, *, tries: int = 2) -> Place:
    web = Web(lambda _line: None, tries=tries, timeout_s=5)
    cache = Cache(Path("cache"), refresh=False, tell=lambda _line: None)
    return place_by_name(name, web, cache, nominatim=server.url)


def test_place_is_the_most_important_area(server: MapServer) -> None:
    """A station of the same name is more important, but a point; asked once, then kept."""
    place = _find(server)
    assert (place.name, place.area.bounds) == (NAME, BBOX)
    assert _find(server).area.equals(place.area)
    assert len(server.asked) == 1
    assert server.asked[0].path.startswith("/search?q=Testford")
    assert "format=jsonv2" in server.asked[0].path


def test_unknown_place_is_not_kept(server: MapServer) -> None:
    """A name without a match, or with points only, is the user's to mend."""
    with pytest.raises(InputError, match="not known to Nominatim"):
        _find(server, "Atlantis")
    point = {"display_name": NAME, "geojson": {"type": "Point", "coordinates": [20, 48]}}
    server.script.append(json_reply([point]))
    with pytest.raises(InputError, match="point or line only"):
        _find(server)
    assert _find(server).area.bounds == BBOX


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": [[["a", "b"], [1, 2], [3, 4]]]},
        {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]},
        {"type": "Polygon", "coordinates": [[[500, 0], [501, 0], [501, 1], [500, 0]]]},
        {"type": "Nothing", "coordinates": []},
        "x",
    ],
)
def test_broken_shape_is_no_area(server: MapServer, geometry: object) -> None:
    """Whatever a server sends as a shape: a typed error, not a traceback."""
    server.script.append(json_reply([{"display_name": NAME, "geojson": geometry}]))
    with pytest.raises(InputError):
        _find(server)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (page("busy", 503), "out of service (503): 'Error: busy' (2 tries)"),
        (page("blocked", 403), "refuses us (403)"),
        (json_reply({"error": "no"}), "no answer of Nominatim: no"),
        (json_reply(["x"]), "no answer of Nominatim"),
    ],
)
def test_nominatim_that_fails(server: MapServer, reply: Any, told: str) -> None:  # noqa: ANN401
    """Exit code 6, with what else would do."""
    server.always = reply
    with pytest.raises(SourceError) as caught:
        _find(server)
    assert told in caught.value.tried[0]
    assert "--bbox" in caught.value.mend


def test_bounding_box() -> None:
    """W,S,E,N; spaces do no harm."""
    assert place_from_bbox("113.9, 22.5, 114.1, 22.6").area.bounds == (113.9, 22.5, 114.1, 22.6)


def test_polygon_off_the_globe() -> None:
    """Metres in a file that does not say so are refused."""
    path = Path("metres.geojson")
    path.write_text(shapely.to_geojson(shapely.box(5e5, 5e6, 6e5, 6e6)), encoding="utf-8")
    with pytest.raises(InputError, match="State the CRS"):
        place_from_file(path)
