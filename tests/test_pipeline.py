"""From files to a plan folder and back: the stylised city at a tenth, and the real one."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pyogrio
import pytest

from siting import pipeline
from siting.cli import main
from siting.content import content_folder
from siting.data.load import load_case
from siting.data.report import CaseReport
from siting.data.synth import generate_case
from siting.errors import CaseError, InfeasibleError, ScenarioError
from siting.maps import MapView
from siting.pipeline import make_plan, run_check, run_map, run_plan, run_verify
from siting.plan_folder import PLAN_FILES, read_plan
from siting.scenario_io import load_scenario, override
from siting.verify import Mismatch, verify_plan
from tests.shared import shared_case
from tests.verify_case import asked, hand_case

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.plan import Plan
    from siting.scenario import Scenario

CITY_SCENARIO = Path(__file__).parent / "cases" / "shenzhen_city" / "scenario.toml"
LOCAL = {"time_limit_s": 30.0, "gap": 0.01, "threads": 1}


def _quiet(_: str) -> None:
    pass


def _tenth(scenario: Scenario) -> Scenario:
    """Return the question for a tenth of the city: a tenth of its energy and, nearly, its money.

    Targets round up where there are few fuel stations, so money is cut to an eighth.
    """
    data = scenario.model_dump(mode="json", exclude_none=True)
    for phase in data["phases"]:
        phase["city_gwh_day"] /= 10
        if "budget_cny" in phase:
            phase["budget_cny"] /= 8
    return override(type(scenario).model_validate(data), {"solve": LOCAL})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the stylised city at a tenth: 31 fuel stations, 156 sites, roads and substations."""
    out = tmp_path_factory.mktemp("city") / "tenth"
    generate_case(content_folder("data") / "shenzhen", out, scale=0.1)
    return out


@pytest.fixture(scope="module")
def case(folder: Path) -> Case:
    """Return it loaded."""
    return load_case(folder)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Return the main question, scaled with the city."""
    return _tenth(load_scenario("ratio-2025"))


@pytest.fixture(scope="module")
def out(folder: Path, scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a plan folder made by one run from files to files."""
    target = tmp_path_factory.mktemp("plans") / "ratio"
    run_plan(scenario, case_name=str(folder), out=target, progress=_quiet)
    return target


@pytest.fixture(scope="module")
def plan(out: Path) -> Plan:
    """Return the plan read back."""
    return read_plan(out)[0]


def test_the_folder_is_whole(out: Path) -> None:
    """Every promised file is there, and nothing else; the map and the report are pages."""
    assert sorted(path.name for path in out.iterdir()) == sorted(PLAN_FILES)
    assert all(path.stat().st_size > 0 for path in out.iterdir())
    for page in ("map.html", "report.html"):
        assert "</html>" in (out / page).read_text(encoding="utf-8")
    layers = {str(name) for name, _ in pyogrio.list_layers(out / "plan.gpkg")}
    assert {"stations", "zones", "districts", "fuel", "substations"} <= layers


def test_the_plan_keeps_the_main_promise(plan: Plan) -> None:
    """One to one with 31 fuel stations in the last phase, half of that (16) in the first."""
    document = plan.document
    assert document.ratio.city.fuel_stations == 31
    assert document.ratio.city.stations >= 31
    assert document.phases[0].ratio.city.stations >= 16
    for phase in document.phases:
        assert phase.budget_cny is not None
        assert phase.kpis.capex_cny <= phase.budget_cny * (1 + 1e-9)
        for row in phase.ratio.districts:
            assert row.stations >= row.target * row.fuel_stations - 1e-9
    loads = [step.loading for g in document.substations for step in g.steps]
    assert max(loads) <= 1 + 1e-9


def test_the_outcome_is_honest(plan: Plan) -> None:
    """The gap is that of objective and bound, recomputed, and the status follows it."""
    outcome = plan.document.outcome
    assert outcome.bound >= outcome.objective * (1 - 1e-6)
    assert outcome.gap == pytest.approx(abs(outcome.bound - outcome.objective) / outcome.objective)
    assert (outcome.status == "optimal") == (outcome.gap <= 1e-6)
    assert outcome.gap <= 0.05


def test_the_plan_says_that_the_city_is_stylised(plan: Plan) -> None:
    """Label, synthetic layers and the road network are told."""
    provenance = plan.document.provenance
    assert provenance.synthetic
    assert "stylised" in provenance.label.lower()
    assert all(layer.synthetic for layer in provenance.layers)
    assert "directed edges" in provenance.travel


