"""Stations switched in the page: its figures are those siting itself counts for the same set."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from siting.assembly import Answer, assemble
from siting.content import content_folder
from siting.data.build import build_problem
from siting.data.load import load_case
from siting.data.synth import generate_case
from siting.maps import MapView, WhatIf, render_map
from siting.maps.audience import SIGHTS
from siting.maps.what_if import STEPS, what_if_block
from siting.models.assign import assign
from siting.models.effort import Effort
from siting.models.solve import solve
from siting.pipeline import make_plan
from siting.scenario_io import load_scenario, override, with_fixes
from siting.verify import verify_plan
from tests.browsing import DESK, PHONE
from tests.toy import random_problem
from tests.verify_case import asked, hand_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from siting.data.case import Case
    from siting.plan import Document, Plan
    from siting.scenario import Scenario
    from tests.browsing import Opener, Watched

EFFORT = Effort(gap=0.05, time_limit_s=20.0, seed=1, threads=1)
TENTH = ("ratio-2025", "coverage", "p-median", "guns", "access")


def _quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return the stylised city at a tenth, its fuel stations with eight nozzles each."""
    out = tmp_path_factory.mktemp("city") / "tenth"
    generate_case(content_folder("data") / "shenzhen", out, scale=0.1)
    city = load_case(out)
    return replace(city, fuel=city.fuel.assign(nozzles=8.0))


def _question(name: str) -> Scenario:
    """Return a shipped question scaled with the city, its ratio in guns, or its least minutes."""
    base = name if name in {"coverage", "p-median"} else "ratio-2025"
    scenario = load_scenario(base)
    data = scenario.model_dump(mode="json", exclude_none=True)
    for phase in data["phases"]:
        if "city_gwh_day" in phase:
            phase["city_gwh_day"] /= 10
        if "budget_cny" in phase:
            phase["budget_cny"] /= 8
        if "max_stations" in phase:
            phase["max_stations"] = 90 if name == "p-median" else phase["max_stations"] // 10
        phase["ratio"] = phase["ratio"] / 16 if name == "guns" else phase["ratio"] / 2
        phase["district_floor"] = 0.0
    if name == "guns":
        data["ratio"]["form"] = "guns"
    if name == "access":
        data["objective"] = {"kind": "access", "min_served_share": 0.5}
    limits = {"time_limit_s": 20.0, "gap": 0.05, "threads": 1}
    return override(type(scenario).model_validate(data), {"solve": limits})


@pytest.fixture(scope="module")
def answers(case: Case) -> dict[str, tuple[Scenario, WhatIf, Plan]]:
    """Return a plan for each kind of question."""
    found = {}
    for name in TENTH:
        scenario = _question(name)
        problem, pairs = build_problem(case, scenario)
        solution = solve(problem, EFFORT, progress=_quiet)
        plan = assemble(Answer(case, scenario, problem, pairs, solution))
        found[name] = (scenario, WhatIf(scenario, problem), plan)
    return found


@pytest.fixture(scope="module")
def bare_page(browser: Browser) -> Iterator[Page]:
    """Return an empty page, to run parts of the script alone."""
    page = browser.new_page()
    yield page
    page.close()


FLOW = """([source, cases]) => {
    const Transport = new Function(`${source}; return Transport;`)();
    return cases.map(({ demand, zone, site, steps, stations, rooms, promised, rounds }) => {
        const pairs = { zone: Int32Array.from(zone), site: Int32Array.from(site), steps };
        const flow = new Transport(Float64Array.from(demand), pairs, stations, rooms, promised);
        return rounds.map((types) => {
            types.forEach((k, s) => flow.open(s, k));
            flow.solve();
            return [flow.served, flow.spent];
        });
    });
}"""
"""Solves each case, and again after each change, going on from the tree in hand."""


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["served", "access"])
def test_the_page_assigns_energy_as_siting_does(bare_page: Page, kind: Any) -> None:  # noqa: ANN401 - a literal
    """Served energy and minutes are those of the linear program, from scratch and after changes."""
    rng = np.random.default_rng(5)
    cases, wanted = [], []
    for seed in range(30):
        problem = random_problem(seed, kind, zones=25, sites=12)
        scale = float(problem.pair_minutes.max()) / STEPS
        whole = np.rint(problem.pair_minutes / scale)
        problem = replace(problem, pair_minutes=whole * scale, phases=problem.phases)
        rounds = rng.integers(-1, 2, (6, 12))
        rounds[1:] = np.where(rng.random((5, 12)) < 0.7, rounds[:1], rounds[1:])
        reached = problem.reachable_zone
        promised = problem.min_served_share * problem.reachable_kwh[0]
        cases.append(
            {
                "demand": (problem.demand_kwh[0] * reached).tolist(),
                "zone": problem.pair_zone.tolist(),
                "site": problem.pair_site.tolist(),
                "steps": whole.tolist(),
                "stations": 12,
                "rooms": problem.capacity_kwh.tolist(),
                "promised": float(promised) if kind == "access" else 0.0,
                "rounds": rounds.tolist(),
            }
        )
        for types in rounds:
            energy = assign(problem, np.array([types, types]))[0]
            wanted.append([float(energy.sum()), float(energy @ problem.pair_minutes) / scale])
    source = resources.files("siting.maps").joinpath("what_if_flow.js").read_text("utf-8")
    found = bare_page.evaluate(FLOW, [source, cases])
    rows = np.array([row for case in found for row in case])
    np.testing.assert_allclose(rows, np.array(wanted), rtol=1e-6, atol=1e-5)


