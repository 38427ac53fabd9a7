"""Spread the kinds of day over a calendar year, hour by hour."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.grid.placement import HOURS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.placement import Placement
    from siting.grid.study import Study

DAYS = 365
PEAK = (7, 25)
"""Month and day of the summer's peak."""
_SATURDAY = 5


def kind_of_day(study: Study, year: int) -> NDArray[np.int64]:
    """Return the kind of each of the year's first 365 days, (365,), as a place in ``study.days``.

    Summer days are the working days nearest to 25 July; weekend days fall on Saturdays and
    Sundays, then on Mondays spread over the year; counts are those of the study, rounded so that
    they add up to 365.

    Parameters
    ----------
    study
        The kinds of day.
    year
        Of the calendar.
    """
    dates = [dt.date(year, 1, 1) + dt.timedelta(days=n) for n in range(DAYS)]
    number = np.arange(DAYS)
    weekend = np.array([date.weekday() >= _SATURDAY for date in dates])
    monday = np.array([date.weekday() == 0 for date in dates])
    from_peak = np.abs(number - (dt.date(year, *PEAK) - dates[0]).days)
    spread = (number * 173) % DAYS  # 173 is prime to 365: any first n of these are spread evenly
    order = {
        "summer": np.lexsort((from_peak, weekend)),
        "weekend": np.lexsort((spread, ~monday, ~weekend)),
        "other": number,
    }
    kinds = np.full(DAYS, -1, dtype=np.int64)
    days = list(study.days.values())
    counts = _rounded(np.array([day.days_per_year for day in days]))
    for rank in order:
        for place, day in enumerate(days):
            if day.when == rank:
                free = order[rank][kinds[order[rank]] < 0]
                kinds[free[: counts[place]]] = place
    return kinds


def _rounded(days: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole numbers with the same sum, the largest remainders rounded up."""
    whole = np.floor(days).astype(np.int64)
    short = DAYS - int(whole.sum())
    whole[np.argsort(whole - days, kind="stable")[:short]] += 1
    return whole


def year_load(placement: Placement, study: Study, *, phase: int, year: int) -> pd.DataFrame:
    """Return every substation's 8,760 hours: time, substation, base, charging and expected MW.

    Parameters
    ----------
    placement
        The placed load.
    study
        Its kinds of day.
    phase
        Place of the phase.
    year
        Of the calendar.
    """
    kinds = kind_of_day(study, year)
    start = np.datetime64(f"{year:04d}-01-01T00", "h")
    time = start + np.arange(DAYS * HOURS).astype("timedelta64[h]")
    count = len(placement.substations)
    columns = {"base_mw": "base_mw", "charging_mw": "charging_mw", "expected_mw": "expected_mw"}
    hours = {
        name: getattr(placement, field)[phase][:, kinds].reshape(count, -1).ravel()
        for name, field in columns.items()
    }
    names = pd.Categorical(
        np.repeat(np.array(placement.substations, dtype=object), DAYS * HOURS),
        categories=list(placement.substations),
    )
    return pd.DataFrame({"time": np.tile(time, count), "substation": names, **hours})
