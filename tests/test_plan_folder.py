"""Plan folders: whole or not at all, and read back as they were written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import jsonschema
import pandas as pd
import pytest
from shapely.geometry import Point

from siting.content import content_folder
from siting.errors import PlanError
from siting.plan import LOAD_COLUMNS, SERVICE_COLUMNS, ZONE_COLUMNS, Document, Plan
from siting.plan_folder import PLAN_FILES, document_schema, read_plan, swap, tables, write_plan
from siting.scenario_io import load_scenario

if TYPE_CHECKING:
    from siting.scenario import Scenario

SAMPLE = Path(__file__).with_name("plan_sample.json")
HOSTILE = ["-1", "=1+1", "@x", "'=quoted", "''-twice", "NA", "\ttab", "a,b\r\nc", '"', "深圳", ""]


@pytest.fixture
def plan() -> Plan:
    """Return two stations in two phases; zone names are as hostile as they come."""
    document = Document.model_validate_json(SAMPLE.read_text(encoding="utf-8"))
    service = [("2025", zone, "=s1", 400.0 / 3, 4.25) for zone in HOSTILE]
    zones = [("2025", zone, "A", 0.1, 0.1 + 0.2, True, float("nan")) for zone in HOSTILE]
    load = [("2025", "G", hour, 20.0, 0.9, 53.9) for hour in range(24)]
    return Plan(
        document,
        pd.DataFrame(service, columns=list(SERVICE_COLUMNS)),
        pd.DataFrame(zones, columns=list(ZONE_COLUMNS)),
        pd.DataFrame(load, columns=list(LOAD_COLUMNS)),
    )


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Return the short shipped scenario."""
    return load_scenario("central")


def _write(target: Path, plan: Plan, scenario: Scenario) -> None:
    points = gpd.GeoDataFrame(
        {"id": ["s1"], "name": pd.Series(["lone \ud800 surrogate"], dtype=object)},
        geometry=[Point(114.05, 22.55)],
        crs="EPSG:4326",
    )
    pages: dict[str, str | bytes] = {
        "map.html": "<html>\ud800</html>",
        "report.html": b"<html></html>",
    }
    write_plan(target, plan, scenario=scenario, files=pages, layers={"stations": points})


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_plan_folder_reads_back_as_it_was_written(
    tmp_path: Path, plan: Plan, scenario: Scenario
) -> None:
    """Every number and label survives, formulas and 'NA' among them; nothing is left beside it."""
    target = tmp_path / "maps" / "toy"
    _write(target, plan, scenario)
    back, question = read_plan(target)
    assert back.document == plan.document
    assert question == scenario
    for name in ("service", "zones", "load"):
        pd.testing.assert_frame_equal(
            vars(back)[name], vars(plan)[name], check_dtype=False, check_exact=True
        )
    assert _names(target) == set(PLAN_FILES)
    assert _names(target.parent) == {"toy"}


def test_tables_open_in_a_spreadsheet_without_running(
    tmp_path: Path, plan: Plan, scenario: Scenario
) -> None:
    """Each file has a byte order mark, and no cell starts as a formula; numbers stay numbers."""
    _write(tmp_path / "toy", plan, scenario)
    stations = (tmp_path / "toy" / "stations.csv").read_bytes()
    assert stations.startswith(b"\xef\xbb\xbfid,name,name_zh,lon,lat,district")
    assert b"s1,'=cmd()|" in stations
    assert b"\n=" not in (tmp_path / "toy" / "service.csv").read_bytes()
    assert b",=" not in (tmp_path / "toy" / "service.csv").read_bytes()
    rows = pd.read_csv(tmp_path / "toy" / "stations.csv")
    assert list(rows["type_2025"]) == ["M", "M"]
    assert list(rows["served_kwh_day_2024"]) == [400.0, 0.0]


def test_districts_and_substations_have_a_row_per_phase(
    tmp_path: Path, plan: Plan, scenario: Scenario
) -> None:
    """Two phases: 2 x (city, A, B) = 6 rows of districts, 2 x 1 of substations."""
    _write(tmp_path / "toy", plan, scenario)
    districts = pd.read_csv(tmp_path / "toy" / "districts.csv")
    assert list(districts["district"]) == ["city", "A", "B"] * 2
    assert list(districts["ratio"].fillna(-1)) == [0.5, 0.5, -1, 1.0, 1.0, -1]
    assert len(pd.read_csv(tmp_path / "toy" / "substations.csv")) == 2


