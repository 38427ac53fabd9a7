"""Name the files of a plan folder."""

from __future__ import annotations

from siting.plan_folder.tables import BATTERIES_FILE

PLAN_FILES = (
    "plan.json",
    "service.csv",
    "zones.csv",
    "load.csv",
    "stations.csv",
    "districts.csv",
    "substations.csv",
    "plan.gpkg",
    "map.html",
    "report.html",
    "scenario.toml",
)
"""Names siting writes; any other file in a plan folder is the user's, and is carried over."""
SITES_FILE = "sites.csv"
"""Written where the scenario has rules for candidate sites."""
PDF_FILE = "report.pdf"
"""Written when asked for."""
SENSITIVITY_FILE = "sensitivity.csv"
"""What a plan hangs on, written when asked for."""
EQUITY_FILE, EQUITY_JSON = "equity.csv", "equity.json"
"""How fairly a plan serves, written when asked for."""
MAP_FILES = ("map-grid.html", "map-public.html")
"""Maps for other readers, written when asked for."""
FUTURES_FILE = "futures.csv"
"""Written where the scenario asks over several futures."""
LATER = (
    FUTURES_FILE,
    SITES_FILE,
    BATTERIES_FILE,
    EQUITY_FILE,
    EQUITY_JSON,
    SENSITIVITY_FILE,
    PDF_FILE,
    *MAP_FILES,
    "export",
    "grid",
)
"""What siting may add to a plan's folder: of an old plan, none of it is carried over."""
