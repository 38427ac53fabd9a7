"""Replay: small networks by hand, greed against brute force, and what a user can get wrong."""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st
from typer.testing import CliRunner

from siting.cli.app import app
from siting.data.load import load_case
from siting.equity.indices import gini
from siting.errors import InputError
from siting.models.effort import Effort
from siting.models.greedy import greedy_types
from siting.replay.built import read_built
from siting.replay.greedy import greedy
from siting.replay.measures import measure
from siting.replay.page import render_replay
from siting.replay.question import Best, Question, best
from siting.replay.result import Network, Replay, Step, best_of
from siting.scenario_io import load_scenario, override
from tests.small_case import STATIONS, layer_toml, write_case
from tests.toy import toy

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.case import Case
    from siting.replay.question import Objective
    from siting.scenario import Scenario
    from tests.browsing import Opener

EFFORT = Effort(0.0, 30.0, 1, 1)
QUIET: list[str] = []


def line(objective: Objective = "drive", count: int = 2) -> Question:
    """Return zones at 0, 1, 5, 6 and 20 min on a line, sites at 0.5, 3 and 5.5, reach 3 min.

    Demand 10, 10, 10, 10 and 5; nobody reaches the zone at 20. Site 1 in the middle covers all
    four at 3, 2, 2 and 3 min; sites 0 and 2 cover two each at half a minute.
    """
    zones, sites = np.array([0.0, 1.0, 5.0, 6.0, 20.0]), np.array([0.5, 3.0, 5.5])
    away = np.abs(zones[:, None] - sites)
    zone, site = np.nonzero(away <= 3)
    return Question(
        objective=objective,
        demand=np.array([10.0, 10.0, 10.0, 10.0, 5.0]),
        zone=zone.astype(np.int32),
        site=site.astype(np.int32),
        minutes=away[zone, site],
        sites=3,
        count=count,
        reach_min=3.0,
    )


def test_greed_takes_the_middle_first_and_ours_does_not() -> None:
    """Greedy: the middle, then an end: (10+10) x 0.5 + 10 x 2 + 10 x 3 + 5 x 6 = 90 over 45.

    Ours: both ends: 40 x 0.5 + 5 x 6 = 50 over 45 minutes.
    """
    question = line()
    assert greedy(question).tolist() == [1, 0]
    assert question.value(greedy(question)) == pytest.approx(90 / 45)
    ours = best(question, EFFORT, QUIET.append)
    assert ours.opened.tolist() == [0, 2]
    assert (ours.value, ours.bound) == pytest.approx((50 / 45, 50 / 45))


def test_ours_is_never_worse_than_what_is_known() -> None:
    """A search stopped early at the middle and an end takes the better network, and says so."""
    question = line()
    early = Best(np.array([0, 1]), 90 / 45, 0.0, "search")
    ours = early.or_known(question, np.array([2, 0]), "greedy")
    assert ours.opened.tolist() == [0, 2]
    assert ours.value == pytest.approx(50 / 45)
    assert "greedy network: taken" in ours.method
    assert ours.or_known(question, np.array([0, 1]), "built") is ours


def test_coverage_counts_demand_within_reach() -> None:
    """One site: the middle covers 40 of 45; and the proof is closed."""
    ours = best(line("coverage", 1), EFFORT, QUIET.append)
    assert ours.opened.tolist() == [1]
    assert (ours.value, ours.bound) == pytest.approx((40 / 45, 40 / 45))


@runs(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from(["drive", "coverage"]))
def test_ours_is_the_best_of_all_and_greed_no_better(
    seed: int, count: int, objective: Objective
) -> None:
    """By brute force over every choice of sites; so what was built cannot be better either."""
    rng = np.random.default_rng(seed)
    away = np.linalg.norm(rng.random((9, 1, 2)) - rng.random((1, 6, 2)), axis=2)
    zone, site = np.nonzero(away < 0.4)
    question = Question(
        objective=objective,
        demand=rng.uniform(1, 9, 9),
        zone=zone.astype(np.int32),
        site=site.astype(np.int32),
        minutes=away[zone, site],
        sites=6,
        count=count,
        reach_min=0.4,
    )
    values = [
        question.value(np.array(chosen)) for chosen in itertools.combinations(range(6), count)
    ]
    sign = 1 if objective == "drive" else -1
    edge = min(sign * value for value in values)
    ours = best(question, EFFORT, QUIET.append)
    assert len(ours.opened) == len(greedy(question)) == count
    assert sign * ours.value == pytest.approx(edge)
    assert sign * ours.bound == pytest.approx(edge)
    assert sign * question.value(greedy(question)) >= edge - 1e-9


