"""Rules for candidate sites: each by numbers derived by hand, and against the verifier's own.

Sites lie on or near the meridian of ``verify_case``; its streets are all primary, and only node B
(2 km) joins three of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.content import content_folder
from siting.data.build import build_problem
from siting.data.candidates import SITE_COLUMNS, Screening, screen_sites, site_table
from siting.data.load import load_case
from siting.data.site_measures import arterial_junctions
from siting.data.site_merge import STAYS, merged
from siting.data.sphere import great_circle_km
from siting.errors import ScenarioError
from siting.scenario import Candidates
from siting.scenario_io import assumptions, load_scenario, override, resolve_toml
from siting.verify import verify_plan
from siting.verify.candidates import READINGS, _Measures
from siting.verify.mismatch import Ledger
from siting.verify.state import read_state
from tests.shared import shared_case
from tests.verify_case import asked, hand_case, hand_roads, spot, square, table
from tests.verify_plan import hand_plan

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from siting.data.case import Case

NAN = math.nan


def _sites(
    places: dict[str, shapely.Point],
    area: list[float] | None = None,
    host: list[str] | None = None,
) -> gpd.GeoDataFrame:
    """Return candidates in the south, fed by G1."""
    many = len(places)
    return table(
        places,
        district=["south"] * many,
        host=host or ["car park"] * many,
        area_m2=area or [NAN] * many,
        extra_cost_cny=[0.0] * many,
        substation=["G1"] * many,
    )


def _screened(case: Case, **rules: Any) -> Screening:  # noqa: ANN401 - any rule
    found = screen_sites(case, asked({"candidates": rules}))
    assert found is not None
    return found


def test_without_rules_nothing_is_screened() -> None:
    """No section, no screening; and the resolved scenario has no word of it."""
    assert screen_sites(hand_case(), asked()) is None
    assert "candidates" not in resolve_toml(asked())


def test_rules_come_back_from_the_resolved_scenario() -> None:
    """What a plan's scenario.toml holds is the same section, weights and hosts included."""
    rules = {"max_road_m": 150.0, "hosts_refused": ("mall",), "weights": {"area": 1.0}}
    text = resolve_toml(asked({"candidates": rules}))
    assert "[candidates]" in text
    assert "max_road_m = 150.0  # m" in text
    assert "area = 1.0" in text


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"weights": {"roads": 1.0}}, "'roads' is not one of road, area, demand, grid"),
        ({"weights": {"area": 0.0}}, "at least one weight must be more than 0"),
        ({"min_score": 0.5}, "min_score needs weights"),
        ({"weights": {"road": 1.0}}, "weights.road needs max_road_m"),
        ({"weights": {"demand": 1.0}}, "weights.demand needs demand_radius_km"),
        ({"hosts_allowed": ("a",), "hosts_refused": ("a",)}, "'a' is both allowed and refused"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules: dict[str, Any], words: str) -> None:
    """Each fault names its key."""
    with pytest.raises(ValueError, match=words):
        Candidates(**rules)


def test_a_rule_out_of_range_is_a_scenario_fault() -> None:
    """A negative distance is refused when the scenario is read, by its dotted key."""
    wrong = asked({"candidates": {"merge_m": 5.0}})
    with pytest.raises(ScenarioError, match=r"candidates\.merge_m"):
        override(wrong, {"candidates": {"merge_m": -5.0}})


def test_distance_to_road() -> None:
    """100 m and 200 m east of street A-B: within 150 m or not; the foot is within 0.5 m of that."""
    places = {"near": spot(1, 0.1), "far": spot(1, 0.2)}
    case = hand_case(hand_roads(), sites=_sites(places))
    screening = _screened(case, max_road_m=150.0)
    (rule,) = screening.rules
    assert rule.value.tolist() == pytest.approx([100, 200], abs=0.5)
    assert screening.kept.tolist() == [True, False]
    assert screening.counts() == {"max_road_m": 1}


