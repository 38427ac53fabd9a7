"""What a sweep is made of: values to vary, keys to set, runs, rows that stay, and the frontier."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.errors import ScenarioError, SweepError
from siting.scenario_io import assumptions, from_data, load_scenario
from siting.sweep import frontier
from siting.sweep.design import runs_of
from siting.sweep.keys import set_value
from siting.sweep.near import Distance, Queue
from siting.sweep.rows import COLUMNS
from siting.sweep.short import SHORT
from siting.sweep.store import FILE, Store, read_store
from siting.sweep.vary import Vary, parse_vary

if TYPE_CHECKING:
    from siting.sweep.design import Run
    from siting.sweep.vary import Value

RATIO_2025 = load_scenario("ratio-2025")


def _data(name: str = "ratio-2025") -> dict[str, Any]:
    data: dict[str, Any] = json.loads(load_scenario(name).model_dump_json(exclude_none=True))
    return data


def _set(key: str, value: Value, name: str = "ratio-2025") -> dict[str, Any]:
    data = _data(name)
    set_value(data, key, value)
    from_data(data)  # it is a scenario all the same
    return data


# What to vary


def test_ranges_hold_both_ends_and_no_dust() -> None:
    """0.6 to 1.2 by 0.1 is seven values, and 0.7 is 0.7; whole numbers stay whole."""
    assert parse_vary("ratio=0.6:1.2:0.1").values == (0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2)
    assert parse_vary("stations=300:400:50").values == (300, 350, 400)
    assert isinstance(parse_vary("stations=300:400:50").values[0], int)
    assert parse_vary("reach=6:4:-1").values == (6, 5, 4)
    assert parse_vary("objective=served,covered").values == ("served", "covered")
    assert parse_vary("budget=3e8,4e8:5e8:1e8").values == (300_000_000, 400_000_000, 500_000_000)
    assert parse_vary("grid.enforce=true,false").values == (True, False)


def test_with_a_sample_a_range_needs_no_step() -> None:
    """Then its two ends are all it says."""
    assert parse_vary("ratio=0.5:1.5", sampled=True) == Vary("ratio", (0.5, 1.5), between=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ratio", "is not KEY=VALUES"),
        ("ratio=", "is not KEY=VALUES"),
        ("ratio=1:0:0.1", "the range 1:0:0.1 is empty"),
        ("ratio=0:1:0", "has a step of 0"),
        ("ratio=0:1", "has no step"),
        ("ratio=0:1:2:3", "is no range"),
        ("ratio=a:b:c", "'a' is no number"),
        ("ratio=0:1:nan", "'nan' is no number"),
        ("ratio=1,,2", "has an empty value"),
        ("ratio=1,2,1.0", "gives 1 twice"),
        ("ratio=0:1:1e-9", "holds 1,000,000,001 values"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_mend(text: str, told: str) -> None:
    """The part that is wrong is named, and how to write it."""
    with pytest.raises(ScenarioError) as raised:
        parse_vary(text)
    assert told in str(raised.value)
    assert f"--vary {text}" in str(raised.value)


# Keys


def test_ratio_sets_the_last_target_and_what_hangs_on_it() -> None:
    """At 0.6: 0.5 stays, 1.0 comes down to it; floors follow their phase: 0.3, 0.36, 0.48."""
    phases = _set("ratio", 0.6)["phases"]
    assert [phase["ratio"] for phase in phases] == [0.5, 0.6, 0.6]
    assert [phase["district_floor"] for phase in phases] == [0.3, 0.36, 0.48]
    phases = _set("ratio", 1.2)["phases"]
    assert [phase["ratio"] for phase in phases] == [0.5, 1.0, 1.2]
    assert [phase["district_floor"] for phase in phases] == [0.3, 0.6, 0.96]


def test_budget_is_of_all_phases_together() -> None:
    """150, 200 and 60 million are 410; of 820 each phase gets twice its own."""
    phases = _set("budget", 820e6)["phases"]
    assert [phase["budget_cny"] for phase in phases] == [300e6, 400e6, 120e6]


def test_growth_multiplies_what_the_scenario_counts_by() -> None:
    """Metered energy where it is given, else the zones' own."""
    assert [p["city_gwh_day"] for p in _set("growth", 2)["phases"]] == [13.0, 14.8, 23.0]
    assert [p["growth"] for p in _set("growth", 2, "one-to-one")["phases"]] == [2.0]


