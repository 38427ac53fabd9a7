"""Show a plan: the interactive map and the printed report, each one file that needs no network."""

from __future__ import annotations

from siting.maps.audience import FOR_PLANNERS, MapView
from siting.maps.page import render_map
from siting.maps.pdf import print_pdf
from siting.maps.report import render_report
from siting.maps.tiles import read_tiles

__all__ = ["FOR_PLANNERS", "MapView", "print_pdf", "read_tiles", "render_map", "render_report"]
