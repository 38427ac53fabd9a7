"""Show a plan: the interactive map and the printed report, each one file that needs no network."""

from __future__ import annotations

from siting.maps.page import render_map
from siting.maps.pdf import print_pdf
from siting.maps.report import render_report

__all__ = ["print_pdf", "render_map", "render_report"]
