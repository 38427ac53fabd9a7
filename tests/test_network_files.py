"""What a network's file may hold, what a user gets wrong, what is written for other programs."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from siting.cli import main
from siting.errors import InputError
from siting.grid.network import engine
from siting.grid.network.attach import attach
from siting.grid.network.export import load_table, opendss, pandapower_json, safe_names
from siting.grid.network.read import read_network
from siting.grid.network.study import NetworkAsked, Tied, tie
from siting.grid.runs import studied
from siting.scenario_io import load_scenario
from tests.networks import cells, edited, feeder, limits, opened, ran

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.grid.folder import GridStudy

CASE = "tests/cases/oberrhein/scenario.toml"
INPUT, BROKEN = 2, 5


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """Write the feeder of four buses near 114 E."""
    return feeder(tmp_path / "net.json")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan the made-up valley: ten stations, two phases."""
    folder = tmp_path_factory.mktemp("plan") / "valley"
    with pytest.raises(SystemExit) as done:
        main(["plan", CASE, "--out", str(folder), "--threads", "1", "-q"])
    assert done.value.code == 0
    return folder


def fault(path: Path) -> str:
    """Return what is told about a network that cannot be used."""
    with pytest.raises(InputError) as found:
        opened(path)
    return str(found.value)


def _drop(inner: dict[str, Any], table: str) -> None:
    split = json.loads(inner[table]["_object"])
    inner[table]["_object"] = json.dumps(split | {"index": [], "data": []})


BAD: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "negative rating": (lambda n: cells(n, "line", "max_i_ka", -0.1), "Give a number above 0"),
    "no length": (lambda n: cells(n, "line", "length_km", None), "length_km"),
    "text for a number": (lambda n: cells(n, "load", "p_mw", "much"), "has much"),
    "no such bus": (lambda n: cells(n, "line", "to_bus", 77), "names bus 77, which is not there"),
    "no source": (lambda n: _drop(n, "ext_grid"), "nothing feeds it"),
    "no buses": (lambda n: _drop(n, "bus"), "it has no buses"),
    "no state": (lambda n: cells(n, "load", "p_mw", 9000.0), "pandapower.diagnostic"),
    "torn table": (lambda n: n["line"].update(_object="{"), "it is not a table"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_faulty_network_names_what_is_wrong_and_the_mend(net: Path, case: str) -> None:
    """File, table, index, column, value, and what to do."""
    change, told = BAD[case]
    text = fault(edited(net, change))
    assert told in text
    assert str(net) in text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "it is not JSON"),
        (b"\xff\xfe\x00", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b'{"a": 1}', "no network of pandapower's"),
        (b'{"_class": "pandapowerNet", "_object": 3}', "its network is empty"),
    ],
)
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    """Torn, binary, too deep, or something else in JSON."""
    path = tmp_path / "net.json"
    path.write_bytes(content)
    assert told in fault(path)


