"""A plan beside pandapower's mv_oberrhein and a CIGRE network, as a user runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from siting.cli import main
from siting.grid.network.engine import level, loading
from siting.maps import read_accounts
from siting.maps.accounts import accounts_for
from siting.maps.audience import SIGHTS
from tests.networks import opened, saved, shipped
from tests.test_network import directly

if TYPE_CHECKING:
    from pathlib import Path

CASE = "tests/cases/oberrhein/scenario.toml"
BROKEN = 5
FACTOR = 1.05  # growth of the second phase; the hot day's base load has its peak of 1 at some hour


def ran(*line: str) -> int:
    """Run the command line; return its exit code."""
    with pytest.raises(SystemExit) as done:
        main(list(line))
    return int(str(done.value.code))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Plan the made-up valley, and ask mv_oberrhein; return the plan and the network."""
    folder = tmp_path_factory.mktemp("valley")
    net = saved(shipped("mv_oberrhein"), folder / "net.json")
    plan = folder / "plan"
    assert ran("plan", CASE, "--out", str(plan), "--threads", "1", "-q") == 0
    line = ("grid", str(plan), "--network", str(net), "--year", "--no-hosting", "-q")
    assert ran(*line) == BROKEN
    return plan, net


def table(plan: Path, name: str) -> pd.DataFrame:
    """Return one of the tables."""
    return pd.read_csv(plan / "grid" / f"network_{name}.csv")


def summary(plan: Path) -> dict[str, Any]:
    """Return the summary."""
    told: dict[str, Any] = json.loads((plan / "grid" / "network.json").read_text("utf-8"))
    return told


def test_the_far_station_is_named_and_the_others_have_buses(made: tuple[Path, Path]) -> None:
    """'far' is 13 km from any bus; nine have one within 2 km."""
    told = summary(made[0])
    assert (told["stations"], told["tied"]) == (10, 9)
    assert [row["station"] for row in told["apart"]] == ["far"]
    stations = table(made[0], "stations")
    near = stations[stations["bus"].notna()]
    assert near["distance_m"].max() < 2000
    assert near["station"].nunique() == 9


def test_the_worst_hour_is_what_pandapower_says_of_it(made: tuple[Path, Path]) -> None:
    """The deepest breach, run directly with the loads of the written table, to 1e-6."""
    plan, path = made
    breaches = table(plan, "breaches").sort_values("depth")
    worst = breaches.iloc[-1]
    loads = pd.read_csv(plan / "grid" / "stations.csv")
    here = loads[
        (loads["phase"].astype(str) == str(worst["phase"]))
        & (loads["day"] == worst["day"])
        & (loads["hour"] == worst["hour"])
    ]
    told = table(plan, "stations")
    buses = told.dropna(subset=["bus"]).drop_duplicates("station").set_index("station")["bus"]
    kw = here.set_index("station")["design_kw"].loc[buses.index].to_numpy()
    circuit = opened(path)
    e = circuit.elements
    found = summary(plan)
    factors = pd.read_csv(plan / "grid" / "load.csv")
    base = factors[
        (factors["phase"].astype(str) == str(worst["phase"])) & (factors["day"] == worst["day"])
    ]
    one = base[base["substation"] == "north"].set_index("hour")["base_mw"]
    factor = one[worst["hour"]] / 12  # the substation's own peak is 12 MW
    net = directly(shipped("mv_oberrhein"), [], np.array([]), factor)
    scenario_tangent = np.tan(np.arccos(_power_factor()))
    from siting.grid.network.engine import pandapower  # noqa: PLC0415 - seconds

    for bus, load in zip(buses.astype(int), kw / 1000, strict=True):
        pandapower().create_load(net, bus, p_mw=load, q_mvar=load * scenario_tangent)
    net = directly(net, [], np.array([]), 1.0)
    place = [
        n for n, kind in enumerate(e.kind) if (kind, e.index[n]) == (worst["kind"], worst["index"])
    ]
    assert loading(net, e.kind, e.index)[place[0]] == pytest.approx(worst["value"], abs=1e-6)
    lowest = np.nanmin(level(net, circuit.buses.index))
    assert lowest >= found["phases"][-1]["lowest_vm_pu"] - 1e-6


