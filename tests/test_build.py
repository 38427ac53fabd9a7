"""From city and question to arrays: every one derived by hand from ``verify_case``.

::

    Z1 0   E1 0.4   Z2 2   S1 2.4   S2 3.8   Z3 4      Z4 40     S3 80     km north
    |-- north district begins at 3 ------^
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from siting.data.build import build_problem, ranked_types
from siting.data.problem import NONE
from siting.errors import CaseError, ScenarioError
from tests.verify_case import asked, hand_case, spot, table

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.data.problem import Problem

SOUTH, NORTH = 0, 1
OLD, SMALL, LARGE = 0, 1, 2


def _problem(changes: dict[str, Any] | None = None, case: Case | None = None) -> Problem:
    return build_problem(case or hand_case(), asked(changes)).problem


def test_labels() -> None:
    """Existing stations come before candidates; types rise by power: 240, 720, 1,440 kW."""
    problem = _problem()
    assert problem.phases == ("2026", "2030")
    assert problem.zones == ("Z1", "Z2", "Z3", "Z4")
    assert problem.sites == ("E1", "S1", "S2", "S3")
    assert problem.types == ("old", "small", "large")
    assert problem.districts == ("south", "north")
    assert problem.substations == ("G1", "G2")


def test_types_of_the_same_power_rise_by_guns_then_name() -> None:
    """Ranks never depend on the order of the file."""
    same = {f"stations.{kind}.pool_kw": 720.0 for kind in ("old", "small", "large")}
    # guns: old 0 + 4, small 2 + 2, large 4 + 4
    assert ranked_types(asked(same)) == ("old", "small", "large")
    assert ranked_types(asked({**same, "stations.small.fast_guns": 9})) == ("old", "large", "small")


def test_demand_grows_from_the_zones_own() -> None:
    """Growth 1 and 2 of 3,000, 6,000, 9,000, 2,000 kWh a day."""
    first = [3000.0, 6000.0, 9000.0, 2000.0]
    assert _problem().demand_kwh.tolist() == [first, [2 * kwh for kwh in first]]


def test_demand_is_the_metered_city_s_where_that_is_given() -> None:
    """1 GWh x 0.5 public x 0.2 super x 0.8 in this case = 80,000 kWh, shared 3 : 6 : 9 : 2."""
    changes = {
        "phases.0.city_gwh_day": 1.0,
        "phases.0.super_share": 0.2,
        "demand.case_share": 0.8,
        "phases.0.growth": 5.0,  # not used where the city is metered
    }
    problem = _problem(changes)
    assert problem.demand_kwh[0] == pytest.approx([12_000, 24_000, 36_000, 8000])
    assert problem.demand_kwh[1].sum() == 40_000


def test_pairs_are_within_two_km() -> None:
    """5 minutes at 30 km/h over 1.25 times the straight line reach 2 km; 1 km takes 2.5 minutes."""
    problem = _problem()
    assert problem.pair_zone.tolist() == [0, 1, 1, 1, 2, 2]
    assert problem.pair_site.tolist() == [0, 0, 1, 2, 1, 2]
    assert problem.pair_minutes == pytest.approx([1, 4, 1, 4.5, 4, 0.5])
    assert problem.reachable_zone.tolist() == [True, True, True, False]
    assert problem.reachable_kwh.tolist() == [18_000, 36_000]


def test_types() -> None:
    """The pool binds: 720 kW over a tenth of the day is 7,200 kWh; load 720 x 0.9 / 0.9 kW.

    Large: 14,400 kWh and 1,440 x 0.6 / 0.9 = 960 kW. Old has no gun of 480 kW: nothing at all.
    """
    problem = _problem()
    assert problem.capacity_kwh == pytest.approx([0, 7200, 14_400])
    assert problem.load_kw == pytest.approx([0, 720, 960])
    assert problem.is_super.tolist() == [False, True, True]
    assert problem.ratio_count.tolist() == [0, 1, 1]


def test_demand_factor_beyond_the_last_entry_is_the_last() -> None:
    """Large has 8 guns; where the list ends at 6, its last factor holds: 1,440 x 0.7 / 0.9."""
    problem = _problem({"grid.demand_factors": [(4, 0.9), (6, 0.7)]})
    assert problem.load_kw == pytest.approx([0, 720, 1120])


def test_costs() -> None:
    """New: price and extra. E1: nothing as it is, else the price less 0.4 x 500,000."""
    assert _problem().state_cost_cny.tolist() == [
        [0, 800_000, 1_800_000],
        [500_000, 1_000_000, 2_000_000],
        [600_000, 1_100_000, 2_100_000],
        [500_000, 1_000_000, 2_000_000],
    ]


@pytest.mark.parametrize(
    ("policy", "at_e1", "closable"),
    [
        ("keep", [True, False, False], False),
        ("upgrade", [True, True, True], False),
        ("upgrade-or-close", [True, True, True], True),
    ],
)
def test_existing_stations_follow_the_policy(
    policy: str, at_e1: list[bool], *, closable: bool
) -> None:
    """E1 is old, not buildable elsewhere: kept, enlarged, or closed; a candidate never closes."""
    problem = _problem({"existing.policy": policy})
    assert problem.initial.tolist() == [OLD, NONE, NONE, NONE]
    assert problem.allowed.tolist() == [at_e1] + [[False, True, True]] * 3
    assert problem.closable.tolist() == [closable, False, False, False]


@pytest.mark.parametrize(
    ("area_m2", "kinds"),
    [(400.0, [1, 2]), (399.0, [1]), (200.0, [1]), (199.0, []), (math.nan, [1, 2])],
)
def test_a_site_holds_what_its_ground_takes(area_m2: float, kinds: list[int]) -> None:
    """50 m2 a gun: small needs 200, large 400; an unknown area takes any."""
    case = hand_case()
    case.sites.loc[1, "area_m2"] = area_m2
    assert np.flatnonzero(_problem(case=case).allowed[2]).tolist() == kinds


def test_an_existing_station_keeps_its_type_on_too_little_ground() -> None:
    """E1 stands on 10 m2: it may stay as it is, and grow to nothing."""
    case = hand_case()
    case.stations.loc[0, "area_m2"] = 10.0
    assert _problem(case=case).allowed[0].tolist() == [True, False, False]


def test_an_existing_station_may_only_rise() -> None:
    """E1 is small already: large only, for 2,000,000 - 0.4 x 1,000,000."""
    case = hand_case()
    case.stations["type"] = ["small"]
    problem = _problem(case=case)
    assert problem.initial[0] == SMALL
    assert problem.allowed[0].tolist() == [False, True, True]
    assert problem.state_cost_cny[0, SMALL:].tolist() == [0, 1_600_000]


def test_places() -> None:
    """Districts and substations by position; S3 hangs on none."""
    problem = _problem()
    assert problem.site_district.tolist() == [SOUTH, SOUTH, NORTH, NORTH]
    assert problem.zone_district.tolist() == [SOUTH, SOUTH, NORTH, NORTH]
    assert problem.site_substation.tolist() == [0, 0, 1, NONE]


@pytest.mark.parametrize(
    ("spacing_m", "pairs"),
    [(0.0, []), (1399.0, []), (1401.0, [[1, 2]]), (3000.0, [[0, 1], [1, 2]]), (3401.0, 3)],
)
def test_sites_too_close(spacing_m: float, pairs: Any) -> None:  # noqa: ANN401 - pairs, or how many
    """E1 to S1 2 km, S1 to S2 1.4 km, E1 to S2 3.4 km; S3 is far away."""
    found = _problem({"limits.spacing_m": spacing_m}).conflicts
    assert (len(found) if isinstance(pairs, int) else found.tolist()) == pairs
    assert found.shape[1] == 2


def test_supercharging_stations_that_stand_may_stand_close() -> None:
    """E1 and E2, 0.9 km apart: no conflict if both are small, but one if E2 is old and may grow."""
    for kinds, expected in ((["small", "small"], []), (["small", "old"], [[0, 1]])):
        case = hand_case(
            stations=table(
                {"E1": spot(0.4), "E2": spot(1.3)},
                district=["south", "south"],
                host=["fuel station", "mall"],
                area_m2=[math.nan, math.nan],
                extra_cost_cny=[0.0, 0.0],
                substation=["G1", "G1"],
                type=kinds,
            )
        )
        assert _problem({"limits.spacing_m": 1000.0}, case).conflicts.tolist() == expected


def test_targets_round_up() -> None:
    """0.3 x 3 fuel stations is 1, 0.6 x 3 is 2; a floor of 0.5 is 1 of 2 and 1 of 1."""
    problem = _problem()
    assert problem.fuel_count.tolist() == [2, 1]
    assert problem.city_target.tolist() == [1, 2]
    assert problem.district_target.tolist() == [[0, 0], [1, 1]]
    assert problem.max_stations.tolist() == [NONE, NONE]
    assert _problem({"phases.1.max_stations": 0}).max_stations.tolist() == [NONE, 0]


def test_a_district_of_its_own_raises_the_floor_but_never_lowers_it() -> None:
    """South 1.5 x 2 = 3; north 0.1 x 1 stays at the floor of 0.5: 1."""
    problem = _problem({"phases.1.district_ratio": {"south": 1.5, "north": 0.1}})
    assert problem.district_target[1].tolist() == [3, 1]


@pytest.mark.parametrize(
    ("ratio", "target"),
    [(1.1, 55), (0.1, 5), (0.101, 6), (1.0, 50), (1.0000001, 51), (0.0, 0)],
)
def test_a_share_of_fifty_is_not_rounded_past_itself(ratio: float, target: int) -> None:
    """1.1 x 50 is 55.00000000000001 in floats, and yet 55; 0.101 x 50 = 5.05 is 6."""
    fuel = {f"F{n}": spot(1 + n / 50) for n in range(50)}
    case = hand_case(fuel=table(fuel, district=["south"] * 50, nozzles=[4.0] * 50))
    problem = _problem({"phases.0.ratio": ratio, "phases.0.district_floor": ratio}, case)
    assert problem.city_target[0] == target
    # a district without fuel stations has no floor
    assert problem.district_target[0].tolist() == [target, 0]


def test_guns_are_counted_against_nozzles() -> None:
    """8 and 8 nozzles: 0.3 x 16 = 4.8 is 5 guns, 0.6 x 16 = 9.6 is 10; floors of 0.5 are 4."""
    problem = _problem({"ratio.form": "guns"})
    assert problem.ratio_count.tolist() == [0, 2, 4]
    assert problem.fuel_count.tolist() == [8, 8]
    assert problem.city_target.tolist() == [5, 10]
    assert problem.district_target.tolist() == [[0, 0], [4, 4]]


@pytest.mark.parametrize(
    ("first", "second", "arrived"),
    [
        (1e6, 2e6, [1e6, 3e6]),
        (1e6, None, [1e6, np.inf]),
        (None, 2e6, [np.inf, np.inf]),
        (0.0, 0.0, [0.0, 0.0]),
    ],
)
def test_money_adds_up(first: float | None, second: float | None, arrived: list[float]) -> None:
    """What is left carries over; from a phase without a limit on there is none."""
    changes = {"phases.0.budget_cny": first, "phases.1.budget_cny": second}
    assert _problem(changes).budget_cny.tolist() == arrived


def test_headroom_is_that_of_the_worst_hour() -> None:
    """Limits 8.1 and 4.05 MW; charging at half its peak but at 20 h, base all at 12 h, 90 % at 20.

    G1: 12 h (8.1 - 6) / 0.5 = 4.2, 20 h 8.1 - 5.4 = 2.7 MW. In 2030 base 7.2: 12 h 0.9 / 0.5 = 1.8,
    20 h 8.1 - 6.48 = 1.62. G2: 4.05 - 1.8 = 2.25, and 4.05 - 2.16 = 1.89.
    """
    assert _problem().headroom_kw == pytest.approx(np.array([[2700, 2250], [1620, 1890]]))
    assert np.isinf(_problem({"grid.enforce": False}).headroom_kw).all()


@pytest.mark.parametrize(("kind", "standing_kw"), [(None, 0), ("small", 720), ("large", 960)])
def test_where_the_base_load_alone_is_too_much_what_stands_may_stay(
    kind: str | None, standing_kw: float
) -> None:
    """G1's base load of 8.2 MW passes 8.1 at 12 h: nothing may be added to what stands."""
    case = hand_case()
    case.substations.loc[0, "base_peak_mw"] = 8.2
    case.stations["type"] = [kind]
    assert _problem(case=case).headroom_kw[:, 0].tolist() == pytest.approx([standing_kw] * 2)


