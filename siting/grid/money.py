r"""Ask whether a plan pays: net present value, payback, levelised cost, and the least subsidy.

.. math:: NPV = \sum_t \frac{1}{(1+r)^{a_t}} \left( -C_t + s K_t
          + \sum_{n=1}^{N} \frac{R_t - O_t}{(1+r)^n} \right)

over the phases' increments: :math:`C` invested, :math:`K` kW built and :math:`s` the subsidy a kW,
:math:`R` yearly income and :math:`O` yearly cost of what the phase adds, :math:`a` years after the
first phase, :math:`N` the life. The levelised cost is the discounted cost over the discounted
energy delivered (as the LCOE of the IEA's Projected Costs of Generating Electricity, 2020).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.grid.built import Built, built

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from siting.grid.dispatch_read import Recorded
    from siting.grid.energy import Energy
    from siting.grid.tariff import Tariff
    from siting.grid.terms import Terms
    from siting.plan import Document
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]

MONTHS = 12


@dataclass(frozen=True, eq=False)
class Business:
    """Hold a plan's money by station; T phases, S stations, CNY.

    All of it is what a phase *adds*: the difference from the phase before. Stations the plan only
    keeps are left out, and so is the reinforcement of substations, which is the grid's.
    """

    stations: tuple[str, ...]
    after_years: Floats
    """(T,) years after the first phase."""
    invested: Floats
    """(T, S)"""
    built_kw: Floats
    """(T, S)"""
    income: Floats
    """(T, S) a year."""
    running: Floats
    """(T, S) a year: energy, capacity charge, upkeep, rent."""
    delivered_kwh: Floats
    """(T, S) a year."""
    reinforcement_cny: float
    """Spent on substations in all phases; in none of the figures above."""
    terms: Terms

    @property
    def annuity(self) -> float:
        """Return what one CNY a year over the life is worth at its start."""
        r, n = self.terms.discount, self.terms.life_years
        return float(n) if r == 0 else float((1 - (1 + r) ** -n) / r)

    @property
    def _today(self) -> Floats:
        """(T, 1) what a CNY in each phase is worth in the first."""
        return np.asarray((1 + self.terms.discount) ** -self.after_years)[:, None]

    def npv_cny(self, *, subsidy_cny_kw: float | None = None) -> Floats:
        """Return each station's net present value, (S,).

        Parameters
        ----------
        subsidy_cny_kw
            Instead of that of the terms.
        """
        subsidy = self.terms.subsidy_cny_kw if subsidy_cny_kw is None else subsidy_cny_kw
        start = subsidy * self.built_kw - self.invested
        years = (self.income - self.running) * self.annuity
        return np.asarray(((start + years) * self._today).sum(axis=0))

    def levelised_cny_kwh(self) -> float | None:
        """Return the discounted cost of a kWh delivered; None where nothing is."""
        cost = self.invested + self.running * self.annuity
        energy = float((self.delivered_kwh * self.annuity * self._today).sum())
        return float((cost * self._today).sum()) / energy if energy > 0 else None

    def payback_years(self) -> float | None:
        """Return investment over yearly surplus, undiscounted; None where there is no surplus."""
        surplus = float((self.income - self.running).sum())
        spent = float(self.invested.sum() - self.terms.subsidy_cny_kw * self.built_kw.sum())
        return max(0.0, spent) / surplus if surplus > 0 else None

    def least_subsidy_cny_kw(self) -> float | None:
        """Return the least subsidy a kW that makes the whole plan pay; None where nothing is built.

        The net present value grows by the discounted kW built for each CNY, so it is zero there.
        """
        power = float((self.built_kw * self._today).sum())
        if power <= 0:
            return None
        return max(0.0, -float(self.npv_cny(subsidy_cny_kw=0.0).sum()) / power)

    def sweep(self, subsidies_cny_kw: Iterable[float]) -> pd.DataFrame:
        """Return NPV, payback and how many stations pay at each subsidy."""
        rows = []
        for subsidy in subsidies_cny_kw:
            terms = self.terms.model_copy(update={"subsidy_cny_kw": subsidy})
            npv = self.npv_cny(subsidy_cny_kw=subsidy)
            rows.append(
                {
                    "subsidy_cny_kw": subsidy,
                    "subsidy_cny": subsidy * float(self.built_kw.sum()),
                    "npv_cny": float(npv.sum()),
                    "payback_years": replace(self, terms=terms).payback_years(),
                    "stations_that_pay": int((npv[self._touched] >= 0).sum()),
                    "stations": int(self._touched.sum()),
                }
            )
        return pd.DataFrame(rows)

    @property
    def _touched(self) -> NDArray[np.bool_]:
        """(S,) stations the plan puts money in."""
        return np.asarray((self.invested != 0).any(axis=0))

    def by_station(self) -> pd.DataFrame:
        """Return each station's money: invested, income and cost a year at the end, NPV."""
        npv = self.npv_cny()
        surplus = (self.income - self.running).sum(axis=0)
        spent = self.invested.sum(axis=0)
        payback = np.full(len(npv), np.nan)
        np.divide(spent, surplus, out=payback, where=surplus > 0)
        return pd.DataFrame(
            {
                "station": self.stations,
                "invested_cny": spent,
                "built_kw": self.built_kw.sum(axis=0),
                "delivered_kwh_year": self.delivered_kwh.sum(axis=0),
                "income_cny_year": self.income.sum(axis=0),
                "running_cny_year": self.running.sum(axis=0),
                "npv_cny": npv,
                "payback_years": payback,
            }
        )

    def summary(self) -> dict[str, Any]:
        """Return the plan's money in a few numbers, for JSON."""
        npv = self.npv_cny()
        return {
            "terms": self.terms.name,
            "discount": self.terms.discount,
            "life_years": self.terms.life_years,
            "invested_cny": float(self.invested.sum()),
            "reinforcement_cny": self.reinforcement_cny,
            "income_cny_year": float(self.income.sum()),
            "running_cny_year": float(self.running.sum()),
            "npv_cny": float(npv.sum()),
            "payback_years": self.payback_years(),
            "levelised_cny_kwh": self.levelised_cny_kwh(),
            "subsidy_cny_kw": self.terms.subsidy_cny_kw,
            "least_subsidy_cny_kw": self.least_subsidy_cny_kw(),
            "stations": int(self._touched.sum()),
            "stations_that_pay": int((npv[self._touched] >= 0).sum()),
        }


