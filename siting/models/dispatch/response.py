"""Hold a call for help, the schedule it meets, and who helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Planned:
    """Hold the flows of one kind of day as they were planned, (J, H) kW; stored kWh."""

    pv_kw: Floats
    charge_kw: Floats
    discharge_kw: Floats
    stored_kwh: Floats
    given_kw: Floats
    back_kw: Floats

    @property
    def shift_kw(self) -> Floats:
        """Return what equipment adds to the load."""
        return self.charge_kw + self.back_kw - self.discharge_kw - self.given_kw - self.pv_kw

    def rolled(self, hours: int) -> Planned:
        """Return the same day, begun some hours later."""
        return Planned(*(np.roll(flow, -hours, axis=1) for flow in vars(self).values()))


@dataclass(frozen=True)
class Call:
    """Hold what is asked, and what helping costs."""

    start: int
    """Hour of the day."""
    hours: int
    kw: float
    """Above zero."""
    up: bool
    """More load, rather than less."""
    defer_share: float
    defer_hours: int
    defer_cny_kwh: float
    shed_share: float
    unserved_cny_kwh: float
    notice_h: int = 0
    """Hours before the start at which it is known; the schedule may change from then on."""

    @property
    def first(self) -> int:
        """Hour at which the schedule may change first; below zero on the day before."""
        return self.start - self.notice_h

    @property
    def span(self) -> slice:
        """Hours of the event, counted from ``first``."""
        return slice(self.notice_h, self.notice_h + self.hours)


@dataclass(frozen=True, eq=False)
class Response:
    """Hold who helps, (J, H) kW from the call on; above zero takes load off."""

    storage_kw: Floats
    v2g_kw: Floats
    pv_kw: Floats
    deferred_kw: Floats
    """Below zero where charging is made up for, or drawn forward."""
    shed_kw: Floats
    before_kw: Floats
    """What was to be taken from the grid."""
    cost_cny: float
    """More spent on energy, wear and vehicles than was planned."""
    call: Call

    @property
    def change_kw(self) -> Floats:
        """Return by how much each station's load falls."""
        parts = (self.storage_kw, self.v2g_kw, self.pv_kw, self.deferred_kw, self.shed_kw)
        return np.asarray(np.sum(parts, axis=0))

    @property
    def helped_kw(self) -> Floats:
        """Return what each station gives in the event's hours, in the sense that was asked."""
        sense = -1.0 if self.call.up else 1.0
        return sense * self.change_kw[:, self.call.span]

    @property
    def delivered_kw(self) -> Floats:
        """Return what counts as delivered in each hour: no more than was asked."""
        return np.asarray(np.clip(self.helped_kw.sum(axis=0), 0.0, self.call.kw))
