"""Answer classical questions as others would: plain PuLP with HiGHS or CBC, and spopt.

A peer hands over which sites open and the bound that its solver tells; what the choice is worth is
counted anew by :func:`worth`, and PuLP's status is never read.
"""

from __future__ import annotations

import importlib
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pulp

from siting.models.classical import (
    backup_cover,
    facility,
    max_cover,
    p_center,
    p_dispersion,
    p_median,
    set_cover,
)
from siting.models.classical.backup_cover import state as backup_state
from siting.models.classical.facility import state as facility_state
from siting.models.classical.max_cover import state as cover_state
from siting.models.classical.p_dispersion import closest
from siting.models.classical.p_median import state as median_state
from siting.models.classical.set_cover import state as set_state
from siting.models.peer_statements import center_state, dispersion_state
from siting.models.solver_reports import cbc_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.question import Choice, Question
    from siting.models.effort import Effort
    from siting.models.program import Statement

Kind = Literal["cover", "set-cover", "backup", "median", "center", "dispersion", "facility"]
MORE_IS_BETTER: tuple[Kind, ...] = ("cover", "backup", "dispersion")
UNKNOWN_TO_SPOPT: tuple[Kind, ...] = ("facility", "backup")
"""Fixed costs, and backup coverage that is worth something."""
PEERS = ("PuLP + HiGHS", "PuLP + CBC", "spopt + HiGHS")
ENDLESS = 1e19


@dataclass(frozen=True, eq=False)
class Told:
    """Hold what an engine says of a question."""

    opened: NDArray[np.bool_]
    """(J,); empty where it found nothing."""
    bound: float
    """nan where it tells none."""


def missing(engine: str) -> bool:
    """Tell whether an engine is not installed here."""
    return engine.startswith("spopt") and find_spec("spopt") is None


def load(engine: str) -> None:
    """Import what an engine needs, so that its clock does not count it.

    Parameters
    ----------
    engine
        Its name.
    """
    if engine.startswith("spopt"):
        importlib.import_module("spopt.locate")


def poses(engine: str, kind: Kind) -> bool:
    """Tell whether an engine has that kind of question."""
    return not (engine.startswith("spopt") and kind in UNKNOWN_TO_SPOPT)


def answer(engine: str, kind: Kind, question: Question, effort: Effort) -> Told:
    """Let one engine answer, model building included."""
    if engine == "siting":
        choice = _siting(kind, question, effort)
        return Told(choice.opened, choice.bound)
    if engine.startswith("spopt"):
        model = _spopt(kind, question)
        return _solved(model.problem, model.fac_vars, engine, effort)
    statement = _statement(kind, question)
    return _solved(statement.lp, statement.columns[: question.sites], engine, effort)


def _siting(kind: Kind, question: Question, effort: Effort) -> Choice:
    """Let siting answer."""
    if kind == "dispersion":
        return p_dispersion(question, _between(question), effort)
    ask = {
        "cover": max_cover,
        "set-cover": set_cover,
        "backup": backup_cover,
        "median": p_median,
        "center": p_center,
        "facility": facility,
    }[kind]
    return ask(question, effort)


def _statement(kind: Kind, question: Question) -> Statement:
    """State the question as textbooks do."""
    if kind == "dispersion":
        return dispersion_state(question, _between(question))
    state: Callable[[Question], Statement] = {
        "cover": cover_state,
        "set-cover": set_state,
        "backup": backup_state,
        "median": median_state,
        "center": center_state,
        "facility": facility_state,
    }[kind]
    return state(question)


def _between(question: Question) -> NDArray[np.float64]:
    """Return (J, J) distances of a question whose zones are its sites."""
    return question.distance.reshape(question.sites, question.sites)


def worth(kind: Kind, question: Question, opened: NDArray[np.bool_]) -> float:
    """Return what a choice of sites is worth, nan where it is none or breaks a rule."""
    if not len(opened) or not question.keeps(opened):
        return float("nan")
    if kind == "dispersion":
        return closest(_between(question), opened)
    here = opened[question.site]
    if kind == "backup":  # first and second coverage are worth half a zone's weight each
        times = np.bincount(question.zone[here], minlength=len(question.weight))
        return float((question.weight * np.minimum(times, 2)).sum() / 2)
    nearest = np.full(len(question.weight), np.inf)
    np.minimum.at(nearest, question.zone[here], question.distance[here])
    if kind == "cover":
        return float(question.weight[np.isfinite(nearest)].sum())
    asking = question.weight > 0
    if kind in {"set-cover", "center"}:
        farthest = float(nearest[asking].max(initial=0.0))
        value = float(opened.sum()) if kind == "set-cover" else farthest
        return value if np.isfinite(farthest) else float("nan")
    fixed = float(question.cost[opened].sum()) if kind == "facility" else 0.0
    total = fixed + float((question.weight * np.where(asking, nearest, 0.0)).sum())
    return total if np.isfinite(total) else float("nan")


def _spopt(kind: Kind, question: Question) -> Any:  # noqa: ANN401 - spopt is untyped
    locate = importlib.import_module("spopt.locate")
    radius = float(question.distance.max(initial=0.0))
    table = np.full((len(question.weight), question.sites), 2 * radius + 1)
    table[question.zone, question.site] = question.distance
    if kind == "dispersion":
        return locate.PDispersion.from_cost_matrix(_between(question), question.least)
    if kind == "cover":
        return locate.MCLP.from_cost_matrix(table, question.weight, radius, question.most)
    if kind == "set-cover":
        return locate.LSCP.from_cost_matrix(table[question.weight > 0], radius)
    if kind == "center":
        return locate.PCenter.from_cost_matrix(table, question.most)
    return locate.PMedian.from_cost_matrix(table, question.weight, question.most)


def _solved(lp: Any, columns: list[Any], engine: str, effort: Effort) -> Told:  # noqa: ANN401 - PuLP is untyped
    limits = {"msg": False, "timeLimit": effort.time_limit_s, "gapRel": effort.gap}
    limits["threads"] = effort.threads
    if engine.endswith("HiGHS"):
        lp.solve(pulp.HiGHS(**limits))
        # PuLP hands HiGHS a maximum as the least of its negative
        sign = -1.0 if lp.sense == pulp.LpMaximize else 1.0
        bound = sign * float(lp.solverModel.getInfo().mip_dual_bound)
    else:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            path = pulp.PULP_CBC_CMD.pulp_cbc_path
            lp.solve(pulp.COIN_CMD(path=path, logPath=str(log), **limits))
            report = cbc_report(log.read_text(errors="replace") if log.is_file() else "")
        bound = np.nan if report.bound is None else report.bound
        if report.bound is None and report.state == "optimal":
            bound = float(lp.objective.value())
    values = [column.value() for column in columns]
    if abs(bound) > ENDLESS:
        bound = np.nan
    if all(value is None for value in values):
        return Told(np.empty(0, dtype=bool), bound)
    return Told(np.array([(value or 0.0) > 0.5 for value in values]), bound)  # noqa: PLR2004 - a binary
