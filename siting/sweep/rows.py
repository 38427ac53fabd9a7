"""Write one run as one row: what was varied, how it came out, the last phase's figures."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import siting
from siting.errors import InfeasibleError

if TYPE_CHECKING:
    from siting.plan import Document
    from siting.sweep.design import Run

Row = dict[str, Any]

VARIED = "vary."
"""In front of every varied key's column."""
DONE = ("optimal", "feasible", "infeasible", "no-solution")
"""Outcomes that the same question would come to again."""
PLANNED = ("optimal", "feasible")
FAILED = "failed"
OVER = 1 + 1e-9

COLUMNS: dict[str, type] = {
    **dict.fromkeys(("id", "case", "case_title", "case_title_zh", "label", "label_zh"), str),
    **dict.fromkeys(("case_hash", "values"), str),
    **dict.fromkeys(("outcome", "conflict", "objective_kind", "objective_unit"), str),
    **dict.fromkeys(("objective", "bound", "gap", "seconds"), float),
    **dict.fromkeys(("solver", "method", "phase", "ratio_form"), str),
    **dict.fromkeys(("ratio", "ratio_target"), float),
    **dict.fromkeys(("stations_open", "stations_new", "stations_upgraded", "guns"), int),
    **dict.fromkeys(("demand_kwh_day", "served_kwh_day", "served_share", "covered_share"), float),
    **dict.fromkeys(("access_minutes_mean", "access_minutes_p95"), float),
    **dict.fromkeys(("capex_cny", "budget_cny", "peak_mw"), float),
    "substations_over": int,
    **dict.fromkeys(("worst_loading", "over_mw"), float),
    **dict.fromkeys(("start_from", "bound_from"), str),
    **dict.fromkeys(("wall_s", "cpu_s"), float),
    **dict.fromkeys(("folder", "finished", "siting"), str),
}
"""Columns of every sweep, with their types; figures are of the last phase. ``conflict`` says why
there is no plan; ``over_mw`` sums what substations lack; ``start_from`` and ``bound_from`` name the
runs whose plan and whose bound the search began with; ``wall_s`` and ``cpu_s`` are of the whole
run, from the city in memory to the plan folder on disk."""


def planned(run: Run, document: Document, **more: Any) -> Row:  # noqa: ANN401 - cells of the row
    """Return the row of a run that has a plan.

    Parameters
    ----------
    run
        The run.
    document
        Its plan.
    **more
        Other columns.
    """
    outcome, last = document.outcome, document.phases[-1]
    kpis, city = last.kpis, last.ratio.city
    return _row(run, outcome.status) | {
        "case_title": document.provenance.case_title,
        "case_title_zh": document.provenance.case_title_zh,
        "label": document.provenance.label,
        "label_zh": document.provenance.label_zh,
        "objective_kind": outcome.objective_kind,
        "objective_unit": outcome.objective_unit,
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "seconds": outcome.seconds,
        "solver": outcome.solver,
        "method": outcome.method,
        "phase": last.name,
        "ratio_form": last.ratio.form,
        "ratio": city.ratio,
        "ratio_target": city.target,
        "stations_open": kpis.stations_open,
        "stations_new": kpis.stations_new,
        "stations_upgraded": kpis.stations_upgraded,
        "guns": kpis.guns,
        "demand_kwh_day": kpis.demand_kwh_day,
        "served_kwh_day": kpis.served_kwh_day,
        "served_share": kpis.demand_served_share,
        "covered_share": kpis.demand_covered_share,
        "access_minutes_mean": kpis.access_minutes_mean,
        "access_minutes_p95": kpis.access_minutes_p95,
        "capex_cny": kpis.capex_cny,
        "budget_cny": last.budget_cny,
        "peak_mw": kpis.peak_mw,
        **_overload(document),
        **more,
    }


def without_plan(run: Run, error: Exception, **more: Any) -> Row:  # noqa: ANN401 - cells of the row
    """Return the row of a run that came to no plan: infeasible, no solution in time, or failed."""
    outcome = {3: "infeasible", 4: "no-solution"}.get(getattr(error, "exit_code", 1), FAILED)
    why = f"{type(error).__name__}: {error}" if outcome == FAILED else str(error)
    if isinstance(error, InfeasibleError):
        why = "\n".join(filter(None, (*error.conflict, error.nearest)))
    return _row(run, outcome) | {"conflict": why, **more}


def _row(run: Run, outcome: str) -> Row:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return {
        "id": run.id,
        "case": run.case,
        "case_hash": run.case_hash,
        "values": json.dumps(dict(run.values)),
        **{VARIED + key: value for key, value in run.values.items()},
        "outcome": outcome,
        "folder": f"runs/{run.folder}",
        "finished": now,
        "siting": siting.__version__,
    }


def _overload(document: Document) -> Row:
    ends = [(item.steps[-1], item.limit_mw) for item in document.substations]
    over = [end.worst_mw - limit - end.added_mw for end, limit in ends if end.loading > OVER]
    return {
        "substations_over": len(over),
        "worst_loading": max((end.loading for end, _ in ends), default=None),
        "over_mw": float(sum(over)),
    }
