"""Tell what each column of y, the choice of a type at a site in a phase, stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem

    Indices = NDArray[np.int64]


def choice_keys(problem: Problem) -> tuple[Indices, Indices, Indices]:
    """Return site, type and phase of every column of y, in order, three arrays of one length."""
    site, kind = (part.astype(np.int64) for part in np.nonzero(problem.allowed))
    phases = len(problem.phases)
    phase = np.repeat(np.arange(phases), len(site))
    return np.tile(site, phases), np.tile(kind, phases), phase
