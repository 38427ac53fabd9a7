r"""Count a plan's carbon under a method: what it avoids, what it emits, what building it emits.

Baseline less project less leakage, after T/CSAE 235-2021 (green travel by electric car):

.. math:: \text{net} = (1 - \lambda) \sum_f q \, a_f \frac{\ell_f}{k_f} e_f
          - \sum_h (g_h \, \varepsilon_h + p_h \, \varepsilon^{PV}),

with :math:`q` the kWh delivered, :math:`a_f` fleet :math:`f`'s share of it, :math:`\ell_f` litres
and :math:`k_f` kWh per 100 km, :math:`e_f` kg of CO2 a litre, :math:`g_h` and :math:`p_h` the kWh
taken from the grid and from PV in hour :math:`h`, and :math:`\varepsilon` their factors. The grid's
factor falls from its year on. A phase's stations run from the year after its date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.data.demand import estimator_kwh
from siting.errors import Fault, ScenarioError
from siting.grid.built import built

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.grid.carbon_method import CarbonMethod
    from siting.grid.energy import Energy
    from siting.plan import Document
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]

STAGES = ("planning", "construction", "operation", "retrofit", "end of life")
"""Of a government project's carbon account."""
_ALL = "all"
_T = 1000.0


@dataclass(frozen=True, eq=False)
class CarbonAccount:
    """Hold what was counted; tonnes of CO2."""

    method: CarbonMethod
    by_phase: pd.DataFrame
    """phase, grid_mwh, delivered_mwh, avoided_t, grid_t, pv_t, net_t: a year at that phase."""
    by_hour: pd.DataFrame
    """phase, hour, grid_mwh, kg_per_kwh, grid_t: a year at that phase."""
    by_fleet: pd.DataFrame
    """phase, fleet, delivered_mwh, litres, avoided_t: a year at that phase."""
    embodied: pd.DataFrame
    """stage, t: over the horizon."""
    by_year: pd.DataFrame
    """year, phase, net_t, embodied_t, cumulative_t: over the horizon."""

    @property
    def payback_years(self) -> float | None:
        """Return when what is avoided has made up for what was built; None within no horizon."""
        table = self.by_year
        above = np.flatnonzero(table["cumulative_t"].to_numpy() >= 0)
        below = np.flatnonzero(table["cumulative_t"].to_numpy() < 0)
        if not len(below):
            return 0.0
        if not len(above) or above[-1] < below[-1]:
            return None
        last = int(below[-1])
        owed = -float(table["cumulative_t"].iloc[last])
        gained = float(table["cumulative_t"].iloc[last + 1]) + owed
        return last + 1 + owed / gained

    def summary(self) -> dict[str, Any]:
        """Return the account in a few numbers, for JSON."""
        value, embodied = self.method.value, float(self.embodied["t"].sum())
        net = float(self.by_year["net_t"].sum())
        return {
            "method": self.method.name,
            "citation": self.method.citation,
            "boundary": self.method.boundary,
            "horizon_years": self.method.horizon_years,
            "net_avoided_t": net,
            "embodied_t": embodied,
            "life_cycle_t": net - embodied,
            "payback_years": self.payback_years,
            "value_cny": (net - embodied) * value.cny_per_t,
            "cny_per_t": value.cny_per_t,
            "credit_eligible": value.credit_eligible,
            "credit_why": value.why,
        }


def carbon_account(
    document: Document, case: Case, scenario: Scenario, energy: Energy, method: CarbonMethod
) -> CarbonAccount:
    """Count a plan's carbon.

    Parameters
    ----------
    document, case, scenario
        The plan, its city and its question.
    energy
        What it takes and gives.
    method
        How to count.

    Raises
    ------
    ScenarioError
        If the scenario counts a fleet the method does not know.
    """
    shares = fleet_shares(case, scenario, method)
    by_fleet = _by_fleet(document, energy, shares, method)
    by_hour = _by_hour(document, energy, method)
    by_phase = _by_phase(document, energy, by_fleet, by_hour, method)
    stages = _embodied(document, scenario, energy, method)
    embodied = pd.DataFrame({"stage": STAGES, "t": stages.sum(axis=1) / _T})
    by_year = _by_year(document, by_phase, stages, method)
    return CarbonAccount(method, by_phase, by_hour, by_fleet, embodied, by_year)


