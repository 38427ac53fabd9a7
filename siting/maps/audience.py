"""Say what each audience of a map may see: what is not named here does not enter its file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from siting.maps.strings import STRINGS

if TYPE_CHECKING:
    from siting.maps.tiles import Tiles
    from siting.plan import Assumption, Document

Audience = Literal["planner", "grid", "public"]
Language = Literal["zh", "en", "both"]
Json = dict[str, Any]

PLACES = ("zones", "districts", "fuel", "existing", "sites", "pois", "water", "parks")
_ANYONE = frozenset({"districts", "fuel", "existing", "water", "parks"})
_MONEY = re.compile(r"cny|capex|budget|price|cost|tariff|opex|rmb|yuan", re.IGNORECASE)
_MONEY_TEXTS = re.compile(r"cost|budget|CNY|cny")
_NOT_OF_THE_PAGE = ("r_", "answer_", "fr_", "cmp_")
"""Texts that Python writes: into the report, a whole sentence, or other pages."""


@dataclass(frozen=True)
class Sight:
    """Say what one audience sees."""

    station: frozenset[str]
    """Columns of a station, beside its place, phase and types."""
    load: bool
    """Stations' energy and load, substations and their days."""
    service: bool
    """Which zone charges where."""
    money: bool
    zones: tuple[str, ...]
    """Columns of zones by phase."""
    places: frozenset[str]
    """Layers of the city."""
    kpis: frozenset[str]
    """Key figures of a phase; who may see money sees all, and the whole document."""
    layer: frozenset[str]
    """What is told of each layer's source."""
    notes: bool
    """What loading found."""


_PLAIN = frozenset({"id", "name", "name_zh", "district", "status", "guns", "super_guns", "kw"})
_SERVICE = frozenset(
    {
        *("stations_open", "stations_new", "stations_upgraded", "guns"),
        *("demand_kwh_day", "served_kwh_day", "demand_served_share", "demand_covered_share"),
        *("access_minutes_mean", "access_minutes_p95"),
    }
)
_SOURCE = frozenset({"layer", "rows", "source", "licence", "date", "synthetic"})
_FILE = frozenset({"file", "sha256"})
_MADE = frozenset(
    {
        *("case_title", "case_title_zh", "label", "label_zh", "synthetic", "scenario_title"),
        *("scenario_title_zh", "travel", "versions", "seed", "created"),
    }
)
_PROOF = frozenset({"status", "gap", "seconds", "solver", "method"})
_PHASE = ("name", "date", "ratio")
_VALUE = frozenset({"objective_kind", "objective_unit", "objective", "bound"})
SIGHTS: dict[Audience, Sight] = {
    "planner": Sight(
        station=_PLAIN | {"host", "substation", "capex_cny"},
        load=True,
        service=True,
        money=True,
        zones=("demand_kwh_day", "served_kwh_day", "minutes", "covered"),
        places=frozenset(PLACES),
        kpis=_SERVICE,
        layer=_SOURCE | _FILE,
        notes=True,
    ),
    "grid": Sight(
        station=_PLAIN | {"host", "substation"},
        load=True,
        service=False,
        money=False,
        zones=(),
        places=_ANYONE,
        kpis=_SERVICE | {"peak_mw"},
        layer=_SOURCE | _FILE,
        notes=True,
    ),
    "public": Sight(
        station=_PLAIN,
        load=False,
        service=False,
        money=False,
        zones=("share", "minutes", "covered"),
        places=_ANYONE | {"zones"},
        kpis=_SERVICE,
        layer=_SOURCE,
        notes=False,
    ),
}


@dataclass(frozen=True)
class MapView:
    """Say for whom a map is, in which language, and over which tiles."""

    audience: Audience = "planner"
    language: Language = "both"
    """both: a switch in the page, which starts in the reader's own."""
    tiles: Tiles | None = None
    """None: the map shows the case's own roads, and fetches nothing."""
    what_if: bool = True
    """Whether readers may switch stations in the page, and see what comes of it."""

    @property
    def sight(self) -> Sight:
        """Return what the audience may see."""
        return SIGHTS[self.audience]

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the page's languages, the catalogue's order kept."""
        return ("en", "zh") if self.language == "both" else (self.language,)

    @property
    def file_name(self) -> str:
        """Return the file this audience's map has in a plan folder."""
        return "map.html" if self.audience == "planner" else f"map-{self.audience}.html"

    def texts(self) -> dict[str, list[str]]:
        """Return the catalogue in the page's languages, without what this audience never reads."""
        column = {"en": 0, "zh": 1}
        return {
            key: [text[column[name]] for name in self.languages]
            for key, text in STRINGS.items()
            if not key.startswith(_NOT_OF_THE_PAGE)
            and (self.sight.money or not _MONEY_TEXTS.search(f"{key} {text[0]}"))
        }

    def block(self) -> Json:
        """Return what the page's script needs to know of the view."""
        tiles = self.tiles
        found = None if tiles is None else vars(tiles) | {"origins": tiles.origins}
        return {"audience": self.audience, "languages": self.languages, "tiles": found}


FOR_PLANNERS = MapView()
"""Everything, in both languages, over the case's own roads."""


def document_for(document: Document, sight: Sight) -> Json:
    """Return the document without stations and substations, as one audience may see it.

    Parameters
    ----------
    document
        The plan's.
    sight
        What to leave in.
    """
    if sight.money:
        return document.model_dump(exclude={"stations", "substations"})
    made: Json = dict.fromkeys(_MADE, True) | {"layers": {"__all__": set(sight.layer)}}
    keep: Json = {
        **dict.fromkeys(("format", "name", "ratio"), True),
        "outcome": set(_PROOF if _is_money(document) else _PROOF | _VALUE),
        "kpis": set(sight.kpis),
        "phases": {"__all__": {**dict.fromkeys(_PHASE, True), "kpis": set(sight.kpis)}},
        "unreached": {"zones", "zone_demand_kwh_day"},
        "provenance": made,
    }
    told = [item.model_dump() for item in document.assumptions if not _of_money(item)]
    return document.model_dump(include=keep) | {"assumptions": told}


def _is_money(document: Document) -> bool:
    outcome = document.outcome
    return outcome.objective_kind == "cost" or bool(_MONEY.search(outcome.objective_unit))


def _of_money(item: Assumption) -> bool:
    return any(_MONEY.search(text) for text in (item.key, item.unit, item.value, item.source))