def _power_factor() -> float:
    from siting.scenario_io import load_scenario  # noqa: PLC0415 - one use

    return load_scenario(CASE).grid.power_factor


def test_curtailment_is_confirmed_by_pandapower_and_adds_up(made: tuple[Path, Path]) -> None:
    """Every curtailed hour is clean in pandapower's own power flow; rows add up to the summary."""
    told = summary(made[0])
    assert told["confirmed"]["clean"]
    assert told["confirmed"]["largest_difference"] < 1e-6
    cut = table(made[0], "curtailment")
    by_hour = cut.groupby(["phase", "day", "hour"])["curtailed_kw"].sum()
    last = told["phases"][-1]
    assert by_hour.max() == pytest.approx(last["curtailed_most_kw"])
    assert last["curtailment_clears"]
    assert last["curtailed_gap_kw"] < 1
    assert (cut["curtailed_kw"] <= cut["load_kw"] + 1e-9).all()
    breached = table(made[0], "breaches")
    hours = breached[["phase", "day", "hour"]].drop_duplicates()
    assert len(hours) == len(by_hour)


def test_a_year_is_made_of_the_hours_that_were_run(made: tuple[Path, Path]) -> None:
    """8,760 rows; its hours over are the summary's, its highest loading too."""
    year = pd.read_parquet(made[0] / "grid" / "network_year.parquet")
    last = summary(made[0])["phases"][-1]
    assert len(year) == 8760
    assert year["over"].sum() == last["hours_over_per_year"]
    assert year["highest_loading"].max() == pytest.approx(last["loading"])
    assert year["curtailed_kw"].sum() / 1000 == pytest.approx(last["curtailed_mwh_year"])


def test_the_map_of_the_grid_shows_the_network_and_the_public_one_does_not(
    made: tuple[Path, Path],
) -> None:
    """179 buses, 181 lines, two transformers; nothing of it for the public."""
    accounts = read_accounts(made[0])
    drawing = accounts_for(accounts, SIGHTS["grid"])["network"]["drawing"]
    sizes = {key: len(part["name"]) for key, part in drawing.items()}
    assert sizes == {"lines": 181, "trafos": 2, "buses": 179}
    assert max(max(row) for row in drawing["trafos"]["loading"]) > 1
    assert "network" not in accounts_for(accounts, SIGHTS["public"])
    (made[0] / "grid" / "network.geojson").write_text("[torn", encoding="utf-8")
    assert read_accounts(made[0])["network"]["drawing"] is None


def test_cigre_is_tied_by_a_file_and_not_drawn(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its places are a scheme: stations are tied by name, and its own overload is told apart.

    At its own peak the first transformer stands at 101 %, without any station.
    """
    net = saved(shipped("create_cigre_network_mv"), tmp_path / "cigre.json")
    told = tmp_path / "buses.csv"
    told.write_text("station,bus\nsite1,Bus 6\nsite2,Bus 14\nfar,4\n", encoding="utf-8")
    line = ("grid", str(made[0]), "--network", str(net), "--buses", str(told), "--json", "-q")
    assert ran(*line, "--no-hosting", "--out", str(tmp_path / "o")) == BROKEN
    found = json.loads(capsys.readouterr().out)["network"]
    assert found["tied"] == 3
    assert not found["drawn"]
    assert any(row["base_alone"] for row in found["breaches"])
    assert found["confirmed"]["largest_difference"] < 1e-6
    features = json.loads((tmp_path / "o" / "network.geojson").read_text("utf-8"))["features"]
    assert features == []
