"""Classical questions a planner asks: by hand, told in words, refused, falsified.

The hand-made town of ``verify_case``, 1 km = 2.5 minutes, 5 minutes within reach: zones Z1 3,000,
Z2 6,000, Z3 9,000 kWh a day. Minutes: Z1-E1 1; Z2-E1 4, Z2-S1 1, Z2-S2 4.5; Z3-S1 4, Z3-S2 0.5.
Nothing reaches Z4, and S3, 80 km off, reaches nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import ValidationError

from siting.cli.summary import print_summary
from siting.errors import InfeasibleError, SolverError
from siting.maps import render_map, render_report
from siting.models.classical import answer
from siting.models.classical.engines import Engine, engine_of
from siting.pipeline import make_plan
from siting.plan import Plan
from siting.scenario import Candidates
from siting.verify import verify_plan
from tests.test_user_errors import CONFLICT, INPUT, PHASE, Desk
from tests.verify_case import asked, hand_case

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.case import Case
    from siting.data.problem import Problem
    from siting.models.classical.from_problem import Posed
    from siting.models.classical.question import Choice
    from siting.models.effort import Effort
    from siting.scenario import Scenario

FACILITY = {"drive_cny_min": 1.0, "horizon_years": 6.0}
BY_HAND: list[tuple[str, int | None, dict[str, Any], float]] = [
    # only E1 reaches Z1, and Z2 with it; Z3 needs another
    ("set-cover", None, {}, 2.0),
    # S1 or S2 alone: Z2 and Z3
    ("max-cover", 1, {}, 15000.0),
    # all three: Z2 three times, Z3 twice, Z1 once
    ("backup-cover", 3, {}, 15000.0),
    # E1 and S2: (3,000 x 1 + 6,000 x 4 + 9,000 x 0.5) / 18,000
    ("p-median", 2, {}, 1.75),
    # all three; S2 has room for 7,200 of Z3 and S1 for 5,400 of Z2 beside 1,800 of Z3:
    # (3,000 x 1 + 7,200 x 0.5 + 1,800 x 4 + 5,400 x 1 + 600 x 4) / 18,000
    ("p-median", 3, {"capacities": True}, 1.2),
    # all three: Z1 and Z2 at 1 minute
    ("p-center", 3, {}, 1.0),
    # E1 at 0.4 km and S3 at 80 km
    ("p-dispersion", 2, {}, 79600.0),
    # 800,000 + 1,000,000 + 1,100,000, and the 21,600 kWh min above x 365 x 6 years / 60 kWh
    ("facility", None, FACILITY, 2_900_000.0 + 21_600.0 * 36.5),
    # E1 and S2, 31,500 kWh min: S1 would save 18,000 x 36.5 for 1,000,000
    ("facility", None, {**FACILITY, "capacities": False}, 1_900_000.0 + 31_500.0 * 36.5),
]
NAMES = [f"{row[0]}-{number}" for number, row in enumerate(BY_HAND)]


def ask(kind: str, most: int | None = None, more: dict[str, Any] | None = None) -> Scenario:
    """Return a question about small stations, without targets, money or grid."""
    phase = {"name": "2030", "date": "2030-12-31", "ratio": 0.0, "base_load_growth": 1.0}
    return asked(
        {
            "objective": {"kind": kind, **(more or {})},
            "phases": [{**phase, "max_stations": most}],
            "stations.large.buildable": False,
            "limits.spacing_m": 0.0,
            "grid.enforce": False,
            "solve.gap": 0.0,
        }
    )


def plan_of(scenario: Scenario, case: Case | None = None) -> Plan:
    """Return the plan of a question about the hand-made town."""
    return make_plan(case or hand_case(), scenario, progress=lambda _: None)


@pytest.mark.parametrize(("kind", "most", "more", "best"), BY_HAND, ids=NAMES)
def test_best_values_by_hand(
    kind: str, most: int | None, more: dict[str, Any], best: float, tmp_path: Path
) -> None:
    """Value and proof; the answer in words on the terminal, in the report and on the map."""
    case, scenario = hand_case(), ask(kind, most, more)
    plan = plan_of(scenario, case)
    outcome = plan.document.outcome
    assert (outcome.objective_kind, outcome.status) == (kind, "optimal")
    assert outcome.objective == pytest.approx(best, rel=1e-6)
    assert verify_plan(plan, case, scenario) == []
    report, page = render_report(plan, case), render_map(plan, case)
    print_summary(plan.document, tmp_path)
    for text in (report, page):
        assert "proved the best possible" in text
        assert "已证最优" in text
        assert "Asked: " in text


def test_the_answer_is_told_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The p-median's mean drive, as a planner would say it."""
    print_summary(plan_of(ask("p-median", 2)).document, tmp_path)
    said = (
        "Asked: the shortest mean drive. Answer: 2 stations; the mean drive of all demand within "
        "reach to its station is 1.75 min; proved the best possible."
    )
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("kind", "most", "more", "best"), BY_HAND, ids=NAMES)
def test_a_falsified_value_is_caught(
    kind: str, most: int | None, more: dict[str, Any], best: float
) -> None:
    """A plan that claims to be a hundredth better than it is, or than its bound, does not verify.

    The value is recomputed from the plan's open stations, whatever the plan says of itself.
    """
    scenario = ask(kind, most, more)
    plan = plan_of(scenario)
    better = 0.99 if kind not in {"max-cover", "backup-cover", "p-dispersion"} else 1.01
    for field in ("objective", "bound"):
        change = {"objective": best * better} if field == "objective" else {"bound": best / better}
        lie = plan.document.outcome.model_copy(update=change)
        document = plan.document.model_copy(update={"outcome": lie})
        falsified = Plan(document, plan.service, plan.zones, plan.load)
        found = {mismatch.where for mismatch in verify_plan(falsified, hand_case(), scenario)}
        assert f"outcome.{field}" in found


