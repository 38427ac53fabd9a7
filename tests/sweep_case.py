"""Make a small city, and a question about it, to sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.content import content_folder
from siting.data.synth import generate_case

if TYPE_CHECKING:
    from pathlib import Path

QUESTION = """
extends = "ratio-2025"
title = "A small city"
title_zh = "小城"
case = "{case}"

[[phases]]
name = "2024"
date = 2024-12-31
ratio = 0.5
district_floor = 0.2
budget_cny = 18e6
city_gwh_day = 0.2
super_share = 0.14
base_load_growth = 1.0

[[phases]]
name = "2025"
date = 2025-12-31
ratio = 1.0
district_floor = 0.4
budget_cny = 14e6
city_gwh_day = 0.3
super_share = 0.2
base_load_growth = 1.0

[solve]
gap = 0.0
time_limit_s = 20
threads = 1
iterations = 20
"""


def make_city(folder: Path, *, seed: int = 1) -> Path:
    """Write a stylised city of 60 sites, 20 fuel stations and 5 substations; return its folder."""
    generate_case(content_folder("data") / "shenzhen", folder, scale=0.02, seed=seed)
    return folder


def make_question(folder: Path, case: Path) -> Path:
    """Write a question of two phases about a city; return its file."""
    path = folder / "small.toml"
    path.write_text(QUESTION.format(case=case), encoding="utf-8")
    return path
