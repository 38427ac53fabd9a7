"""Fill a case and its plan with text that tries to run, to break out, or to break the page."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from siting.plan import Assumption, Document, PhaseResult, Plan
from tests.map_cases import SMALL_PHASES, small_case, small_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from siting.data.case import Case

Frame = TypeVar("Frame", bound=pd.DataFrame)
KEYS = {"id", "district", "substation", "type", "phase", "zone", "station"}

PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "'\"><script>alert(1)</script>",
    "`${alert(1)}`",
    "${alert(1)}",
    "{{ 7*7 }}",
    "{{ 'EVALU' ~ 'ATED' }}",
    "{% raw",
    "{#",
    "{{",
    "}}",
    "%}",
    "{% endraw %}",
    "{{cycler.__init__.__globals__.os.popen(dict(id=1)|list|first).read()}}",
    "{{ [].__class__.__base__.__subclasses__() }}",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "\u202egnp.exe",
    "\u200b\u200d\ufeff",
    "\u2028\u2029",
    "\ud800",
    "a\udfffb",
    "\x00\x07\x1b[31m",
    "\\",
    "\\u003cscript\\u003e",
    "\\x3cimg",
    "'; DROP TABLE zones; --",
    "--><!--",
    "<!--<script>",
    "]]>",
    "<![CDATA[",
    "&lt;script&gt;",
    "&#60;img&#62;",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "<base href=//evil>",
    "<meta http-equiv=refresh content=0>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<math><mtext></p>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "expression(alert(1))",
    "url(javascript:alert(1))",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "null",
    "undefined",
    "NaN",
    "-1",
    "0",
    "",
    " ",
    "\n\r\t",
    "%s %d %(x)s",
    "{0} {x}",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1",
    "\U0001f50c\U0001f697",
    "شحن سريع",
    "长" * 300,
    "n" * 10_000,
    "深圳" * 5_000,
    "Z\u0351\u036b" * 50,
    '"onmouseover=alert(1) x="',
    "<svg><script>alert(1)</script></svg>",
    "<object data=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>x</form>",
    "<link rel=stylesheet href=//evil>",
    "<plaintext>",
    "</title></style></textarea><img src=x onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "{{constructor.constructor('alert(1)')()}}",
    "<%= 7*7 %> #{7*7} [[${7*7}]]",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\u2066\u202e\u2067left\u2069",
    "\ufdd0\ufffe\U0001fffe",
    "valueOf",
)


COLUMNS = {
    "zones": ("name", "name_zh"),
    "sites": ("name", "name_zh", "host"),
    "fuel": ("name", "name_zh"),
    "stations": ("name", "name_zh", "host"),
    "districts": ("name", "name_zh"),
    "substations": ("name", "name_zh"),
    "pois": ("name", "name_zh", "kind"),
    "water": ("name", "name_zh"),
    "parks": ("name", "name_zh"),
}
"""Text columns of each layer a map is drawn from, ids apart."""


def turned(start: int) -> list[str]:
    """Return the payloads from some place on, and then those before it."""
    return [PAYLOADS[(start + i) % len(PAYLOADS)] for i in range(len(PAYLOADS))]


def every_payload(case: Case) -> Case:
    """Give each layer a row for each payload, so that each column has them all."""
    ground = {"pois": case.fuel, "water": case.districts, "parks": case.districts}
    layers = {}
    for number, (name, columns) in enumerate(COLUMNS.items()):
        table = ground.get(name, getattr(case, name))
        rows = table.iloc[np.arange(len(PAYLOADS)) % len(table)].reset_index(drop=True)
        first = table["id"].tolist()
        more = [f"{name}-{i}" for i in range(len(first), len(PAYLOADS))]
        rows["id"] = pd.Series(first + more, dtype=object)
        for place, column in enumerate(columns):
            rows[column] = pd.Series(turned(7 * number + place), dtype=object)
        layers[name] = rows if name != "pois" else rows.assign(weight=1.0)
    return replace(case, **layers)


def every_row(document: Document, case: Case) -> Document:
    """Give the plan a station and a substation for each payload, beside its own."""
    sites, grid = case.sites, case.substations
    station, substation = document.stations[0], document.substations[0]
    known = {item.id for item in document.stations} | {item.id for item in document.substations}
    names = {
        key: {"name": name, "name_zh": other}
        for table in (sites, grid, case.stations)
        for key, name, other in zip(table["id"], table["name"], table["name_zh"], strict=True)
    }
    hosts = dict(zip(sites["id"], sites["host"], strict=True))
    stations = [item.model_copy(update=names[item.id]) for item in document.stations]
    stations += [
        station.model_copy(update={"id": key, "host": hosts[key]} | names[key])
        for key in sites["id"][::2]
        if key not in known
    ]
    substations = [item.model_copy(update=names[item.id]) for item in document.substations]
    substations += [
        substation.model_copy(update={"id": key} | names[key])
        for key in grid["id"]
        if key not in known
    ]
    return document.model_copy(
        update={"stations": tuple(stations), "substations": tuple(substations)}
    )


def hostile() -> tuple[Case, Plan, tuple[str, ...]]:
    """Build the small case and plan with every payload in every text column of every layer."""
    plain = small_case()
    plan = small_plan(plain)
    case, turn = every_payload(plain), iter(PAYLOADS * 4)
    case = replace(
        case,
        title=next(turn),
        title_zh=next(turn),
        label=next(turn),
        label_zh=next(turn),
        notes=tuple(PAYLOADS),
    )
    document = every_row(plan.document, case)
    document = document.model_copy(
        update={
            "name": next(turn),
            "outcome": document.outcome.model_copy(
                update={"solver": next(turn), "method": next(turn), "objective_unit": next(turn)}
            ),
            "assumptions": tuple(
                Assumption(key=p, value=p, unit=p, confidence="X", source=p) for p in PAYLOADS
            ),
            "provenance": document.provenance.model_copy(
                update={
                    "case_title": case.title,
                    "case_title_zh": case.title_zh,
                    "label": case.label,
                    "label_zh": case.label_zh,
                    "scenario_title": next(turn),
                    "scenario_title_zh": next(turn),
                    "travel": next(turn),
                    "case": next(turn),
                    "versions": {p: p for p in PAYLOADS[:8]},
                    "created": next(turn),
                    "layers": tuple(
                        i.model_copy(
                            update={
                                "file": next(turn),
                                "source": next(turn),
                                "licence": next(turn),
                                "date": next(turn),
                            }
                        )
                        for i in document.provenance.layers
                    ),
                }
            ),
            "phases": tuple(with_names(phase, turn) for phase in document.phases),
            "unreached": document.unreached.model_copy(update={"zones": (next(turn),)}),
        }
    )
    return *hostile_keys(case, replace(plan, document=document)), PAYLOADS


def with_names(phase: PhaseResult, turn: Iterator[str]) -> PhaseResult:
    """Give a phase's districts payloads for names, and the phase one for its date."""
    rows = tuple(
        row.model_copy(update={"name": next(turn), "name_zh": next(turn)})
        for row in phase.ratio.districts
    )
    return phase.model_copy(
        update={"ratio": phase.ratio.model_copy(update={"districts": rows}), "date": next(turn)}
    )


