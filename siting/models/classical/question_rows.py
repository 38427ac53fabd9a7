"""State in PuLP what any classical question over sites may ask: count and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pulp

from siting.models.labels import names_for

if TYPE_CHECKING:
    from siting.models.classical.cuts import Sites


def state_limits(lp: Any, opened: list[Any], question: Sites) -> list[Any]:  # noqa: ANN401 - PuLP is untyped
    """Add a question's count and limits to a program over its sites; return the rows added.

    Parameters
    ----------
    lp
        Takes the rows.
    opened
        (J,) variables.
    question
        Count and limits.
    """
    rows: list[Any] = []
    total = pulp.lpSum(opened)
    _between(lp, rows, total, "count", question.least, question.most)
    limits = question.limits
    for r, name in enumerate(names_for(limits.names)):
        part = limits.rows[[r]].tocoo()
        terms = zip(part.coords[1].tolist(), part.data.tolist(), strict=True)
        total = pulp.lpSum(value * opened[j] for j, value in terms)
        _between(lp, rows, total, name, limits.lower[r], limits.upper[r])
    return rows


def _between(lp: Any, rows: list[Any], total: Any, name: str, low: float, high: float) -> None:  # noqa: ANN401 - PuLP is untyped; a row is what it is
    if np.isfinite(low):
        rows.append(total >= float(low))
        lp += rows[-1], f"least({name})"
    if np.isfinite(high):
        rows.append(total <= float(high))
        lp += rows[-1], f"most({name})"
