"""Put plans side by side: figures, changes against the first, and what was asked of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.compare.asked import Difference, differences, scenario_data
from siting.compare.figures import CITY, MEASURES, figures
from siting.compare.read import FOR_THE_EYE, Compared, layers_of
from siting.compare.stations import CHANGES, MOVED_M, Found, station_table
from siting.compare.substations import over_limit, substation_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siting.data.case import Case

_NAMES = ("name", "title", "title_zh", "case", "sources")
_SEARCH = "solve"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Hold plans beside each other."""

    plans: tuple[Compared, ...]
    figures: pd.DataFrame
    stations: pd.DataFrame
    substations: pd.DataFrame
    changes: Found
    """What became of each station of the first plan in the others."""
    moved_m: float
    asked: tuple[Difference, ...]
    """Keys of the question that differ."""
    searched: tuple[Difference, ...]
    """What else differs: how it was searched, with which versions, on which layers for the eye."""

    @property
    def label(self) -> str:
        """Return what must be said of the city; '' for a real one."""
        return self.plans[0].plan.document.provenance.label

    def headline(self) -> list[dict[str, Any]]:
        """Return each plan's last phase in figures, with changes against the first."""
        rows = []
        for item in self.plans:
            table = self.figures
            mine = table[(table["plan"] == item.letter) & (table["district"] == CITY)].iloc[-1]
            counts: dict[str, int | None] = dict.fromkeys(CHANGES)
            if item is not self.plans[0]:
                counts = self.counts(item.letter)
            document = item.plan.document
            given = document.outcome.status == "given"  # evaluated as it is: nothing was proved
            rows.append(
                {
                    "plan": item.letter,
                    "name": item.name,
                    "folder": str(item.folder),
                    "phase": mine["phase"],
                    **{name: _plain(mine[name]) for name in MEASURES},
                    "substations_over": over_limit(item, len(document.phases) - 1),
                    "carbon_t": carbon_t(item),
                    **counts,
                    "outcome": document.outcome.status,
                    "gap": None if given else document.outcome.gap,
                }
            )
        return rows

    def counts(self, letter: str) -> dict[str, int | None]:
        """Return how many stations of a plan were kept, resized, moved, new, dropped."""
        found = [item.change for item in self.changes[letter]["last"]]
        return {change: found.count(change) for change in CHANGES}

    def changed(self) -> pd.DataFrame:
        """Return counts of changes by plan, phase and district, one column a change."""
        table = self.stations
        rows = [table[name] for name in ("plan", "phase", "district")]
        counted = pd.crosstab(rows, table["change"])
        return counted.reindex(columns=list(CHANGES), fill_value=0).reset_index()


def compare(plans: Sequence[Compared], case: Case, *, moved_m: float = MOVED_M) -> Comparison:
    """Compare plans of one city; the first is what the others are held against.

    Parameters
    ----------
    plans
        As `read_plans` gives them.
    case
        Their city.
    moved_m
        Metres within which a dropped and a new station are one that moved.
    """
    stations, changes = station_table(plans, moved_m=moved_m)
    questions = [scenario_data(item.scenario) for item in plans]
    searched = [{_SEARCH: data[_SEARCH]} for data in questions]
    return Comparison(
        tuple(plans),
        figures(plans, case),
        stations,
        substation_table(plans),
        changes,
        moved_m,
        tuple(differences(questions, without=(*_NAMES, _SEARCH))),
        tuple(differences([a | _origin(item) for a, item in zip(searched, plans, strict=True)])),
    )


def asked_table(found: Comparison) -> pd.DataFrame:
    """Return every key in which the questions, or their searches, differ; a column a plan."""
    letters = [item.letter for item in found.plans]
    rows = [
        (kind, item.key, *item.each)
        for kind, items in (("question", found.asked), ("search", found.searched))
        for item in items
    ]
    return pd.DataFrame(rows, columns=["of", "key", *letters])


def _origin(item: Compared) -> dict[str, Any]:
    made = item.plan.document.provenance
    layers = {k: v[:12] for k, v in layers_of(item).items() if k in FOR_THE_EYE}
    return {"versions": dict(made.versions), "layers": layers, "travel": made.travel}


def carbon_t(item: Compared) -> float | None:
    """Return the carbon a plan avoids, t CO2 over its horizon; None where it was not counted."""
    try:
        told = json.loads((item.folder / "grid" / "carbon.json").read_text(encoding="utf-8"))
        value = told["net_avoided_t"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return float(value) if isinstance(value, int | float) else None


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as plain rows; what is not known is None."""
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