def hostile_keys(case: Case, plan: Plan) -> tuple[Case, Plan]:
    """Put a payload before every id, type and phase name, the same wherever it is used."""
    turn = cycle(PAYLOADS)
    layers = {name: getattr(case, name) for name in COLUMNS}
    keys = [key for table in layers.values() for key in table["id"]] + ["S", "L", *SMALL_PHASES]
    return with_keys(case, plan, {key: next(turn) + key for key in keys})


def with_keys(case: Case, plan: Plan, new: Mapping[str, str]) -> tuple[Case, Plan]:
    """Rename ids, types and phases wherever they are used."""
    layers = {name: getattr(case, name) for name in COLUMNS}

    def renamed(value: Any) -> Any:  # noqa: ANN401 - any part of a document
        if isinstance(value, dict):
            return {key: renamed(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return tuple(renamed(part) for part in value)
        return new.get(value, value) if isinstance(value, str) else value

    def table(frame: Frame) -> Frame:
        frame = frame.copy()
        for column in KEYS & set(frame.columns):
            values = [renamed(value) for value in frame[column]]
            frame[column] = pd.Series(values, dtype=object, index=frame.index)
        return frame

    document = Document.model_validate(renamed(plan.document.model_dump()))
    layers = {name: table(frame) for name, frame in layers.items()}
    return replace(case, **layers), Plan(
        document, table(plan.service), table(plan.zones), table(plan.load)
    )
