"""Check that what was decided of sites by hand is what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siting.verify.mismatch import Ledger
    from siting.verify.state import State

_CLOSED = "closed"


def check_fixed(ledger: Ledger, state: State) -> None:
    """Note every fixed site that is not what it was fixed to, and, of a given plan, every other."""
    asked = _asked(state)
    for site, types in asked.items():
        if site not in state.sites:
            ledger.note(f"fixed[{site}]", site, "no such site in the case")
            continue
        found = state.types.get(site, (None,) * len(state.names))
        for phase, wanted, label in zip(state.names, types, found, strict=True):
            if wanted is not None and wanted != (label or _CLOSED):
                where = f"stations[{site}].steps[{phase}].type"
                ledger.note(where, label, "nothing (fixed)" if wanted == _CLOSED else wanted)
    if state.scenario.only_fixed:
        _others(ledger, state, asked)


def _asked(state: State) -> dict[str, list[str | None]]:
    """Return what each fixed site is to be in each phase; None where it is free."""
    asked: dict[str, list[str | None]] = {}
    order = {name: number for number, name in enumerate(state.names)}
    rows = [(0 if item.phase is None else order[item.phase], item) for item in state.scenario.fixed]
    for first, item in sorted(rows, key=lambda row: row[0]):
        types = asked.setdefault(item.site, [None] * len(order))
        types[first:] = [item.type] * (len(order) - first)
    return asked


def _others(ledger: Ledger, state: State, asked: dict[str, list[str | None]]) -> None:
    """Note every site that changed without being asked to."""
    for site, types in state.types.items():
        wanted = asked.get(site, [None] * len(types))
        for phase, label, fixed in zip(state.names, types, wanted, strict=True):
            if fixed is None and label != state.sites[site].initial:
                where = f"stations[{site}].steps[{phase}].type"
                before = state.sites[site].initial
                ledger.note(where, label, f"{before or 'nothing'} (nothing but the fixes changes)")