def fleet_shares(case: Case, scenario: Scenario, method: CarbonMethod) -> Floats:
    """Return each fleet's share of the energy delivered, (T, F).

    Where the scenario counts fleets itself its own energy counts; what one of its estimators gives
    for several users, or for all, is split as the method says.

    Raises
    ------
    ScenarioError
        If the method does not know a fleet.
    """
    own = np.array([fleet.energy_share for fleet in method.fleets.values()])
    items, names = scenario.demand.estimators, list(method.fleets)
    if not items:
        return np.tile(own, (len(scenario.phases), 1))
    share = np.zeros((len(items), len(names)))
    for e, item in enumerate(items):
        covered = names if _ALL in item.covers else list(item.covers)
        unknown = [name for name in covered if name not in names]
        if unknown:
            msg = "The carbon method does not fit the scenario."
            what = f"it has no fleet {', '.join(unknown)}"
            mend = "Add it under [fleets], or take another method."
            raise ScenarioError(msg, [Fault(f"models/carbon/{method.name}.toml", what, mend)])
        part = np.array([own[n] if name in covered else 0.0 for n, name in enumerate(names)])
        if not part.any():
            part = np.array([1.0 if name in covered else 0.0 for name in names])
        share[e] = part / part.sum()
    given = estimator_kwh(case, scenario).sum(axis=2).T @ share
    return np.asarray(given / given.sum(axis=1, keepdims=True))


def grid_factor(method: CarbonMethod, year: int) -> Floats:
    """Return the grid's factor by hour of the day in a year, (24,) kg of CO2 a kWh."""
    electricity = method.electricity
    hourly = np.array(electricity.hourly or (1.0,) * 24)
    return np.asarray(electricity.kg_per_kwh * _fallen(method, year) * hourly)


def _fallen(method: CarbonMethod, year: int) -> float:
    """Return what is left of the grid's factor in a year."""
    since = max(0, year - method.electricity.year)
    return float((1 - method.electricity.decline_per_year) ** since)


def _years(document: Document) -> list[int]:
    """Return the first whole year of each phase's state."""
    return [int(phase.date[:4]) + 1 for phase in document.phases]


def _by_fleet(
    document: Document, energy: Energy, shares: Floats, method: CarbonMethod
) -> pd.DataFrame:
    delivered = energy.per_year(energy.delivered_kw).sum(axis=1)
    rows = []
    for t, phase in enumerate(document.phases):
        for f, (name, fleet) in enumerate(method.fleets.items()):
            kwh = delivered[t] * shares[t, f]
            litres = kwh / fleet.kwh_per_100km * fleet.litres_per_100km
            kg = litres * method.fuels[fleet.fuel].kg_per_litre
            rows.append((phase.name, name, kwh / 1000, litres, kg / _T))
    columns = ["phase", "fleet", "delivered_mwh", "litres", "avoided_t"]
    return pd.DataFrame(rows, columns=columns)