def test_plan_read_back_verifies(out: Path, folder: Path, case: Case, scenario: Scenario) -> None:
    """From the folder alone, plan and question come back and every number holds."""
    plan, asked_again = read_plan(out)
    assert asked_again.model_dump(exclude={"case", "sources"}) == scenario.model_dump(
        exclude={"case", "sources"}
    )
    assert verify_plan(plan, case, asked_again) == []
    assert run_verify(out, case_name=str(folder)) == []


def test_plan_json_is_what_the_schema_says(out: Path) -> None:
    """The shipped JSON Schema validates the plan, and refuses one with a word too many."""
    schema = json.loads((content_folder("models") / "plan.schema.json").read_text("utf-8"))
    document = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(document)) == []
    assert list(validator.iter_errors({**document, "extra": 1})) != []


def test_the_map_is_drawn_again(out: Path, folder: Path) -> None:
    """Drawing from the folder gives the same pages and leaves the plan as it is."""
    before = {name: (out / name).read_bytes() for name in PLAN_FILES if name != "plan.gpkg"}
    written = run_map(out, case_name=str(folder))
    assert written == [out / "map.html", out / "report.html"]
    assert {name: (out / name).read_bytes() for name in before} == before


def test_a_map_for_the_public_stands_beside_the_planners(out: Path, folder: Path) -> None:
    """It is one more file; drawing it again, or the planner's, leaves the other as it was."""
    before = (out / "map.html").read_bytes()
    view = MapView(audience="public", language="zh")
    assert run_map(out, view=view, case_name=str(folder)) == [out / "map-public.html"]
    public = (out / "map-public.html").read_bytes()
    run_map(out, case_name=str(folder))
    assert (out / "map.html").read_bytes() == before
    assert (out / "map-public.html").read_bytes() == public


def _lasting(plan: Plan) -> dict[str, Any]:
    document = plan.document.model_dump()
    document["outcome"].pop("seconds")
    document["provenance"].pop("created")
    return document


