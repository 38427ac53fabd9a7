"""Plans side by side: what became of stations, figures by district, questions, and refusals."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.cli import main
from siting.compare.asked import differences, scenario_data
from siting.compare.comparison import carbon_t, compare
from siting.compare.read import read_plans
from siting.compare.stations import changes
from siting.errors import PlanError
from siting.pipeline import load_city, run_plan
from siting.plan import Station, StationStep
from siting.scenario_io import from_data, load_scenario
from siting.sweep.keys import set_value
from tests.sweep_case import make_city, make_question

if TYPE_CHECKING:
    from pathlib import Path

    from siting.compare.comparison import Comparison
    from siting.scenario import Scenario

TEMPLATE = Station(
    id="",
    name="",
    name_zh="",
    lon=0,
    lat=0,
    district="",
    host="",
    type="S",
    guns=1,
    super_guns=1,
    kw=1,
    phase="p",
    status="new",
    substation=None,
    capex_cny=0,
    steps=(StationStep(phase="p", type="S", served_kwh_day=0, peak_kw=0),),
)
M_NORTH = 1 / 111_195  # degrees of latitude in a metre, on a sphere of 6371.0088 km


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small city and plans of it at two ratios: ``less`` and ``more``."""
    folder = tmp_path_factory.mktemp("compare")
    question = load_scenario(str(make_question(folder, make_city(folder / "city"))))
    for name, ratio, budget in (("less", 0.6, 26e6), ("more", 1.0, 32e6)):
        data = scenario_data(question)
        set_value(data, "ratio", ratio)
        set_value(data, "budget", budget)
        scenario = from_data(data | {"name": name})
        run_plan(scenario, case_name=scenario.case, out=folder / name)
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> Comparison:
    """Return both compared."""
    plans = read_plans([folder / "less", folder / "more"])
    return compare(plans, load_city(str(folder / "city"), plans[0].scenario))