def test_the_geopackage_holds_the_layers(tmp_path: Path, plan: Plan, scenario: Scenario) -> None:
    """QGIS finds the stations; a lone surrogate became the replacement character."""
    _write(tmp_path / "toy", plan, scenario)
    layer = gpd.read_file(tmp_path / "toy" / "plan.gpkg", layer="stations")
    assert list(layer["name"]) == ["lone \ufffd surrogate"]
    assert layer.crs == "EPSG:4326"


def test_the_users_own_files_are_carried_over(
    tmp_path: Path, plan: Plan, scenario: Scenario
) -> None:
    """Notes beside a plan outlive the next plan; siting's own old files do not."""
    target = tmp_path / "toy"
    _write(target, plan, scenario)
    (target / "notes.txt").write_text("ours")
    (target / "photos").mkdir()
    (target / "photos" / "a.txt").write_text("a")
    write_plan(target, plan, scenario=scenario, files={}, layers={})
    assert (target / "notes.txt").read_text() == "ours"
    assert (target / "photos" / "a.txt").read_text() == "a"
    assert not (target / "map.html").exists()


@pytest.mark.parametrize("content", [None, "{}", '{"format": "terraform"}'])
def test_a_folder_that_is_no_plan_is_not_replaced(
    content: str | None, tmp_path: Path, plan: Plan, scenario: Scenario
) -> None:
    """A folder of other things is left alone, a foreign plan.json or none."""
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "thesis.txt").write_text("years of work")
    if content is not None:
        (tmp_path / "toy" / "plan.json").write_text(content)
    with pytest.raises(PlanError, match="not a plan, which would be lost"):
        _write(tmp_path / "toy", plan, scenario)
    assert (tmp_path / "toy" / "thesis.txt").exists()
    assert _names(tmp_path) == {"toy"}


def test_a_file_is_not_replaced_and_an_empty_folder_is(
    tmp_path: Path, plan: Plan, scenario: Scenario
) -> None:
    """An empty folder loses nothing; a file would."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(PlanError, match="is a file, not a folder"):
        _write(tmp_path / "file", plan, scenario)
    (tmp_path / "empty").mkdir()
    _write(tmp_path / "empty", plan, scenario)
    assert (tmp_path / "empty" / "plan.json").is_file()


def test_a_link_to_a_plan_stays_a_link(tmp_path: Path, plan: Plan, scenario: Scenario) -> None:
    """The plan behind a link is replaced where it is."""
    _write(tmp_path / "real", plan, scenario)
    (tmp_path / "link").symlink_to("real")
    _write(tmp_path / "link", plan, scenario)
    assert (tmp_path / "link").is_symlink()
    assert read_plan(tmp_path / "real")[0].document == plan.document


def test_a_failure_while_writing_leaves_the_old_plan(
    tmp_path: Path, plan: Plan, scenario: Scenario
) -> None:
    """A name that cannot be written stops the run; the old plan stands, and nothing beside it."""
    target = tmp_path / "toy"
    _write(target, plan, scenario)
    before = (target / "plan.json").read_bytes()
    with pytest.raises(PlanError, match="what was there before is untouched"):
        write_plan(target, plan, scenario=scenario, files={"x" * 300: "x"}, layers={})
    assert (target / "plan.json").read_bytes() == before
    assert _names(tmp_path) == {"toy"}


def test_where_names_cannot_be_swapped_two_renames_do(
    tmp_path: Path, plan: Plan, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other systems get the same result."""
    target = tmp_path / "toy"
    _write(target, plan, scenario)
    monkeypatch.setattr(swap, "_exchange", lambda _one, _other: False)
    _write(target, plan, scenario)
    assert read_plan(target)[0].document == plan.document
    assert _names(tmp_path) == {"toy"}


def test_a_plan_moved_away_by_a_killed_run_is_put_back(tmp_path: Path) -> None:
    """A run killed between two renames leaves the old plan aside: the next run mends that."""
    aside = tmp_path / ".toy.siting-old-999999999-0123abcd"
    aside.mkdir()
    (aside / "plan.json").write_text("{}")
    (tmp_path / ".toy.siting-new-999999999-0123abcd").mkdir()
    (tmp_path / ".toy.siting-new-notes").mkdir()
    swap.mend_leftovers(tmp_path / "toy")
    assert _names(tmp_path) == {"toy", ".toy.siting-new-notes"}


