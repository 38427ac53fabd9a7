"""Explaining a site, and a run from files to a plan folder under rules for sites.

The tiny case of ``small_case``, with a mall ``a`` (800 m2), its double ``c`` 51 m north of it
(0.00046 degrees x 111.195 km), and ``b`` in the east inside an excluded lake. Substations g1 west
and g2 east; a supply area gives the west to g2.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from siting.cli import main
from siting.data.explain import explain_site
from siting.data.load import load_case
from siting.errors import CaseError
from siting.pipeline import load_city, run_map, run_plan, run_verify
from siting.plan_folder import SITES_FILE
from siting.scenario_io import load_scenario, resolve_toml
from tests.small_case import SUBSTATIONS, layer_toml, write_case
from tests.verify_case import asked, hand_case, hand_roads

if TYPE_CHECKING:
    from pathlib import Path

    from siting.scenario import Scenario

SITES = (
    "id,name,lon,lat,area_m2,host,substation\n"
    "a,Mall,114.04,22.55,800,mall,\n"
    "b,Pier,114.16,22.55,,car park,g1\n"
    "c,Mall north,114.04,22.55046,400,mall,\n"
)
LAKE = "id,kind,outline\nlake,water,"
LAKE += '"POLYGON ((114.155 22.545, 114.165 22.545, 114.165 22.555, 114.155 22.555, '
LAKE += '114.155 22.545))"\n'
AREAS = "id,substation,outline\nw,g2,"
AREAS += '"POLYGON ((114 22.5, 114.1 22.5, 114.1 22.6, 114 22.6, 114 22.5))"\n'
RULES: dict[str, Any] = {"setback_m": 6.0, "merge_m": 100.0, "max_road_m": 150.0}


def _quiet(_text: str) -> None:
    """Say nothing."""


def _case(folder: Path, **files: str) -> Path:
    outline = 'crs = "EPSG:4326"\nwkt = "outline"'
    content: dict[str, str | bytes] = {
        "sites.csv": SITES,
        "substations.csv": SUBSTATIONS,
        "lake.csv": LAKE,
        "areas.csv": AREAS,
    }
    content.update(files)
    return write_case(
        folder,
        files=content,
        layers={
            "substations": layer_toml("substations", "substations.csv"),
            "exclusions": layer_toml("exclusions", "lake.csv", outline),
            "supply_areas": layer_toml("supply_areas", "areas.csv", outline),
        },
    )


def _scenario(**changes: Any) -> Scenario:  # noqa: ANN401 - any value
    return asked({"candidates": RULES, "limits.spacing_m": 0.0, **changes})


def test_layers_load(tmp_path: Path) -> None:
    """The excluded area has its kind, the supply area its substation; only b names its own."""
    case = load_case(_case(tmp_path))
    assert case.exclusions is not None
    assert case.supply_areas is not None
    assert case.exclusions["kind"].tolist() == ["water"]
    assert case.supply_areas["substation"].tolist() == ["g2"]
    assert case.fed_by_row == {"b"}


def test_a_supply_area_of_no_substation_is_a_fault(tmp_path: Path) -> None:
    """The fault names the layer and the nearest id."""
    folder = _case(tmp_path, **{"areas.csv": AREAS.replace("g2", "g22")})
    with pytest.raises(CaseError, match=r'supply_areas.*"g22" is no substation.*"g2"'):
        load_case(folder)


def test_a_site_that_stays(tmp_path: Path) -> None:
    """Site a stands for c, takes both types and sees the 30 kWh a day of z1, 1.03 km away.

    In supply area w it hangs on g2: 100 x 0.5 x 0.9 x 0.9 = 40.5 MW; base 20 at its peak of 12 h,
    where charging is half its own peak: (40.5 - 20) / 0.5 = 41; at 20 h 40.5 - 18 = 22.5 MW; 2030
    18 x 1.2: 18.9 MW.
    """
    scenario = _scenario(**{"grid.assign": "area"})
    found = explain_site(load_city(str(_case(tmp_path)), scenario), scenario, "a")
    assert (found.status, found.merged_here, found.merged_into) == ("in", ("c",), "")
    assert found.types_that_fit == ("small", "large")
    assert found.zones_within_reach == 1
    assert found.demand_kwh_day == {"2026": 30, "2030": 60}
    assert found.substation == "g2"
    assert found.headroom_kw == pytest.approx({"2026": 22_500, "2030": 18_900})
    assert [(rule.rule, rule.verdict) for rule in found.rules] == [
        ("max_road_m", "not checked"),
        ("setback_m", "in"),
        ("merge_m", "in"),
    ]
    assert {(rule.confidence, rule.source) for rule in found.rules} == {("A", "given")}


@pytest.mark.parametrize(
    ("site", "reason"),
    [
        ("b", "setback_m: 0.00, limit: outside, at least 6 m away."),
        ("c", "a stands for it, 51.1 m away."),
    ],
)
def test_a_site_that_is_out(tmp_path: Path, site: str, reason: str) -> None:
    """The first rule broken is told with value and limit; a double with who stands for it."""
    scenario = _scenario()
    found = explain_site(load_city(str(_case(tmp_path)), scenario), scenario, site)
    assert (found.status, found.reason) == ("out", reason)


def test_roads_around_a_site() -> None:
    """S1 lies on street B-C, 400 m past the junction B."""
    found = explain_site(hand_case(hand_roads()), asked(), "S1")
    assert found.reason == "Scenario hand has no [candidates]: every site is in."
    assert found.road_class == "primary"
    assert found.road_m == pytest.approx(0, abs=0.5)
    assert found.junction_m == pytest.approx(400, abs=0.1)


def test_an_existing_station_is_never_out() -> None:
    """E1's host is refused to new stations only."""
    scenario = asked({"candidates": {"hosts_refused": ("fuel station",)}})
    found = explain_site(hand_case(), scenario, "E1")
    assert (found.status, found.rules) == ("existing", ())


