"""Simulate whole plans: the world read off a plan, the command, and what a user can get wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from siting.cli.app import app
from siting.errors import InputError, SitingError
from siting.pipeline import run_plan
from siting.scenario_io import load_scenario, override
from siting.scenario_io.settings import load_settings, settings_assumptions
from siting.simulate.settings import FOLDER, Simulation
from siting.simulate.world import world_of
from tests.simulate_case import settings
from tests.small_case import write_case
from tests.verify_case import asked as hand_question
from tests.verify_case import hand_case
from tests.verify_plan import hand_plan

if TYPE_CHECKING:
    from pathlib import Path

ZONES = "id,lon,lat,demand\nz1,114.05,22.55,3000\nz2,114.15,22.55,1000\n"


def test_a_world_is_the_plan_in_a_phase() -> None:
    """2026: E1 alone, small, reached by Z1 (1 min) and Z2 (4 min); 2030: S2 as well, large.

    Demand is the zones' own, doubled by 2030; Z4 reaches nothing.
    """
    first = world_of(hand_plan(), hand_case(), hand_question(), settings(), phase="2026")
    assert first.stations == ("E1",)
    assert (first.super_guns, first.fast_guns, first.pool_kw) == ((2,), (2,), (720.0,))
    assert first.pair_first.tolist() == [0, 1, 2, 2, 2]
    assert first.pair_minutes.tolist() == pytest.approx([1.0, 4.0])
    assert first.demand_kwh.tolist() == [3000, 6000, 9000, 2000]
    assert first.busiest == 20
    last = world_of(hand_plan(), hand_case(), hand_question(), settings())
    assert last.stations == ("E1", "S2")
    assert last.demand_kwh.sum() == 40_000


def test_a_week_has_two_shapes() -> None:
    """168 hours that make seven mean days; a weekend day is 1.02 of a working day."""
    week = world_of(hand_plan(), hand_case(), hand_question(), settings(), week=True)
    days = week.shape.reshape(7, 24).sum(axis=1)
    assert week.days == 7
    assert days.sum() == pytest.approx(7)
    assert days[6] / days[0] == pytest.approx(1.02)
    assert np.ptp(days[:5]) == pytest.approx(0)


def test_an_unknown_phase_is_told() -> None:
    """The phases there are stand in the message."""
    with pytest.raises(InputError, match="2026, 2030"):
        world_of(hand_plan(), hand_case(), hand_question(), settings(), phase="2099")


@pytest.mark.parametrize("name", ["day", "erlang"])
def test_shipped_settings_source_every_number(name: str) -> None:
    """What nobody measured is listed, each with its reason."""
    rows = settings_assumptions(load_settings(Simulation, name, folder=FOLDER))
    assert rows
    assert [row.key for row in rows if row.source == "no source given"] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[charging]\nlaw = "slow"', "charging.law"),
        ("[charging]\ntaper = [[0.0, 0.5], [0.9, 1.0]]", "taper must fall"),
        ("[cars.ordinary]\nshare = 0.5", "sum to 0.65"),
        ("[choice]\nbalk_min = 3", "balk_wait_min"),
        ("replications = 1", "replications"),
        ("[choice]\nscale_min = nan", "scale_min"),
        ("[cars.ordinary]\nstart_soc_low = 0.6", "start_soc_low is above"),
    ],
)
def test_bad_settings_are_told(tmp_path: Path, text: str, told: str) -> None:
    """Each fault names its key, or the nearest right one."""
    path = tmp_path / "mine.toml"
    path.write_text(f'extends = "day"\n{text}\n', encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_settings(Simulation, str(path), folder=FOLDER)
    assert told in str(error.value)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan the two districts: 3,000 kWh a day in the west, 1,000 in the east."""
    folder = tmp_path_factory.mktemp("city")
    write_case(folder, files={"zones.csv": ZONES})
    asked = override(load_scenario("one-to-one"), {"solve": {"threads": 1}}, case=str(folder))
    run_plan(asked, case_name=str(folder), out=folder / "plan")
    return folder / "plan"


def _run(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["simulate", *arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == 0
    return found.stdout


def test_the_command_writes_all(planned: Path) -> None:
    """Tables and document, with intervals, the promise, and the assumptions; twice the same."""
    told = json.loads(_run(str(planned), "--replications", "3", "--json", "--quiet"))
    assert told["replications"] == 3
    assert sum(told["promise"].values()) == len(
        pd.read_csv(planned / "simulation" / "simulation_stations.csv")
    )
    city = {row["measure"]: row for row in told["city"]}
    assert city["sessions"]["low"] < city["sessions"]["mean"] < city["sessions"]["high"]
    hours = pd.read_csv(planned / "simulation" / "simulation_hours.csv")
    assert hours["hour"].max() == 23
    assert hours["utilisation"].between(0, 1).all()
    document = json.loads((planned / "simulation" / "simulation.json").read_text("utf-8"))
    assert document["assumptions"]
    again = json.loads(_run(str(planned), "--replications", "3", "--json", "--quiet"))
    assert again == told


def test_a_plan_against_itself_changes_nothing(planned: Path) -> None:
    """The same drivers at the same stations: every change is 0."""
    told = json.loads(
        _run(str(planned), "--against", str(planned), "--replications", "2", "--json", "--quiet")
    )
    known = [row["change"] for row in told["change"] if row["change"] is not None]
    assert known
    assert set(known) == {0.0}


def test_what_was_simulated_is_printed(planned: Path) -> None:
    """Waits, the promise and the files stand on stdout."""
    text = _run(str(planned), "--replications", "2")
    assert "mean wait, min" in text
    assert "Promised for the busiest hour (07:00)" in text
    assert "simulation.json" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], "nowhere"),
        (["PLAN", "--settings", "dya"], "Did you mean 'day'"),
        (["PLAN", "--phase", "1999"], "no such phase"),
        (["PLAN", "--against", "nowhere"], "nowhere"),
    ],
)
def test_bad_arguments_are_told(planned: Path, arguments: list[str], told: str) -> None:
    """Each is an error a user reads, not a traceback."""
    with pytest.raises(SitingError) as error:
        _run(*[str(planned) if word == "PLAN" else word for word in arguments])
    assert error.value.exit_code == 2
    assert told in str(error.value)
