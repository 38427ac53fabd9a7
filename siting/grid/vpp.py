"""Run a plan's stations as a virtual power plant: what they offer, and how they answer a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.grid.flexibility import area_offers, flexibility, station_offers
from siting.models.dispatch.event import respond
from siting.models.dispatch.question import Sizes
from siting.models.dispatch.response import Call, Planned
from siting.models.dispatch.schedule import KEPT_KW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.dispatch_read import Recorded
    from siting.grid.event import Event
    from siting.grid.plant import Setting
    from siting.models.dispatch.question import Question
    from siting.models.dispatch.response import Response
    from siting.plan import Document

    Floats = NDArray[np.float64]

_FLOWS = ("pv_kw", "charge_kw", "discharge_kw", "stored_kwh", "v2g_kw", "v2g_back_kw")
SOURCES = ("deferred", "shed", "storage", "v2g", "pv")


@dataclass(frozen=True, eq=False)
class Plant:
    """Hold a plan's stations with what a dispatch gave them; without one, guns and V2G alone."""

    setting: Setting
    recorded: Recorded | None
    districts: tuple[str, ...]
    """(S,)"""
    label: str

    def day(self, phase: int, day: int) -> tuple[Question, Planned]:
        """Return the stations of a phase on a kind of day, sizes fixed, and their schedule.

        Parameters
        ----------
        phase, day
            Their places.
        """
        rows = self.setting.open_at(phase)
        question = self.setting.question(phase).on_days(np.array([day]))
        none = np.zeros(len(rows))
        if self.recorded is None:
            nothing = np.zeros((len(rows), question.shape[2]))
            return question.fixed(Sizes(none, none, none)), Planned(*([nothing] * len(_FLOWS)))
        size, flow = self.recorded.sizes, self.recorded.flows
        names = ("battery_kwh", "battery_kw", "pv_kw")
        sizes = Sizes(*(size[name][phase, rows] for name in names))
        planned = Planned(*(flow[name][phase, rows, day] for name in _FLOWS))
        return question.fixed(sizes), planned

    def offers(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return what is offered by station, and by substation, district and city."""
        response, placement = self.setting.storage.response, self.setting.placement
        by_station, by_area = [], []
        for t, phase in enumerate(placement.phases):
            districts = [self.districts[s] for s in self.setting.open_at(t)]
            days = []
            for d in range(len(placement.days)):
                question, planned = self.day(t, d)
                found = flexibility(question, planned, response)
                days.append(station_offers(question, found, districts))
            table = pd.concat(days, ignore_index=True)
            by_station.append(table.assign(phase=phase))
            by_area.append(area_offers(table, response).assign(phase=phase))
        return _joined(by_station), _joined(by_area)

    def answer(self, event: Event) -> Answer:
        """Return how the stations answer a call, and what that earns.

        Parameters
        ----------
        event
            The call.
        """
        question, planned = self.day(event.phase, event.day)
        terms = self.setting.storage.response
        call = Call(
            start=event.begin.hour,
            hours=event.hours,
            kw=event.kw,
            up=event.up,
            defer_share=terms.defer_share,
            defer_hours=terms.defer_hours,
            defer_cny_kwh=terms.defer_cny_kwh,
            shed_share=terms.shed_share,
            unserved_cny_kwh=terms.unserved_cny_kwh,
            notice_h=event.notice_h,
        )
        return Answer(self, event, question, respond(question, planned, call))


def plant(setting: Setting, recorded: Recorded | None, document: Document, label: str) -> Plant:
    """Return a plan's stations as a virtual power plant.

    Parameters
    ----------
    setting
        Its load, stations and settings.
    recorded
        Its dispatch, if there is one.
    document
        The plan.
    label
        '' for real data, else what every output must say.
    """
    return Plant(setting, recorded, tuple(s.district for s in document.stations), label)


@dataclass(frozen=True, eq=False)
class Answer:
    """Hold who helped in an event, by how much, and what it is paid."""

    plant: Plant
    event: Event
    question: Question
    response: Response

    @property
    def paid_cny(self) -> float:
        """Return what is paid for all that was delivered."""
        price = self.plant.setting.storage.response.price_cny_kwh
        return float(self.response.delivered_kw.sum()) * price

    def by_source(self) -> dict[str, float]:
        """Return what each source gave in the event, kWh, in the sense that was asked."""
        on = self.response.call.span
        sense = -1.0 if self.event.up else 1.0
        return {
            name: sense * float(vars(self.response)[f"{name}_kw"][:, on].sum()) + 0.0
            for name in SOURCES
        }

    def stations(self) -> pd.DataFrame:
        """Return one row a station and hour from the call on; pay by what each gave."""
        got, hours = self.response, self.question.shape[2]
        price = self.plant.setting.storage.response.price_cny_kwh
        helped = np.zeros(got.change_kw.shape)
        on = got.call.span
        helped[:, on] = np.maximum(got.helped_kw, 0.0)
        total = helped.sum(axis=0)
        delivered = np.zeros(hours)
        delivered[on] = got.delivered_kw
        share = np.divide(delivered, total, out=np.zeros(hours), where=total > 0)
        begin = np.datetime64(self.event.begin, "h") - np.timedelta64(self.event.notice_h, "h")
        hour = np.arange(hours)
        columns = {f"{name}_kw": vars(got)[f"{name}_kw"].ravel() for name in SOURCES}
        table = pd.DataFrame(
            {
                "station": np.repeat(np.array(self.question.stations, dtype=object), hours),
                "time": np.tile(
                    np.datetime_as_string(begin + np.arange(hours), unit="m"),
                    len(self.question.stations),
                ),
                "in_event": np.tile((hour >= on.start) & (hour < on.stop), len(helped)),
                "before_kw": got.before_kw.ravel(),
                "after_kw": (got.before_kw - got.change_kw).ravel(),
                **columns,
                "paid_cny": (helped * share * price).ravel(),
            }
        )
        tied = ["" if g < 0 else self.question.groups[g] for g in self.question.group_of]
        table.insert(1, "substation", np.repeat(np.array(tied, dtype=object), hours))
        return table

    def summary(self) -> dict[str, Any]:
        """Return the answer in a few numbers, for JSON."""
        got, event, place = self.response, self.event, self.plant.setting.placement
        terms = self.plant.setting.storage.response
        delivered = got.delivered_kw
        sense = 1.0 if event.up else -1.0
        span = got.call.span
        after = sense * got.change_kw[:, span.stop :].sum(axis=0)
        before = sense * got.change_kw[:, : span.start].sum(axis=0)
        deferred = float(np.maximum(got.deferred_kw, 0.0).sum())
        shed = float(got.shed_kw.sum())
        wait = deferred * terms.defer_cny_kwh
        unserved = shed * terms.unserved_cny_kwh
        return {
            "event": event.begin.isoformat(timespec="minutes"),
            "hours": event.hours,
            "direction": "up" if event.up else "down",
            "phase": place.phases[event.phase],
            "day": place.days[event.day],
            "asked_mw": event.kw / 1000,
            "delivered_mw": (delivered / 1000).tolist(),
            "planned_mw": (got.before_kw[:, span].sum(axis=0) / 1000).tolist(),
            "may_feed": self.question.equipment.storage_export,
            "met": bool((delivered >= event.kw * (1 - 1e-6)).all()),
            "may_be_offered": bool((delivered >= terms.least_kw).all()),
            "delivered_kwh": float(delivered.sum()),
            "by_source_kwh": self.by_source(),
            "stations_that_help": int((got.helped_kw.max(axis=1) > KEPT_KW).sum()),
            "unserved_kwh": shed,
            "deferred_kwh": deferred,
            "notice_h": event.notice_h,
            "prepared_kwh": float(before.sum()) + 0.0,
            "rebound_kwh": float(after.sum()),
            "rebound_peak_mw": max(0.0, float(after.max())) / 1000,
            "paid_cny": self.paid_cny,
            "energy_cny": got.cost_cny,
            "drivers_cny": wait,
            "unserved_cny": unserved,
            "net_cny": self.paid_cny - got.cost_cny - wait - unserved,
            "with_dispatch": self.plant.recorded is not None,
        }


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return tables below each other, the phase in front."""
    table = pd.concat(tables, ignore_index=True)
    return table[["phase", *(name for name in table if name != "phase")]]