def test_question() -> None:
    """Objective, weights and floors pass through; a floor left out is none."""
    problem = _problem()
    assert (problem.objective, problem.weight.tolist()) == ("served", [1.0, 2.0])
    assert (problem.min_served_share, problem.min_covered_share) == (0.0, 0.0)
    assert problem.serves
    assert not problem.covers
    floors = {"kind": "cost", "min_served_share": None, "min_covered_share": 0.4}
    cost = _problem({"objective": floors})
    assert (cost.min_served_share, cost.min_covered_share) == (0.0, 0.4)
    assert (cost.serves, cost.covers) == (False, True)


# What does not fit


def test_unknown_districts_are_all_named() -> None:
    """A slip in a phase and one in the reach are told together, with the districts there are."""
    changes = {
        "phases.1.district_ratio": {"sotuh": 1.0},
        "reach.minutes": None,
        "reach.km": {"default": 2.0, "nroth": 1.0},
    }
    with pytest.raises(ScenarioError) as caught:
        _problem(changes)
    assert [fault.field for fault in caught.value.faults] == [
        "phases[1].district_ratio",
        "reach.km",
    ]
    assert "'sotuh' is not a district of hand" in str(caught.value)
    assert "'nroth' is not a district of hand" in str(caught.value)
    assert "Its districts are north, south." in str(caught.value)


def test_guns_need_every_nozzle() -> None:
    """One fuel station without a nozzle count stops a question that counts guns, and no other."""
    case = hand_case()
    case.fuel.loc[1, "nozzles"] = math.nan
    with pytest.raises(ScenarioError, match="but 1 fuel stations have no nozzle count"):
        _problem({"ratio.form": "guns"}, case)
    assert _problem(case=case).fuel_count.tolist() == [2, 1]


def test_an_unknown_type_is_refused() -> None:
    """The case has a station of a type the scenario does not know."""
    case = hand_case()
    case.stations["type"] = ["huge"]
    with pytest.raises(CaseError, match=r"types \['huge'\] are not in the scenario") as caught:
        _problem(case=case)
    assert "It knows old, small, large." in str(caught.value)


def test_no_demand_at_all_is_refused() -> None:
    """Nothing to serve is a fault of the zones."""
    case = hand_case()
    case.zones["demand"] = 0.0
    with pytest.raises(CaseError, match="all demand is zero"):
        _problem(case=case)