def test_only_b_is_an_arterial_junction() -> None:
    """A joins B and E, C joins B and D: two streets only go on. B joins A, C and D."""
    assert arterial_junctions(hand_roads()).tolist() == [1]


def test_no_arterial_junction_on_small_roads() -> None:
    """The same streets as residential ones have no arterial junction."""
    roads = hand_roads()
    roads.road_class[:] = "tertiary"[: roads.road_class.dtype.itemsize // 4]
    assert arterial_junctions(roads).tolist() == []


def test_distance_to_an_arterial_junction() -> None:
    """30 m and 60 m north of B: the first is nearer than 50 m."""
    case = hand_case(hand_roads(), sites=_sites({"at": spot(2.03), "off": spot(2.06)}))
    screening = _screened(case, min_arterial_junction_m=50.0)
    assert screening.rules[0].value.tolist() == pytest.approx([30, 60], abs=1e-3)
    assert screening.kept.tolist() == [False, True]


def test_without_roads_road_rules_are_told_as_unchecked() -> None:
    """No road, no verdict: every site stays, and a note says why."""
    screening = _screened(hand_case(), max_road_m=150.0, min_arterial_junction_m=50.0)
    assert screening.kept.all()
    assert screening.counts() == {}
    assert screening.notes() == [
        "candidates: 3 of 3 sites stay; out by no rule",
        "candidates: max_road_m is not checked: the case has no roads",
        "candidates: min_arterial_junction_m is not checked: the case has no roads",
    ]


def test_hosts() -> None:
    """Fuel stations and malls are allowed, malls refused again elsewhere; a slip is told."""
    places = {"a": spot(0), "b": spot(1), "c": spot(2)}
    case = hand_case(sites=_sites(places, host=["fuel station", "mall", "school"]))
    allowed = _screened(case, hosts_allowed=("fuel station", "malls"))
    assert allowed.kept.tolist() == [True, False, False]
    assert allowed.notes()[-1] == "candidates: hosts_allowed: no site is a 'malls'"
    refused = _screened(case, hosts_refused=("mall",))
    assert refused.kept.tolist() == [True, False, True]
    assert refused.rules[0].limit == "none of mall"


def _walled() -> Case:
    """Return sites inside an excluded area, and 5 m and 7 m north of it."""
    low, high = spot(1, -0.1), spot(2, 0.1)
    area = shapely.box(low.x, low.y, high.x, high.y)
    places = {"in": spot(1.5), "5m": spot(2.005), "7m": spot(2.007)}
    return hand_case(sites=_sites(places), exclusions=table({"X": area}, kind=["building"]))


def test_setback_from_excluded_areas() -> None:
    """Inside is 0 m; 5 m is nearer than 6 m, 7 m is not (sphere and ellipsoid differ by 0.5 %)."""
    screening = _screened(_walled(), setback_m=6.0)
    assert screening.rules[0].value.tolist() == pytest.approx([0, 5, 7], rel=0.01)
    assert screening.kept.tolist() == [False, False, True]


def test_without_setback_only_inside_is_out() -> None:
    """An excluded area counts as soon as there are rules at all."""
    assert _screened(_walled(), merge_m=1.0).kept.tolist() == [False, True, True]


def test_setback_without_areas_is_told_as_unchecked() -> None:
    """A distance to nothing is no verdict."""
    notes = _screened(hand_case(), setback_m=6.0).notes()
    assert notes[1] == "candidates: setback_m is not checked: the case has no layer exclusions"


def test_score_is_the_weighted_mean_of_its_parts() -> None:
    """Area, demand and grid of S1, S2 and S3, by hand.

    Area: the largest type needs 8 x 50 = 400 m2: unknown 0.5, 400 / 400 = 1, unknown 0.5. Demand
    within 1.5 km: Z2's 6,000, Z3's 9,000, none; in 9,000. Grid: G1 8.1 MW limit, 6 base:
    1 - 6 / 8.1 = 0.259259; G2 1 - 2 / 4.05 = 0.506173; S3 has none: 0. Weights 1, 2, 1:
    S1 (0.5 + 4/3 + 0.259259) / 4, S2 (1 + 2 + 0.506173) / 4, S3 0.5 / 4.
    """
    weights = {"area": 1.0, "demand": 2.0, "grid": 1.0, "road": 0.0}
    rules = {"weights": weights, "demand_radius_km": 1.5, "min_score": 0.53}
    screening = _screened(hand_case(), **rules)
    assert screening.score.tolist() == pytest.approx([0.523148, 0.876543, 0.125], abs=1e-6)
    assert screening.kept.tolist() == [False, True, False]
    assert screening.counts() == {"min_score": 2}


def test_score_by_road() -> None:
    """100 m of 150 m to the road leave 1/3; 200 m leave nothing; no roads at all: 0.5."""
    sites = _sites({"near": spot(1, 0.1), "far": spot(1, 0.2)})
    rules: dict[str, Any] = {"weights": {"road": 1.0}, "max_road_m": 150.0}
    by_road = _screened(hand_case(hand_roads(), sites=sites), **rules)
    assert by_road.score.tolist() == pytest.approx([1 / 3, 0], abs=0.005)
    assert _screened(hand_case(sites=sites), **rules).score.tolist() == [0.5, 0.5]


def test_a_grid_without_substations_limits_nothing() -> None:
    """The part is 1 for all."""
    case = hand_case(substations=hand_case().substations.iloc[:0])
    assert _screened(case, weights={"grid": 1.0}).score.tolist() == [1, 1, 1]


def test_the_larger_area_stays_and_the_others_are_merged_into_it() -> None:
    """A, B and C at 0, 80 and 160 m, of 100, 300 and 200 m2: B stays for both."""
    places = {"A": spot(0), "B": spot(0.08), "C": spot(0.16)}
    case = hand_case(sites=_sites(places, area=[100.0, 300.0, 200.0]))
    screening = _screened(case, merge_m=100.0)
    assert screening.merged_into.tolist() == ["B", "", "B"]
    assert screening.merged_apart_m[[0, 2]].tolist() == pytest.approx([80, 80], abs=1e-3)
    assert screening.counts() == {"merge_m": 2}


def test_of_unknown_areas_the_smaller_id_stays() -> None:
    """A stays for B; C is 160 m from A and stays too. A known area goes before an unknown one."""
    places = {"B": spot(0.08), "A": spot(0), "C": spot(0.16)}
    unknown = _screened(hand_case(sites=_sites(places)), merge_m=100.0)
    assert unknown.merged_into.tolist() == ["A", "", ""]
    known = _screened(hand_case(sites=_sites(places, area=[1.0, NAN, NAN])), merge_m=100.0)
    assert known.merged_into.tolist() == ["", "B", "B"]


def test_a_site_that_is_out_stands_for_no_other() -> None:
    """B is refused as a school, so A and C, 160 m apart, both stay."""
    places = {"A": spot(0), "B": spot(0.08), "C": spot(0.16)}
    sites = _sites(places, area=[1.0, 9.0, 1.0], host=["mall", "school", "mall"])
    screening = _screened(hand_case(sites=sites), merge_m=100.0, hosts_refused=("school",))
    assert screening.kept.tolist() == [True, False, True]
    assert screening.first_broken.tolist() == ["", "hosts", ""]


def test_table_of_sites() -> None:
    """One row each: what put it out, its value, the limit, and who stands for it."""
    places = {"A": spot(0), "B": spot(0.08), "C": spot(1)}
    sites = _sites(places, area=[1.0, 9.0, 1.0], host=["mall", "mall", "school"])
    case = hand_case(sites=sites)
    rows = site_table(case, _screened(case, merge_m=100.0, hosts_refused=("school",)))
    assert tuple(rows.columns) == SITE_COLUMNS
    assert rows.drop(columns="score").to_numpy().tolist() == [
        ["A", "name A", "out", "merge_m", "80.00", "at least 100 m", "B"],
        ["B", "name B", "in", "", "", "", ""],
        ["C", "name C", "out", "hosts", "school", "none of school", ""],
    ]


def test_refused_sites_are_allowed_no_type_and_existing_stations_all_theirs() -> None:
    """The mall S1 is out for small and large; E1, a fuel station, keeps what it may become."""
    free = build_problem(hand_case(), asked()).problem.allowed
    rules = {"hosts_refused": ("mall", "fuel station")}
    bound = build_problem(hand_case(), asked({"candidates": rules})).problem.allowed
    assert free[1].tolist() == [False, True, True]
    assert bound[1].tolist() == [False, False, False]
    assert (bound[[0, 2, 3]] == free[[0, 2, 3]]).all()


@pytest.mark.parametrize("section", ["candidates", "synthetic_grid"])
def test_what_the_guide_shows_loads_with_a_source_for_every_number(
    section: str, tmp_path: Path
) -> None:
    """The example of models/README.md, on top of a shipped scenario."""
    guide = (content_folder("models") / "README.md").read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in guide.split("```toml\n")[1:]]
    (block,) = [text for text in blocks if text.startswith(f"[{section}]")]
    head = 'extends = "central"\ntitle = "Guide"\ntitle_zh = "示例"\n'
    (tmp_path / "guide.toml").write_text(head + block, encoding="utf-8")
    scenario = load_scenario(str(tmp_path / "guide.toml"))
    told = [row for row in assumptions(scenario) if row.key.startswith(section)]
    assert told
    assert not [row.key for row in told if row.source.startswith(("no source", "set in"))]


