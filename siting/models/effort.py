"""Limit how long and how far a search goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Limit a search."""

    gap: float
    """Proven relative gap to stop at."""
    time_limit_s: float
    seed: int
    threads: int
    iterations: int | None = None
    """Most steps of a search; None for no limit but the time. With a limit in steps the same
    inputs and seed give the same plan, whatever the machine and its threads."""