def test_prices_multiply_what_reinforcement_costs_too() -> None:
    """Twice the price of everything: a kW, and a step at a substation."""
    data = json.loads(
        load_scenario("ratio-2025", options=("reinforcement",)).model_dump_json(exclude_none=True)
    )
    before = data["prices"]["pool_per_kw"], data["grid"]["reinforcement"]["step_cny"]
    set_value(data, "prices", 2)
    from_data(data)
    after = data["prices"]["pool_per_kw"], data["grid"]["reinforcement"]["step_cny"]
    assert after == (2 * before[0], 2 * before[1])


def test_dotted_keys_name_a_phase_or_mean_all() -> None:
    """So do those of station types."""
    assert [p["ratio"] for p in _set("phases.2024.ratio", 0.7)["phases"]] == [0.5, 0.7, 1.0]
    assert [p["ratio"] for p in _set("phases.ratio", 0.7)["phases"]] == [0.7, 0.7, 0.7]
    assert _set("stations.S.super_guns", 3)["stations"]["S"]["super_guns"] == 3
    assert _set("service.max_wait_min", 3)["service"]["max_wait_min"] == 3


def test_reach_by_km_takes_the_place_of_minutes() -> None:
    """A scenario has one or the other."""
    reach = _set("reach.km.default", 2.5)["reach"]
    assert reach["km"] == {"default": 2.5}
    assert "minutes" not in reach


def test_what_was_varied_is_an_assumption_of_the_plan() -> None:
    """A number nobody published does not keep the source of the one it replaces."""
    told = {item.key: item.source for item in assumptions(from_data(_set("ratio", 0.6)))}
    assert told["phases.2025.ratio"] == "varied by siting sweep (ratio = 0.6)"
    assert "phases.2023.ratio" not in told


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("ratoi", "Did you mean 'ratio'?"),
        ("bugdet", "Did you mean 'budget'?"),
        ("phases.2025.rato", "Did you mean 'phases.2025.ratio'?"),
        ("phases.2031.ratio", "Did you mean 'phases.2023.ratio'?"),
        ("service.max_wait", "Did you mean 'service.max_wait_min'?"),
        ("grid.base_profile", "is no key of a scenario"),
        ("title", "is no key of a scenario"),
    ],
)
def test_an_unknown_key_names_the_nearest(key: str, told: str) -> None:
    """Lists and names are none that can be varied."""
    with pytest.raises(ScenarioError) as raised:
        _set(key, 1)
    assert told in str(raised.value)


def test_a_value_out_of_its_range_is_told_before_anything_runs() -> None:
    """The scenario's own rules hold."""
    with pytest.raises(ScenarioError, match="must be 0 or more"):
        _runs(parse_vary("ratio=-1,1"))


def test_every_short_name_is_in_the_guide() -> None:
    """With what it sets; so does the command's own help."""
    guide = (Path(__file__).parent.parent / "models" / "README.md").read_text(encoding="utf-8")
    part = guide.partition("## Many values at once")[2].partition("## Where a number")[0]
    assert [name for name in SHORT if f"`{name}`" not in part] == []


# Runs


class _City:
    """Stands for a city: nothing but the hash of one layer."""

    def __init__(self, sha256: str) -> None:
        self.layers = [type("Layer", (), {"layer": "zones", "sha256": sha256})]


def _runs(*vary: Vary, cities: dict[str, str] | None = None, **more: Any) -> list[Run]:  # noqa: ANN401 - options
    cases: Any = {name: _City(sha) for name, sha in (cities or {"shenzhen": "a"}).items()}
    return runs_of(RATIO_2025, vary, cases, **more)


def test_every_combination_is_a_run_of_its_own() -> None:
    """Two ratios, three budgets and two cities: twelve ids; the same again: the same ids."""
    vary = (parse_vary("ratio=0.8,1"), parse_vary("budget=3e8:5e8:1e8"))
    runs = _runs(*vary, cities={"a": "1", "b": "2"})
    assert len({run.id for run in runs}) == 12
    assert [run.id for run in runs] == [run.id for run in _runs(*vary, cities={"a": "1", "b": "2"})]
    assert runs[0].values == {"ratio": 0.8, "budget": 300_000_000}
    assert runs[0].label == "ratio 0.8, budget 300 M"
    assert runs[0].scenario.title.endswith("(ratio 0.8, budget 300 M)")
    assert {run.scenario.case for run in runs} == {"a", "b"}