@pytest.mark.shared
def test_central_shenzhen() -> None:
    """Of 1,394 car parks 21 are far from roads, 206 at arterial junctions, 545 doubles.

    The verifier, with measures of its own, finds the same sites.
    """
    case = load_case(shared_case("shenzhen_central"))
    rules = {"max_road_m": 150.0, "min_arterial_junction_m": 50.0, "merge_m": 100.0}
    scenario = asked({"candidates": rules})
    screening = screen_sites(case, scenario)
    assert screening is not None
    assert scenario.candidates is not None
    counts = {"max_road_m": 21, "min_arterial_junction_m": 206, "merge_m": 545}
    assert screening.counts() == counts
    state = read_state(Ledger(), hand_plan(), case, scenario)
    refused = _Measures(state, scenario.candidates).refused(0.0)
    assert [not reason for reason in refused] == screening.kept.tolist()


# The verifier


def _told(case: Case, **rules: Any) -> dict[str, str]:  # noqa: ANN401 - any rule
    found = verify_plan(hand_plan(), case, asked({"candidates": rules}))
    return {item.where: item.recomputed for item in found if item.where.startswith("stations[")}


@pytest.mark.parametrize(
    ("changes", "rules", "words"),
    [
        ({}, {"hosts_refused": ("car park",)}, "a site out by hosts: car park"),
        ({}, {"hosts_allowed": ("fuel station",)}, "a site out by hosts: car park"),
        # weights of area alone: S2 has 1, so nothing passes more; of grid 0.506
        ({}, {"weights": {"grid": 1.0}, "min_score": 0.6}, "a site out by min_score: 0.5062"),
        (
            {"exclusions": table({"X": square(3.7, 3.9)}, kind=["water"])},
            {"setback_m": 6.0},
            "a site out by setback_m: 0",
        ),
    ],
)
def test_verifier_tells_of_a_station_on_a_refused_site(
    changes: dict[str, Any], rules: dict[str, Any], words: str
) -> None:
    """The plan's one new station is S2, a car park at 3.8 km; E1 stands already and is let be."""
    assert _told(hand_case(**changes), **rules) == {"stations[S2]": words}