def test_greedy_types_grow_and_keep_to_money() -> None:
    """On the toy: no phase closes what another opened, and no more is spent than has come."""
    problem = toy()
    types = greedy_types(problem)
    assert types.shape == (2, 3)
    assert ((types[0] < 0) | (types[1] >= types[0])).all()
    for held, budget in zip(types, problem.budget_cny, strict=True):
        cost = sum(problem.state_cost_cny[j, k] for j, k in enumerate(held) if k >= 0)
        assert cost <= budget


def test_greed_fills_the_places_that_are_left() -> None:
    """Three places, no money limit: A and B are taken either way; E only to fill, and only once.

    E and A are too close for two, so filling ends at two stations and keeps to the spacing.
    """
    free = toy(
        max_stations=np.array([3, 3]), budget_cny=np.array([np.inf, np.inf]),
        headroom_kw=np.array([[9e3], [9e3]]), demand_kwh=np.array([[100.0, 0.0, 50.0]] * 2),
    )  # fmt: skip
    plain, full = greedy_types(free)[-1], greedy_types(free, fill=True)[-1]
    is_super = [
        int((free.is_super[np.maximum(row, 0)] & (row >= 0)).sum()) for row in (plain, full)
    ]
    assert is_super == [1, 2]
    assert not (full[0] > 0 and full[1] > 0)


def test_gini_by_hand() -> None:
    """Alike is 0; one of four with everything is 3/4; 1, 2, 3: 8 / (3 x 6) - ... = 2/9."""
    for load, told in (([5.0, 5.0], 0), ([0.0, 0.0, 0.0, 8.0], 0.75), ([1.0, 2.0, 3.0], 2 / 9)):
        assert gini(np.array(load), np.ones(len(load))) == pytest.approx(told)


def test_the_best_is_told_by_its_sense() -> None:
    """More coverage and less drive are better; nobody is where all are alike."""
    assert best_of("covered_share", {"siting": 0.9, "built": 0.95}) == "built"
    assert best_of("drive_mean_min", {"siting": 2.0, "built": 3.0}) == "siting"
    assert best_of("cost_cny", {"siting": 2.0, "built": 3.0}) == ""
    assert (
        best_of("idle_share", {"siting": 0.0, "greedy": 0.0, "built": 0.1}) == "siting and greedy"
    )
    assert best_of("drive_mean_min", {"siting": math.nan, "built": 3.0}) == ""


# A city


@pytest.fixture
def city(tmp_path: Path) -> Case:
    """Return the two districts, with one station that stands."""
    layers = {"stations": layer_toml("stations", "stations.csv")}
    return load_case(write_case(tmp_path, files={"stations.csv": STATIONS}, layers=layers))


def _scenario(case: Case, minutes: float = 6.0) -> Scenario:
    asked = override(load_scenario("ratio-2025"), {"reach": {"minutes": minutes}}, case=None)
    phases = tuple(
        phase.model_copy(update={"city_gwh_day": None, "super_share": None, "growth": 1.0})
        for phase in asked.phases
    )
    return asked.model_copy(update={"phases": phases, "case": str(case.folder)})


def test_measures_by_hand(city: Case) -> None:
    """A station on z1 (30 of 40 kWh): covered 0.75, drive 0, straight 10.27 km for the rest.

    z1 114.05, z2 114.15 at 22.55 N: 0.1 degrees are 10.27 km; 1/4 of it is 2.57 km on average.
    """
    scenario = _scenario(city)
    found = measure(city, scenario, np.array([[114.05, 22.55]]), scenario.stations["M"])
    figures = found.figures
    assert figures["covered_share"] == pytest.approx(0.75)
    assert figures["within_1_km_share"] == pytest.approx(0.75)
    assert figures["drive_mean_min"] == pytest.approx(0.0, abs=1e-9)
    assert figures["straight_mean_km"] == pytest.approx(10.27 / 4, abs=0.01)
    assert figures["worst_district_covered_share"] == 0.0
    assert figures["load_max_kwh_day"] == pytest.approx(30.0)
    rows = found.districts.set_index("district")
    assert rows["stations"].to_dict() == {"west": 1, "east": 0}
    assert rows["drive_mean_min"].isna().to_dict() == {"west": False, "east": True}


