"""Validation on measured hours: errors by hand, refusals, and the command that prints them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.cli import main
from siting.data.demand_history import History, read_history
from siting.data.demand_validate import EQUAL, ROLLING, Score, Validation, validate
from siting.errors import CaseError
from tests.shared import shared_data

if TYPE_CHECKING:
    from pathlib import Path

WEEK = 168
NIGHT = np.tile([1.0] * 6 + [0.0] * 18, 7)
"""All charging from 0 to 6 h."""
NOON = np.tile([0.0] * 10 + [1.0] * 6 + [0.0] * 8, 7)


def _history(*zones: list[np.ndarray], piles: list[float] | None = None) -> History:
    """Return zones made of weeks, from a Monday on."""
    volume = np.column_stack([np.concatenate(weeks) for weeks in zones])
    names = tuple(f"z{n}" for n in range(len(zones)))
    counts = np.array(piles or [1.0] * len(zones))
    return History(names, pd.Timestamp("2025-01-06"), volume, counts)


def _scores(scores: tuple[Score, ...]) -> dict[str, float]:
    return {score.guess: score.error for score in scores}


def test_a_steady_zone_is_guessed_exactly_by_its_own_week() -> None:
    """Two zones charge at night, one at noon, every week alike, at any level.

    A zone's own week errs by nothing. The city's day, of 2 + 2 parts night and 1 noon, puts a fifth
    of each night zone's energy at noon, four fifths of the noon zone's at night: 0.4 on average.
    All hours alike put 18 of 24 hours wrong: 0.75.
    """
    weeks = [(n + 1.0) for n in range(6)]
    night, noon = [NIGHT * w for w in weeks], [NOON * w for w in weeks]
    found = validate(_history([2 * w for w in night], [2 * w for w in night], noon), weeks=2)
    errors = _scores(found.hours)
    assert errors["zone's week"] == pytest.approx(0)
    assert errors[ROLLING] == pytest.approx(0)
    assert errors["city's day"] == pytest.approx((0.2 + 0.2 + 0.8) / 3)
    assert errors["every hour alike"] == pytest.approx(0.75)


def test_a_change_of_habit_favours_last_week() -> None:
    """From the first held-out week on, all charge at noon: every guess from before is all wrong.

    The last week's same hour errs in the first of two held-out weeks only: one half.
    """
    zone = [NIGHT] * 5 + [NOON] * 2
    found = validate(_history(zone, zone, zone), weeks=2)
    errors = _scores(found.hours)
    assert errors["zone's week"] == pytest.approx(1.0)
    assert errors[ROLLING] == pytest.approx(0.5)
    lines = found.verdicts()
    assert 'loses to "last week\'s same hour" (50.0 %)' in lines[0]
    assert any(line.startswith('"zone\'s week" is no better') for line in lines)


def test_shares_follow_piles_where_they_do() -> None:
    """Energy in proportion to 1, 2 and 5 piles: piles err by nothing.

    Equal shares of a third, against 1/8, 2/8 and 5/8, put 5/8 - 1/3 = 7/24 in the wrong zone.
    """
    zones = [[NIGHT * n] * 6 for n in (1.0, 2.0, 5.0)]
    found = validate(_history(*zones, piles=[1.0, 2.0, 5.0]), weeks=2)
    errors = _scores(found.shares)
    assert errors["piles"] == pytest.approx(0, abs=1e-9)
    assert errors["piles to a fitted power"] == pytest.approx(0, abs=1e-9)
    assert errors[EQUAL] == pytest.approx(7 / 24)


@given(st.floats(1e-3, 1e6))
def test_the_level_plays_no_part(factor: float) -> None:
    """Whatever unit the file is in, every error stays."""
    rng = np.random.default_rng(5)
    zones = [[rng.uniform(1, 9, WEEK) for _ in range(6)] for _ in range(4)]
    piles = [3.0, 1.0, 4.0, 2.0]
    plain = validate(_history(*zones, piles=piles), weeks=2)
    scaled = validate(_history(*[[factor * w for w in z] for z in zones], piles=piles), weeks=2)
    for before, after in ((plain.hours, scaled.hours), (plain.shares, scaled.shares)):
        assert _scores(after) == pytest.approx(_scores(before), rel=1e-6)


def test_zones_that_rest_are_left_out_by_name() -> None:
    """A zone without charging in one week has no shape that week; nor has one without piles."""
    busy = [NIGHT] * 6
    rests = [NIGHT] * 5 + [0 * NIGHT]
    found = validate(_history(busy, rests, busy, busy, busy, piles=[1, 1, 1, 0, 1]), weeks=2)
    assert found.left_out == ("z1", "z3")
    assert found.zones == 3


def test_too_little_is_refused() -> None:
    """Four weeks to fit on, and three zones, are the least."""
    with pytest.raises(CaseError, match="5 whole weeks cannot give 2 held out"):
        validate(_history(*[[NIGHT] * 5] * 3), weeks=2)
    with pytest.raises(CaseError, match="too few zones"):
        validate(_history(*[[NIGHT] * 6] * 2), weeks=2)


def _write(folder: Path, *, volume: str | None = None, zones: str | None = None) -> Path:
    """Write three zones of six weeks, or what a test gives instead."""
    times = pd.date_range("2025-01-06", periods=6 * WEEK, freq="h").strftime("%Y-%m-%d %H:%M")
    rows = [f"{time},{n % 24 + 1},2,{n % 7 + 1}" for n, time in enumerate(times)]
    text = "\n".join(["time,a,b,c", *rows]) if volume is None else volume
    (folder / "volume.csv").write_text(text, encoding="utf-8")
    info = "id,piles\na,3\nb,5\nc,4\n" if zones is None else zones
    (folder / "inf.csv").write_text(info, encoding="utf-8")
    return folder


def test_a_folder_of_one_s_own(tmp_path: Path) -> None:
    """Two files are enough: hours by zone, and each zone's piles."""
    history = read_history(_write(tmp_path))
    assert history.zones == ("a", "b", "c")
    assert history.volume.shape == (6 * WEEK, 3)
    assert history.piles.tolist() == [3.0, 5.0, 4.0]