def test_a_plan_evaluated_as_given_is_not_swept() -> None:
    """Nothing is planned there, so there is no frontier: refused with its mend."""
    cases: Any = {"shenzhen": _City("a")}
    given = RATIO_2025.model_copy(update={"only_fixed": True})
    with pytest.raises(ScenarioError, match=r"has only_fixed\. Leave only_fixed out"):
        runs_of(given, (parse_vary("ratio=1,2"),), cases)


def test_ids_hang_on_question_and_city_not_on_the_place() -> None:
    """A changed layer or limit makes another run; a city that has moved does not."""
    vary = parse_vary("ratio=1")
    (one,) = _runs(vary)
    assert _runs(vary, cities={"elsewhere/shenzhen": "a"})[0].id == one.id
    assert _runs(vary, cities={"shenzhen": "b"})[0].id != one.id
    assert _runs(vary, parse_vary("gap=0.02"))[0].id != one.id


@settings(deadline=None, max_examples=30)
@given(count=st.integers(2, 40), seed=st.integers(0, 1000))
def test_a_hypercube_meets_every_slice_once(count: int, seed: int) -> None:
    """Of n points, one lies in each n-th of a range's length (to six digits)."""
    vary = parse_vary("ratio=1:2", sampled=True)
    values = [float(run.values["ratio"]) for run in _runs(vary, sample=count, seed=seed)]
    slices = Counter(int((value - 1) * count + 1e-4) for value in values)
    assert sum(slices.values()) == count
    assert max(slices.values()) <= 2
    again = [run.values["ratio"] for run in _runs(vary, sample=count, seed=seed)]
    assert again == values


def test_the_next_run_is_the_nearest_to_what_is_solved() -> None:
    """With 0.8 solved: 0.9 before 1.2, whatever the order; another budget is half as far off."""
    runs = _runs(parse_vary("ratio=0.8,1.2,0.9"), parse_vary("budget=3e8,5e8,4e8"))
    apart = Distance(runs)
    first = runs[0]
    assert apart(first, runs[1]) == 1.0  # the whole range of the budget
    assert apart(first, runs[2]) == 0.5
    queue = Queue(runs, apart)
    assert queue.take() is first
    queue.solved(first)
    assert queue.take().values == {"ratio": 0.9, "budget": 300_000_000}
    assert queue.take() is runs[2]
    assert len(queue) == 6


# Rows that stay


