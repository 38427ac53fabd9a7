"""The gallery: a page and a picture of every shipped scenario, none of them outdated."""

from __future__ import annotations

import pytest

from siting.scenario_io import load_scenario, override, shipped_scenarios
from tests.gallery import GALLERY, index, mark

NAMES = [scenario.name for scenario in shipped_scenarios()]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_the_scenario_as_it_is(name: str) -> None:
    """The mark on the page is today's; else: python -m tests.gallery NAME."""
    page = (GALLERY / f"{name}.md").read_text(encoding="utf-8")
    assert mark(load_scenario(name)) in page
    assert (GALLERY / f"{name}.jpg").read_bytes().startswith(b"\xff\xd8")


def test_there_is_no_page_too_many() -> None:
    """The gallery holds a page and a picture a scenario, and its index names them all."""
    expected = {"README.md", *(f"{name}.{kind}" for name in NAMES for kind in ("md", "jpg"))}
    assert {path.name for path in GALLERY.iterdir()} == expected
    titles = {scenario.name: scenario.title for scenario in shipped_scenarios()}
    assert (GALLERY / "README.md").read_text(encoding="utf-8") == index(titles)


def test_a_mark_tells_one_question_from_another() -> None:
    """Another reach is another mark; another time limit is not."""
    scenario = load_scenario("ratio-2025")
    assert mark(override(scenario, {"reach": {"minutes": 5.0}})) != mark(scenario)
    assert mark(override(scenario, {"solve": {"time_limit_s": 5.0}})) == mark(scenario)
