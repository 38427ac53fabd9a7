"""Read a demand-response event as an operator writes it: ``2025-07-15T14:00/2h``."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siting.errors import Fault, InputError
from siting.grid.calendar import DAYS, kind_of_day

if TYPE_CHECKING:
    from siting.grid.storage import Storage
    from siting.grid.study import Study
    from siting.plan import Document

_FORM = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})/(\d{1,4})(h|min)")
_MOST_HOURS = 12
_DAY_HOURS = 24
_WRITE = "Write it as 2025-07-15T14:00/2h: start, and whole hours."


@dataclass(frozen=True)
class Event:
    """Hold when help is asked for, how much, and which state of the plan and day it meets."""

    begin: dt.datetime
    hours: int
    kw: float
    up: bool
    phase: int
    day: int
    """Place of the kind of day among those of the study."""
    notice_h: int = 0
    """Hours before its start at which it is told."""


def read_event(
    text: str,
    mw: float,
    *,
    up: bool,
    document: Document,
    study: Study,
    storage: Storage,
    notice_h: int = 0,
) -> Event:
    """Return an event, checked.

    In a year of a phase the plan stands as that phase leaves it, and later as the latest phase
    before; it is known until its batteries are worn out.

    Parameters
    ----------
    text
        As the operator wrote it.
    mw
        What is asked for.
    up
        More load, rather than less.
    document, study, storage
        The plan, the kinds of day, and what an aggregator may offer at least.
    notice_h
        Hours before its start at which it is told.

    Raises
    ------
    InputError
        If it is malformed, too small, too short, or outside the plan's years.
    """
    begin, hours = _when(text)
    least = storage.response
    faults = []
    if not math.isfinite(mw) or mw <= 0:
        faults.append(Fault("--mw", f"{mw:g} is not above zero", "Give MW above zero."))
    elif 1000 * mw < least.least_kw:
        what = f"{mw:g} MW is less than the {least.least_kw / 1000:g} MW of an aggregator"
        faults.append(Fault("--mw", what, "Ask for more, or change response.least_kw."))
    if hours < least.least_hours:
        what = f"{hours} h is shorter than the {least.least_hours:g} h of an aggregator"
        faults.append(Fault("--event", what, "Ask for longer, or change response.least_hours."))
    most = _DAY_HOURS - hours - math.ceil(least.defer_hours)
    if not 0 <= notice_h <= most:
        what = f"{notice_h} h is not from 0 to {most}: notice, event and what comes back fill a day"
        faults.append(Fault("--notice", what, "Give fewer hours of notice."))
    years = [int(phase.date[:4]) for phase in document.phases]
    last = years[-1] + math.floor(storage.battery.life_years)
    if not years[0] <= begin.year <= last:
        what = f"{begin.year} is outside the plan's years {years[0]} to {last}"
        faults.append(Fault("--event", what, "Give a date within them."))
    if faults:
        msg = "This event cannot be answered."
        raise InputError(msg, faults)
    phase = max(n for n, year in enumerate(years) if year <= begin.year)
    number = min(begin.timetuple().tm_yday, DAYS) - 1
    day = int(kind_of_day(study, begin.year)[number])
    return Event(begin, hours, 1000 * mw, up, phase, day, notice_h)


def _when(text: str) -> tuple[dt.datetime, int]:
    found = _FORM.fullmatch(text.strip())
    what = f"{text!r} is no event"
    begin, hours = None, 0.0
    if found:
        hours = int(found[2]) / (60 if found[3] == "min" else 1)
        try:
            begin = dt.datetime.fromisoformat(found[1])
        except ValueError:
            what = f"{found[1]} is no time"
    if begin is not None:
        if begin.minute or hours != int(hours):
            what, begin = f"{text!r} is not of whole hours, as the load is", None
        elif not 1 <= hours <= _MOST_HOURS:
            what, begin = f"{hours:g} h is not from 1 to {_MOST_HOURS}", None
    if begin is None:
        msg = "This event cannot be read."
        raise InputError(msg, [Fault("--event", what, _WRITE)])
    return begin, int(hours)
