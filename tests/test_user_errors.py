"""What a user gets wrong: each fault ends with its exit code and its mend, and leaves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from siting.cli import main
from siting.errors import PlanError
from siting.plan_folder import check_target
from tests.small_case import STATIONS, SUBSTATIONS, ZONES, layer_toml, write_case

if TYPE_CHECKING:
    from pathlib import Path

INPUT, CONFLICT = 2, 3
PHASE = '[[phases]]\nname = "p"\ndate = 2025-12-31\nbase_load_growth = 1.0\n'
LATER = '[[phases]]\nname = "q"\ndate = 2024-12-31\nratio = 1\nbase_load_growth = 1.0\n'
CRS = 'crs = "EPSG:4326"'
# The shortest one-way road there is: nothing but its own ends is near it.
FAR_ROAD = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
    '{"u": "1", "v": "2", "highway": "primary"}, "geometry": {"type": "LineString", '
    '"coordinates": [[114.0, 22.599], [114.02, 22.599]]}}]}'
)


class Desk:
    """A folder with the tiny case and a question, and the command line to try them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.case = folder / "city"
        self.case.mkdir()
        write_case(self.case)
        self.ask()

    def ask(self, more: str = "", phases: str = PHASE + "ratio = 0.5\n") -> None:
        """Write the question: `central` of the shipped ones, with other keys and phases."""
        head = 'extends = "central"\ntitle = "t"\ntitle_zh = "t"\n'
        (self.folder / "ask.toml").write_text(head + more + phases, encoding="utf-8")

    def layer(self, name: str, content: str, more: str = CRS, file: str = "") -> None:
        """Write the case with another file for one layer."""
        file = file or f"{name}.csv"
        write_case(self.case, files={file: content}, layers={name: layer_toml(name, file, more)})

    def plan(self, *options: str) -> tuple[int, str, str]:
        """Run ``siting plan``; return exit code, stdout and stderr."""
        line = ["plan", str(self.folder / "ask.toml"), "--case", str(self.case)]
        with pytest.raises(SystemExit) as done:
            main([*line, "--out", str(self.folder / "answer"), *options])
        out, err = self._capsys.readouterr()
        assert isinstance(done.value.code, int)
        return done.value.code, out, err

    def left(self) -> list[str]:
        """Return what stands in the folder beside city and question, hidden or not."""
        mine = {"city", "ask.toml"}
        return sorted(path.name for path in self.folder.iterdir() if path.name not in mine)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Return the tiny case with a question that has an answer."""
    return Desk(tmp_path, capsys)


def test_the_tiny_case_has_a_plan(desk: Desk) -> None:
    """What the other tests spoil is sound: the plan is proved, written, and nothing else is."""
    code, out, _ = desk.plan()
    assert code == 0
    # Zones of 30 and 10 kWh a day, a site near each: all 40 are served.
    assert "proved the best possible, gap 0.00%: 40 kWh a day" in out
    assert desk.left() == ["answer"]


@pytest.mark.parametrize(
    ("layer", "content", "words"),
    [
        ("zones", "id,lon,lat,ev\nz1,114.05,22.55,3\n", 'has no column "demand". Known: id, lon'),
        ("zones", f"{ZONES}z1,114.06,22.55,5\n", 'row 4, id: "z1" stands already in row 2'),
        ("zones", "id,lon,lat,demand\nz1,114.05,22.55,\n", "row 2, demand: is empty (or NaN)"),
        ("zones", "id,lon,lat,demand\nz1,114.05,22.55,-5\n", '"-5" is not >= 0'),
        ("zones", "id,lon,lat,demand\nz1,114.05,22.55,inf\n", '"inf" is not finite'),
        ("zones", "id,lon,lat,demand\nz1,114.05,22.55,0\n", "all demand is 0"),
        ("zones", "id,lon,lat,demand\nz1,22.55,114.05,3\n", "the two look swapped. Swap lon and"),
        ("zones", f"{ZONES}z3,115.5,23.5,7\n", "lies in no district; 166.4 km from the nearest"),
        ("zones", "id,lon,lat,demand\n", "has no rows. Check that it is the right file"),
        ("fuel", "", "has no header"),
        ("fuel", "id,lon,lat\n", "without fuel stations there is no ratio"),
        ("sites", "id,lon,lat\na\x00b,114.04,22.55\n", "holds a control sign. Take it out"),
        ("stations", STATIONS.replace(",S", ",XXL"), "types ['XXL'] are not in the scenario"),
    ],
)
def test_a_wrong_layer(layer: str, content: str, words: str, desk: Desk) -> None:
    """A layer that cannot be used is named, with the row and what to do."""
    desk.layer(layer, content)
    code, out, err = desk.plan()
    assert (code, out, desk.left()) == (INPUT, "", [])
    assert words in err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('crs = "EPSG:32650"', "lies 2,513 km from sites"),
        ("", 'does not say its CRS. Write crs = "EPSG:4326"'),
        ('crs = "gcj-02x"', "is no known CRS"),
        (f"{CRS}\ncolums = {{}}", 'colums: unknown key. Did you mean "columns"?'),
    ],
)
def test_a_wrong_layer_table(more: str, words: str, desk: Desk) -> None:
    """A wrong CRS or key in case.toml is told with the right one."""
    desk.layer("zones", ZONES, more)
    code, out, err = desk.plan()
    assert (code, out, desk.left()) == (INPUT, "", [])
    assert words in err


def test_a_broken_geojson(desk: Desk) -> None:
    """A file cut off in the middle is told with the line."""
    (desk.case / "districts.geojson").write_text('{"type": "Featu', encoding="utf-8")
    code, _, err = desk.plan()
    assert (code, desk.left()) == (INPUT, [])
    assert "cannot be read as geojson: Unterminated string starting at: line 1 column 10" in err


def test_a_missing_file(desk: Desk) -> None:
    """A file that is not there is told with the one that may be meant."""
    (desk.case / "zones.csv").rename(desk.case / "zone.csv")
    code, _, err = desk.plan()
    assert (code, desk.left()) == (INPUT, [])
    assert 'layers.zones.path: there is no such file. Did you mean "zone.csv"?' in err


@pytest.mark.parametrize(
    ("more", "phases", "words"),
    [
        ("[reach]\nminuts = 6\n", PHASE, "reach.minuts: unknown key. Did you mean 'minutes'?"),
        (
            "[reach]\nkm = {wset = 1.0, default = 2.0}\n",
            PHASE + "ratio = 1\n",
            "'wset' is not a district",
        ),
        ("", PHASE + "ratio = 1\ndistrict_ratio = {wset = 1}\n", "Its districts are east, west."),
        ('[ratio]\nform = "guns"\n', PHASE + "ratio = 1\n", "2 fuel stations have no nozzle count"),
        ("", PHASE + "ratio = 1\n" + LATER, "dates must ascend and names differ"),
        ("phases = []\n", "", "phases: holds 0 values; needs 1 or more"),
        ("", PHASE.replace('"p"', '"p\\u0000"') + "ratio = 1\n", "holds a control sign"),
        ("", PHASE, "phases.p.ratio: is missing. Add it: city-wide target"),
        ("", PHASE + "ratio = -1\n", "phases.p.ratio: -1 must be 0 or more"),
        ('[objective]\nkind = "access"\n', PHASE + "ratio = 1\n", "needs min_served_share"),
        ("[objective]\nmin_served_share = 1.5\n", PHASE + "ratio = 1\n", "1.5 must be 1 or less"),
    ],
)
def test_a_wrong_question(more: str, phases: str, words: str, desk: Desk) -> None:
    """A scenario that is wrong, or does not fit the city, is told by key and mend."""
    desk.ask(more, phases)
    code, out, err = desk.plan()
    assert (code, out, desk.left()) == (INPUT, "", [])
    assert words in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--gap", "-0.1"), "command line, solve.gap: -0.1 must be 0 or more"),
        (("--time-limit", "0"), "solve.time_limit_s: 0.0 must be more than 0"),
        (("--time-limit", "nan"), "nan must be a finite number"),
        (("--seed", "-1"), "solve.seed: -1 must be 0 or more"),
        (("--threads", "0"), "solve.threads: 0 must be 1 or more"),
        (("--solver", "foo"), "'foo' is not a solver PuLP knows. Here you can use: highs"),
        (("--case", "nowhere"), 'No case "nowhere". Looked for nowhere/case.toml'),
    ],
)
def test_a_wrong_option(options: tuple[str, ...], words: str, desk: Desk) -> None:
    """A limit or name that cannot be is told before anything is solved."""
    code, out, err = desk.plan(*options)
    assert (code, out, desk.left()) == (INPUT, "", [])
    assert words in err


@pytest.mark.parametrize(
    ("more", "phase", "words"),
    [
        # 50 x 2 fuel stations = 100; there are two sites.
        ("", "ratio = 50", "the whole city: 100 stations asked for by p, 2 sites can hold"),
        # Two small stations cost 2 x 1.254 = 2.508 M CNY: pool 504,000, terminals 100,000,
        # transformer 350,000, bays 150,000, design 150,000 each.
        (
            "",
            "ratio = 1\nbudget_cny = 0",
            "0.00 M CNY have arrived by p; the least that meets the rest costs 2.51",
        ),
        ("", "ratio = 1\nbudget_cny = 2e6", "2.00 M CNY have arrived by p"),
        ("", "ratio = 1\nmax_stations = 1", "at most 1 supercharging station"),
        # Sites a and b stand 0.12 degrees apart: 12.3 km.
        ("[limits]\nspacing_m = 13000\n", "ratio = 1", "too close to hold two stations"),
        # West has two fuel stations and one site.
        ("", "ratio = 0\ndistrict_ratio = {west = 1}", "west: 2 stations asked for by p"),
    ],
)
def test_too_much_is_asked(more: str, phase: str, words: str, desk: Desk) -> None:
    """What cannot hold together ends with 3, the conflict, and the nearest that can be had."""
    desk.ask(more, PHASE + phase + "\n")
    code, out, err = desk.plan()
    assert (code, out, desk.left()) == (CONFLICT, "", [])
    assert "No plan can meet these requirements together:\n  - " in err
    assert words in err
    assert "Nearest that can be reached: " in err


def test_a_full_grid(desk: Desk) -> None:
    """Substations that pass their limit without charging are part of the conflict."""
    # Limit: 100 MVA x 0.5 x 0.95 x (1 - 0.1) = 42.75 MW, less than the base load of 60 MW.
    desk.layer("substations", SUBSTATIONS.replace("0.5,20", "0.5,60"))
    code, _, err = desk.plan()
    assert (code, desk.left()) == (CONFLICT, [])
    assert "may not pass its limit, and has no room for any station" in err
    assert " MW at substation g" in err


def test_a_zone_out_of_reach_is_told_not_fatal(desk: Desk) -> None:
    """A zone that reaches nothing is counted with its share, and the plan is made."""
    desk.layer("zones", f"{ZONES}z3,114.199,22.501,7\n")  # 6.8 km from b: 22 minutes
    code, out, _ = desk.plan()
    assert code == 0
    # 7 of 47 kWh a day.
    assert "Out of reach: zones 1 (14.9% of the demand), sites 0; plan.json names them." in out
    assert "That is much: check [reach] of the scenario, the roads, and the coordinates." in out


def test_roads_elsewhere_leave_all_out_of_reach(desk: Desk) -> None:
    """Where no road comes near, the plan says that it serves nobody, and where to look."""
    desk.layer("roads", FAR_ROAD, "", "roads.geojson")
    code, out, _ = desk.plan()
    assert code == 0
    assert "Out of reach: zones 2 (100.0% of the demand), sites 2" in out


def test_a_failure_keeps_the_old_plan(desk: Desk) -> None:
    """A question without an answer leaves the plan that was there, byte for byte."""
    desk.plan()
    answer = desk.folder / "answer"
    before = {path.name: path.read_bytes() for path in answer.iterdir()}
    desk.ask(phases=PHASE + "ratio = 50\n")
    assert desk.plan()[0] == CONFLICT
    assert {path.name: path.read_bytes() for path in answer.iterdir()} == before
    assert desk.left() == ["answer"]


def test_whose_energy_is_told(desk: Desk) -> None:
    """A shipped scenario put to another city says how much energy that city is given."""
    desk.ask(phases="")
    code, _, err = desk.plan()
    assert code == 0
    assert "share the scenario's 11.5 GWh a day (by 2025), times case_share 0.1." in err


def test_a_write_protected_place_is_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may not write in the folder hears so before the long work, not after."""
    monkeypatch.setattr("siting.plan_folder.target.os.access", lambda *_: False)
    with pytest.raises(PlanError, match="does not let you write") as found:
        check_target(tmp_path / "maps" / "trial")
    assert f"{tmp_path} does not let you write" in str(found.value.faults[0])


def test_a_full_disk_is_no_bug(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the system refuses outside the plan folder is told as that, without a traceback."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "cache")

    monkeypatch.setattr("siting.cli.workspace.make_workspace", full)
    with pytest.raises(SystemExit) as done:
        main(["init", str(desk.folder / "ws")])
    assert done.value.code == INPUT
    assert "cache: No space left on device." in capsys.readouterr().err
