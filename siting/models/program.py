"""Hold a stated program and its variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Statement:
    """Hold the program and its variables in the order of the problem's arrays."""

    lp: Any
    """pulp.LpProblem."""
    build: dict[tuple[int, int, int], Any]
    """(site, type, phase) -> binary variable, in the order phase, site, type."""
    serve: list[Any]
    """T x P variables, phase by phase, in the order of the pairs; empty if nothing is served."""
    cover: dict[tuple[int, int], Any]
    """(zone, phase) -> variable."""
    columns: list[Any]
    """All variables, in the order they were made."""
    rows: list[Any]
    """All constraints, in the order they were stated."""