def _press(page: Page, site: str, button: str = "off") -> None:
    """Open a station or site by search and press one of its buttons."""
    page.fill("#search-box", site)
    page.keyboard.press("Enter")
    page.wait_for_selector(f'#what-if [data-wi="{button}"]')
    page.click(f'#what-if [data-wi="{button}"]')


def _shown(page: Page, phase: int) -> dict[str, str]:
    """Return the what-if's key figures of a phase as the page writes them."""
    page.evaluate(
        """p => { const range = document.getElementById("phase-range");
        if (range) { range.value = p; range.dispatchEvent(new Event("input")); } }""",
        phase,
    )
    rows = page.locator("#view-what_if tr[data-tried]").evaluate_all(
        "rows => rows.map(row => [row.dataset.tried, row.cells[2].textContent])"
    )
    return dict(rows)


def _counted(document: Document, phase: int) -> dict[str, str]:
    """Return what siting counts, written in the same digits."""
    found = document.phases[phase]
    k = found.kpis
    over = sum(g.steps[phase].loading > 1 + 1e-9 for g in document.substations)
    minutes = k.access_minutes_mean
    return {
        "stations": f"{k.stations_open:,}",
        "guns": f"{k.guns:,}",
        "ratio": "–" if found.ratio.city.ratio is None else f"{found.ratio.city.ratio:.3f}",
        "served": f"{k.served_kwh_day / 1000:,.1f}",
        "share": f"{100 * k.demand_served_share:.2f}",
        "covered": f"{100 * k.demand_covered_share:.2f}",
        **({} if minutes is None else {"access": f"{minutes:.2f}"}),
        "peak": f"{k.peak_mw:,.2f}",
        "over": f"{over}",
        "cost": f"{k.capex_cny / 1e6:,.2f}",
    }


