"""Name everything that can go wrong for a user, each with its exit code.

::

    SitingError (1)
    ├── InputError (2), also ValueError
    │   ├── CaseError        a layer or case.toml is wrong
    │   ├── ScenarioError    a scenario file is wrong
    │   ├── PlanError        a plan folder is missing, damaged or does not verify
    │   └── SweepError       a sweep's file is damaged, or a sweep cannot be run so
    ├── InfeasibleError (3)  the requirements cannot hold together
    ├── NoSolutionError (4)  the limit was reached before any plan was found
    ├── SourceError (6)      a data source could not be reached, or did not answer whole
    └── SolverError (2), also ValueError: the solver asked for is not there

An error that gathers several faults lists them all, one a line: file, row, field, value, mend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Fault:
    """Hold one thing wrong with an input, in the order a reader looks for it."""

    where: str
    """File, and layer where it helps."""
    what: str
    """What is wrong, with the offending value."""
    mend: str
    """What to do about it."""
    row: int | None = None
    """Row as a spreadsheet counts it (the header is row 1)."""
    field: str | None = None
    """Column or key."""

    def __str__(self) -> str:
        """Return the fault as one line."""
        row = "" if self.row is None else f", row {self.row}"
        field = "" if self.field is None else f", {self.field}"
        return f"{self.where}{row}{field}: {self.what}. {self.mend}"


class SitingError(Exception):
    """Stand above every error siting raises on purpose."""

    exit_code = 1


class InputError(SitingError, ValueError):
    """Say that something the user gave is wrong.

    Parameters
    ----------
    message
        One line of summary.
    faults
        Every fault found; shown one a line below the summary.
    """

    exit_code = 2

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        self.message = message
        self.faults = tuple(faults)
        super().__init__("\n".join([message, *(f"  - {fault}" for fault in self.faults)]))


class CaseError(InputError):
    """Say that a case folder or one of its layers is wrong."""


class ScenarioError(InputError):
    """Say that a scenario file is wrong."""


class PlanError(InputError):
    """Say that a plan folder is missing, damaged, or not what its inputs give."""


class SweepError(InputError):
    """Say that a sweep's file is damaged, or that a sweep cannot be run as asked."""


class SolverError(InputError):
    """Say that the solver asked for is unknown or not installed."""


class InfeasibleError(SitingError):
    """Say that the requirements cannot hold together.

    Parameters
    ----------
    conflict
        The smallest set of requirements that cannot hold together, in the planner's words.
    nearest
        What could be reached instead.
    changes
        Single changes, each of which alone would make a plan possible, cheapest first.
    """

    exit_code = 3

    def __init__(
        self, conflict: Iterable[str], nearest: str = "", changes: Iterable[str] = ()
    ) -> None:
        self.conflict = tuple(conflict)
        self.nearest = nearest
        self.changes = tuple(changes)
        lines = ["No plan can meet these requirements together:"]
        lines += [f"  - {line}" for line in self.conflict]
        if nearest:
            lines.append(nearest)
        if len(self.changes) > 1:
            lines.append("Or one of these instead, all else kept:")
            lines += [f"  - {line}" for line in self.changes[1:]]
        super().__init__("\n".join(lines))


class NoSolutionError(SitingError):
    """Say that the time limit was reached before any plan was found."""

    exit_code = 4


class SourceError(SitingError):
    """Say that a data source could not be reached, or did not answer whole.

    Parameters
    ----------
    message
        One line of summary.
    tried
        What each source answered, in the order they were asked.
    missing
        What is still not there, so that a later run can ask for it alone.
    mend
        What to do about it.
    """

    exit_code = 6

    def __init__(
        self,
        message: str,
        *,
        tried: Iterable[str] = (),
        missing: Iterable[str] = (),
        mend: str = "",
    ) -> None:
        self.message = message
        self.tried = tuple(tried)
        self.missing = tuple(missing)
        self.mend = mend
        lines = [message, *(f"  - {line}" for line in self.tried)]
        if self.missing:
            lines += ["Still missing:", *(f"  - {line}" for line in self.missing)]
        if mend:
            lines.append(mend)
        super().__init__("\n".join(lines))
