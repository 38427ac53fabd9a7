"""The statement: its programs are the golden files, which were checked by hand, row by row."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pulp
import pytest

from siting.models import headroom
from siting.models import statement as module
from siting.models.highs import Highs, to_arrays
from siting.models.relaxation import matrix
from siting.models.statement import state
from tests.golden import GOLDEN, KINDS, write_golden
from tests.toy import F, S, toy

if TYPE_CHECKING:
    from siting.scenario import ObjectiveKind

FAMILIES = {
    *("one", "rise", "demand", "capacity", "link", "cover", "ratio"),
    *("most", "budget", "spacing", "headroom", "served", "covered", "fixed"),
}
BEST = {"served": 1020.0, "covered": 1200.0, "access": 810.0, "cost": 1750.0}
"""Derived in test_solve; the cost in thousands of CNY."""


def _rows(kind: str) -> set[str]:
    text = (GOLDEN / f"{kind}.lp").read_text(encoding="utf-8")
    return set(re.findall(r"^(\w+)\(.*?\):", text, flags=re.MULTILINE))


@pytest.mark.parametrize("kind", [*KINDS, "fixed"])
def test_program_is_the_golden_one(kind: str, tmp_path: Path) -> None:
    """The toy's program is, letter by letter, the file whose every row was checked by hand."""
    write_golden(tmp_path)
    written = (tmp_path / f"{kind}.lp").read_text(encoding="utf-8")
    assert written == (GOLDEN / f"{kind}.lp").read_text(encoding="utf-8")
    assert len(written.splitlines()) < 200


def test_every_family_stands_in_a_golden_file() -> None:
    """No row is stated that no golden file shows."""
    source = "".join(Path(str(m.__file__)).read_text(encoding="utf-8") for m in (module, headroom))
    stated = set(re.findall(r'f"(\w+)\(\{', source)) - {"x", "y", "c"}
    assert stated == FAMILIES
    assert set.union(*(_rows(kind) for kind in (*KINDS, "fixed"))) == FAMILIES


def test_headroom_by_hour_is_the_golden_one(tmp_path: Path) -> None:
    """The toy with a battery at M and a step from p2 on: checked by hand, row by row.

    M asks 700 less 200 by morning (6 h), 0.8 x 700 less 60 by evening (18 h) of 0.9 the room. A
    step asks 400 kW less, in p2 only; it costs 500 kCNY, in both budgets.
    """
    write_golden(tmp_path)
    written = (tmp_path / "headroom.lp").read_text(encoding="utf-8")
    assert written == (GOLDEN / "headroom.lp").read_text(encoding="utf-8")
    hours = re.findall(r"headroom\(G,(\d\dh,p\d)\):", written)
    assert hours == ["06h,p1", "06h,p2", "18h,p1", "18h,p2"]


def test_floors_stand_only_where_they_are_asked() -> None:
    """Serving and covering have no floors in the toy, least minutes one, least cost both."""
    floors = {"served", "covered"}
    found = {kind: _rows(kind) & floors for kind in KINDS}
    assert found == {
        "served": set(),
        "covered": set(),
        "access": {"served"},
        "cost": {"served", "covered"},
    }


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_are_the_pulp_program(kind: ObjectiveKind) -> None:
    """Every coefficient, sense, right side, bound and kind crosses over to the arrays."""
    statement = state(toy(kind))
    arrays, lp = to_arrays(statement), statement.lp
    names = [column.name for column in statement.columns]
    assert sorted(names) == sorted(column.name for column in lp.variables())
    assert dict(zip(names, arrays.cost, strict=True)) == {
        **dict.fromkeys(names, 0.0),
        **{column.name: a for column, a in lp.objective.items()},
    }
    assert arrays.maximise == (kind in {"served", "covered"})
    assert len(arrays.row_names) == len(set(arrays.row_names)) == lp.numConstraints()
    rows = matrix(arrays).toarray()
    for n, name in enumerate(arrays.row_names):
        row = lp.get_constraint_by_name(name)
        expected = {column.name: a for column, a in row.items() if a}
        assert {names[m]: rows[n, m] for m in np.flatnonzero(rows[n])} == expected
        low, high = arrays.row_lower[n], arrays.row_upper[n]
        assert (low == -np.inf) == (row.sense == pulp.LpConstraintLE)
        assert (high == np.inf) == (row.sense == pulp.LpConstraintGE)
        assert -row.constant in {low, high}
    for column, low, high, whole in zip(
        statement.columns, arrays.lower, arrays.upper, arrays.integer, strict=True
    ):
        assert (low, high) == (0, np.inf if column.name.startswith("x") else 1)
        assert whole == column.name.startswith("y")