@pytest.mark.parametrize(
    ("volume", "zones", "words"),
    [
        ("time,a\n2025-01-06 00:00,x\n", None, "volume.csv, row 2, a: 'x' is not a number"),
        ("time,a\n2025-01-06 00:00,-1\n", None, "'-1' is not a number of 0 or more"),
        ("time,a\n2025-01-06 00:00,1\n2025-01-06 02:00,1\n", None, "row 3, time: 2025-01-06 02:00"),
        ("time,a\nsoon,1\n", None, "'soon' is no time"),
        ("time,a\n", None, "has no rows"),
        ("hour,a\n0,1\n", None, "has no column 'time'"),
        ("time\n2025-01-06 00:00\n", None, "there is no zone to read"),
        ("time,d\n2025-01-06 00:00,1\n", None, "no row for zone 'd'"),
        (None, "zone,piles\na,1\n", "has no column TAZID or id"),
        (None, "id,piles\na,\n", "inf.csv, row 2, piles: '' is not a number"),
    ],
)
def test_files_that_do_not_fit(
    tmp_path: Path, volume: str | None, zones: str | None, words: str
) -> None:
    """Each fault is named by file, row and column."""
    with pytest.raises(CaseError) as caught:
        read_history(_write(tmp_path, volume=volume, zones=zones))
    assert words in str(caught.value)


def test_a_folder_without_the_files(tmp_path: Path) -> None:
    """The mend says which files a folder needs."""
    with pytest.raises(CaseError, match=re.escape("volume.csv and inf.csv")):
        read_history(tmp_path)


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int | str | None, str]:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code, capsys.readouterr().out


def test_command_prints_tables_and_a_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the terminal: both tables, naive guesses marked, and who wins in words."""
    code, out = _run(capsys, "demand", "validate", "--data", str(_write(tmp_path)), "--weeks", "2")
    assert code == 0
    assert "3 zones; fitted on 4 weeks, measured on the last 2" in out
    assert re.search(r"last week's same hour +naive", out)
    assert re.search(r"equal share +naive", out)
    assert "Hours of a zone: the best fit" in out


def test_command_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON: every score with its name, and whether it is naive."""
    folder = str(_write(tmp_path))
    code, out = _run(capsys, "demand", "validate", "--data", folder, "--weeks", "2", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["held_out_weeks"] == 2
    assert {row["guess"] for row in found["shares"]} >= {"piles", EQUAL}


def test_command_without_data_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder given and none where it is looked for: bad input, told in words."""
    monkeypatch.setenv("SITING_SHARED_DATA", str(tmp_path))
    code, out = _run(capsys, "demand", "validate", "--json")
    assert code == 2
    assert json.loads(out)["error"]["kind"] == "CaseError"


def test_command_shows_demand_by_fleet(capsys: pytest.CaptureFixture[str]) -> None:
    """The shipped question by fleet: 11.5 GWh x 0.6 public x 0.2 super = 1,380 MWh in 2025."""
    code, out = _run(capsys, "demand", "show", "shenzhen", "fleets-2025", "--json", "--quiet")
    last = json.loads(out)["phases"][-1]
    assert code == 0
    assert last["demand"] == pytest.approx(1380)
    names = {"private", "taxi", "ride-hailing", "bus", "logistics"}
    total = sum(row[name] for row in last["districts"] for name in names)
    assert total == pytest.approx(1380)
    # 21,789 taxis x 280 km x 0.17 = 1,037.2 MWh, all public, before rescaling
    taxi = sum(row["taxi"] for row in last["districts"])
    assert taxi / last["factor"] == pytest.approx(21_789 * 280 * 0.17 / 1000)


def test_command_shows_demand_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """On the terminal: one table a phase, totals below, and the factor in words."""
    code, out = _run(capsys, "demand", "show", "shenzhen", "ratio-2025", "--quiet")
    assert code == 0
    assert out.count("demand in MWh/day, charging peaks at 7 h") == 3
    assert re.search(r"all +312\.0 +312\.0", out)


@pytest.mark.shared
def test_measured_hours_of_shenzhen() -> None:
    """On 36 zones, a zone's own week beats last week's same hour, and piles beat equal shares.

    The city's day, laid on single zones, does not beat hours that are all alike.
    """
    found: Validation = validate(read_history(shared_data() / "shenzhen" / "original"))
    hours, shares = _scores(found.hours), _scores(found.shares)
    assert (found.zones, found.training_weeks, found.held_out_weeks) == (36, 21, 4)
    assert hours["zone's week"] == pytest.approx(0.162, abs=5e-4)
    assert hours[ROLLING] == pytest.approx(0.210, abs=5e-4)
    assert hours["city's day"] > hours["every hour alike"]
    assert shares["its own weeks before"] < shares["piles to a fitted power"] < shares[EQUAL]
