"""Make a stylised city: the order of things."""

from __future__ import annotations

import logging
import secrets
import shutil
from typing import TYPE_CHECKING

import numpy as np

from siting.data.synth.facts import read_facts
from siting.data.synth.land import make_land
from siting.data.synth.network import make_network
from siting.data.synth.people import settle
from siting.data.synth.places import kerbside
from siting.data.synth.stock import make_fuel, make_sites, make_stations, make_substations
from siting.data.synth.trips import make_flows
from siting.data.synth.write import (
    write_districts,
    write_points,
    write_roads,
    write_table,
    write_toml,
    write_zones,
)
from siting.data.synth.zones import make_zones
from siting.errors import CaseError, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.synth.facts import Facts

_log = logging.getLogger(__name__)

VERSION = "4"
"""Changes whenever the same facts, scale and seed give another city."""
LAYERS = {
    "zones": "zones.geojson",
    "sites": "sites.csv",
    "fuel": "fuel.csv",
    "stations": "stations.csv",
    "districts": "districts.geojson",
    "substations": "substations.csv",
    "roads": "roads.parquet",
    "flows": "flows.csv",
}
"""Layers of the case and their files."""
_LEAST_SCALE, _LARGEST_SCALE = 0.02, 30.0


def generate_case(
    facts_folder: Path, out: Path, *, scale: float = 1.0, seed: int | None = None
) -> None:
    """Write a stylised city as an ordinary case folder.

    The land stays the same at every scale. The number of zones, sites, fuel stations, existing
    stations, substations and streets, and with them people, demand and base load, are multiplied by
    the scale. Same facts, scale and seed give the same bytes.

    Parameters
    ----------
    facts_folder
        Fact tables and ``case.toml``, such as the shipped ``data/shenzhen``.
    out
        Folder to write; must be absent or empty. It appears whole or not at all.
    scale
        1 gives the published numbers; 0.1 suits tests, 10 benchmarks.
    seed
        Default: the one that ``case.toml`` names.

    Raises
    ------
    CaseError
        If the fact tables are not whole, the scale is out of range, or the folder is taken.
    """
    if not _LEAST_SCALE <= scale <= _LARGEST_SCALE:
        msg = f"scale {scale} is out of range: use {_LEAST_SCALE} to {_LARGEST_SCALE}"
        raise CaseError(msg)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        msg = "a stylised city needs a folder of its own"
        raise CaseError(msg, [Fault(str(out), "exists already", "name another, or delete it")])
    facts = read_facts(facts_folder)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    part.mkdir()
    try:
        _write(facts, part, scale=scale, seed=facts.seed if seed is None else seed)
        if out.exists():
            out.rmdir()
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write(facts: Facts, folder: Path, *, scale: float, seed: int) -> None:
    """Make every layer and write it; ``case.toml`` comes last."""
    land = make_land(facts, seed)
    people = settle(facts, land, seed)
    zones = make_zones(facts, people, scale=scale, seed=seed)
    network = make_network(facts, people, scale=scale, seed=seed)
    rng = np.random.default_rng([seed, 8])
    spots = kerbside(people, network, rng)
    fuel, fuel_spots = make_fuel(facts, spots, scale=scale, rng=rng)
    stations, station_spots = make_stations(facts, spots, scale=scale, rng=rng)
    sites = make_sites(facts, spots, fuel_spots, station_spots, scale=scale, rng=rng)
    substations = make_substations(facts, spots, scale=scale, rng=rng)
    _log.info("made %d zones, %d sites, %d edges", len(zones.people), len(sites), len(network.ends))
    write_zones(folder / LAYERS["zones"], facts, land, zones)
    write_districts(folder / LAYERS["districts"], facts, land)
    write_roads(folder / LAYERS["roads"], facts, network, land.plane)
    write_table(folder / LAYERS["flows"], make_flows(zones))
    tables = {"sites": sites, "fuel": fuel, "stations": stations, "substations": substations}
    for layer, table in tables.items():
        write_points(folder / LAYERS[layer], table, land.plane)
    made = f"stylised city, generator version {VERSION}, scale {scale:g}, seed {seed}"
    write_toml(folder / "case.toml", facts, LAYERS, made)
