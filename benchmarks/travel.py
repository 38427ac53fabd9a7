"""Measure the travel matrix against networkx and plain scipy, on the same graph in the same run.

Run ``python benchmarks/run.py travel``, which writes the table in ``benchmarks/README.md``. Central
Shenzhen is real and is looked for where the tests look for it; the stylised city is made on the
spot, at its own size and ten times that.

All engines find the same thing: every pair of a zone and a site within the cut-off by road, and its
minutes, on a network on which all points have been tied to their streets already. Each makes its
own graph of the network first, and starts from the end with fewer points. networkx runs Dijkstra
with a cut-off from a sample of them, and plain scipy its own in batches of 64; the time of all is
extrapolated from the sample. Beside the times stands whether all engines agree on every pair of the
sample, to a thousandth of a minute.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.travel_peers import (
    ACCESS_KMH,
    agree,
    by_networkx,
    by_scipy,
    by_siting,
    graph,
    matrix,
)
from siting.data.load import load_case
from siting.data.road_search import End
from siting.data.road_travel import split_network
from siting.data.snap import snap, streets
from siting.data.sphere import inner_points
from siting.data.synth import generate_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.road_travel import SplitNetwork

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]
    Pairs = dict[tuple[int, int], float]

ROOT = Path(__file__).resolve().parents[1]
CUTOFFS = (6.0, 10.0, 15.0, 30.0)
"""Minutes; the shipped scenarios have 6 and 10."""
MAX_SNAP_M = 1000.0
REPEATS = 3
SAMPLE, SEED = 60, 1
"""Sources that networkx and plain scipy run from."""
MOST_PAIRS = 40_000_000
"""A cut-off at which more pairs are likely is left out."""


@dataclass(frozen=True)
class Row:
    """Hold one line of the table: CPU seconds from network to pairs, medians of three."""

    city: str
    nodes: int
    zones: int
    sites: int
    cutoff: float
    pairs: int
    ours_s: float
    scipy_s: float
    networkx_s: float
    agree: bool


@dataclass(frozen=True)
class City:
    """Hold what is measured once for a city."""

    city: str
    load_s: float
    snap_s: float
    """Streets, snapping and splitting, medians of three."""
    kept_s: float
    """Taking the hash of all inputs and reading the pairs from the cache (10 minutes)."""
    peak_mb: float
    """Highest resident memory of a process that loads the city and finds its pairs (10 minutes)."""


class Ends:
    """Hold a city's network with all points tied to it, ready to search."""

    def __init__(self, folder: Path, *, every: bool = False) -> None:
        self.load_s, case = _timed(partial(load_case, folder))
        if case.roads is None:
            msg = f"{folder} has no roads"
            raise ValueError(msg)
        self.case, self.roads = case, case.roads
        geometry = np.concatenate([case.stations.geometry.array, case.sites.geometry.array])
        self.site_points = _points(geometry)
        zones = geometry if every else case.zones.geometry.to_numpy()
        self.zone_points = _points(zones)
        self.snap_s = median(_timed(self._tie)[0] for _ in range(REPEATS))
        self.network, self.zones, self.sites = self._tie()
        ends = (self.sites, self.zones)
        counts = [len(np.unique(end.node[end.within])) for end in ends]
        self.from_sites = counts[0] <= counts[1]
        self.near, self.far = ends if self.from_sites else ends[::-1]
        self.sources = min(counts)

    def _tie(self) -> tuple[SplitNetwork, End, End]:
        known = streets(self.roads)
        both = np.vstack([self.zone_points, self.site_points])
        tied = snap(both, known, max_snap_m=MAX_SNAP_M)
        network, node = split_network(self.roads, known, tied)
        cut = len(self.zone_points)
        return (
            network,
            End(node[:cut], tied.access_km[:cut], tied.within[:cut], self.zone_points),
            End(node[cut:], tied.access_km[cut:], tied.within[cut:], self.site_points),
        )


def measure(name: str, folder: Path, *, every: bool = False) -> tuple[City, list[Row]]:
    """Return what a city takes, and one row for each cut-off.

    Parameters
    ----------
    name
        For the table.
    folder
        Holds ``case.toml``.
    every
        Travel from every site to every site, rather than from zones.
    """
    ends = Ends(folder, every=every)
    matrix_s, arcs = _repeated(partial(matrix, ends))
    graph_s, network = _repeated(partial(graph, arcs))
    usable = np.flatnonzero(ends.near.within)
    one_each = usable[np.unique(ends.near.node[usable], return_index=True)[1]]
    sample = np.random.default_rng(SEED).permutation(one_each)[:SAMPLE]
    share = ends.sources / len(sample)
    rows = []
    for cutoff in CUTOFFS:
        spent, found = _repeated(partial(by_siting, ends, cutoff))
        slow_s, slow = _repeated(partial(by_networkx, ends, network, sample, cutoff))
        plain_s, plain = _repeated(partial(by_scipy, ends, arcs, sample, cutoff))
        row = Row(
            city=name,
            nodes=ends.network.nodes,
            zones=len(ends.zone_points),
            sites=len(ends.site_points),
            cutoff=cutoff,
            pairs=len(found[0]),
            ours_s=spent,
            scipy_s=matrix_s + plain_s * share,
            networkx_s=graph_s + slow_s * share,
            agree=agree(ends, found, (slow, plain), sample),
        )
        rows.append(row)
        if row.pairs * 3 > MOST_PAIRS:
            break
    return City(name, ends.load_s, ends.snap_s, *_apart(folder)), rows


