"""Say in one sentence what a classical question asked, and what the answer is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.maps.report_text import percent
from siting.maps.strings import STRINGS
from siting.scenario.kinds import CLASSICAL

if TYPE_CHECKING:
    from siting.plan import Document

_FOUR_FIGURES = 1000
_FINE = 1e-4
"""A gap below this is more than nothing, but 0.00 % with two decimals."""


def answer_words(document: Document) -> tuple[str, str] | None:
    """Return question and answer in English and Chinese, plain text; None for a phased question.

    Parameters
    ----------
    document
        The plan.
    """
    outcome, kpis = document.outcome, document.kpis
    if outcome.objective_kind not in CLASSICAL:
        return None
    value, million = outcome.objective, 1e6
    figures = f"{value:,.0f}" if abs(value) >= _FOUR_FIGURES else f"{value:,.2f}"
    money = outcome.objective_kind == "facility"
    values = {
        "stations": f"{kpis.stations_open:,}",
        "value": f"{value / million:,.1f}" if money else figures,
        "share": percent(value / kpis.demand_kwh_day) if kpis.demand_kwh_day else "–",
        "capex": f"{kpis.capex_cny / million:,.1f}",
        "drives": f"{(value - kpis.capex_cny) / million:,.1f}",
    }
    key = f"answer_{outcome.objective_kind}"
    english, chinese = (
        text.format(**values, proof=proof)
        for text, proof in zip(STRINGS[key], _proof(document), strict=True)
    )
    return english, chinese


def _proof(document: Document) -> tuple[str, str]:
    outcome = document.outcome
    if outcome.status != "feasible":
        return STRINGS["answer_given" if outcome.status == "given" else "answer_proved"]
    gap = "0.01 %" if outcome.gap < _FINE else percent(outcome.gap, 2)
    english, chinese = (text.format(gap=gap) for text in STRINGS["answer_within"])
    return english, chinese
