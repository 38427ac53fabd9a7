"""Size and dispatch storage, PV and V2G of a plan, phase by phase; sum up what that changes.

Each phase is sized on its own, with no less than stood before: nobody is taken to foresee the
phases to come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.grid.plant import Setting, sites_of
from siting.models.dispatch.question import NOWHERE, Sizes
from siting.models.dispatch.schedule import KEPT_KW, Costs, Schedule, costs, settled
from siting.models.dispatch.solve import Dispatched, dispatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.grid.folder import GridStudy
    from siting.grid.storage import Storage
    from siting.grid.tariff import Tariff
    from siting.models.dispatch.question import Question
    from siting.plan import Document
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

SIZE_NAMES = ("battery_kwh", "battery_kw", "pv_kw")


@dataclass(frozen=True, eq=False)
class PhaseDispatch:
    """Hold one phase: what was asked, the answer, and the same stations without equipment."""

    rows: Places
    """(J,) places of the stations that are open, among the plan's."""
    question: Question
    found: Dispatched
    bare: Schedule
    bare_costs: Costs

    @property
    def over_kw(self) -> float:
        """Return the deepest overload that is left."""
        return float(self.found.schedule.over_kw.max(initial=0.0))


@dataclass(frozen=True, eq=False)
class DispatchStudy:
    """Hold all phases."""

    setting: Setting
    phases: tuple[PhaseDispatch, ...]
    label: str
    """'' for real data, else what every output must say."""

    @property
    def holds(self) -> bool:
        """Tell whether every substation's limit is kept, in every phase."""
        return all(phase.over_kw < KEPT_KW for phase in self.phases)

    def state(self, name: str) -> Floats:
        """Return a size of all the plan's stations, (T, S)."""
        count = len(self.setting.placement.stations)
        return np.array(
            [_spread(vars(one.found.schedule.sizes)[name], one.rows, count) for one in self.phases]
        )

    def invested_cny(self) -> Floats:
        """Return what the equipment that stands has cost, (T, S)."""
        battery, pv = self.setting.storage.battery, self.setting.storage.pv
        return np.asarray(
            battery.cny_kwh * self.state("battery_kwh")
            + battery.cny_kw * self.state("battery_kw")
            + pv.cny_kw * self.state("pv_kw")
        )

    def summary(self) -> dict[str, Any]:
        """Return the study in a few numbers, for JSON."""
        storage = self.setting.storage
        rows = [self._phase(t) for t in range(len(self.phases))]
        return {
            "holds": self.holds,
            "storage": storage.name,
            "tariff": self.setting.tariff.name,
            "study": self.setting.study.name,
            "label": self.label,
            "phases": rows,
        }

    def _phase(self, t: int) -> dict[str, Any]:
        one = self.phases[t]
        plan, found, q = one.found.schedule, one.found, one.question
        a_year = q.days_per_year[:, None]
        mwh = {
            name: float((vars(plan)[f"{name}_kw"] * a_year).sum()) / 1000
            for name in ("import", "export", "pv", "discharge", "given")
        }
        return {
            "phase": self.setting.placement.phases[t],
            "stations": len(one.rows),
            "v2g_stations": int((q.v2g_kw.max(axis=(1, 2), initial=0.0) > 0).sum()),
            "battery_mwh": float(plan.sizes.battery_kwh.sum()) / 1000,
            "battery_mw": float(plan.sizes.battery_kw.sum()) / 1000,
            "pv_mw": float(plan.sizes.pv_kw.sum()) / 1000,
            "invested_cny": float(self.invested_cny()[t].sum()),
            "cost_without_cny_year": float(one.bare_costs.by_station.sum()),
            "cost_cny_year": float(found.costs.by_station.sum()),
            "bound_cny_year": found.bound_cny,
            "gap": found.gap,
            "parts": found.parts,
            **{f"{name}_mwh_year": value for name, value in mwh.items()},
            "peak_without_mw": _peak_mw(q.load_kw),
            "peak_mw": _peak_mw(plan.grid_kw),
            "over_without_mw": float(one.bare.over_kw.max(initial=0.0)) / 1000,
            "over_mw": one.over_kw / 1000,
            "hours_over_without": _hours_over(one.bare.over_kw, q.days_per_year),
            "hours_over": _hours_over(plan.over_kw, q.days_per_year),
        }


def dispatch_plan(
    found: GridStudy,
    document: Document,
    scenario: Scenario,
    storage: Storage,
    tariff: Tariff,
    *,
    workers: int = 1,
    progress: Callable[[str], None] | None = None,
) -> DispatchStudy:
    """Size and dispatch equipment at a plan's stations.

    Parameters
    ----------
    found
        The plan's load.
    document, scenario
        The plan and its question.
    storage, tariff
        What equipment costs, and what energy does.
    workers
        Processes.
    progress
        Called with a line of text now and then.
    """
    sites = sites_of(document, scenario, storage)
    place, share = found.placement, scenario.grid.efficiency
    setting = Setting(place, sites, found.study, storage, tariff, share)
    phases: list[PhaseDispatch] = []
    before: Sizes | None = None
    for t in range(len(place.phases)):
        question = setting.question(t, before)
        answer = dispatch(question, workers=workers, progress=progress)
        phases.append(compared(setting.open_at(t), question, answer))
        before = Sizes(
            *(
                _spread(vars(answer.schedule.sizes)[n], phases[-1].rows, len(place.stations))
                for n in SIZE_NAMES
            )
        )
    return DispatchStudy(setting, tuple(phases), found.label)


def compared(rows: Places, question: Question, answer: Dispatched) -> PhaseDispatch:
    """Return an answer beside the same stations without any equipment.

    Parameters
    ----------
    rows
        (J,) places of the stations among the plan's.
    question, answer
        What was asked, and found.
    """
    bare = question.bare()
    nothing = {name: np.zeros(question.shape) for name in ("u", "c", "d", "v", "r")}
    schedule = settled(bare, {**nothing, "P": np.zeros(question.shape[0])})
    return PhaseDispatch(rows, question, answer, schedule, costs(bare, schedule))


def _spread(values: Floats, rows: Places, count: int) -> Floats:
    whole = np.zeros((count, *values.shape[1:]))
    whole[rows] = values
    return whole


def _peak_mw(load_kw: Floats) -> float:
    """Return the highest load of all stations together."""
    return float(load_kw.sum(axis=0).max(initial=0.0)) / 1000


def _hours_over(over_kw: Floats, days_per_year: Floats) -> float:
    """Return substation hours a year over the limit."""
    return float(((over_kw > KEPT_KW) * days_per_year[:, None]).sum())


def group_names(question: Question) -> list[str]:
    """Return the substation of each station; '' where it has none."""
    return ["" if g == NOWHERE else question.groups[g] for g in question.group_of]
