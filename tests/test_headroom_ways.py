"""One question planned in several ways: limits on, off, and with storage to keep them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from siting.cli import main
from siting.headroom import HEADER, run_headroom
from siting.pipeline import run_verify
from tests.headroom_table import block
from tests.small_case import SUBSTATIONS, layer_toml, write_case

if TYPE_CHECKING:
    from pathlib import Path

QUESTION = """extends = "ratio-2025"
title = "Two districts"
title_zh = "两区"
case = "{case}"
[[phases]]
name = "2025"
date = 2025-12-31
ratio = 1.0
base_load_growth = 1.0
[reach]
minutes = 30
[demand]
public_dc_share = 1.0
"""
FULL = SUBSTATIONS.replace("0.5,20\ng2", "0.5,42.2\ng2").replace("0.5,20\n", "0.5,42.7\n")
"""Limits of 100 x 0.5 x 0.95 x 0.9 = 42.75 MW: 0.55 MW are left at g1, 0.05 at g2."""


@pytest.fixture
def question(tmp_path: Path) -> Path:
    """Return a scenario of two districts whose substations are nearly full."""
    case = tmp_path / "two"
    case.mkdir()
    layer = {"substations": layer_toml("substations", "substations.csv")}
    write_case(case, files={"substations.csv": FULL}, layers=layer)
    path = tmp_path / "two.toml"
    path.write_text(QUESTION.format(case=case.as_posix()), encoding="utf-8")
    return path


def test_each_way_is_planned_and_told(question: Path, tmp_path: Path) -> None:
    """Two stations are asked for, by one substation and the other; g2 has no room for any.

    At 13 h a small station asks 606 kW x 0.61 = 370 kW of the 550 at g1 and of the 50 at g2. So no
    plan keeps the limits; without them g2 is passed; with a step of reinforcement it is not.
    """
    out = tmp_path / "ways"
    ways = ("limits", "no-limits", "storage", "reinforcement")
    solve = {"time_limit_s": 10.0, "threads": 1}
    found = run_headroom(
        str(question), options=(), ways=ways, solve=solve, out=out, progress=lambda _: None
    )
    told = {item.name: item for item in found}
    assert told["limits"].status == "infeasible"
    assert told["no-limits"].substations_over == 1
    assert told["no-limits"].over_before == 0
    assert told["reinforcement"].substations_over == 0
    assert told["reinforcement"].reinforcement_cny == 20e6
    for way in ("no-limits", "reinforcement"):
        assert run_verify(out / way) == []
    with (out / "headroom.csv").open(encoding="utf-8") as file:
        assert [row["name"] for row in csv.DictReader(file)] == list(ways)
    text = block([out, out])
    assert text.count(HEADER[0]) >= 2
    assert "| limits | infeasible |" in text


def test_an_unknown_way_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With the ways there are, and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(["headroom", "ratio-2025", "--way", "hope"])
    assert ended.value.code == 2
    assert "storage-reinforcement" in capsys.readouterr().err