def test_what_is_decided_by_hand_is_told() -> None:
    """Small first and large later at one site; of another nothing is decided."""
    fixed = [
        {"site": "S2", "type": "large", "phase": "2030"},
        {"site": "S2", "type": "small"},
    ]
    question = asked({"fixed": fixed})
    first = question.phases[0].name
    told = explain_site(hand_case(), question, "S2").fixed
    assert told == f"small from {first} on, then large from 2030 on"
    assert not explain_site(hand_case(), question, "S1").fixed


def test_an_unknown_site_gets_the_nearest_ids() -> None:
    """A slip in an id is met with those like it."""
    with pytest.raises(CaseError, match=r"hand has no site 'S9'\. Nearest ids: S3, S2, S1\."):
        explain_site(hand_case(), asked(), "S9")


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text names verdict and rules; JSON is one document; an unknown id is bad input."""
    folder = _case(tmp_path)
    (tmp_path / "hand.toml").write_text(resolve_toml(_scenario()), encoding="utf-8")
    line = ["--case", str(folder), "--scenario", str(tmp_path / "hand.toml"), "-q"]
    codes = []
    for more in (["c"], ["c", "--json"], ["zzz"]):
        with pytest.raises(SystemExit) as ended:
            main(["explain", *more, *line])
        codes.append(ended.value.code)
        if more == ["c"]:
            text = capsys.readouterr().out
        elif more == ["c", "--json"]:
            document = json.loads(capsys.readouterr().out)
    assert codes == [0, 0, 2]
    assert "OUT: a stands for it, 51.1 m away." in text
    assert "not checked" in text
    assert "substation: g1; room for all its stations together: 2026 22,500 kW" in text
    assert (document["status"], document["merged_into"]) == ("out", "a")


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a plan folder made under the rules, beside its city."""
    home = tmp_path_factory.mktemp("rules")
    folder = _case(home)
    scenario = _scenario(case=str(folder), **{"grid.assign": "area", "phases.1.ratio": 0.5})
    told: list[str] = []
    run_plan(scenario, case_name=str(folder), out=home / "plan", progress=told.append)
    assert "candidates: 1 of 3 sites stay; out by setback_m 1, merge_m 1" in told
    return home / "plan"


def test_plan_folder_lists_every_site(planned: Path) -> None:
    """sites.csv has one row each; the plan builds on a alone, and verifies."""
    with (planned / SITES_FILE).open(encoding="utf-8-sig", newline="") as file:
        rows = {row["id"]: (row["status"], row["rule"]) for row in csv.DictReader(file)}
    assert rows == {"a": ("in", ""), "b": ("out", "setback_m"), "c": ("out", "merge_m")}
    document = json.loads((planned / "plan.json").read_text(encoding="utf-8"))
    assert [(s["id"], s["substation"]) for s in document["stations"]] == [("a", "g2")]
    assert run_verify(planned) == []


def test_the_resolved_scenario_makes_the_same_rules(planned: Path) -> None:
    """scenario.toml of the plan folder reads back with its rules and its way of assigning."""
    again = load_scenario(str(planned / "scenario.toml"))
    assert again.candidates == _scenario().candidates
    assert again.grid.assign == "area"


def test_drawing_again_keeps_the_list_of_sites(planned: Path) -> None:
    """The list is written anew with the same content."""
    before = (planned / SITES_FILE).read_bytes()
    run_map(planned)
    assert (planned / SITES_FILE).read_bytes() == before
