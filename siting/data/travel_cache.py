"""Keep pairs within reach in the platform's cache folder, by a hash of all that decides them.

An entry is a file named by the hash of roads, points, the scenario's reach and the code and
libraries that find the pairs; so a change of any gives another entry. It carries a hash of its own
content and appears by renaming: a damaged or half-written file is as good as none. The folder is
bounded; what was not used for longest goes first.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import secrets
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs
import pyproj
import scipy
import shapely

from siting.data.cache_room import make_room
from siting.data.travel import Pairs, reach_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.data.roads import Roads
    from siting.scenario import Reach

    Floats = NDArray[np.float64]

_log = logging.getLogger(__name__)

LEAST_EDGES = 5_000
"""Smaller networks are searched as fast as their hash is taken."""
MOST_BYTES = 1_000_000_000
"""Of all entries together."""
_CODE = ("travel", "road_travel", "road_search", "road_core", "snap", "sphere")
"""Modules that decide what pairs there are."""
_DIGEST = hashlib.sha256().digest_size


def cached_pairs(
    roads: Roads | None,
    zone_points: Floats,
    site_points: Floats,
    reach: Reach,
    zone_districts: Sequence[str],
) -> Pairs:
    """Return what `reach_pairs` returns, from the cache if it was found before.

    Parameters
    ----------
    roads, zone_points, site_points, reach, zone_districts
        As `reach_pairs` takes them.
    """
    if roads is None or len(roads.tail) < LEAST_EDGES:
        return reach_pairs(roads, zone_points, site_points, reach, zone_districts)
    key = pairs_key(roads, zone_points, site_points, reach, zone_districts)
    path = Path(platformdirs.user_cache_dir("siting", appauthor=False)) / "travel" / f"{key}.pairs"
    found = _read(path, len(zone_points), len(site_points))
    if found is not None:
        _log.info("travel times taken from %s", path)
        return found
    pairs = reach_pairs(roads, zone_points, site_points, reach, zone_districts)
    try:
        _write(path, pairs)
    except OSError as error:
        _log.info("travel times cannot be kept in %s (%s)", path.parent, error)
    return pairs


def pairs_key(
    roads: Roads,
    zone_points: Floats,
    site_points: Floats,
    reach: Reach,
    zone_districts: Sequence[str],
) -> str:
    """Return 32 hex digits of all that decides the pairs.

    Parameters
    ----------
    roads, zone_points, site_points, reach, zone_districts
        As `reach_pairs` takes them.
    """
    digest = hashlib.sha256(_code_version().encode())
    lonlat, line = shapely.get_coordinates(roads.geometry, return_index=True)
    texts = (reach.model_dump_json(), *(zone_districts if reach.km is not None else ()))
    for text in texts:
        data = text.encode()
        digest.update(f"{len(data)}\0".encode() + data)
    for array in (
        zone_points,
        site_points,
        roads.lon,
        roads.lat,
        roads.tail,
        roads.head,
        roads.length_m,
        roads.seconds,
        lonlat,
        line,
    ):
        whole = np.ascontiguousarray(array)
        digest.update(f"{whole.dtype.str}{whole.shape}\0".encode())
        digest.update(whole.data)
    return digest.hexdigest()[:32]


@lru_cache(maxsize=1)
def _code_version() -> str:
    """Return a hash of the code, and the versions of the libraries that do the work."""
    digest = hashlib.sha256()
    for name in _CODE:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    libraries = (np, scipy, shapely, pyproj)
    versions = " ".join(f"{library.__name__}-{library.__version__}" for library in libraries)
    return f"{digest.hexdigest()} {versions}"


def _read(path: Path, zones: int, sites: int) -> Pairs | None:
    """Return an entry; None if it is not there or not whole."""
    try:
        content = path.read_bytes()
        if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return None
        with np.load(io.BytesIO(content[_DIGEST:]), allow_pickle=False) as arrays:
            kept = {name: arrays[name] for name in arrays.files}
        pairs = Pairs(**({"km": np.full(len(kept["zone"]), np.nan)} | kept))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
    if (len(pairs.snapped_zone), len(pairs.snapped_site)) != (zones, sites):
        return None
    with contextlib.suppress(OSError):  # it may be read-only, and is of use all the same
        os.utime(path)
    return pairs


def _write(path: Path, pairs: Pairs) -> None:
    arrays = {name: getattr(pairs, name) for name in Pairs.__dataclass_fields__}
    if np.isnan(pairs.km).all():
        del arrays["km"]
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    data = stream.getvalue()
    if len(data) > MOST_BYTES // 2:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    make_room(path.parent, ".pairs", len(data), MOST_BYTES)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(hashlib.sha256(data).digest() + data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