def _row(run_id: str, **cells: Any) -> dict[str, Any]:  # noqa: ANN401 - cells
    return {"id": run_id, "outcome": "optimal", "values": "{}", **cells}


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    """Numbers, texts and what is not known; a run put twice is there once."""
    store = Store(tmp_path / FILE, {"scenario": {}})
    row = {"objective": 1.5, "stations_open": 3, "conflict": None, "vary.ratio": 0.5}
    store.put(_row("a", **row))
    store.put(_row("b", conflict="budget: no 钱", **{"vary.ratio": 1}))
    store.put(_row("a", **row))
    back = read_store(tmp_path / FILE)
    assert list(back.rows) == ["a", "b"]
    assert back.rows["a"]["stations_open"] == 3
    assert back.rows["b"]["conflict"] == "budget: no 钱"
    assert back.rows["b"]["objective"] is None
    assert set(COLUMNS) <= set(back.rows["a"])
    assert back.meta["scenario"] == {}
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("damage", ["cut", "flipped", "flipped at its end", "not parquet", "empty"])
def test_a_damaged_file_is_told_and_left(damage: str, tmp_path: Path) -> None:
    """Whatever befell it: the error names the file, and not a byte of it changes."""
    path = tmp_path / FILE
    store = Store(path)
    for n in range(50):
        store.put(_row(f"run {n}", conflict=f"why {n}" * 20))
    sound = path.read_bytes()

    def flipped(at: int) -> bytes:
        return sound[:at] + bytes([sound[at] ^ 0x40]) + sound[at + 1 :]

    spoiled = {
        "cut": sound[:-200],
        "flipped": flipped(len(sound) // 20),
        "flipped at its end": flipped(len(sound) * 19 // 20),
        "not parquet": b"id,outcome\n1,optimal\n",
        "empty": b"",
    }[damage]
    path.write_bytes(spoiled)
    with pytest.raises(SweepError, match=FILE):
        read_store(path)
    assert path.read_bytes() == spoiled


def test_another_programs_parquet_is_no_sweep(tmp_path: Path) -> None:
    """It is refused, not taken for one without rows."""
    import pyarrow as pa  # noqa: PLC0415 - only here
    import pyarrow.parquet as pq  # noqa: PLC0415

    pq.write_table(pa.table({"id": [1]}), tmp_path / FILE)
    with pytest.raises(SweepError, match="is no sweep's"):
        read_store(tmp_path / FILE)


# The frontier


def _plan(ratio: float, objective: float, bound: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - cells
    base: dict[str, Any] = {
        "case": "a",
        "case_hash": "a",
        "case_title": "City",
        "objective_kind": "served",
    }
    base |= {"capex_cny": 0.0, "served_kwh_day": 0.0, "covered_share": 0.0}
    base |= {"objective_unit": "kWh a day", "vary.ratio": ratio}
    return _row(str(ratio), objective=objective, bound=bound, **base | more)


def test_a_step_is_significant_where_its_bracket_leaves_0_out() -> None:
    """From 100..101 to 90..92 kWh by 0.1: 8 to 11 kWh are lost, a tenth of it for each point."""
    (step,) = frontier.steps([_plan(1.0, 100, 101), _plan(1.1, 90, 92, capex_cny=5.0)], ["ratio"])
    assert (step.objective, step.at_least, step.at_most) == pytest.approx((1.0, 0.8, 1.1))
    assert step.significant
    assert step.capex_cny == pytest.approx(0.5)
    assert "costs 1 kWh a day (0.8 to 1.1 proved)" in frontier.in_words(step)


def test_a_step_within_the_gaps_is_not() -> None:
    """From 100..103 to 99..102: the true difference lies between -2 and 4."""
    (step,) = frontier.steps([_plan(1.0, 100, 103), _plan(1.1, 99, 102)], ["ratio"])
    assert (step.at_least, step.at_most) == pytest.approx((-0.2, 0.4))
    assert not step.significant
    assert "within the gaps" in frontier.in_words(step)


def test_least_cost_has_its_bound_below() -> None:
    """From 100 (no less than 99) to 110 (no less than 108): 8 to 11 more."""
    cost = {"objective_kind": "cost", "objective_unit": "CNY"}
    rows = [_plan(1.0, 100, 99, **cost), _plan(1.1, 110, 108, **cost)]
    (step,) = frontier.steps(rows, ["ratio"])
    assert (step.objective, step.at_least, step.at_most) == pytest.approx((1.0, 0.8, 1.1))


def test_runs_without_a_plan_make_no_step() -> None:
    """From 1.0 to 1.2, past the infeasible 1.1; other budgets are a series of their own."""
    none = _plan(1.1, 0, 0) | {"outcome": "infeasible", "objective": None}
    rows = [_plan(1.0, 10, 10), none, _plan(1.2, 8, 8)]
    rows = [row | {"vary.budget": 5} for row in rows] + [_plan(1.0, 9, 9) | {"vary.budget": 4}]
    (step,) = frontier.steps(rows, ["ratio", "budget"])
    assert (step.low, step.high, step.series) == (1.0, 1.2, "budget 5")


@given(st.floats(-50, 50), st.floats(0, 10), st.floats(-50, 50), st.floats(0, 10), st.floats(0, 1))
def test_the_bracket_holds_the_true_difference(
    one: float, gap: float, other: float, wide: float, at: float
) -> None:
    """Wherever the true optima lie between plan and bound."""
    rows = [_plan(1.0, one, one + gap), _plan(1.01, other, other + wide)]
    (step,) = frontier.steps(rows, ["ratio"])
    truth = (one + at * gap) - (other + (1 - at) * wide)  # what is lost, for one point
    assert step.at_least - 1e-6 <= truth <= step.at_most + 1e-6