def test_a_file_names_no_code_to_run(net: Path, tmp_path: Path) -> None:
    """Modules, functions and classes named in a file are not imported, nor are its paths opened."""
    (tmp_path / "siting_trap.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    trap = {"_module": "siting_trap", "_class": "Trap", "_object": "{}"}

    def change(inner: dict[str, Any]) -> None:
        inner["trap"] = trap
        inner["std_types"] = trap
        inner["name"] = {"_module": "siting_trap", "_class": "function", "_object": "run"}
        cells(inner, "load", "type", trap)
        inner["res_bus"] = inner["bus"] | {"_object": "/etc/hostname.json", "orient": "split"}

    sys.path.insert(0, str(tmp_path))
    try:
        file = read_network(edited(net, change))
    finally:
        sys.path.remove(str(tmp_path))
    assert "siting_trap" not in sys.modules
    assert "type" not in file.tables["load"]
    assert any("columns type of load are left out" in note for note in file.notes)


def test_controllers_are_left_out_and_said_so_and_unknown_tables_refused(net: Path) -> None:
    """A plain power flow runs no controller; what the check does not know is named."""

    def idle(inner: dict[str, Any]) -> None:
        table = json.dumps({"columns": ["level"], "index": [0], "data": [[0]]})
        inner["controller"] |= {"_object": table}

    assert "1 rows of controller are left out" in read_network(edited(net, idle)).notes[0]

    def strange(inner: dict[str, Any]) -> None:
        table = json.dumps({"columns": ["bus"], "index": [0], "data": [[0]]})
        inner["svc"] |= {"_object": table}

    assert "1 rows of svc, which this check does not know" in fault(edited(net, strange))


def test_without_pandapower_the_extra_is_named(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mend is the extra, not a traceback."""
    monkeypatch.setitem(sys.modules, "pandapower", None)
    with pytest.raises(InputError, match="siting\\[grid\\]"):
        engine.network_of(read_network(net))


def document(*places: tuple[str, float, float]) -> Any:  # noqa: ANN401 - what attach asks of a document
    """Return a document of stations at places."""

    class Spot:
        def __init__(self, told: tuple[str, float, float]) -> None:
            self.id, self.lon, self.lat = told

    class Told:
        stations = tuple(Spot(place) for place in places)

    return Told()


def test_stations_go_to_the_nearest_bus_that_takes_one(net: Path) -> None:
    """Buses at 114.00 to 114.03: 114.021 is 103 m from bus 2; 114.2 is 17 km from any."""
    buses = opened(net).buses
    found = attach(document(("a", 114.021, 22.5), ("far", 114.2, 22.5)), buses, limits(), where="n")
    assert found.bus[0] == 2
    assert found.distance_m[0] == pytest.approx(102.7, abs=0.5)
    assert found.apart[0][0] == "far"
    assert found.apart[0][1] == pytest.approx(17_461, abs=60)
    high = limits(bus_min_kv=35.0, bus_max_kv=110.0)
    with pytest.raises(InputError, match="no bus from 35 to 110 kV"):
        attach(document(("a", 114.021, 22.5)), buses, high, where="n")
    with pytest.raises(InputError, match="--network-crs"):
        attach(document(("a", 7.0, 50.0)), buses, limits(), where="n")


def test_a_network_in_another_system_lands_where_it_is(net: Path) -> None:
    """In UTM 50N, x 500,000 m is the meridian of 117 E, and y 0 the equator."""

    def change(inner: dict[str, Any]) -> None:
        cells(inner, "bus", "geo", '{"type": "Point", "coordinates": [500000.0, 0.0]}')

    buses = opened(edited(net, change), crs="EPSG:32650").buses
    assert buses.lon[0] == pytest.approx(117.0, abs=1e-9)
    assert buses.lat[0] == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(InputError, match="EPSG:4326"):
        opened(net, crs="nowhere")


def test_without_coordinates_a_file_of_buses_ties_them(net: Path, tmp_path: Path) -> None:
    """By index or by name; without the file, its absence is the fault."""

    def change(inner: dict[str, Any]) -> None:
        split = json.loads(inner["bus"]["_object"])
        geo = split["columns"].index("geo")
        for row in split["data"]:
            row[geo] = None
        inner["bus"]["_object"] = json.dumps(split)

    buses = opened(edited(net, change)).buses
    two = document(("a", 114.0, 22.5), ("b", 114.0, 22.5))
    with pytest.raises(InputError, match=r"its buses have no coordinates.*--buses"):
        attach(two, buses, limits(), where="n")
    told = tmp_path / "buses.csv"
    told.write_text("station,bus\na,3\nb,b2\n", encoding="utf-8")
    found = attach(two, buses, limits(), where="n", told=told)
    assert found.bus.tolist() == [3, 2]
    assert not found.drawn


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a,b\n", "Name two of them station and bus"),
        ("station,bus\nz,1\n", "row 2, station: the plan has no station 'z'"),
        ("station,bus\na,99\n", "row 2, bus: the network has no buses '99'"),
        ("station,bus\na,1\na,2\n", "row 3, station: station 'a' stands twice"),
    ],
)
def test_a_faulty_file_of_buses_names_row_and_value(
    net: Path, tmp_path: Path, content: str, told: str
) -> None:
    """Row as a spreadsheet counts, column, value, mend."""
    path = tmp_path / "buses.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as found:
        attach(document(("a", 114.0, 22.5)), opened(net).buses, limits(), where="n", told=path)
    assert told in str(found.value)


HOSTILE = ("a b", "x! New Load.y", "q\nClear", "站=1", "a.b", 'k"l', "a_b", "A B", "{j}", "9" * 90)


def test_names_for_opendss_are_plain_and_each_once() -> None:
    """Letters, digits and underscores only; alike ones, also but for case, stay apart."""
    names = safe_names(HOSTILE)
    assert len({name.lower() for name in names}) == len(HOSTILE)
    assert all(name.isascii() and name.replace("_", "").isalnum() for name in names)
    assert max(map(len, names)) < 50


def tied_plan(plan: Path, net: Path, tmp_path: Path) -> tuple[GridStudy, Tied]:
    """Tie three stations of the valley's plan to the feeder, with hostile names."""
    read, scenario, _, found = studied(plan, "year", None)
    ids = [station.id for station in read.document.stations]
    table = pd.DataFrame({"station": ids[:3], "bus": [1, 2, 3]})
    table.to_csv(tmp_path / "b.csv", index=False)
    asked = NetworkAsked(net, buses=tmp_path / "b.csv")
    tied = tie(found, read.document, scenario, limits(), asked)
    named = (*HOSTILE[:3], *ids[3:])
    placement = replace(found.placement, stations=named)
    attached = replace(tied.attached, stations=named)
    return replace(found, placement=placement), replace(tied, attached=attached)


def test_loads_as_opendss_text_hold_every_hour(plan: Path, net: Path, tmp_path: Path) -> None:
    """Two commands a station; peak times shape is the load of each of 72 hours, to 1e-5."""
    found, tied = tied_plan(plan, net, tmp_path)
    text = opendss(tied, 0.95, found.label)
    lines = [line for line in text.splitlines() if not line.startswith("!")]
    assert len(lines) == 6
    assert all(line.startswith(("New LoadShape.s", "New Load.s")) for line in lines)
    shape = np.array(lines[2].partition("mult=(")[2].rstrip(")").split(), dtype=float)
    peak = float(lines[3].partition("kW=")[2].split()[0])
    last = tied.states.of_phase(1)
    assert "Bus1=bus_2 " in lines[3]
    assert np.abs(peak * shape - tied.states.load_kw[1, last]).max() < 1e-5 * peak
    assert len(shape) == 72


def test_opendss_loads_them_solves_and_agrees(plan: Path, net: Path, tmp_path: Path) -> None:
    """The same feeder in OpenDSS: voltages of three hours agree with power flow to 1e-4 p.u."""
    dss = pytest.importorskip("opendssdirect")
    found, tied = tied_plan(plan, net, tmp_path)
    path = tmp_path / "loads.dss"
    path.write_text(opendss(tied, 0.95, found.label), encoding="utf-8")
    cable = "phases=3 length=1 units=km r1=0.2 x1=0.1 r0=0.2 x0=0.1 c1=0 c0=0"
    dss.Text.Command("Clear")
    dss.Text.Command("New Circuit.f bus1=bus_0 basekv=10 pu=1 r1=0 x1=1e-6 r0=0 x0=1e-6")
    for a, b in ((0, 1), (1, 2), (1, 3)):
        dss.Text.Command(f"New Line.l{a}{b} bus1=bus_{a} bus2=bus_{b} {cable}")
    dss.Text.Command(f"Redirect {path}")
    dss.Text.Command("Set voltagebases=[10]")
    dss.Text.Command("CalcVoltageBases")
    dss.Text.Command("Set mode=daily stepsize=1h number=1")
    nothing = replace(tied.circuit, load=tied.circuit.load * 0)
    own = replace(nothing, injection=tied.circuit.injection + tied.circuit.load)
    series = ran(own, replace(tied.states, tangent=float(np.tan(np.arccos(0.95)))))
    first = tied.states.of_phase(1).start
    for hour in range(1, 31):  # OpenDSS counts the first hour as 1
        dss.Solution.Solve()
        if hour in {1, 8, 30}:
            told = []
            for bus in range(4):
                dss.Circuit.SetActiveBus(f"bus_{bus}")
                told.append(dss.Bus.puVmagAngle()[0])
            assert np.abs(np.array(told) - series.level[:, first + hour - 1]).max() < 1e-4


def test_loads_in_pandapowers_json_are_read_back(plan: Path, net: Path, tmp_path: Path) -> None:
    """The written network has the stations as loads, with peaks and names, and opens again."""
    _, tied = tied_plan(plan, net, tmp_path)
    path = tmp_path / "out.json"
    path.write_text(pandapower_json(tied), encoding="utf-8")
    loads = read_network(path).tables["load"]
    ours = loads[loads["type"] == "siting"]
    assert ours["name"].tolist() == list(HOSTILE[:3])
    last = tied.states.of_phase(1)
    peaks = tied.states.load_kw[:, last].max(axis=1) / 1000
    assert ours["p_mw"].astype(float).tolist() == pytest.approx(peaks.tolist())
    profiles = json.loads(path.read_text("utf-8"))["_object"]["profiles"]
    assert len(json.loads(profiles["load"]["_object"])["data"]) == 72


def test_loads_as_a_table_hold_every_phase_station_and_hour(
    plan: Path, net: Path, tmp_path: Path
) -> None:
    """2 phases x 10 stations x 3 days x 24 hours; a station without a bus has none."""
    found, tied = tied_plan(plan, net, tmp_path)
    table = load_table(found, 0.95, tied)
    assert len(table) == 2 * 10 * 3 * 24
    assert table.loc[table["station"] == HOSTILE[1], "bus"].unique().tolist() == [2]
    assert table["bus"].isna().sum() == 7 * 2 * 3 * 24
    assert load_scenario(CASE).grid.power_factor <= 1


def run(capsys: pytest.CaptureFixture[str], *line: str) -> tuple[int, str, str]:
    """Run the command line; return exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as done:
        main(list(line))
    out, err = capsys.readouterr()
    return int(str(done.value.code)), out, err


def test_export_without_a_network_says_what_it_needs(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CSV needs none; OpenDSS names buses, so it does."""
    out = str(tmp_path / "o")
    line = ("grid", str(plan), "--out", out, "-q", "--export")
    assert run(capsys, *line, "csv")[0] == 0
    assert (tmp_path / "o" / "loads.csv").is_file()
    code, _, err = run(capsys, *line, "opendss")
    assert code == INPUT
    assert "--network FILE" in err


def test_a_missing_network_is_bad_input(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and nothing is written."""
    out = tmp_path / "o"
    line = ("grid", str(plan), "--network", str(tmp_path / "no.json"), "--out", str(out))
    code, _, err = run(capsys, *line)
    assert code == INPUT
    assert "no.json" in err
    assert not out.exists()
