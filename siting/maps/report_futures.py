"""Write how a plan fares in several futures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.maps.report_text import both, given, head, number, percent, table

if TYPE_CHECKING:
    from siting.plan import Document, Future, OverFutures


def over_futures(document: Document) -> str:
    """Return the section's content: each future's figures, regret, and what foresight is worth.

    Parameters
    ----------
    document
        Of a plan for several futures.
    """
    over = document.robust
    if over is None:
        return ""
    text = both(f"fu_{over.objective}") + (both("fu_drawn") if over.drawn else "")
    rows = [_row(over, item) for item in over.futures]
    keys = ("fu_future", "fu_likely", "r_fu_asked", "kpi_served", "r_fu_worth", "r_fu_regret")
    text += table(head(*keys), rows)
    if over.stochastic_value is not None and over.mean_value is not None:
        text += both(
            "r_fu_vss",
            gain=_worth(over, over.stochastic_value),
            mean=_worth(over, over.mean_value),
            gap=percent(over.mean_gap or 0.0, 2),
        )
    if over.perfect_low is not None and over.perfect_high is not None:
        low, high = _worth(over, over.perfect_low), _worth(over, over.perfect_high)
        text += both("r_fu_evpi", low=low, high=high)
    return text + both("fu_regret_note")


def _row(over: OverFutures, item: Future) -> list[str]:
    last = item.phases[-1]
    share = last.served_kwh_day / last.demand_kwh_day if last.demand_kwh_day else 0.0
    return [
        given(item.name),
        percent(item.probability),
        number(last.demand_kwh_day / 1000),
        percent(share),
        _worth(over, item.worth),
        f"{_worth(over, item.regret_low)} – {_worth(over, item.regret_high)}",
    ]


def _worth(over: OverFutures, value: float) -> str:
    return percent(value, 2) if over.measure == "share" else f"{number(value / 1000, 1)} MWh"
