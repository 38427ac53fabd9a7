"""Check where the plan says it comes from, and what it says nobody has measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.scenario_io import assumptions

if TYPE_CHECKING:
    from siting.verify.mismatch import Ledger
    from siting.verify.state import State


def check_provenance(ledger: Ledger, state: State) -> None:
    """Check titles, labels, seed, every layer with its hash, and the assumptions."""
    document, case, scenario = state.plan.document, state.case, state.scenario
    said = document.provenance
    ledger.same("name", document.name, scenario.name)
    for field, plan, found in (
        ("case_title", said.case_title, case.title),
        ("case_title_zh", said.case_title_zh, case.title_zh),
        ("label", said.label, case.label),
        ("label_zh", said.label_zh, case.label_zh),
        ("synthetic", said.synthetic, case.synthetic),
        ("scenario_title", said.scenario_title, scenario.title),
        ("scenario_title_zh", said.scenario_title_zh, scenario.title_zh),
        ("seed", said.seed, scenario.solve.seed),
    ):
        ledger.same(f"provenance.{field}", plan, found)
    _layers(ledger, state)
    _assumptions(ledger, state)


def _layers(ledger: Ledger, state: State) -> None:
    said = {layer.layer: layer for layer in state.plan.document.provenance.layers}
    found = {layer.layer: layer for layer in state.case.layers}
    if sorted(said) != sorted(found) or len(said) != len(state.plan.document.provenance.layers):
        ledger.note("provenance.layers", ", ".join(said), ", ".join(found))
    for name in sorted(said.keys() & found.keys()):
        plan, case, where = said[name], found[name], f"provenance.layers[{name}]"
        for field, value, true in (
            ("file", plan.file, case.file),
            ("rows", plan.rows, case.rows),
            ("source", plan.source, case.source),
            ("licence", plan.licence, case.licence),
            ("date", plan.date, case.date),
            ("synthetic", plan.synthetic, case.synthetic),
            ("sha256", plan.sha256, case.sha256),
        ):
            ledger.same(f"{where}.{field}", value, true)


def _assumptions(ledger: Ledger, state: State) -> None:
    said = {assumption.key: assumption for assumption in state.plan.document.assumptions}
    due = {assumption.key: assumption for assumption in assumptions(state.scenario)}
    if len(said) != len(state.plan.document.assumptions):
        ledger.note("assumptions", "a key twice", "every key once")
    for key in sorted(due.keys() - said.keys()):
        ledger.note(f"assumptions[{key}]", None, f"{due[key].value}, which nobody has measured")
    for key in sorted(said.keys() - due.keys()):
        ledger.note(f"assumptions[{key}]", said[key].value, "no assumption of the scenario")
    for key in sorted(said.keys() & due.keys()):
        plan, true, where = said[key], due[key], f"assumptions[{key}]"
        ledger.same(f"{where}.value", plan.value, true.value)
        ledger.same(f"{where}.unit", plan.unit, true.unit)
        ledger.same(f"{where}.confidence", plan.confidence, true.confidence)
        ledger.same(f"{where}.source", plan.source, true.source)