def _run(*line: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(["compare", *line])
    assert isinstance(done.value.code, int)
    return done.value.code


# What became of stations


class _Book:
    """Stands for plans whose stations are given as site: (metres north, type)."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def plan(self, **sites: tuple[float, str]) -> Any:  # noqa: ANN401 - what changes() asks of a plan
        """Return a plan of one phase."""
        step = TEMPLATE.steps[0]
        stations = tuple(
            TEMPLATE.model_copy(
                update={
                    "id": name,
                    "lat": 22.5 + metres * M_NORTH,
                    "lon": 114.0,
                    "steps": (step.model_copy(update={"type": kind}),),
                }
            )
            for name, (metres, kind) in sites.items()
        )
        document = type("Document", (), {"stations": stations})
        plan = type("Plan", (), {"document": document})
        return type("Compared", (), {"plan": plan, "scenario": self.scenario})


@pytest.fixture(scope="module")
def book(found: Comparison) -> _Book:
    """Return a maker of plans."""
    return _Book(found.plans[0].scenario)


def _changes(one: Any, other: Any, moved_m: float = 500) -> dict[str, tuple[str, str | None]]:  # noqa: ANN401
    found = changes(one, other, (0, 0), moved_m=moved_m)
    return {item.station.id: (item.change, item.moved_from) for item in found}


def test_each_change_has_its_name(book: _Book) -> None:
    """At one site kept or resized; 300 m off moved; farther off dropped here and new there."""
    one = book.plan(a=(0, "S"), b=(5000, "S"), c=(10_000, "S"), d=(20_000, "S"))
    other = book.plan(a=(0, "S"), b=(5000, "M"), e=(10_300, "S"), f=(30_000, "S"))
    assert _changes(one, other) == {
        "a": ("kept", None),
        "b": ("resized", None),
        "e": ("moved", "c"),
        "f": ("new", None),
        "d": ("dropped", None),
    }
    assert _changes(one, other, moved_m=200)["e"] == ("new", None)
    assert _changes(one, other, moved_m=0)["c"] == ("dropped", None)


def test_as_many_moves_as_can_be(book: _Book) -> None:
    """From 0 and 400 m to 300 and 800: the nearest pair, 400 and 300, would leave two over."""
    one = book.plan(a=(0, "S"), b=(400, "S"))
    other = book.plan(x=(300, "S"), y=(800, "S"))
    assert _changes(one, other) == {"x": ("moved", "a"), "y": ("moved", "b")}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("SM"), min_size=0),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("SM"), min_size=0),
)
def test_changes_lead_from_one_plan_to_the_other(
    one: dict[str, str], other: dict[str, str]
) -> None:
    """Kept and resized are in both, new ones in the other, dropped in the first; moves in each."""
    at = {name: 300.0 * n for n, name in enumerate("abcdef")}
    scenario: Any = type(
        "S", (), {"stations": {k: type("K", (), {"is_super": True}) for k in "SM"}}
    )
    maker = _Book(scenario)
    first = maker.plan(**{name: (at[name], kind) for name, kind in one.items()})
    second = maker.plan(**{name: (at[name], kind) for name, kind in other.items()})
    found = changes(first, second, (0, 0))
    ids = [item.station.id for item in found]
    assert len(ids) == len(set(ids))
    origins = [item.moved_from for item in found if item.moved_from]
    assert len(origins) == len(set(origins))
    gone = {item.station.id for item in found if item.change == "dropped"} | set(origins)
    come = {item.station.id for item in found if item.change in {"new", "moved"}}
    assert gone == one.keys() - other.keys()
    assert come == other.keys() - one.keys()
    same = {item.station.id: item.change for item in found if item.change in {"kept", "resized"}}
    assert same == {
        name: "kept" if one[name] == other[name] else "resized"
        for name in one.keys() & other.keys()
    }
    assert all((item.moved_m or 0.0) <= 500 for item in found)


# Figures


def test_figures_are_the_plans_own(found: Comparison) -> None:
    """The city's rows are the plan's key figures; those of districts add up to them."""
    for item in found.plans:
        for phase in item.plan.document.phases:
            table = found.figures
            mine = table[(table["plan"] == item.letter) & (table["phase"] == phase.name)]
            city = mine[mine["district"] == "city"].iloc[0]
            parts = mine[mine["district"] != "city"]
            assert city["capex_cny"] == pytest.approx(phase.kpis.capex_cny)
            assert parts["capex_cny"].sum() == pytest.approx(phase.kpis.capex_cny)
            assert parts["peak_mw"].sum() == pytest.approx(phase.kpis.peak_mw)
            assert parts["stations"].sum() == city["stations"] == phase.kpis.stations_open
            zones = item.plan.zones[item.plan.zones["phase"] == phase.name]
            demand = zones.groupby("district")["demand_kwh_day"].sum()
            share = parts.set_index("district")["covered_share"].astype(float)
            reached = float((share * demand).sum()) / float(demand.sum())
            assert reached == pytest.approx(phase.kpis.demand_covered_share)


def test_the_headline_counts_every_station_once(found: Comparison) -> None:
    """Those of the other plan are kept, resized, moved or new; those of the first not new."""
    first, other = found.headline()
    assert other["kept"] + other["resized"] + other["moved"] + other["new"] == other["stations"]
    assert other["kept"] + other["resized"] + other["moved"] + other["dropped"] == first["stations"]
    assert first["kept"] is None


def test_loadings_stand_beside_the_first_plans(found: Comparison) -> None:
    """By substation and phase; the change is what lies between."""
    table = found.substations
    assert set(table["phase"]) == {"2024", "2025", "last"}
    assert (table["loading"] - table["loading_first"]).tolist() == pytest.approx(
        table["change"].tolist()
    )
    steps = {s.id: s.steps[-1].loading for s in found.plans[1].plan.document.substations}
    last = table[table["phase"] == "last"]
    assert dict(zip(last["substation"], last["loading"], strict=True)) == steps


def test_every_key_that_differs_is_named(found: Comparison) -> None:
    """More than the ratio: floors that hang on it, and the money."""
    keys = {item.key: item.each for item in found.asked}
    assert keys["phases.2025.ratio"] == ("0.6", "1")
    assert keys["phases.2024.budget_cny"] == ("14625000", "18000000")
    assert "phases.2025.district_floor" in keys
    assert not any(key.startswith(("name", "title", "sources")) for key in keys)
    assert found.searched == ()


def test_lists_of_named_tables_differ_by_name() -> None:
    """A phase one question lacks is told key by key as not given."""
    one, two = (scenario_data(load_scenario(name)) for name in ("ratio-2025", "ratio-2030"))
    told = {item.key: item.each for item in differences([one, two])}
    assert told["phases.2030.ratio"][0] == "not given"


def test_fixes_futures_and_groups_differ_item_by_item() -> None:
    """A site fixed to another type, a future that grows more: told by name, not as two lists."""
    one, two = (
        {
            "fixed": [{"site": "S1", "type": kind, "phase": "2030"}, {"site": "S2", "type": "a"}],
            "robust": {"futures": [{"name": "boom", "growth": growth}]},
            "equity": {"groups": [{"name": "old town", "circle_km": 1.0}]},
        }
        for kind, growth in (("small", 1.5), ("large", 2.0))
    )
    assert differences([one, two]) == [
        ("fixed.S1 2030.type", ("small", "large")),
        ("robust.futures.boom.growth", ("1.5", "2")),
    ]


def test_carbon_is_told_where_it_was_counted(found: Comparison, tmp_path: Path) -> None:
    """From the account in the plan's folder; none, or a broken one, is none."""
    item = replace(found.plans[0], folder=tmp_path)
    assert carbon_t(item) is None
    (tmp_path / "grid").mkdir()
    (tmp_path / "grid" / "carbon.json").write_text('{"net_avoided_t": 12.5}', encoding="utf-8")
    assert carbon_t(item) == 12.5
    (tmp_path / "grid" / "carbon.json").write_text("{", encoding="utf-8")
    assert carbon_t(item) is None


# From the command line


def test_page_and_tables_are_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON document; every file; a page that holds both plans and no address to fetch."""
    out = tmp_path / "out"
    line = [str(folder / "less"), str(folder / "more"), "--out", str(out), "--json", "--quiet"]
    assert _run(*line) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["plan"] for row in told["plans"]] == ["A", "B"]
    assert told["moved_m"] == 500.0
    assert sorted(path.name for path in out.iterdir()) == [
        "asked.csv",
        "changes.csv",
        "compare.html",
        "figures.csv",
        "stations.csv",
        "substations.csv",
    ]
    page = (out / "compare.html").read_text(encoding="utf-8")
    assert 'src="http' not in page
    with (out / "asked.csv").open(encoding="utf-8-sig", newline="") as file:
        assert ["question", "phases.2025.ratio", "0.6", "1"] in list(csv.reader(file))


def test_plans_of_two_cities_are_refused_by_layer(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, the layer that differs by name, and nothing written."""
    other = tmp_path / "other"
    shutil.copytree(folder / "more", other)
    document = json.loads((other / "plan.json").read_text(encoding="utf-8"))
    for layer in document["provenance"]["layers"]:
        if layer["layer"] in {"sites", "water"}:
            layer["sha256"] = "0" * 64
    (other / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    out = tmp_path / "out"
    assert _run(str(folder / "less"), str(other), "--out", str(out), "--quiet") == 2
    told = capsys.readouterr().err
    assert "of different cities" in told
    assert "layer sites" in told
    assert "water" not in told
    assert not out.exists()


def test_a_city_that_has_changed_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its plans are of what it was: the layer is named, and nothing is written."""
    city = tmp_path / "city"
    shutil.copytree(folder / "city", city)
    (fuel,) = city.glob("fuel*")
    fuel.write_bytes(fuel.read_bytes() + b"\n")
    out = tmp_path / "out"
    line = [str(folder / "less"), str(folder / "more"), "--case", str(city), "--out", str(out)]
    assert _run(*line, "--quiet") == 2
    assert "layer fuel" in capsys.readouterr().err
    assert not out.exists()


def test_the_terminal_tells_districts_and_questions(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], found: Comparison
) -> None:
    """A row for each district and plan, with what became of its stations."""
    line = [str(folder / "less"), str(folder / "more"), "--out", str(tmp_path / "out")]
    assert _run(*line) == 0
    told = capsys.readouterr().out
    assert "The questions differ in" in told
    assert "phases.2025.ratio" in told
    part = told.partition("By district")[2]
    names = {row.name for row in found.plans[0].plan.document.ratio.districts}
    assert all(name in part for name in names)
    changed = found.changed()
    new = int(changed[changed["phase"] == "last"]["new"].sum())
    assert sum(int(n) for n in re.findall(r"new (\d+)", part)) == new


@pytest.mark.parametrize("case", ["one", "twice", "missing"])
def test_what_cannot_be_compared_is_told(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One plan alone, the same twice, one that is not there."""
    plans = {
        "one": [folder / "less"],
        "twice": [folder / "less", folder / "less"],
        "missing": [folder / "less", folder / "nothing"],
    }[case]
    assert _run(*map(str, plans), "--quiet") == 2
    told = capsys.readouterr().err
    assert {"one": "Give 2 to 26", "twice": "given twice", "missing": "nothing"}[case] in told


def test_too_few_is_an_error_in_python_too() -> None:
    """As any input."""
    with pytest.raises(PlanError):
        read_plans([])