KILLED = """
    import os, signal, sys, time
    from pathlib import Path
    from siting.plan_folder import swap

    def fill(folder):
        (folder / "plan.json").write_text('{"half":')
        print("writing", flush=True)
        time.sleep(60)

    swap.replace_folder(Path(sys.argv[1]), fill)
"""


def test_kill_9_while_writing_leaves_the_old_plan(
    tmp_path: Path, plan: Plan, scenario: Scenario
) -> None:
    """The old plan stays whole; the next run spares a live writer's folder, clears a dead one's."""
    target = tmp_path / "toy"
    _write(target, plan, scenario)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own script
        assert process.stdout is not None
        process.stdout.readline()
        swap.mend_leftovers(target)
        assert len(_names(tmp_path)) == 2
        os.kill(process.pid, signal.SIGKILL)
    assert len(_names(tmp_path)) == 2
    assert read_plan(target)[0].document == plan.document
    _write(target, plan, scenario)
    assert _names(tmp_path) == {"toy"}


def _damage(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("plan.json", "{", "[", "is not JSON"),
        ("plan.json", "siting-plan/1", "siting-plan/9", "format is 'siting-plan/9'"),
        ("plan.json", '"seconds": 0.5', '"seconds": "x"', "outcome.seconds: Input should be a"),
        ("plan.json", '"seconds": 0.5', '"second": 0.5', "outcome.second: Extra inputs are not"),
        ("service.csv", "kwh_day", "kwh", "service.csv, kwh_day: column is missing"),
        ("service.csv", "4.25", "four", "service.csv, row 2, minutes: 'four' is not a number"),
        ("service.csv", "4.25", "inf", "'inf' is not a number"),
        ("zones.csv", "True", "yes", "zones.csv, row 2, covered: 'yes' is not true or false"),
        ("load.csv", "G,0,", "G,0.5,", "load.csv, row 2, hour: '0.5' is not a number"),
        ("scenario.toml", "[reach]", "[raech]", "raech: unknown key. Did you mean 'reach'?"),
    ],
)
def test_damage_is_told(
    name: str, old: str, new: str, words: str, tmp_path: Path, plan: Plan, scenario: Scenario
) -> None:
    """Each damage names file, row, column and value."""
    _write(tmp_path / "toy", plan, scenario)
    _damage(tmp_path / "toy", name, old, new)
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path / "toy")
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["plan.json", "service.csv", "zones.csv", "scenario.toml"])
def test_a_missing_or_empty_file_is_told(
    name: str, tmp_path: Path, plan: Plan, scenario: Scenario
) -> None:
    """No traceback, whichever file is gone, empty or not text."""
    _write(tmp_path / "toy", plan, scenario)
    for content in (b"", b"\xff\xfe\x00", None):
        if content is None:
            (tmp_path / "toy" / name).unlink()
        else:
            (tmp_path / "toy" / name).write_bytes(content)
        with pytest.raises(PlanError, match=name):
            read_plan(tmp_path / "toy")


def test_no_folder_and_no_plan_are_told(tmp_path: Path) -> None:
    """A slip in the path and a folder of something else differ in words."""
    with pytest.raises(PlanError, match="no such folder"):
        read_plan(tmp_path / "none")
    with pytest.raises(PlanError, match=r"holds no plan\.json"):
        read_plan(tmp_path)


def test_guarding_a_cell_can_be_undone() -> None:
    """Any text comes back, even one that bears an apostrophe already."""
    for text in [*HOSTILE, "'", "''", "'a", "+", "=", "a=b", "'" * 5 + "="]:
        assert tables.unguarded(tables._guarded(text)) == text
        assert not tables._guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_shipped_schema_is_the_documents() -> None:
    """models/plan.schema.json is what `siting schema plan` prints."""
    shipped = json.loads((content_folder("models") / "plan.schema.json").read_text("utf-8"))
    assert shipped == document_schema()


def test_the_schema_accepts_a_plan_and_refuses_a_damaged_one() -> None:
    """A plan without its outcome, or with an unknown part, is not a plan."""
    schema = document_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))
    jsonschema.validate(sample, schema)
    for damaged in ({**sample, "extra": 1}, {k: v for k, v in sample.items() if k != "outcome"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(damaged, schema)
