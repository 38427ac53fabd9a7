"""Show a plan: the interactive map and the printed report, each one file that needs no network."""

from __future__ import annotations

from siting.maps.accounts import Accounts, read_accounts
from siting.maps.audience import FOR_PLANNERS, MapView
from siting.maps.compare import render_compare
from siting.maps.page import render_map
from siting.maps.pdf import print_pdf
from siting.maps.report import render_report
from siting.maps.tiles import read_tiles
from siting.maps.what_if import WhatIf

__all__ = [
    "FOR_PLANNERS",
    "Accounts",
    "MapView",
    "WhatIf",
    "print_pdf",
    "read_accounts",
    "read_tiles",
    "render_compare",
    "render_map",
    "render_report",
]