def _saved(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.click(f'#view-what_if [data-wi="{button}"]')
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def _open(open_page: Opener, answer: tuple[Scenario, WhatIf, Plan], case: Case) -> Watched:
    _, what_if, plan = answer
    return open_page(render_map(plan, case, what_if=what_if))


def _opened(plan: Plan) -> list[str]:
    """Return the plan's new stations, those that serve most first."""
    new = [s for s in plan.document.stations if s.status == "new"]
    return [s.id for s in sorted(new, key=lambda s: -s.steps[-1].served_kwh_day)]


@pytest.mark.browser
@pytest.mark.parametrize("name", TENTH)
def test_three_stations_off_give_siting_s_own_figures(
    open_page: Opener,
    answers: dict[str, tuple[Scenario, WhatIf, Plan]],
    case: Case,
    tmp_path: Path,
    name: str,
) -> None:
    """Three off and one site added: the saved set, evaluated and verified, has the same figures."""
    scenario, _, plan = answers[name]
    seen = _open(open_page, answers[name], case)
    for site in _opened(plan)[:3]:
        _press(seen.page, site)
    used = {s.id for s in plan.document.stations}
    for site in [name for name in case.sites["id"] if name not in used][:40]:
        seen.page.fill("#search-box", site)
        seen.page.keyboard.press("Enter")
        if seen.page.locator('#what-if [data-wi="on"]').count():
            assert "not used" in seen.text(".popup")
            seen.page.click('#what-if [data-wi="on"]')
            assert seen.text(".popup .badge") == "new"
            break
    seen.page.click('[data-wi="show"]')
    path = _saved(seen.page, "save-whole", tmp_path)
    again = with_fixes(scenario, str(path), only=True)
    given = make_plan(case, again, progress=_quiet)
    assert [str(item) for item in verify_plan(given, case, again) if not item.unmet] == []
    for phase in range(len(scenario.phases)):
        assert _shown(seen.page, phase) == _counted(given.document, phase)
    assert seen.quiet


@pytest.mark.browser
def test_substations_load_is_siting_s_own(
    open_page: Opener,
    answers: dict[str, tuple[Scenario, WhatIf, Plan]],
    case: Case,
    tmp_path: Path,
) -> None:
    """Every substation that a change touches shows the worst hour that siting counts."""
    scenario, _, plan = answers["ratio-2025"]
    seen = _open(open_page, answers["ratio-2025"], case)
    for site in _opened(plan)[:3]:
        _press(seen.page, site)
    seen.page.click('[data-wi="show"]')
    again = with_fixes(scenario, str(_saved(seen.page, "save-whole", tmp_path)), only=True)
    given = make_plan(case, again, progress=_quiet)
    rows = seen.page.locator("#view-what_if tr[data-feeder]").evaluate_all(
        "rows => rows.map(row => [Number(row.dataset.feeder), row.cells[2].textContent])"
    )
    assert rows
    for feeder, text in rows:
        loading = given.document.substations[feeder].steps[-1].loading
        assert text == f"{100 * loading:.1f}\u00a0%"


@pytest.mark.browser
def test_undo_and_reset_bring_the_plan_back(
    open_page: Opener, answers: dict[str, tuple[Scenario, WhatIf, Plan]], case: Case
) -> None:
    """Undo takes the last step back, and undoes a reset too; then every figure is the plan's."""
    _, _, plan = answers["ratio-2025"]
    seen = _open(open_page, answers["ratio-2025"], case)
    before = seen.page.locator("#view-overview").inner_html()
    first, second = _opened(plan)[:2]
    _press(seen.page, first)
    assert "What-if, not optimised" in seen.text("#bar")
    assert "What-if, not optimised" in seen.text("#view-overview")
    assert seen.page.locator('[data-kpi="gap"]').count() == 0
    _press(seen.page, second)
    assert "changes: 2" in seen.text("#what-if")
    seen.page.click('[data-wi="undo"]')
    assert "changes: 1" in seen.text("#what-if")
    assert seen.page.evaluate("document.activeElement.dataset.wi") == "undo"
    seen.page.click('[data-wi="reset"]')
    assert seen.page.locator(".wi-flag").count() == 0
    assert seen.page.evaluate("location.hash") == ""
    assert seen.page.locator("#view-overview").inner_html() == before
    assert seen.quiet


@pytest.mark.browser
def test_a_change_holds_from_its_phase_on(
    open_page: Opener, answers: dict[str, tuple[Scenario, WhatIf, Plan]], case: Case, tmp_path: Path
) -> None:
    """Off in the first phase is off in all; on again in the last, on from there; both are saved."""
    scenario, _, plan = answers["ratio-2025"]
    early = next(
        s for s in plan.document.stations if s.status == "new" and s.steps[0].type is not None
    )
    seen = _open(open_page, answers["ratio-2025"], case)
    last = len(plan.document.phases) - 1
    planned = [phase.kpis.stations_open for phase in plan.document.phases]
    _press(seen.page, early.id)
    seen.page.click('#what-if [data-wi="on"]')  # off and on in one phase: as it was
    assert seen.page.locator(".wi-flag").count() == 0
    seen.page.evaluate("document.querySelectorAll('.stops span')[0].click()")
    seen.page.click('#what-if [data-wi="off"]')
    seen.page.click('[data-wi="show"]')
    found = [int(_shown(seen.page, p)["stations"]) for p in range(last + 1)]
    assert found == [n - 1 for n in planned]
    seen.page.fill("#search-box", early.id)
    seen.page.keyboard.press("Enter")
    seen.page.click('#what-if [data-wi="on"]')
    found = [int(_shown(seen.page, p)["stations"]) for p in range(last + 1)]
    assert found == [n - 1 for n in planned[:-1]] + planned[-1:]
    path = _saved(seen.page, "save-changes", tmp_path)
    assert path.read_text("utf-8").startswith("# What-if, not optimised / 试算，未经优化")
    names = [phase.name for phase in plan.document.phases]
    told = [(i.site, i.type == "closed", i.phase) for i in with_fixes(scenario, str(path)).fixed]
    assert told == [(early.id, True, names[0]), (early.id, False, names[-1])]


@pytest.mark.browser
def test_a_link_carries_the_changes(
    open_page: Opener, answers: dict[str, tuple[Scenario, WhatIf, Plan]], case: Case
) -> None:
    """Opened afresh it shows the same figures; it is short."""
    _, _, plan = answers["ratio-2025"]
    seen = _open(open_page, answers["ratio-2025"], case)
    for site in _opened(plan)[:3]:
        _press(seen.page, site)
    address = seen.page.evaluate("location.href")
    assert len(address.partition("#")[2]) < 60
    seen.page.click('[data-wi="show"]')
    before = _shown(seen.page, 0)
    seen.page.goto("about:blank")
    seen.page.goto(address)
    seen.page.wait_for_selector("html[data-ready]")
    assert "changes: 3" in seen.text("#what-if")
    seen.page.click('[data-wi="show"]')
    assert _shown(seen.page, 0) == before
    assert seen.quiet


@pytest.mark.browser
def test_a_garbled_link_changes_nothing(
    open_page: Opener, answers: dict[str, tuple[Scenario, WhatIf, Plan]], case: Case
) -> None:
    """Cut, changed in any sign, foreign, hostile or huge: told, nothing changed, nothing run."""
    _, _, plan = answers["ratio-2025"]
    seen = _open(open_page, answers["ratio-2025"], case)
    for site in _opened(plan)[:2]:
        _press(seen.page, site)
    good = seen.page.evaluate("location.hash.slice(3)")
    seen.page.click('[data-wi="reset"]')
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    garbled = [good[:-1], good[:4], "", "A", "<img src=x onerror=alert(1)>", "%00", "A" * 50_000]
    for n, sign in enumerate(good):
        garbled.append(good[:n] + alphabet[(alphabet.index(sign) + 17) % 64] + good[n + 1 :])
    for text in garbled:
        seen.page.evaluate("text => { location.hash = 'w=' + text; }", text)
        seen.page.wait_for_timeout(20)
        assert seen.page.locator(".wi-flag").count() == 0, text
    assert "nothing was changed" in seen.text("#what-if")
    other = render_map(answers["guns"][2], case, what_if=answers["guns"][1])
    foreign = open_page(other)
    foreign.page.evaluate("text => { location.hash = 'w=' + text; }", good)
    foreign.page.wait_for_selector(".wi-note")
    assert "another plan" in foreign.text(".wi-note")
    assert seen.quiet
    assert foreign.quiet


@pytest.mark.browser
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_what_if_has_no_faults_of_accessibility(
    open_page: Opener,
    answers: dict[str, tuple[Scenario, WhatIf, Plan]],
    case: Case,
    size: tuple[int, int],
) -> None:
    """axe-core finds nothing with a station open and the view of changes on show."""
    _, what_if, plan = answers["ratio-2025"]
    seen = open_page(render_map(plan, case, what_if=what_if), size)
    _press(seen.page, _opened(plan)[0])
    seen.page.wait_for_timeout(400)
    assert Axe().run(seen.page).response["violations"] == []
    seen.page.click('[data-wi="show"]')
    seen.page.wait_for_timeout(400)
    assert Axe().run(seen.page).response["violations"] == []
    assert seen.quiet


@pytest.mark.browser
def test_a_phone_has_the_buttons_in_its_sheet(
    open_page: Opener, answers: dict[str, tuple[Scenario, WhatIf, Plan]], case: Case
) -> None:
    """At 390 x 844 they are on the screen with the sheet low, 40 px high at least."""
    _, what_if, plan = answers["ratio-2025"]
    seen = open_page(render_map(plan, case, what_if=what_if), PHONE)
    _press(seen.page, _opened(plan)[0])
    seen.page.wait_for_timeout(400)
    for name in ("undo", "reset", "show", "back", "on"):
        box = seen.page.locator(f'#what-if [data-wi="{name}"]').bounding_box()
        assert box is not None
        assert box["height"] >= 40
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390  # noqa: PT018 - one thought
        assert box["y"] + box["height"] <= 844


@pytest.mark.browser
def test_hostile_names_stay_text(
    open_page: Opener, answers: dict[str, tuple[Scenario, WhatIf, Plan]], case: Case, tmp_path: Path
) -> None:
    """Markup in a station's name and id runs nowhere; in the file it is one quoted string."""
    scenario, _, _ = answers["ratio-2025"]
    evil = '<img src=x onerror=alert(1)>"\n[[fixed]]'
    used = answers["ratio-2025"][2].document.stations[-1].id
    here = case.sites["id"] == used
    sites = case.sites.assign(
        id=case.sites["id"].mask(here, evil), name=case.sites["name"].mask(here, evil)
    )
    city = replace(case, sites=sites)
    problem, pairs = build_problem(city, scenario)
    solution = solve(problem, EFFORT, progress=_quiet)
    plan = assemble(Answer(city, scenario, problem, pairs, solution))
    seen = open_page(render_map(plan, city, what_if=WhatIf(scenario, problem)))
    _press(seen.page, "onerror")
    seen.page.click('[data-wi="show"]')
    assert "<img src=x" in seen.text(".wi-list")
    path = _saved(seen.page, "save-changes", tmp_path)
    assert {item.site for item in with_fixes(scenario, str(path)).fixed} == {evil}
    assert seen.quiet


def test_what_each_reader_s_file_holds(
    answers: dict[str, tuple[Scenario, WhatIf, Plan]], case: Case
) -> None:
    """Grid: no money, no demand, no unused sites; public: no load either; without it: nothing."""
    _, what_if, plan = answers["ratio-2025"]
    blocks = {name: what_if_block(what_if, plan, case, sight) for name, sight in SIGHTS.items()}
    planner, grid, public = (blocks[name] for name in ("planner", "grid", "public"))
    assert planner is not None and grid is not None and public is not None  # noqa: PT018
    assert len(planner["sites"]["number"]) == len(case.stations) + len(case.sites)
    for block in (grid, public):
        assert len(block["sites"]["number"]) == len(plan.document.stations)
        assert block["reach"] is None
        assert block["money"] is None
        assert not any({"cny", "capacity"} & set(kind) for kind in block["types"])
        assert block["rules"]["reachable"] is None
    assert grid["load"] is not None
    assert public["load"] is None
    assert "peak_kw" not in json.dumps(public)
    bare = render_map(plan, case, MapView(what_if=False))
    assert '<script type="application/json" id="siting-what-if">null</script>' in bare


@pytest.mark.browser
@pytest.mark.parametrize("audience", ["grid", "public"])
def test_other_readers_see_what_they_may(
    open_page: Opener,
    answers: dict[str, tuple[Scenario, WhatIf, Plan]],
    case: Case,
    audience: Any,  # noqa: ANN401 - a literal
) -> None:
    """Ratio and guns for all, loads for the grid; what needs demand is left out, and said so."""
    _, what_if, plan = answers["ratio-2025"]
    seen = open_page(render_map(plan, case, MapView(audience=audience), what_if=what_if))
    _press(seen.page, _opened(plan)[0])
    seen.page.click('[data-wi="show"]')
    shown = _shown(seen.page, len(plan.document.phases) - 1)
    wanted = {"stations", "guns", "ratio"} | ({"peak", "over"} if audience == "grid" else set())
    assert set(shown) == wanted
    assert shown["stations"] == str(plan.document.kpis.stations_open - 1)
    assert "does not hold what zones demand" in seen.text("#view-what_if")
    assert seen.quiet


@pytest.mark.browser
def test_rules_that_the_page_cannot_check_are_named(open_page: Opener) -> None:
    """A circle of [equity] and a fixed site: the page does not say that nothing is broken there."""
    city = hand_case()
    north = {"name": "north", "districts": ["north"], "circle_km": 3.0}
    question = asked({"fixed": [{"site": "S2", "type": "small"}], "equity": {"groups": [north]}})
    question = question.model_copy(
        update={"phases": tuple(p.model_copy(update={"budget_cny": 9e6}) for p in question.phases)}
    )
    plan = make_plan(city, question, progress=_quiet)
    seen = open_page(
        render_map(plan, city, what_if=WhatIf(question, build_problem(city, question).problem))
    )
    _press(seen.page, "S2")
    seen.page.click('[data-wi="show"]')
    assert "Not checked on this page: [equity], [[fixed]]." in seen.text("#view-what_if")
    assert seen.quiet


@pytest.mark.browser
def test_where_it_makes_no_sense_it_is_not_offered(open_page: Opener, case: Case) -> None:
    """A flow plan's page says why, and has neither the view nor buttons."""
    scenario = _question("ratio-2025")
    problem, pairs = build_problem(case, scenario)
    solution = solve(problem, EFFORT, progress=_quiet)
    plan = assemble(Answer(case, scenario, problem, pairs, solution))
    flow = scenario.model_copy(
        update={"objective": scenario.objective.model_copy(update={"kind": "flow"})}
    )
    seen = open_page(render_map(plan, case, what_if=WhatIf(flow, problem)))
    assert "no what-if here" in seen.text("#view-overview")
    assert what_if_block(WhatIf(flow, problem), plan, case, SIGHTS["planner"]) == {
        "senseless": "objective"
    }
    assert seen.page.locator("#tab-what_if").count() == 0
    seen.page.fill("#search-box", _opened(plan)[0])
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector(".popup")
    assert seen.page.locator("#what-if").is_hidden()
    assert seen.quiet
