"""List what there is to plan with, and make a workspace for more."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

from siting.content import content_folder
from siting.errors import Fault, InputError

_SHIPPED = "shipped"

_README = """# A siting workspace

- `data/` holds cities: one folder each, with a `case.toml`.
- `models/` holds questions: one TOML file each.
- `maps/` holds answers: one folder each.

```
siting list                 # cities and scenarios
siting plan our-city        # answers models/our-city.toml into maps/our-city
siting verify maps/our-city # recomputes the answer
siting schema case          # every column a city may have
siting schema scenario      # every key a question may have
```

Open `maps/our-city/map.html` in any browser; it needs no network.
"""

_DATA_README = """# data: your cities

Make a folder, put your files in it, and say in its `case.toml` what they are:

```toml
title = "Our city"
title_zh = "本市"

[layers.zones]                      # where demand lives
path = "zones.geojson"
columns = { id = "TAZ", demand = "kwh_day" }   # our column = your file's column
source = "city planning office"
licence = "internal"
date = "2025-06"

[layers.sites]                      # where a station may be built
path = "car_parks.csv"
lon = "lng"
lat = "lat"
crs = "gcj02"                       # or EPSG:4326, bd09, any EPSG code
source = "map service"
licence = "see its terms"
date = "2025-06"
```

Needed are zones, sites, fuel and districts; stations, substations and roads are optional.
`siting schema case` lists every column, `siting check data/our-city` every fault.
"""

_SCENARIO = """# An example. Run it with:  siting plan our-city
# 'siting schema scenario' explains every key.

extends = "ratio-2025"            # everything not said here stays as it is there
title = "Our city"
title_zh = "本市"
case = "shenzhen"                 # a shipped city; or your own folder, such as "data/our-city"

[service]
max_wait_min = 5                  # min; mean wait at the busiest hour, at most

# Another city has another energy and other money than Shenzhen: say so, for every phase there is.
# [[phases]]                      # takes the place of all inherited phases
# name = "2026"
# date = 2026-12-31
# ratio = 1.0                     # supercharging stations per fuel station
# budget_cny = 50e6               # CNY; without it, no limit
# city_gwh_day = 0.8              # GWh/day; all charging. Leave it out if zones hold kWh a day
# super_share = 0.20              # share of public fast charging; goes with city_gwh_day
# base_load_growth = 1.0          # factor on every substation's base load

[sources]
"service.max_wait_min" = { confidence = "X", source = "our service promise" }
"""

_FILES = {
    "README.md": _README,
    "data/README.md": _DATA_README,
    "models/our-city.toml": _SCENARIO,
    "maps/README.md": "# maps: answers\n\n`siting plan` writes a folder here for each scenario.\n",
}


class Entry(NamedTuple):
    """Describe one city or scenario."""

    name: str
    title: str
    title_zh: str
    where: str


def cities() -> list[Entry]:
    """Return the cities in ``./data``, then the shipped ones of other names."""
    return _entries("data", "*/case.toml")


def scenarios() -> list[Entry]:
    """Return the scenarios in ``./models``, then the shipped ones of other names."""
    return _entries("models", "*.toml")


def make_workspace(folder: Path) -> list[Path]:
    """Write a workspace and return its files.

    Parameters
    ----------
    folder
        Made where missing.

    Raises
    ------
    InputError
        If one of the files is there already, or cannot be written; nothing is replaced.
    """
    paths = {folder / name: text for name, text in _FILES.items()}
    taken = [path for path in paths if path.exists()]
    if taken:
        msg = "There is a workspace here already."
        mend = "Give another folder, or remove it."
        raise InputError(msg, [Fault(str(path), "exists", mend) for path in taken])
    try:
        for path, text in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = "The workspace could not be written."
        what = error.strerror or str(error)
        fault = Fault(str(error.filename or folder), what, "Give another folder.")
        raise InputError(msg, [fault]) from error
    return list(paths)


def _entries(kind: str, pattern: str) -> list[Entry]:
    found: dict[str, Entry] = {}
    shipped = content_folder(kind)
    for home in (Path(kind), shipped):
        for path in sorted(home.glob(pattern)):
            name = path.parent.name if kind == "data" else path.stem
            own = _read(path)
            if own.get("abstract") is not True and name not in found:
                where = _SHIPPED if home.resolve() == shipped.resolve() else str(path)
                titles = str(own.get("title", "")), str(own.get("title_zh", ""))
                found[name] = Entry(name, *titles, where)
    return list(found.values())


def _read(path: Path) -> dict[str, object]:
    """Read a file for its titles only; one with faults is listed too, and told by ``check``."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {"title": "(cannot be read: 'siting check' says why)"}