BUILT = "lon,lat,piles\n114.05,22.55,4\n114.05,22.55,3\n114.15,22.55,6\n115.9,22.55,9\n"


def test_built_is_merged_cut_and_ranked(city: Case, tmp_path: Path) -> None:
    """Two at one place are one of 7 piles, the largest; one outside all districts is left out."""
    path = tmp_path / "built.csv"
    path.write_text(BUILT, encoding="utf-8")
    found = read_built(city, str(path), stations=1, rank="piles")
    assert found.points.tolist() == [[114.05, 22.55]]
    assert found.district.tolist() == ["west"]
    assert [note.split()[0] for note in found.notes] == ["1", "1"]
    assert len(read_built(city, str(path), stations=None, rank=None).points) == 2


@pytest.mark.parametrize(
    ("text", "stations", "rank", "told"),
    [
        ("x_coord,lat\n1,2\n", None, None, "has no column lon"),
        ("lon,lat\n114.05,nan\n", None, None, "row 2, lat"),
        ("lon,lat\n114.05,22.55\n<b>,22.5\n", None, None, "row 3, lon"),
        ("lon,lat\n911,22.55\n", None, None, "at most 180"),
        (BUILT, 1, None, "--rank"),
        (BUILT, 9, "piles", "holds 2 stations"),
        (BUILT, 1, "guns", "has no column 'guns'"),
        ("lon,lat,piles\n114.05,22.55,many\n", 1, "piles", "row 2, piles"),
    ],
)
def test_bad_files_are_told(
    city: Case, tmp_path: Path, text: str, stations: int | None, rank: str | None, told: str
) -> None:
    """Each fault names its place."""
    path = tmp_path / "built.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_built(city, str(path), stations=stations, rank=rank)
    assert told in str(error.value)


def _run(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["replay", *arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.stdout


def test_the_command_writes_all(city: Case, tmp_path: Path) -> None:
    """Three networks, tables, document and page; names from data are text, not markup."""
    scenario = tmp_path / "ours.toml"
    scenario.write_text(
        'extends = "coverage"\ntitle = "t"\ntitle_zh = "t"\n[[phases]]\nname = "2025"\n'
        "date = 2025-12-31\nratio = 0.0\nbase_load_growth = 1.0\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    code, stdout = _run("--case", str(city.folder), "--scenario", str(scenario), "--out", str(out),
                        "--json", "--quiet")  # fmt: skip
    assert code == 0
    told = json.loads(stdout)
    assert told["objective"]["siting"] <= told["objective"]["built"] + 1e-9
    table = pd.read_csv(out / "replay.csv").set_index("measure")
    assert {"siting", "greedy", "built", "best"} <= set(table.columns)
    assert table.loc["stations", "built"] == 1
    page = (out / "replay.html").read_text("utf-8")
    assert "http-equiv" in page
    assert "https://" not in page.replace("http://www.w3.org", "")
    assert sorted(path.name for path in out.iterdir()) == [
        "replay.csv", "replay.html", "replay.json", "replay_districts.csv", "replay_stations.csv",
    ]  # fmt: skip


def test_what_was_built_needs_a_city() -> None:
    """--stations alone would mean the stylised city, which nobody built."""
    with pytest.raises(InputError, match="needs a city"):
        _run("--stations", "10")


@pytest.mark.browser
def test_the_page_opens_offline_in_both_languages(open_page: Opener, city: Case) -> None:
    """A bar for each network and measure; the switch changes every word; nothing is fetched."""
    scenario = _scenario(city)
    points = np.array([[114.05, 22.55]])
    nets = tuple(
        Network(key, points, measure(city, scenario, points, scenario.stations["M"]))
        for key in ("siting", "greedy", "built")
    )
    step = Step("2025", 1, nets)
    page = Replay(
        "A <b>city</b>", "一座城市", "", "", (step,), ("<i>note</i>",), ("b",), ("偏",), {}
    )
    seen = open_page(render_replay(page, city))
    assert seen.page.locator("[data-measure=covered_share] .bar").count() == 3
    assert seen.text("#title") == "A <b>city</b>"
    assert seen.text("#notes") == "<i>note</i>"
    assert "75.0" in seen.text("[data-measure=covered_share]")
    assert "alike by construction" in seen.text("[data-measure=cost_cny]")
    seen.page.click("#switch")
    assert seen.text("#title") == "一座城市"
    assert "实际建成" in seen.text("#keys")
    assert seen.quiet