def test_demand_left_out_of_reach_is_caught() -> None:
    """One station answers max-cover; called the answer to set-cover it leaves a zone out.

    And a dispersion that opens two stations where three are asked for is no dispersion.
    """
    one = plan_of(ask("max-cover", 1))
    found = [str(item) for item in verify_plan(one, hand_case(), ask("set-cover"))]
    assert any("covered: plan says no, recomputed a station within reach" in line for line in found)
    two = plan_of(ask("p-dispersion", 2))
    found = [str(item) for item in verify_plan(two, hand_case(), ask("p-dispersion", 3))]
    assert any("as many as max_stations" in line for line in found)
    short = plan_of(ask("p-median", 3))
    served = ask("p-median", 3, {"capacities": True})
    shorter = Plan(short.document, short.service.iloc[1:], short.zones, short.load)
    found = [str(item) for item in verify_plan(shorter, hand_case(), served)]
    assert any("all its demand" in line for line in found)


def test_too_few_stations_are_told_how_many_would_do() -> None:
    """One station cannot reach Z1 and Z3: the conflict is named, and two are said to do."""
    with pytest.raises(InfeasibleError) as caught:
        plan_of(ask("p-median", 1))
    assert any("at most 1 supercharging station" in line for line in caught.value.conflict)
    assert any("within reach is to be covered" in line for line in caught.value.conflict)
    assert caught.value.nearest == (
        "Nearest that can be had: 2 stations can reach all demand that can be reached, and no "
        "fewer; allow that many (phases.max_stations), or reach farther ([reach])."
    )


def test_too_little_room_is_told_how_many_would_do() -> None:
    """Two stations of 7,200 kWh a day cannot serve 18,000; three can."""
    with pytest.raises(InfeasibleError) as caught:
        plan_of(ask("p-median", 2, {"capacities": True}))
    assert any("within reach is to be served" in line for line in caught.value.conflict)
    assert "3 stations can serve all demand" in caught.value.nearest