def business(
    document: Document,
    scenario: Scenario,
    energy: Energy,
    days: tuple[str, ...],
    terms: Terms,
    tariff: Tariff,
    recorded: Recorded | None = None,
) -> Business:
    """Return a plan's money.

    Parameters
    ----------
    document, scenario
        The plan and its question.
    energy
        What it takes and gives.
    days
        (D,) names of the kinds of day, for the tariff.
    terms, tariff
        What is earned and paid.
    recorded
        Storage, PV and V2G, whose energy is in ``energy`` already: what they cost counts at the
        stations the plan puts money in.
    """
    added = built(document, scenario)
    invested = _invested(document, added)
    income, bought = _energy_money(energy, days, terms, tariff)
    ours = (added.pool_kw > 0).any(axis=0) | (invested != 0).any(axis=0)
    peak = np.maximum(energy.grid_kw.max(axis=(2, 3)), 0.0)
    capacity = peak * tariff.capacity_cny_kw_month * MONTHS
    other = np.cumsum(added.new, axis=0) * terms.other_income_cny_station_year
    rent = added.bays * terms.rent_cny_bay_month * MONTHS
    upkeep = terms.opex_share * np.maximum(invested, 0.0)
    equipment, extra = np.zeros_like(invested), np.zeros_like(invested)
    if recorded is not None:
        equipment = np.maximum(_added(recorded.sizes["invested_cny"]), 0.0) * ours
        extra = recorded.sizes["running_cny_year"]
    dates = [int(phase.date[:4]) for phase in document.phases]
    return Business(
        stations=tuple(station.id for station in document.stations),
        after_years=np.array(dates, dtype=float) - dates[0],
        invested=invested + equipment,
        built_kw=added.pool_kw,
        income=_added(income + other) * ours,
        running=_added(bought + capacity + extra) * ours + upkeep + rent,
        delivered_kwh=_added(energy.by_station(energy.delivered_kw)) * ours,
        reinforcement_cny=sum(item.steps[-1].reinforcement_cny for item in document.substations),
        terms=terms,
    )


def _added(state: Floats) -> Floats:
    """Return what each phase adds to the one before."""
    return np.asarray(np.diff(state, axis=0, prepend=0.0))


def _invested(document: Document, added: Built) -> Floats:
    """Return what is spent on each station by phase, (T, S), split by the power each phase adds."""
    names = [phase.name for phase in document.phases]
    share = added.pool_kw / np.maximum(added.pool_kw.sum(axis=0), 1e-12)
    for s, station in enumerate(document.stations):
        if not added.pool_kw[:, s].any():
            share[names.index(station.phase), s] = 1.0
    return np.asarray(share * np.array([station.capex_cny for station in document.stations]))


def _energy_money(
    energy: Energy, days: tuple[str, ...], terms: Terms, tariff: Tariff
) -> tuple[Floats, Floats]:
    """Return yearly income from drivers and cost of energy, (T, S) each, CNY."""
    price = np.array([tariff.buy(day) for day in days])
    taken, fed = np.maximum(energy.grid_kw, 0.0), np.maximum(-energy.grid_kw, 0.0)
    weighted = price * energy.days_per_year[:, None]
    cost = np.einsum("tsdh,dh->ts", taken, weighted)
    feed_in = np.array([tariff.feed_in(day) for day in days]) * energy.days_per_year[:, None]
    cost -= np.einsum("tsdh,dh->ts", fed, feed_in)
    asked = terms.pass_on * weighted + terms.service_fee_cny_kwh * energy.days_per_year[:, None]
    return np.einsum("tsdh,dh->ts", energy.delivered_kw, asked), np.asarray(cost)
