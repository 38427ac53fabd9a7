"""Check the tables of a network before any power flow: every fault of all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from siting.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.grid.network.read import NetworkFile

BUS_COLUMNS = ("bus", "from_bus", "to_bus", "hv_bus", "mv_bus", "lv_bus")
SHOWN = 10
"""Faults of one kind that are listed."""


class _Rule(NamedTuple):
    """Say what a column may hold; ``blank``: it may be left empty."""

    table: str
    column: str
    least: float
    open_: bool
    blank: bool = False


_ANY = -np.inf
RULES = (
    _Rule("bus", "vn_kv", 0, open_=True),
    _Rule("line", "length_km", 0, open_=True),
    _Rule("line", "r_ohm_per_km", 0, open_=False),
    _Rule("line", "x_ohm_per_km", _ANY, open_=False),
    _Rule("line", "c_nf_per_km", 0, open_=False),
    _Rule("line", "max_i_ka", 0, open_=True, blank=True),
    _Rule("line", "max_loading_percent", 0, open_=True, blank=True),
    _Rule("line", "df", 0, open_=True, blank=True),
    _Rule("line", "parallel", 1, open_=False, blank=True),
    _Rule("trafo", "sn_mva", 0, open_=True),
    _Rule("trafo", "vn_hv_kv", 0, open_=True),
    _Rule("trafo", "vn_lv_kv", 0, open_=True),
    _Rule("trafo", "vk_percent", 0, open_=True),
    _Rule("trafo", "vkr_percent", 0, open_=False),
    _Rule("trafo", "max_loading_percent", 0, open_=True, blank=True),
    _Rule("trafo", "df", 0, open_=True, blank=True),
    _Rule("trafo", "parallel", 1, open_=False, blank=True),
    _Rule("trafo3w", "sn_hv_mva", 0, open_=True),
    _Rule("trafo3w", "sn_mv_mva", 0, open_=True),
    _Rule("trafo3w", "sn_lv_mva", 0, open_=True),
    _Rule("trafo3w", "max_loading_percent", 0, open_=True, blank=True),
    _Rule("bus", "min_vm_pu", 0, open_=False, blank=True),
    _Rule("bus", "max_vm_pu", 0, open_=True, blank=True),
    _Rule("load", "p_mw", _ANY, open_=False),
    _Rule("load", "q_mvar", _ANY, open_=False),
    _Rule("load", "scaling", 0, open_=False),
    _Rule("ext_grid", "vm_pu", 0, open_=True),
)
NEEDED = {"line": ("from_bus", "to_bus"), "trafo": ("hv_bus", "lv_bus"), "load": ("bus",)}


def check_network(file: NetworkFile) -> None:
    """Raise with every fault of a network's tables.

    Parameters
    ----------
    file
        As read.

    Raises
    ------
    InputError
        If a bus is missing, a rating is none, or nothing feeds the network.
    """
    faults = [*_numbers(file), *_references(file)]
    sources = file.tables.get("ext_grid", pd.DataFrame())
    slack = file.tables.get("gen", pd.DataFrame()).get("slack", pd.Series(dtype=bool))
    if sources.empty and not bool(slack.astype(bool).any()):
        what = "nothing feeds it: it has neither an ext_grid nor a generator as slack"
        faults.append(Fault(str(file.path), what, "Add an ext_grid at its source bus."))
    if faults:
        msg = f"This network has {len(faults)} fault{'s' if len(faults) > 1 else ''}:"
        raise InputError(msg, faults)


def _numbers(file: NetworkFile) -> Iterator[Fault]:
    for rule in RULES:
        table = file.tables.get(rule.table)
        if table is None:
            continue
        where = f"{file.path}, {rule.table}"
        if rule.column not in table:
            if not rule.blank:
                yield Fault(where, "the column is missing", "Add it.", field=rule.column)
            continue
        values = pd.to_numeric(table[rule.column], errors="coerce").to_numpy(dtype=float)
        empty = table[rule.column].isna().to_numpy()
        low = values <= rule.least if rule.open_ else values < rule.least
        wrong = np.where(empty, not rule.blank, low | ~np.isfinite(values))
        bound = f"above {rule.least:g}" if rule.open_ else f"of {rule.least:g} or more"
        need = "a number" if rule.least == _ANY else f"a number {bound}"
        for place in np.flatnonzero(wrong)[:SHOWN]:
            what = f"index {table.index[place]} has {table[rule.column].iloc[place]!s}"
            yield Fault(where, what, f"Give {need}.", field=rule.column)


def _references(file: NetworkFile) -> Iterator[Fault]:
    known = set(file.tables["bus"].index)
    for name, table in file.tables.items():
        where = f"{file.path}, {name}"
        for column in NEEDED.get(name, ()):
            if column not in table:
                yield Fault(where, "the column is missing", "Add it.", field=column)
        for column in [c for c in BUS_COLUMNS if c in table]:
            named = zip(table.index, table[column], strict=True)
            lost = [(label, bus) for label, bus in named if bus not in known]
            for label, bus in lost[:SHOWN]:
                what = f"index {label} names bus {bus!s}, which is not there"
                yield Fault(where, what, "Correct it, or add the bus.", field=column)