def test_more_stations_than_fit_are_told() -> None:
    """Five sites are asked for where four may hold a station."""
    with pytest.raises(InfeasibleError) as caught:
        plan_of(ask("p-dispersion", 5))
    assert caught.value.nearest == ("Nearest that can be had: 4 stations, where 5 are asked for.")


def test_a_floor_on_coverage_that_cannot_be_had_is_told() -> None:
    """One station covers 15,000 of 18,000 kWh a day: 80 % can be had, 90 % cannot."""
    assert plan_of(ask("max-cover", 1, {"min_covered_share": 0.8})).document.outcome.objective
    with pytest.raises(InfeasibleError, match=r"no more than 83\.3% can be"):
        plan_of(ask("max-cover", 1, {"min_covered_share": 0.9}))


def test_a_floor_on_coverage_is_searched_past_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that stops at its gap with E1's 9,000 of 15,000 kWh a day goes on to the floor."""
    gaps: list[float] = []

    def lazy(problem: Problem, posed: Posed) -> Engine:
        full = engine_of(problem, posed)

        def run(effort: Effort, **options: Any) -> Choice:  # noqa: ANN401 - passed on
            gaps.append(effort.gap)
            best: Choice = full.run(effort, **options)
            worse = np.arange(len(best.opened)) == 0
            return replace(best, opened=worse, objective=9000.0) if effort.gap else best

        return Engine(run, full.state)

    monkeypatch.setattr(answer, "engine_of", lazy)
    scenario = ask("max-cover", 1, {"min_covered_share": 0.8})
    solve = scenario.solve.model_copy(update={"gap": 0.5})
    plan = plan_of(scenario.model_copy(update={"solve": solve}))
    assert (gaps, plan.document.outcome.objective) == ([0.5, 0.0], 15000.0)


def test_no_usable_site_is_told() -> None:
    """On too little ground nothing may be built, and no zone has a site."""
    case, scenario = hand_case(), ask("p-dispersion", 2)
    tight = scenario.model_copy(
        update={"limits": scenario.limits.model_copy(update={"area_per_bay_m2": 1e6})}
    )
    small = case.sites.assign(area_m2=10.0), case.stations.assign(area_m2=10.0)
    with pytest.raises(InfeasibleError, match="none of 4 sites may hold"):
        plan_of(tight, hand_case(sites=small[0], stations=small[1]))


def test_a_zone_that_only_refused_sites_reach_is_left_out() -> None:
    """Car parks are refused, so E1 and S1 are all. Within 3 minutes Z3 then has no site left.

    (3,000 x 1 + 6,000 x 1) / 9,000; with 5 minutes (3,000 x 1 + 6,000 x 1 + 9,000 x 4) / 18,000.
    """
    case = hand_case()
    rules = Candidates(hosts_refused=("car park",))
    for minutes, best in ((3.0, 1.0), (5.0, 2.5)):
        plain = ask("p-median", 2)
        reach = plain.reach.model_copy(update={"minutes": minutes})
        scenario = plain.model_copy(update={"candidates": rules, "reach": reach})
        plan = plan_of(scenario, case)
        assert plan.document.outcome.objective == pytest.approx(best)
        assert verify_plan(plan, case, scenario) == []


@pytest.mark.parametrize(
    ("kind", "most", "more", "best"),
    [row for row in BY_HAND if row[0] not in {"p-center", "p-dispersion"}],
)
def test_cbc_finds_the_same_values(
    kind: str, most: int | None, more: dict[str, Any], best: float
) -> None:
    """The whole program through PuLP; its bound is HiGHS's relaxation, never past the best."""
    scenario = ask(kind, most, more)
    cbc = scenario.model_copy(update={"solve": scenario.solve.model_copy(update={"solver": "cbc"})})
    outcome = plan_of(cbc).document.outcome
    assert outcome.objective == pytest.approx(best, rel=1e-6)
    assert "bound by HiGHS's linear relaxation" in outcome.method
    more_is_better = kind in {"max-cover", "backup-cover"}
    assert outcome.bound >= best * (1 - 1e-6) if more_is_better else outcome.bound <= best