@pytest.mark.parametrize("kind", KINDS)
def test_highs_on_arrays_agrees_with_pulp_and_its_solvers(kind: ObjectiveKind) -> None:
    """HiGHS on the arrays, and CBC and HiGHS through PuLP, find the optimum found by hand."""
    statement = state(toy(kind))
    run = Highs(to_arrays(statement)).run(time_limit_s=60)
    assert run.status == "optimal"
    assert run.objective == pytest.approx(BEST[kind])
    assert run.bound == pytest.approx(BEST[kind])
    cbc = pulp.COIN_CMD(path=pulp.PULP_CBC_CMD.pulp_cbc_path, msg=False)
    for solver in (cbc, pulp.HiGHS(msg=False)):
        again = state(toy(kind)).lp
        again.solve(solver)
        assert pulp.value(again.objective) == pytest.approx(BEST[kind])


def test_names_come_from_the_planner() -> None:
    """Labels are readable in the program; what no LP reader takes is replaced, never mixed up."""
    problem = toy(sites=("Mall 1", "Mall-1", "b"), zones=("甲", "乙", "z"))
    names = {column.name for column in state(problem).columns}
    assert {"y(Mall_1,S,p1)", "y(Mall_1.1,S,p1)", "y(b,S,p1)"} <= names
    assert {"x(_.0,Mall_1,p1)", "x(_.1,Mall_1.1,p1)"} <= names


def _kept(**changes: Any) -> set[str]:  # noqa: ANN401 - any field
    return {row.name for row in state(toy(**changes)).rows}


def test_what_is_not_limited_is_not_stated() -> None:
    """No limit, no row: endless money, endless headroom, a target of zero, no most."""
    free = _kept(
        budget_cny=np.full(2, np.inf),
        headroom_kw=np.full((2, 1), np.inf),
        city_target=np.zeros(2, dtype=int),
        district_target=np.zeros((2, 2), dtype=int),
        max_stations=np.full(2, -1),
        conflicts=np.empty((0, 2), dtype=int),
    )
    assert {name.split("(")[0] for name in free} == {"one", "rise", "demand", "capacity"}


def test_a_limit_of_nothing_is_stated() -> None:
    """A budget of nothing, no room at a substation and no station at all are limits too."""
    rows = _kept(
        budget_cny=np.zeros(2), headroom_kw=np.zeros((2, 1)), max_stations=np.zeros(2, dtype=int)
    )
    assert {"budget(p1)", "headroom(G,p1)", "most(p1)", "most(p2)"} <= rows


def test_spacing_holds_in_every_phase_where_a_station_may_stop_being_super() -> None:
    """A buildable type of higher rank without a super gun lets a site stop being super later.

    Ranks F, S (super), M (not super). Without spacing in p1, E and A could both be S in p1 and A
    become M in p2.
    """
    mixed = {"is_super": np.array([False, True, False]), "ratio_count": np.array([0, 1, 0])}
    assert "spacing(E,A,p1)" not in _kept()
    assert "spacing(E,A,p1)" in _kept(**mixed)


def test_a_site_outside_every_substation_loads_none() -> None:
    """B hangs on no substation, so its station is in no headroom row."""
    problem = replace(toy(), site_substation=np.array([0, 0, -1]))
    row = state(problem).lp.get_constraint_by_name("headroom(G,p2)")
    assert {column.name for column in row} == {"y(A,M,p2)", "y(A,S,p2)", "y(E,S,p2)"}
    assert (F, S) == (0, 1)
