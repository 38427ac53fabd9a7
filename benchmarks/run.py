"""Run a benchmark and put its table into ``benchmarks/README.md``: ``python run.py travel``."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import scipy as sp

if TYPE_CHECKING:
    from collections.abc import Callable

README = Path(__file__).with_name("README.md")


NAMES = (
    "travel",
    "main_model",
    "cover",
    "cover_reach",
    "median",
    "flow",
    "dispatch",
    "maps",
    "network",
    "simulate",
    "sweep",
    "what_if",
)
"""Modules beside this one, each with a function ``table``."""


def tables() -> dict[str, Callable[[], list[str]]]:
    """Return every benchmark by name."""
    sys.path.insert(0, str(README.parents[1]))
    return {name: importlib.import_module(f"benchmarks.{name}").table for name in NAMES}


def put(name: str, lines: list[str]) -> None:
    """Replace the lines between a benchmark's marks in the README."""
    begin, end = f"<!-- {name}: made by run.py -->", f"<!-- end of {name} -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    text = "\n".join([before + begin, *lines, end]) + after
    README.write_text(text, encoding="utf-8")


def conditions() -> str:
    """Say what it ran on."""
    versions = ", ".join(f"{item.__name__} {item.__version__}" for item in (np, sp, nx))
    load = f"load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    when = dt.datetime.now(tz=dt.UTC).date().isoformat()
    cores = os.cpu_count() or 0
    return f"{when}, {cores} cores ({load}), Python {platform.python_version()}, {versions}."


if __name__ == "__main__":
    known = tables()
    for asked in sys.argv[1:] or list(known):
        told = conditions()
        put(asked, [told, "", *known[asked]()])