def _by_hour(document: Document, energy: Energy, method: CarbonMethod) -> pd.DataFrame:
    taken = energy.per_year(energy.grid_kw)
    parts = []
    for t, (phase, year) in enumerate(zip(document.phases, _years(document), strict=True)):
        factor = grid_factor(method, year)
        parts.append(
            pd.DataFrame(
                {
                    "phase": phase.name,
                    "hour": np.arange(24),
                    "grid_mwh": taken[t] / 1000,
                    "kg_per_kwh": factor,
                    "grid_t": taken[t] * factor / _T,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _by_phase(
    document: Document,
    energy: Energy,
    by_fleet: pd.DataFrame,
    by_hour: pd.DataFrame,
    method: CarbonMethod,
) -> pd.DataFrame:
    pv_kwh = energy.per_year(energy.pv_kw).sum(axis=1)
    rows = []
    for t, phase in enumerate(document.phases):
        fleets = by_fleet[by_fleet["phase"] == phase.name]
        hours = by_hour[by_hour["phase"] == phase.name]
        avoided, grid = float(fleets["avoided_t"].sum()), float(hours["grid_t"].sum())
        pv = float(pv_kwh[t]) * method.electricity.pv_kg_per_kwh / _T
        leakage = method.leakage_share * avoided
        rows.append(
            {
                "phase": phase.name,
                "grid_mwh": float(hours["grid_mwh"].sum()),
                "pv_mwh": float(pv_kwh[t]) / 1000,
                "delivered_mwh": float(fleets["delivered_mwh"].sum()),
                "avoided_t": avoided,
                "leakage_t": leakage,
                "grid_t": grid,
                "pv_t": pv,
                "net_t": avoided - leakage - grid - pv,
            }
        )
    return pd.DataFrame(rows)


def _embodied(
    document: Document, scenario: Scenario, energy: Energy, method: CarbonMethod
) -> Floats:
    """Return embodied carbon by stage and year of the horizon, (5, Y) kg."""
    factors, years = method.embodied, _horizon(document, method)
    added, stages = built(document, scenario), np.zeros((len(STAGES), len(years)))
    battery = np.diff(energy.storage_kwh, axis=0, prepend=0.0).clip(min=0.0)
    ground = factors.concrete_m3_per_bay * factors.concrete_kg_per_m3
    for t, phase in enumerate(document.phases):
        at = int(phase.date[:4]) - years[0]
        power = added.pool_kw[t] * factors.charger_kg_per_kw
        cells = battery[t] * factors.storage_kg_per_kwh
        wire = added.transformer_kva[t] * factors.transformer_kg_per_kva
        whole = added.bays[t] * ground + power + wire + cells
        touched = added.new[t] | added.larger[t]
        stages[0, at] += factors.planning_kg_per_station * touched.sum()
        stages[1, at] += whole[~added.larger[t]].sum()
        stages[3, at] += whole[added.larger[t]].sum()
        stages[2, at + 1 :] += factors.upkeep_share_per_year * (power + wire + cells).sum()
        for part, life in (
            (power.sum(), factors.charger_life_years),
            (cells.sum(), factors.storage_life_years),
        ):
            renewals = np.arange(at + life, len(years) - 1, life)
            np.add.at(stages[3], np.ceil(renewals).astype(int), part)
        stages[4, -1] += factors.end_share * whole.sum()
    return stages


def _horizon(document: Document, method: CarbonMethod) -> list[int]:
    """Return the years that are counted, from that of the first phase."""
    first = int(document.phases[0].date[:4])
    return list(range(first, first + round(method.horizon_years) + 1))


def _by_year(
    document: Document, by_phase: pd.DataFrame, stages: Floats, method: CarbonMethod
) -> pd.DataFrame:
    """Return every year's net and embodied tonnes; each year has that year's grid factor."""
    starts, years = _years(document), _horizon(document, method)
    rows, total = [], 0.0
    for n, year in enumerate(years):
        running = [t for t, start in enumerate(starts) if start <= year]
        net, name = 0.0, ""
        if running:
            state = by_phase.iloc[running[-1]]
            before = _fallen(method, starts[running[-1]])
            grid = state["grid_t"] * _fallen(method, year) / before if before else 0.0
            name = str(state["phase"])
            net = float(state["avoided_t"] - state["leakage_t"] - grid - state["pv_t"])
        embodied = float(stages[:, n].sum()) / _T
        total += net - embodied
        rows.append((year, name, net, embodied, total))
    return pd.DataFrame(rows, columns=["year", "phase", "net_t", "embodied_t", "cumulative_t"])
