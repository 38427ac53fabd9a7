"""Sites decided by hand: the plan around them is the best there is, and says what cannot hold."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting import pipeline
from siting.cli import main
from siting.data.build import build_problem
from siting.data.problem import FREE, NONE
from siting.errors import InfeasibleError, ScenarioError
from siting.models.effort import Effort
from siting.models.solve import solve
from siting.pipeline import make_plan
from siting.scenario_io import load_scenario, resolve_toml, with_fixes
from siting.verify import unmet_mismatch, verify_plan, with_unmet
from tests.brute import brute_force
from tests.classical_brute import best_value
from tests.toy import A, B, M, S, random_problem, toy
from tests.verify_case import asked, hand_case
from tests.verify_plan import hand_plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.plan import Plan
    from siting.scenario import ObjectiveKind, Scenario

EFFORT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)
S2_CLOSED = {"site": "S2", "type": "closed"}


def _quiet(_: str) -> None:
    pass


def _fixed(*items: dict[str, str], **more: Any) -> Scenario:  # noqa: ANN401 - any value
    return asked({"fixed": list(items), **more})


def _types(plan: Plan) -> dict[str, list[str | None]]:
    return {s.id: [step.type for step in s.steps] for s in plan.document.stations}


@st.composite
def _decided(draw: st.DrawFn, problem: Problem) -> Problem:
    """Fix some sites of a problem to something they may hold, some from the second phase on."""
    fixed = np.full((len(problem.phases), len(problem.sites)), FREE, dtype=np.int64)
    for j in range(len(problem.sites)):
        kinds = [NONE, *np.flatnonzero(problem.allowed[j]).tolist()]
        if draw(st.booleans()):
            first = draw(st.integers(0, len(problem.phases) - 1))
            fixed[first:, j] = draw(st.sampled_from(kinds))
    return replace(problem, fixed=fixed)


@pytest.mark.parametrize("kind", ["served", "covered", "access", "cost"])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_the_plan_around_fixed_sites_is_the_best(kind: ObjectiveKind, data: st.DataObject) -> None:
    """As good as the best of all plans that hold what was decided; infeasible where none does."""
    seed = data.draw(st.integers(0, 300))
    problem = data.draw(_decided(random_problem(seed, kind, zones=6, sites=3)))
    best = brute_force(problem)
    try:
        found = solve(problem, EFFORT, progress=_quiet)
    except InfeasibleError as error:
        assert best is None and error.conflict  # noqa: PT017,PT018 - told by brute force
        return
    assert best is not None
    assert found.certificate.objective == pytest.approx(best.value, rel=1e-5, abs=1e-6)
    free = problem.fixed == FREE
    assert (free | (found.type_at == problem.fixed)).all()


@pytest.mark.parametrize(
    "kind", ["set-cover", "max-cover", "backup-cover", "p-median", "p-center", "facility"]
)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_classical_questions_keep_what_was_decided(kind: str, data: st.DataObject) -> None:
    """The best of all sets of sites that hold what was decided, in a plan that verifies."""
    objective: dict[str, Any] = {"kind": kind}
    if kind == "facility":
        objective |= {"drive_cny_min": 0.5, "horizon_years": 8.0}
    phase = {"name": "p0", "date": "2026-12-31", "ratio": 0.0, "base_load_growth": 1.0}
    phase |= {"max_stations": data.draw(st.sampled_from([2, 3]))}
    sites = data.draw(st.lists(st.sampled_from(["S1", "S2", "E1"]), unique=True, max_size=2))
    fixed = [
        {"site": name, "type": data.draw(st.sampled_from(["closed", "small"]))} for name in sites
    ]
    scenario = asked(
        {
            "objective": objective,
            "phases": [phase],
            "fixed": fixed,
            "stations.large.buildable": False,
            "existing.policy": "upgrade-or-close",
            "limits.spacing_m": 0.0,
            "grid.enforce": False,
            "solve.gap": 0.0,
        }
    )
    case = hand_case()
    best = best_value(build_problem(case, scenario).problem)
    try:
        plan = make_plan(case, scenario, progress=_quiet)
    except InfeasibleError as error:
        assert best is None and error.conflict  # noqa: PT017,PT018 - told by brute force
        return
    assert best == pytest.approx(plan.document.outcome.objective, rel=1e-6, abs=1e-6)
    assert [str(item) for item in verify_plan(plan, case, scenario)] == []


def test_what_is_fixed_conflicts_by_name() -> None:
    """A large A asks for 2,600 kCNY, and 1,200 have arrived by p1: either gives way."""
    fixed = np.full((2, 3), FREE)
    fixed[:, A] = M
    with pytest.raises(InfeasibleError) as caught:
        solve(toy(fixed=fixed), EFFORT, progress=_quiet)
    first, second = sorted(caught.value.conflict)
    assert first == "A is fixed by hand: M from p1 on"
    assert second.startswith("budget: 1.20 M CNY have arrived by p1; the least that meets the rest")
    assert "leave 1 fixed site free (A)" in caught.value.changes


def test_what_is_fixed_conflicts_with_a_target() -> None:
    """O asks for one station by p2 and B is the only site there: B closed forbids it."""
    fixed = np.full((2, 3), FREE)
    fixed[:, B] = NONE
    with pytest.raises(InfeasibleError) as caught:
        solve(toy(fixed=fixed), EFFORT, progress=_quiet)
    assert "B is fixed by hand: closed from p1 on" in caught.value.conflict
    assert any(line.startswith("O: 1 station asked for") for line in caught.value.conflict)


def _of(scenario: Scenario) -> NDArray[np.int64]:
    return build_problem(hand_case(), scenario).problem.fixed


def test_a_fix_holds_from_its_phase_on() -> None:
    """S1 is small from 2030 on and free before; S2, new and closed later, is never opened."""
    later = {"site": "S1", "type": "small", "phase": "2030"}
    fixed = _of(_fixed(later, {**S2_CLOSED, "phase": "2030"}))
    problem = build_problem(hand_case(), asked()).problem
    s1, s2 = problem.sites.index("S1"), problem.sites.index("S2")
    assert fixed[:, s1].tolist() == [FREE, problem.types.index("small")]
    assert fixed[:, s2].tolist() == [NONE, NONE]
    assert (fixed == FREE).sum() == fixed.size - 3


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([{"site": "S22", "type": "small"}], "'S22' is no site of this city. Did you mean 'S2'?"),
        ([{"site": "S1", "type": "old"}], "at 'S1' type 'old' is not buildable"),
        ([{"site": "E1", "type": "closed"}], "'E1' has a 'old' station, which cannot become"),
        (
            [
                {"site": "S1", "type": "large"},
                {"site": "S1", "type": "small", "phase": "2030"},
            ],
            "'S1' is to shrink from 'large' to 'small'",
        ),
        (
            [{"site": "S1", "type": "small"}, {**S2_CLOSED, "site": "S1", "phase": "2030"}],
            "'S1' is to be 'small' first and closed from 2030 on",
        ),
    ],
)
def test_fixes_that_can_never_hold_are_told(items: list[dict[str, str]], told: str) -> None:
    """Each with its place in the file and its mend."""
    with pytest.raises(ScenarioError) as caught:
        _of(_fixed(*items))
    assert told in str(caught.value)
    assert f"fixed[{len(items) - 1}]." in str(caught.value)


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([{"site": "S1", "type": "huge"}], "'huge' of site 'S1' is not one of old, small, large"),
        ([{"site": "S1", "type": "small", "phase": "2040"}], "is not one of 2026, 2030"),
        ([S2_CLOSED, {**S2_CLOSED, "phase": "2026"}], "'S2' is fixed twice from 2026 on"),
    ],
)
def test_names_the_scenario_does_not_know(items: list[dict[str, str]], told: str) -> None:
    """Types, phases, and a site that is decided twice for the same phase."""
    with pytest.raises(ValueError, match=told):
        _fixed(*items)


def test_a_plan_that_ignores_a_fix_is_caught() -> None:
    """The hand plan opens S2 large in 2030; told to leave it closed, the verifier says so."""
    found = verify_plan(hand_plan(), hand_case(), _fixed(S2_CLOSED))
    assert [(item.where, item.recomputed) for item in found] == [
        ("stations[S2].steps[2030].type", "nothing (fixed)")
    ]
    found = verify_plan(hand_plan(), hand_case(), _fixed({"site": "S1", "type": "small"}))
    assert {item.where for item in found} == {
        "stations[S1].steps[2026].type",
        "stations[S1].steps[2030].type",
    }


def test_only_what_is_given_is_counted_and_nothing_else_changes() -> None:
    """S2 large from 2030 on, and nothing before: the ratios of both phases are missed, and told.

    South asks for half of its fuel stations by 2030, and E1 stays the plain station it is.
    """
    case = hand_case()
    scenario = _fixed({"site": "S2", "type": "large", "phase": "2030"}, only_fixed=True)
    plan = make_plan(case, scenario, progress=_quiet)
    assert _types(plan) == {"E1": ["old", "old"], "S2": [None, "large"]}
    assert plan.document.outcome.status == "given"
    found = verify_plan(plan, case, scenario)
    assert found and all(item.unmet for item in found)  # noqa: PT018 - one thought
    assert any("ratio.city" in item.where for item in found)
    assert [item.where for item in unmet_mismatch(plan, found)] == ["unmet"]
    assert unmet_mismatch(with_unmet(plan, found), found) == []


def test_a_given_plan_that_changes_more_is_caught() -> None:
    """The hand plan upgrades E1, which nobody asked for, and claims to be feasible."""
    scenario = _fixed({"site": "S2", "type": "large", "phase": "2030"}, only_fixed=True)
    found = [item.where for item in verify_plan(hand_plan(), hand_case(), scenario)]
    assert "stations[E1].steps[2026].type" in found
    assert "outcome.status" in found


@pytest.mark.parametrize(
    "kind",
    ["covered", "set-cover", "max-cover", "backup-cover", "p-median", "p-center", "facility"],
)
@pytest.mark.parametrize("sites", [[], ["S1"], ["S1", "S2"]])
def test_given_plans_of_every_kind_verify(kind: str, sites: list[str]) -> None:
    """Also where they reach nobody: each number holds, and what they miss is told as unmet."""
    objective: dict[str, Any] = {"kind": kind}
    if kind == "facility":
        objective |= {"drive_cny_min": 0.5, "horizon_years": 8.0}
    changes: dict[str, Any] = {"objective": objective, "stations.large.buildable": False}
    if kind != "covered":
        phase = {"name": "p0", "date": "2026-12-31", "ratio": 0.0, "base_load_growth": 1.0}
        changes["phases"] = [{**phase, "max_stations": 2}]
    fixed = [{"site": name, "type": "small"} for name in sites]
    scenario = _fixed(*fixed, only_fixed=True, **changes)
    plan = make_plan(hand_case(), scenario, progress=_quiet)
    found = verify_plan(plan, hand_case(), scenario)
    assert [str(item) for item in found if not item.unmet] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[fixed]\n", "not valid TOML"),
        ("", "fixes no site"),
        ('[[fixes]]\nsite = "a"\n', "Did you mean 'fixed'?"),
        ("fixed = 3\n", "is no list of tables"),
        ("fixed = [3]\n", "is no list of tables"),
        ('[[fixed]]\ntype = "S"\n', "fixed[0].site: is missing"),
        ('[[fixed]]\nsite = 7\ntype = "S"\n', "fixed[0].site"),
        ('[[fixed]]\nsite = "x"\ntype = "S"\nfase = "2025"\n', "Did you mean 'phase'?"),
    ],
)
def test_a_file_of_fixes_that_is_none(tmp_path: Path, text: str, told: str) -> None:
    """Each fault names the file and what to write."""
    path = tmp_path / "fix.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        with_fixes(load_scenario("ratio-2025"), str(path))
    assert told in str(caught.value)
    assert "fix.toml" in str(caught.value)


def test_a_missing_file_of_fixes_is_told(tmp_path: Path) -> None:
    """With its name, and not as a missing scenario."""
    with pytest.raises(ScenarioError, match="These fixes cannot be read"):
        with_fixes(load_scenario("ratio-2025"), str(tmp_path / "none.toml"))


def test_a_file_takes_the_place_of_the_scenario_s_own_fixes(tmp_path: Path) -> None:
    """Site by site; what is written into a plan's folder loads back as it was."""
    path = tmp_path / "fix.toml"
    path.write_text('[[fixed]]\nsite = "a \\"b"\ntype = "closed"\n', encoding="utf-8")
    once = with_fixes(load_scenario("ratio-2025"), str(path))
    path.write_text('[[fixed]]\nsite = "c"\ntype = "L"\nphase = "2024"\n', encoding="utf-8")
    twice = with_fixes(once, str(path), only=True)
    told = [(item.site, item.type, item.phase) for item in twice.fixed]
    assert told == [('a "b', "closed", None), ("c", "L", "2024")]
    assert twice.only_fixed
    resolved = tmp_path / "scenario.toml"
    resolved.write_text(resolve_toml(twice), encoding="utf-8")
    assert load_scenario(str(resolved)) == twice
    assert "fixed" not in resolve_toml(load_scenario("ratio-2025"))


