"""Which substation feeds a site: by straight line, by road, by area, or of a synthetic grid."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from siting.data.supply import nearest_by_road, supplied
from siting.data.synthetic_grid import SOURCE, zone_load_mw
from siting.errors import ScenarioError
from siting.verify import verify_plan
from tests.verify_case import asked, hand_case, hand_roads, spot, square, table
from tests.verify_plan import hand_plan

GRID = {
    "load_mw_km2": 10.0,
    "built_up_share": 0.5,
    "substation_mva": 10.0,
    "n1_limit": 0.8,
    "loading": 1.0,
    "voltage_kv": 110.0,
}


def _degrees(*points: shapely.Point) -> Any:  # noqa: ANN401 - an array
    return shapely.get_coordinates(points)


def test_a_scenario_that_asks_for_nothing_leaves_the_city_alone() -> None:
    """The very same case comes back."""
    case = hand_case()
    assert supplied(case, asked()) is case


def test_nearest_by_road_is_not_the_nearest() -> None:
    """From D: B is 1.56 km off and 2 km by road; 3.6 km is 1.34 km off and 3 + 0.4 km by road."""
    roads = hand_roads()
    found = nearest_by_road(roads, _degrees(spot(3.6), spot(2)), _degrees(spot(3, 1.2)))
    assert found.tolist() == [1]


def test_cables_ignore_one_way_streets() -> None:
    """B-C is one-way north, yet a site at 2.5 km is 0.5 km from B and 1.5 km from C."""
    found = nearest_by_road(hand_roads(), _degrees(spot(4), spot(2)), _degrees(spot(2.5)))
    assert found.tolist() == [1]


def test_access_of_the_substation_counts() -> None:
    """Both meet the road at B; one stands 0.5 km off it, the other 0.1 km."""
    far, near = spot(1.9, -0.5), spot(1.9, -0.1)
    found = nearest_by_road(hand_roads(), _degrees(far, near), _degrees(spot(1)))
    assert found.tolist() == [1]


def test_assign_by_network() -> None:
    """G1 at 0, G2 at 4 km: S1 at 2.4 km is 1.6 km from G2, as are the stations their nearest."""
    case = supplied(hand_case(hand_roads()), asked({"grid.assign": "network"}))
    assert case.sites["substation"].tolist() == ["G2", "G2", "G2"]
    assert case.stations["substation"].tolist() == ["G1"]
    assert supplied(case, asked({"grid.assign": "network"})).sites.equals(case.sites)


def test_what_a_row_names_stays() -> None:
    """S1's own row says G1."""
    case = hand_case(hand_roads(), fed_by_row=frozenset({"S1"}))
    fed = supplied(case, asked({"grid.assign": "network"}))
    assert fed.sites["substation"].tolist() == ["G1", "G2", "G2"]


def test_assign_by_area() -> None:
    """The south is G2's, the north up to 5 km G1's; S3 at 80 km lies in none: nearest, G2."""
    areas = table({"s": square(-5, 3), "n": square(3, 5)}, substation=["G2", "G1"])
    case = supplied(hand_case(supply_areas=areas), asked({"grid.assign": "area"}))
    assert case.sites["substation"].tolist() == ["G2", "G1", "G2"]
    assert case.stations["substation"].tolist() == ["G2"]
    assert case.notes == ("supply_areas: 1 sites lie in none and take the nearest substation.",)
    assert supplied(case, asked({"grid.assign": "area"})).notes == case.notes


@pytest.mark.parametrize(("how", "layer"), [("network", "roads"), ("area", "supply_areas")])
def test_what_the_city_lacks_is_refused(how: str, layer: str) -> None:
    """The fault names key and layer."""
    with pytest.raises(ScenarioError, match=f"grid.assign: '{how}' needs the layer {layer}"):
        supplied(hand_case(), asked({"grid.assign": how}))


