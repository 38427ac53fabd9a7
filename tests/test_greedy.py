"""The choice built station by station that a search starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.problem import NONE
from siting.models import search, start
from siting.models.arrays import arrays_of
from siting.models.crew import Crew
from siting.models.effort import Effort
from siting.models.greedy import greedy_wish
from siting.models.layout import Layout
from siting.models.search import Search
from tests.brute import valued_plans
from tests.toy import S, random_problem, toy

if TYPE_CHECKING:
    import pytest

    from siting.data.problem import Problem


def _wished(problem: Problem) -> np.ndarray:
    """Return the (T, J) types that greedy chose for certain."""
    layout = Layout.of(problem, arrays_of(problem))
    return layout.type_at((greedy_wish(layout) == 1.0).astype(float))


def test_it_takes_what_serves_most_for_its_money() -> None:
    """E becomes S, then B is opened; A is too close to E.

    First phase, 1.2 million, places without end: for a million E as S serves 100 / 0.75 = 133 kWh,
    B 120 / 1.0 = 120, A 120 / 1.1 = 109; nothing fits in what is left. Second phase, one more
    place: B alone is far enough from E.
    """
    assert _wished(toy()).tolist() == [[S, NONE, NONE], [S, NONE, S]]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 500))
def test_it_keeps_money_places_grid_and_spacing(seed: int) -> None:
    """What greedy chose passes none of these limits in any phase."""
    p = random_problem(seed, "served")
    for t, row in enumerate(_wished(p)):
        opened = np.flatnonzero(row != NONE)
        assert p.state_cost_cny[opened, row[opened]].sum() <= p.budget_cny[t] + 1e-6
        assert p.max_stations[t] == NONE or len(opened) <= p.max_stations[t]
        load = np.bincount(p.site_substation[opened], p.load_kw[row[opened]], minlength=2)
        assert (load <= p.headroom_kw[t] + 1e-6).all()
        assert not np.isin(p.conflicts, opened).all(axis=1).any()


def test_a_question_thinned_from_the_start_keeps_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a question is too large to be stated whole, bound and plan are still of all pairs."""
    monkeypatch.setattr(start, "ALL_PAIRS", 10)
    monkeypatch.setattr(start, "SOME_PAIRS", 1)
    monkeypatch.setattr(search, "STALE", 5)
    problem = random_problem(3, "served", zones=9, sites=4)
    crew = Crew(Effort(gap=0.0, time_limit_s=20.0, seed=1, threads=1), lambda _: None)
    begun = Search(problem, crew)
    assert len(begun.pairs) < len(problem.pair_zone)
    found = begun.run()
    best = max(plan.value for plan in valued_plans(problem))
    assert found.bound >= best * (1 - 1e-9)
    assert len(found.type_at)