def test_the_command_line_builds_around_fixes_and_evaluates_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--fix closes all sites, so a target fails; --only evaluates and tells: code 3, as verify."""
    monkeypatch.chdir(tmp_path)
    city = hand_case()
    city = replace(city, zones=city.zones.assign(people=float("nan")))
    monkeypatch.setattr(pipeline, "load_city", lambda *_: city)
    Path("hand.toml").write_text(resolve_toml(asked()), encoding="utf-8")
    shut = '[[fixed]]\nsite = "S{}"\ntype = "closed"\n'
    text = "".join(shut.format(n) for n in (1, 2, 3))
    Path("fix.toml").write_text(text, encoding="utf-8")
    assert _code("plan", "hand.toml", "--fix", "fix.toml", "--json") == 3
    error = json.loads(capsys.readouterr().out)
    assert any("S2 is fixed by hand: closed" in line for line in error["error"]["conflict"])
    only = ("plan", "hand.toml", "--fix", "fix.toml", "--only", "--out", "given", "--json")
    assert _code(*only) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["outcome"]["status"] == "given"
    assert told["unmet"]
    assert _code("verify", "given") == 3
    said = capsys.readouterr().out
    assert "Verified: every number follows" in said
    assert f"does not meet {len(told['unmet'])} requirements" in said
    text = Path("given/plan.json").read_text(encoding="utf-8")
    forged = json.loads(text) | {"unmet": []}
    Path("given/plan.json").write_text(json.dumps(forged), encoding="utf-8")
    assert _code("verify", "given") == 2


def _code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return int(caught.value.code or 0)


def test_unused_types_are_kept_for_fixes() -> None:
    """A type that a smaller one makes needless may still be what was decided."""
    problem = toy(capacity_kwh=np.array([0.0, 400.0, 400.0]), budget_cny=np.full(2, np.inf))
    fixed = np.full((2, 3), FREE)
    fixed[1, A] = M
    found = solve(replace(problem, fixed=fixed), EFFORT, progress=_quiet)
    assert found.type_at[1, A] == M
    assert S in found.type_at


def test_a_site_held_larger_may_grow_though_a_smaller_type_would_do() -> None:
    """A holds M in p1, by hand. S and L serve 400, M 60: S would do, but M can only become L.

    60 in p1, and 400 in p2, which weighs 2.
    """
    problem = toy(
        types=("S", "M", "L"),
        capacity_kwh=np.array([400.0, 60.0, 400.0]),
        is_super=np.ones(3, dtype=bool),
        ratio_count=np.ones(3, dtype=np.int64),
        load_kw=np.full(3, 100.0),
        state_cost_cny=np.tile([1.0e6, 1.1e6, 1.2e6], (3, 1)),
        allowed=np.arange(3)[:, None] == np.full((3, 3), A),
        initial=np.full(3, NONE),
        conflicts=np.empty((0, 2), dtype=np.int64),
        city_target=np.zeros(2, dtype=np.int64),
        district_target=np.zeros((2, 2), dtype=np.int64),
        budget_cny=np.full(2, np.inf),
        fixed=np.array([[FREE, 1, FREE], [FREE, FREE, FREE]]),
    )
    found = solve(problem, EFFORT, progress=_quiet)
    assert found.type_at[:, A].tolist() == [1, 2]
    assert found.certificate.objective == pytest.approx(860.0)
