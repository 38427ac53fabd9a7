"""Check ratios, counts, money and key figures of every phase."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siting.verify.formulas import budgets_cny, peak_kw
from siting.verify.mismatch import MINUTES
from siting.verify.reinforcement import works_cny
from siting.verify.service import access_minutes, percentile_minutes
from siting.verify.stations import spent_cny

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from siting.plan import Kpis, PhaseResult, Ratio, RatioRow
    from siting.scenario import Phase, StationType
    from siting.verify.mismatch import Ledger
    from siting.verify.service import Served
    from siting.verify.state import Site, State

P95 = 0.95
SHARE = 1e-6
"""Energy shares this close to 95 % may count either way."""


def check_phases(ledger: Ledger, state: State, served: Served) -> None:
    """Check the phases of the document, and that ``ratio`` and ``kpis`` repeat the last one."""
    document = state.plan.document
    said = [phase.name for phase in document.phases]
    if said != state.names:
        ledger.note("phases", ", ".join(said), ", ".join(state.names))
    results = {phase.name: phase for phase in document.phases}
    for number, phase in enumerate(state.scenario.phases):
        result = results.get(phase.name)
        if result is not None:
            _phase(ledger, state, served, number, result)
    last = len(state.names) - 1
    _ratio(ledger, state, last, document.ratio, "ratio")
    _kpis(ledger, state, served, last, document.kpis, "kpis")


def _phase(ledger: Ledger, state: State, served: Served, number: int, result: PhaseResult) -> None:
    where = f"phases[{result.name}]"
    budget = budgets_cny(state.scenario)[number]
    ledger.same(f"{where}.date", result.date, state.scenario.phases[number].date.isoformat())
    ledger.near(f"{where}.budget_cny", result.budget_cny, budget)
    _ratio(ledger, state, number, result.ratio, f"{where}.ratio")
    _kpis(ledger, state, served, number, result.kpis, f"{where}.kpis")
    _targets(ledger.asked, state, number, where)
    if budget is not None:
        spent = sum(spent_cny(state, name, until=number) for name in state.stations)
        spent += works_cny(state, number)
        ledger.asked.at_most(f"{where}.kpis.capex_cny", spent, budget, "money arrived by then")


@dataclass(frozen=True)
class Scope:
    """Hold what one ratio row should say."""

    id: str
    name: str
    name_zh: str
    stations: int
    guns: int
    fuel_stations: int
    nozzles: int | None
    asked: float

    def count(self, form: str) -> tuple[int, int]:
        """Return what is counted, and against what, in the scenario's form."""
        if form == "guns":
            return self.guns, self.nozzles or 0
        return self.stations, self.fuel_stations


def _scopes(state: State, number: int) -> list[Scope]:
    """Return the city, then every district."""
    case, phase = state.case, state.scenario.phases[number]
    stations = list(state.open_super(number))
    city = _scope(("city", case.title, case.title_zh), stations, case.fuel, phase.ratio)
    rows = zip(case.districts["id"], case.districts["name"], case.districts["name_zh"], strict=True)
    return [
        city,
        *(
            _scope(
                row,
                [(site, kind) for site, kind in stations if site.district == row[0]],
                case.fuel[case.fuel["district"] == row[0]],
                _floor(phase, row[0]),
            )
            for row in rows
        ),
    ]


def _floor(phase: Phase, district: str) -> float:
    return max(phase.district_floor, phase.district_ratio.get(district, 0.0))


def _scope(
    label: tuple[str, str, str],
    stations: Sequence[tuple[Site, StationType]],
    fuel: pd.DataFrame,
    asked: float,
) -> Scope:
    known = bool(fuel["nozzles"].notna().all())
    return Scope(
        *label,
        stations=len(stations),
        guns=sum(kind.super_guns for _, kind in stations),
        fuel_stations=len(fuel),
        nozzles=round(fuel["nozzles"].sum()) if known else None,
        asked=asked,
    )


def _ratio(ledger: Ledger, state: State, number: int, ratio: Ratio, where: str) -> None:
    form = state.scenario.ratio.form
    ledger.same(f"{where}.form", ratio.form, form)
    city, *districts = _scopes(state, number)
    _row(ledger, ratio.city, city, form, f"{where}.city")
    said = [row.district for row in ratio.districts]
    expected = [scope.id for scope in districts]
    if sorted(said) != sorted(expected):
        ledger.note(f"{where}.districts", ", ".join(said), ", ".join(expected))
    rows = {row.district: row for row in ratio.districts}
    for scope in districts:
        if scope.id in rows:
            _row(ledger, rows[scope.id], scope, form, f"{where}.districts[{scope.id}]")