def test_verifier_tells_of_a_station_whose_site_was_merged() -> None:
    """S3, moved to 80 m from S2 and larger than its 400 m2, stands for it."""
    places = {"S1": spot(2.4), "S2": spot(3.8), "S3": spot(3.88)}
    sites = _sites(places, area=[NAN, 400.0, 900.0])
    told = _told(hand_case(sites=sites), merge_m=100.0)
    assert told["stations[S2]"] == "a site out by merge_m: S3 stands for it"
    assert "stations[S2]" not in _told(hand_case(sites=sites), merge_m=79.0)


def test_verifier_has_nothing_to_say_of_sites_that_keep_the_rules() -> None:
    """The hand-made plan stands by rules that S2 keeps."""
    rules: dict[str, Any] = {"hosts_refused": ("mall", "fuel station"), "merge_m": 500.0}
    assert _told(hand_case(), **rules) == {}


# Properties

AROUND = st.tuples(
    st.floats(-1.2, 4.2), st.floats(-0.4, 1.4), st.sampled_from([NAN, 100.0, 250.0, 400.0])
)


@given(st.lists(AROUND, min_size=1, max_size=25, unique_by=lambda item: item[:2]))
@settings(max_examples=60, deadline=None)
def test_merging_leaves_none_too_near_and_loses_none(
    places: list[tuple[float, float, float]],
) -> None:
    """Kept ones are apart; each other one is near the kept, no smaller, one it is merged into."""
    ids = [f"s{n:02d}" for n in range(len(places))]
    points = np.array([[p.x, p.y] for p in (spot(n, e) for n, e, _ in places)])
    area = np.array([a for *_, a in places])
    into = merged(points, area, ids, merge_m=400.0)
    kept = np.flatnonzero(into == STAYS)
    lon, lat = points[kept].T
    apart = 1000 * great_circle_km(lon[:, None], lat[:, None], lon, lat)
    np.fill_diagonal(apart, np.inf)
    assert (apart >= 400).all()
    size = np.nan_to_num(area, nan=-1)
    for site in np.flatnonzero(into != STAYS):
        other = int(into[site])
        assert other in kept
        assert great_circle_km(*points[site], *points[other]) < 0.4
        assert (-size[other], ids[other]) < (-size[site], ids[site])