def test_a_sequence_of_programs_is_not_given_to_cbc() -> None:
    """The p-center is a search over radii; another solver is refused, with the mend."""
    scenario = ask("p-center", 2)
    cbc = scenario.model_copy(update={"solve": scenario.solve.model_copy(update={"solver": "cbc"})})
    with pytest.raises(SolverError, match=r"cannot be given. Leave out --solver"):
        plan_of(cbc)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"objective": {"kind": "p-median"}}, "needs max_stations, 1 or more"),
        ({"objective": {"kind": "max-cover"}}, "needs max_stations or budget_cny"),
        ({"objective": {"kind": "p-dispersion"}, "most": 1}, "max_stations of 2 or more"),
        ({"objective": {"kind": "facility"}}, "needs drive_cny_min"),
        ({"objective": {"kind": "served", **FACILITY}}, "knows no drive_cny_min: leave it out"),
        ({"objective": {"kind": "p-center", "capacities": True}}, "knows no capacities"),
        ({"objective": {"kind": "set-cover", "min_served_share": 0.9}}, "no min_served_share"),
        ({"objective": {"kind": "p-median", "min_covered_share": 0.9}}, "no min_covered_share"),
        ({"stations.large.buildable": True}, "places one type, not small, large: set buildable"),
        ({"phases.0.weight": 2.0}, "its weight says nothing: leave it out"),
        ({"twice": True}, "is about one phase, not 2: keep one"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes: dict[str, Any], said: str) -> None:
    """Nothing of a scenario is ignored: what a kind does not know is refused, with the mend."""
    phase = {"name": "2030", "date": "2030-12-31", "ratio": 0.0, "base_load_growth": 1.0}
    phases = [{**phase, "max_stations": changes.pop("most", None)}]
    if changes.pop("twice", False):
        phases.append({**phase, "name": "2035", "date": "2035-12-31"})
    whole = {
        "objective": {"kind": "set-cover"},
        "phases": phases,
        "stations.large.buildable": False,
        **changes,
    }
    with pytest.raises(ValidationError, match=said):
        asked(whole)


def test_the_command_line_ends_with_the_right_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two zones too far apart for one station: 0 with two stations, 3 with one, 2 with none."""
    desk = Desk(tmp_path, capsys)
    kind = '[objective]\nkind = "p-median"\n[stations]\nM.buildable = false\nL.buildable = false\n'
    ratio = "ratio = 0.0\n"
    desk.ask(kind, PHASE + ratio + "max_stations = 2\n")
    code, out, _ = desk.plan()
    assert (code, "Answer: 2 stations" in out) == (0, True)
    desk.ask(kind, PHASE + ratio + "max_stations = 1\n")
    code, out, err = desk.plan()
    assert (code, out) == (CONFLICT, "")
    assert "2 stations can reach all demand that can be reached" in err
    desk.ask(kind, PHASE + ratio)
    code, _, err = desk.plan()
    assert code == INPUT
    assert "needs max_stations" in err


def test_the_answer_says_that_it_was_stopped(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A plan that Ctrl-C cut short is not passed off as one that ran to its end."""
    document = plan_of(ask("p-median", 2)).document
    print_summary(document, tmp_path)
    assert "stopped by the user" not in capsys.readouterr().out
    cut_short = {"method": "branch and bound; stopped by the user"}
    outcome = document.outcome.model_copy(update=cut_short)
    print_summary(document.model_copy(update={"outcome": outcome}), tmp_path)
    assert "stopped by the user" in capsys.readouterr().out