def _points(geometry: NDArray[np.object_]) -> Floats:
    return np.asarray(shapely.get_coordinates(inner_points(geometry)), dtype=np.float64)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.process_time()
    found = work()
    return time.process_time() - begin, found


def _repeated(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the median time of three runs, and what the last found."""
    runs = [_timed(work) for _ in range(REPEATS)]
    return median(spent for spent, _ in runs), runs[-1][1]


def _apart(folder: Path) -> tuple[float, float]:
    """Return seconds to take pairs from the cache, and peak memory in MB, of a process apart."""
    command = [sys.executable, str(Path(__file__)), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own file
    told = json.loads(done.stdout)
    return told["kept_s"], told["peak_mb"]


def peak_mb() -> float:
    """Return the highest resident memory of this process.

    On Linux ``ru_maxrss`` counts that of the parent at the fork as well, so the kernel's own mark
    for this process goes before it.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    marks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    kb = float(marks[0]) if marks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kb / 1024


def _alone(folder: Path) -> dict[str, float]:
    """Load a city and find its pairs; tell the peak memory, and the time from the cache after."""
    import platformdirs  # noqa: PLC0415 - for this process only

    from siting.data.travel_cache import cached_pairs  # noqa: PLC0415
    from siting.scenario import Reach  # noqa: PLC0415

    ends = Ends(folder)
    rule = Reach(
        minutes=10, detour_factor=1, straight_kmh=1, access_kmh=ACCESS_KMH, max_snap_m=MAX_SNAP_M
    )
    with tempfile.TemporaryDirectory() as cache:
        platformdirs.user_cache_dir = lambda *_, **__: cache
        question = (ends.roads, ends.zone_points, ends.site_points, rule)
        districts = ends.case.zones["district"].tolist()
        cached_pairs(*question, districts)
        highest = peak_mb()
        spent, _ = _timed(lambda: cached_pairs(*question, districts))
    return {"kept_s": spent, "peak_mb": highest}


def table() -> list[str]:
    """Measure every city; return the lines of the table, and print them as they come."""
    sys.path.insert(0, str(ROOT))
    from tests.shared import shared_case  # noqa: PLC0415 - knows where the real data are

    cities, rows = [], []
    with tempfile.TemporaryDirectory() as made:
        large = Path(made) / "shenzhen-x10"
        generate_case(ROOT / "data" / "shenzhen", large, scale=10)
        central = shared_case("shenzhen_central")
        for name, folder, every in (
            ("central Shenzhen", central, False),
            ("central Shenzhen from site to site", central, True),
            ("stylised x1", ROOT / "data" / "shenzhen", False),
            ("stylised x10", large, False),
        ):
            city, more = measure(name, folder, every=every)
            cities += [] if every else [city]
            rows += more
            print(json.dumps([asdict(city), *map(asdict, more)]), flush=True)
    return [*_speed_table(rows), "", *_city_table(cities)]


def _speed_table(rows: list[Row]) -> list[str]:
    header = (
        "city, nodes, zones x sites, cut-off, pairs, siting, scipy, networkx, "
        "siting : networkx, siting : scipy, same answer"
    )
    lines = [
        f"| {row.city} | {row.nodes:,} | {row.zones:,} x {row.sites:,} | {row.cutoff:g} min | "
        f"{row.pairs:,} | {row.ours_s:.3f} s | {row.scipy_s:.3f} s | {row.networkx_s:.1f} s | "
        f"{row.networkx_s / row.ours_s:.1f} | {row.scipy_s / row.ours_s:.1f} | "
        f"{'yes' if row.agree else 'NO'} |"
        for row in rows
    ]
    return [*_head(header), *lines]


def _city_table(cities: list[City]) -> list[str]:
    header = "city, load, tie points to streets, pairs of 10 min from the cache, peak memory"
    lines = [
        f"| {city.city} | {city.load_s:.2f} s | {city.snap_s:.2f} s | {city.kept_s:.3f} s | "
        f"{city.peak_mb:,.0f} MB |"
        for city in cities
    ]
    return [*_head(header), *lines]


def _head(names: str) -> list[str]:
    cells = names.split(", ")
    return [f"| {' | '.join(cells)} |", f"|---|{'--:|' * (len(cells) - 1)}"]


if __name__ == "__main__":
    print(json.dumps(_alone(Path(sys.argv[1]))))