def _unsurveyed(**changes: Any) -> Any:  # noqa: ANN401 - any field of a case
    """Return the city without substations; its zones are four squares of 1 km2 in a row."""
    west, south = spot(0).x, spot(0).y
    east = spot(0, 1).x - west
    north = spot(1).y - south
    boxes = {
        f"Z{n}": shapely.box(west + n * east, south, west + (n + 1) * east, south + north)
        for n in range(4)
    }
    base = hand_case()
    zones = table(boxes, district=["south"] * 4, demand=[1.0] * 4)
    sites = base.sites.copy()
    sites["substation"] = None
    return hand_case(
        **{"zones": zones, "sites": sites, "substations": base.substations.iloc[:0], **changes}
    )


def test_synthetic_grid_from_load_density() -> None:
    """4 km2 x 0.5 x 10 = 20 MW; one substation bears 10 x 0.8 x 0.9 x 0.9 = 6.48: four of 5 MW."""
    case = supplied(_unsurveyed(), asked({"synthetic_grid": GRID}))
    assert case.substations["id"].tolist() == [f"synthetic-00{n}" for n in (1, 2, 3, 4)]
    assert case.substations["base_peak_mw"].tolist() == pytest.approx([5] * 4, rel=0.01)
    assert case.substations["rating_mva"].tolist() == [10] * 4
    centre = tuple(shapely.get_coordinates(case.substations.geometry.iloc[0])[0])
    assert centre == pytest.approx((spot(0, 0.5).x, spot(0.5).y), abs=1e-6)
    assert case.sites["substation"].tolist() == ["synthetic-001"] * 3


def test_synthetic_grid_says_what_it_is() -> None:
    """Layer, names, case and notes say synthetic; the same inputs give the same hash."""
    case = supplied(_unsurveyed(synthetic=False), asked({"synthetic_grid": GRID}))
    info = case.layers[-1]
    assert (info.layer, info.source, info.synthetic, info.rows) == ("substations", SOURCE, True, 4)
    assert case.synthetic
    assert case.substations["name"].str.startswith("Synthetic").all()
    assert "No survey of the real grid" in case.notes[-1]
    again = supplied(_unsurveyed(), asked({"synthetic_grid": GRID}))
    assert again.layers[-1].sha256 == info.sha256
    assert supplied(case, asked({"synthetic_grid": GRID})) is case


def test_one_zone_may_hold_several_substations() -> None:
    """A single zone of 1 km2 at 50 MW/km2 x 0.5 = 25 MW asks for four, which stand as one."""
    zones = _unsurveyed().zones.iloc[:1]
    grid = {**GRID, "load_mw_km2": 50.0}
    case = supplied(_unsurveyed(zones=zones), asked({"synthetic_grid": grid}))
    assert case.substations["rating_mva"].tolist() == [40]
    assert case.substations["base_peak_mw"].tolist() == pytest.approx([25], rel=0.01)


def test_points_share_their_district_s_ground() -> None:
    """South: 8 x 40 km for Z1 and Z2; x 0.5 x 10 MW/km2: 800 MW each. North: 97 x 40: 9,700."""
    scenario = asked({"synthetic_grid": GRID})
    assert scenario.synthetic_grid is not None
    load = zone_load_mw(hand_case(), scenario.synthetic_grid)
    assert load.tolist() == pytest.approx([800, 800, 9700, 9700], rel=0.02)


def test_substations_of_the_city_s_own_stay() -> None:
    """A synthetic grid is for cities without one."""
    case = hand_case()
    assert supplied(case, asked({"synthetic_grid": GRID})) is case


def test_verifier_sees_the_same_grid() -> None:
    """A plan that names substations the city does not have is told of, grid by grid."""
    case = supplied(_unsurveyed(zones=hand_case().zones), asked({"synthetic_grid": GRID}))
    found = verify_plan(hand_plan(), case, asked({"synthetic_grid": GRID}))
    said = {item.where: item.recomputed for item in found}
    assert said["stations[S2].substation"].startswith("synthetic-")
    assert said["substations"].startswith("synthetic-001")
