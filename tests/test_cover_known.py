"""Maximal covering meets, and proves, every known optimum of published instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from siting.models.classical.max_cover import max_cover
from siting.models.classical.set_cover import set_cover
from tests.cover_cases import EXACT
from tests.known_cover import sao_jose, swain
from tests.shared import shared_data

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.known_cover import Known


@pytest.mark.shared
@pytest.mark.parametrize(("read", "rows"), [(sao_jose, 35), (swain, 27)])
def test_every_known_optimum_is_met_and_proved(
    read: Callable[[Path], list[Known]], rows: int
) -> None:
    """Each published row's coverage is found, no more and no less, and called optimal."""
    known = read(shared_data())
    assert len(known) == rows
    for row in known:
        found = max_cover(row.question, EXACT)
        assert (row.name, found.objective, found.status) == (row.name, row.covered, "optimal")


@pytest.mark.shared
def test_fewest_sites_are_those_that_first_cover_all() -> None:
    """Swain's table covers all 640 with 9, 7, 5, 3 and 3 sites as the radius grows; so do we."""
    fewest: dict[str, int] = {}
    for row in swain(shared_data()):
        radius = row.name.split()[1]
        if row.covered == 640 and radius not in fewest:
            found = set_cover(row.question, EXACT)
            fewest[radius] = int(found.objective)
            assert found.objective == row.question.most
    assert fewest == {"S=10": 9, "S=12": 7, "S=15": 5, "S=19": 3, "S=20": 3}