def test_the_grid_holds_where_the_plan_kept_its_limits(
    out: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the days planned for the command ends with 0; when every day is a heat wave, with 5."""
    assert _grid(out, folder, tmp_path / "grid") == 0
    assert "25 substations hold, in every phase and hour" in capsys.readouterr().out
    heat = tmp_path / "heat.toml"
    heat.write_text('extends = "year"\n[days.hot]\nbase_factor = 1.2\n', encoding="utf-8")
    assert _grid(out, folder, tmp_path / "grid", "--study", str(heat), "--json") == 5
    told = json.loads(capsys.readouterr().out)
    over = [row for row in told["substations"] if row["over"]]
    assert not told["ok"]
    assert told["label"] == "stylised"
    assert {row["worst_day"] for row in over} == {"hot"}
    assert _grid(out, folder, tmp_path / "grid", "--study", "yeer") == 2


def _grid(out: Path, folder: Path, to: Path, *more: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["grid", str(out), "--case", str(folder), "--out", str(to), *more])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_same_seed_same_plan(case: Case) -> None:
    """Answered twice, a short question has the same document but for the time it took."""
    question = override(_tenth(load_scenario("coverage")), {"solve": LOCAL})
    first, second = (make_plan(case, question, progress=_quiet) for _ in range(2))
    assert _lasting(first) == _lasting(second)
    assert first.service.equals(second.service)
    dt.datetime.fromisoformat(first.document.provenance.created)


@pytest.mark.parametrize("name", ["coverage", "fleets-2025", "least-cost"])
def test_other_questions_of_the_same_city_verify(name: str, case: Case) -> None:
    """The most demand within km of a station; demand by fleet; the least money."""
    question = _tenth(load_scenario(name))
    found = make_plan(case, question, progress=_quiet)
    assert [str(item) for item in verify_plan(found, case, question)] == []
    assert found.document.outcome.objective_kind == question.objective.kind


def test_an_impossible_question_writes_nothing(
    folder: Path, scenario: Scenario, tmp_path: Path
) -> None:
    """A tenth of the money cannot buy one to one; the error names the budget, no folder appears."""
    data = scenario.model_dump(mode="json", exclude_none=True)
    for phase in data["phases"]:
        phase["budget_cny"] /= 10
    poor = type(scenario).model_validate(data)
    with pytest.raises(InfeasibleError) as caught:
        run_plan(poor, case_name=str(folder), out=tmp_path / "plan", progress=_quiet)
    assert any(line.startswith("budget: ") for line in caught.value.conflict)
    assert list(tmp_path.iterdir()) == []


def test_a_plan_that_does_not_verify_is_not_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Were the solver wrong, the verifier's finding would be shown and nothing written."""
    wrong = Mismatch("stations[E1].kw", "1", "2")
    monkeypatch.setattr(pipeline, "case_folder", lambda _: tmp_path)
    monkeypatch.setattr(pipeline, "load_case", lambda _: hand_case())
    monkeypatch.setattr(pipeline, "verify_plan", lambda *_: [wrong])
    with pytest.raises(RuntimeError, match=r"nothing was written:\n.*stations\[E1\]\.kw"):
        run_plan(asked(), case_name="hand", out=tmp_path / "plan", progress=_quiet)
    assert list(tmp_path.iterdir()) == []


def test_check_tells_of_a_city_and_of_a_question(folder: Path) -> None:
    """A city's layers with their rows and sources; a question's assumptions."""
    city = run_check(str(folder))
    assert isinstance(city, CaseReport)
    assert "stylised" in city.title.lower()
    (fuel,) = [layer for layer in city.layers if layer.layer == "fuel"]
    assert (fuel.file, fuel.synthetic) == ("fuel.csv", True)
    assert any("31" in count for count in fuel.counts)
    lines = run_check("central")
    assert isinstance(lines, list)
    assert lines[0] == "One to one in the centre"
    assert any(line.startswith("assumption: demand.case_share = 0.1 share (X: ") for line in lines)


def test_check_of_neither_is_a_fault() -> None:
    """A name that is no city and no question is told as neither, with the nearest of both."""
    with pytest.raises(CaseError) as caught:
        run_check("shenzen")
    assert re.search(r"Did you mean .shenzhen.\?", str(caught.value))
    assert "no such scenario or file" in str(caught.value)
    with pytest.raises(CaseError, match=r"Did you mean 'coverage'\?"):
        run_check("covrage")


def test_check_of_a_wrong_question_lists_its_faults(tmp_path: Path) -> None:
    """A scenario file with a slip is told as such, not as a missing city."""
    path = tmp_path / "slip.toml"
    path.write_text('extends = "central"\n[reach]\nminuets = 3.0\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="minuets"):
        run_check(str(path))


def test_progress_is_told_in_order(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    """Left to itself, progress goes to the log."""
    question = override(_tenth(load_scenario("coverage")), {"solve": LOCAL})
    with caplog.at_level(logging.INFO, logger="siting"):
        make_plan(case, question)
    lines = [record.message for record in caplog.records]
    steps = ["finding what each zone reaches", "stating the model", "solving"]
    places = [next(n for n, line in enumerate(lines) if line.startswith(step)) for step in steps]
    assert places == sorted(places)


# Real data


@pytest.mark.shared
@pytest.mark.slow
def test_central_shenzhen_one_to_one(tmp_path: Path) -> None:
    """Real roads, car parks and fuel stations of the centre: planned, mapped, verified."""
    folder = shared_case("shenzhen_central")
    target = tmp_path / "central"
    plan = run_plan(load_scenario("central"), case_name=str(folder), out=target, progress=_quiet)
    document = plan.document
    assert document.ratio.city.stations >= document.ratio.city.fuel_stations > 0
    assert not document.provenance.synthetic
    assert document.provenance.label == ""
    assert "directed edges" in document.provenance.travel
    assert document.outcome.gap <= 0.02
    assert run_verify(target, case_name=str(folder)) == []
    assert (target / "map.html").stat().st_size > 100_000


@pytest.mark.shared
@pytest.mark.slow
def test_whole_shenzhen_one_to_one(tmp_path: Path) -> None:
    """312 real fuel stations, 312 supercharging stations, within 2 % of the best there can be."""
    folder = shared_case("shenzhen_city")
    target = tmp_path / "city"
    question = load_scenario(str(CITY_SCENARIO))
    plan = run_plan(question, case_name=str(folder), out=target, progress=_quiet)
    document = plan.document
    assert document.ratio.city.fuel_stations == 312
    assert document.ratio.city.stations >= 312
    assert document.outcome.gap <= 0.02
    assert run_verify(target, case_name=str(folder)) == []
    assert (target / "map.html").stat().st_size > 100_000
