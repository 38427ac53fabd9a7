"""Read a year of hourly factors, and dispatch a plan's last phase on it, day by day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.errors import Fault, InputError
from siting.grid.calendar import DAYS, kind_of_day
from siting.grid.placement import HOURS
from siting.models.dispatch.schedule import KEPT_KW
from siting.models.dispatch.year import BY_STATION, dispatch_year

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.grid.dispatch import DispatchStudy
    from siting.models.dispatch.question import Question
    from siting.models.dispatch.year import Year

    Floats = NDArray[np.float64]

COLUMNS = ("base_factor", "pv_factor", "charging_factor")
"""Each over what the kind of day has in that hour; 1 where a column is left out."""
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class HourlyYear:
    """Hold a plan's last phase dispatched on every day of a calendar year."""

    year: int
    question: Question
    found: Year

    @property
    def holds(self) -> bool:
        """Tell whether every substation's limit is kept in every hour."""
        return float(self.found.sums.deepest_kw.max(initial=0.0)) < KEPT_KW

    def stations(self) -> pd.DataFrame:
        """Return each station's year: kWh, CNY, highest load."""
        table = pd.DataFrame({name: vars(self.found.sums)[name] for name in BY_STATION})
        table.insert(0, "station", self.question.stations)
        return table

    def substations(self) -> pd.DataFrame:
        """Return each substation's year: hours and kWh over its limit, and the deepest."""
        sums = self.found.sums
        return pd.DataFrame(
            {
                "substation": self.question.groups,
                "hours_over": sums.over_hours,
                "over_kwh": sums.over_kwh,
                "deepest_mw": sums.deepest_kw / 1000,
            }
        )

    def summary(self) -> dict[str, Any]:
        """Return the year in a few numbers, for JSON."""
        sums, found = self.found.sums, self.found
        return {
            "year": self.year,
            "cost_cny_year": found.cost_cny,
            "bound_cny_year": found.bound_cny,
            "gap": found.gap,
            "bought_mwh": float(sums.bought_kwh.sum()) / 1000,
            "fed_in_mwh": float(sums.fed_in_kwh.sum()) / 1000,
            "pv_mwh": float(sums.pv_kwh.sum()) / 1000,
            "hours_over": float(sums.over_hours.sum()),
        }


def read_factors(path: Path) -> dict[str, Floats]:
    """Return hourly factors, (365, 24) each; what is left out is 1.

    Parameters
    ----------
    path
        CSV or Parquet of 8,760 rows from 1 January, 0 h, on.

    Raises
    ------
    InputError
        If it cannot be read, has no such column, or holds what is no factor.
    """
    try:
        kind = path.suffix.lower()
        table = pd.read_parquet(path) if kind == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _wrong(path, f"it cannot be read: {told}", "Give a CSV or Parquet file.") from error
    known = [name for name in COLUMNS if name in table]
    if not known:
        what = f"it has none of the columns {', '.join(COLUMNS)}"
        raise _wrong(path, what, "Name at least one of them so.")
    if len(table) != DAYS * HOURS:
        what = f"it has {len(table):,} rows, not {DAYS * HOURS:,}"
        raise _wrong(path, what, "Give every hour of a year of 365 days; leave out 29 February.")
    faults, found = [], {name: np.ones((DAYS, HOURS)) for name in COLUMNS}
    for name in known:
        values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)
        wrong = np.flatnonzero(~np.isfinite(values) | (values < 0))
        for row in wrong[:_SHOWN]:
            what = f"{table[name].iloc[row]!s} is no factor"
            mend = "Give a number of 0 or more."
            faults.append(Fault(str(path), what, mend, row=int(row) + 2, field=name))
        found[name] = values.reshape(DAYS, HOURS)
    if faults:
        msg = "This file of hourly factors has faults:"
        raise InputError(msg, faults)
    return found


def _wrong(path: Path, what: str, mend: str) -> InputError:
    return InputError("This file of hourly factors cannot be used.", [Fault(str(path), what, mend)])


def dispatch_hours(
    study: DispatchStudy,
    factors: dict[str, Floats],
    *,
    year: int,
    workers: int = 1,
    progress: Callable[[str], None] | None = None,
) -> HourlyYear:
    """Dispatch the last phase on every day of a year, with the sizes that were found.

    Parameters
    ----------
    study
        Sizes, found on its kinds of day.
    factors
        As `read_factors` gives them.
    year
        Of the calendar, which says what kind each day is.
    workers
        Processes.
    progress
        Called with a line of text now and then.
    """
    last = study.phases[-1]
    kinds = kind_of_day(study.setting.study, year)
    q, share = last.question.on_days(kinds), study.setting.efficiency
    connection = q.connection_kw[:, None, None]
    base_kw = study.setting.placement.base_mw[-1][_rows(study, q)][:, kinds] * 1000
    load = np.minimum(q.load_kw * factors["charging_factor"], connection)
    pool = study.setting.sites.pool_kw[-1, last.rows][:, None, None]
    whole = replace(
        q,
        days=tuple(f"{number + 1}" for number in range(DAYS)),
        days_per_year=np.ones(DAYS),
        load_kw=load,
        design_kw=np.minimum(np.maximum(q.design_kw, load), connection),
        room_kw=q.room_kw + base_kw * (1 - factors["base_factor"]),
        sun=q.sun * factors["pv_factor"],
        v2g_kw=np.minimum(q.v2g_kw, np.maximum(pool - share * load, 0.0)),
    )
    sizes = last.found.schedule.sizes
    return HourlyYear(year, whole, dispatch_year(whole, sizes, workers=workers, progress=progress))


def _rows(study: DispatchStudy, question: Question) -> NDArray[np.int64]:
    """Return the places of a question's groups among the city's substations."""
    names = pd.Index(study.setting.placement.substations)
    return names.get_indexer(pd.Index(question.groups)).astype(np.int64)