def _row(ledger: Ledger, row: RatioRow, scope: Scope, form: str, where: str) -> None:
    ledger.same(f"{where}.district", row.district, scope.id)
    ledger.same(f"{where}.name", row.name, scope.name)
    ledger.same(f"{where}.name_zh", row.name_zh, scope.name_zh)
    ledger.same(f"{where}.stations", row.stations, scope.stations)
    ledger.same(f"{where}.fuel_stations", row.fuel_stations, scope.fuel_stations)
    ledger.same(f"{where}.guns", row.guns, scope.guns)
    ledger.same(f"{where}.nozzles", row.nozzles, scope.nozzles)
    counted, against = scope.count(form)
    ledger.near(f"{where}.ratio", row.ratio, counted / against if against else None)
    ledger.near(f"{where}.target", row.target, scope.asked)


def _targets(ledger: Ledger, state: State, number: int, where: str) -> None:
    form = state.scenario.ratio.form
    for scope in _scopes(state, number):
        counted, against = scope.count(form)
        least = math.ceil(scope.asked * against - 1e-9)
        place = "ratio.city" if scope.id == "city" else f"ratio.districts[{scope.id}]"
        rule = f"target {scope.asked:g} of {against}"
        ledger.at_least(f"{where}.{place}.{form}", counted, least, rule)
    most = state.scenario.phases[number].max_stations
    if most is not None:
        count = sum(1 for _ in state.open_super(number))
        ledger.at_most(f"{where}.kpis.stations_open", count, most, "max_stations")


def _kpis(
    ledger: Ledger, state: State, served: Served, number: int, kpis: Kpis, where: str
) -> None:
    stations = list(state.open_super(number))
    demand, energy = float(served.demand[number].sum()), float(served.energy[number].sum())
    covered = float(served.demand[number, served.covered[number]].sum())
    for field, plan, count in (
        ("stations_open", kpis.stations_open, len(stations)),
        ("stations_new", kpis.stations_new, sum(site.initial is None for site, _ in stations)),
        ("stations_upgraded", kpis.stations_upgraded, _upgraded(state, number)),
        ("guns", kpis.guns, sum(kind.guns for _, kind in stations)),
    ):
        ledger.same(f"{where}.{field}", plan, count)
    for field, amount, found in (
        ("demand_kwh_day", kpis.demand_kwh_day, demand),
        ("served_kwh_day", kpis.served_kwh_day, energy),
        ("demand_served_share", kpis.demand_served_share, energy / demand if demand else 0.0),
        ("demand_covered_share", kpis.demand_covered_share, covered / demand if demand else 0.0),
        (
            "capex_cny",
            kpis.capex_cny,
            sum(spent_cny(state, n, until=number) for n in state.stations)
            + works_cny(state, number),
        ),
        (
            "peak_mw",
            kpis.peak_mw,
            sum(peak_kw(kind, state.scenario) for _, kind in stations) / 1000,
        ),
    ):
        ledger.near(f"{where}.{field}", amount, found)
    _access(ledger, state, number, kpis, where)


def _upgraded(state: State, number: int) -> int:
    count = 0
    for name in state.stations:
        first, label = state.sites[name].initial, state.types[name][number]
        count += first is not None and label is not None and label != first
    return count


def _access(ledger: Ledger, state: State, number: int, kpis: Kpis, where: str) -> None:
    minutes, kwh = access_minutes(state, number)
    mean = p95 = None
    if kwh.sum() > 0:
        mean = float((minutes * kwh).sum() / kwh.sum())
        p95 = percentile_minutes(minutes, kwh, P95 - SHARE)
        later = percentile_minutes(minutes, kwh, P95 + SHARE)
        if kpis.access_minutes_p95 is not None and p95 <= kpis.access_minutes_p95 <= later:
            p95 = kpis.access_minutes_p95
    ledger.near(f"{where}.access_minutes_mean", kpis.access_minutes_mean, mean, absolute=MINUTES)
    ledger.near(f"{where}.access_minutes_p95", kpis.access_minutes_p95, p95, absolute=MINUTES)