RULES: dict[str, Any] = {
    "max_road_m": 300.0,
    "min_arterial_junction_m": 200.0,
    "setback_m": 50.0,
    "merge_m": 350.0,
    "weights": {"road": 1.0, "area": 1.0, "demand": 1.0, "grid": 1.0},
    "demand_radius_km": 1.5,
    "min_score": 0.4,
}


@given(st.lists(AROUND, min_size=1, max_size=20, unique_by=lambda item: item[:2]))
@settings(max_examples=40, deadline=None)
def test_verifier_and_planner_agree_on_every_site(
    places: list[tuple[float, float, float]],
) -> None:
    """Whatever the planner keeps the verifier lets stand, and what it puts out it refuses."""
    spots = {f"s{n:02d}": spot(north, east) for n, (north, east, _) in enumerate(places)}
    case = hand_case(
        hand_roads(),
        sites=_sites(spots, area=[area for *_, area in places]),
        exclusions=table({"X": square(0.5, 0.7)}, kind=["water"]),
    )
    scenario = asked({"candidates": RULES})
    screening = screen_sites(case, scenario)
    state = read_state(Ledger(), hand_plan(), case, scenario)
    assert screening is not None
    assert scenario.candidates is not None
    measures = _Measures(state, scenario.candidates)
    readings = zip(*(measures.refused(sign) for sign in READINGS), strict=True)
    for kept, said in zip(screening.kept, readings, strict=True):
        assert not all(said) if kept else any(said)
