"""Keep generated cities in the platform's cache folder."""

from __future__ import annotations

import atexit
import hashlib
import logging
import secrets
import shutil
import tempfile
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import platformdirs

from siting.data.synth.facts import COLUMNS
from siting.data.synth.generate import LAYERS, VERSION, generate_case
from siting.errors import CaseError

_log = logging.getLogger(__name__)
_STALE_S = 24 * 3600.0


def cached_case(folder: Path, *, scale: float, seed: int | None = None) -> Path:
    """Return a generated case folder, making it on first use.

    Its name holds a hash of the fact tables, the generator's version, the scale and the seed, so a
    change of any gives another folder. It appears by renaming, so that neither a killed run nor a
    second process can leave a half one. Where the cache cannot be written, a folder that lives as
    long as this process serves.

    Parameters
    ----------
    folder
        Fact tables and ``case.toml``.
    scale
        As `generate_case` takes it.
    seed
        As `generate_case` takes it.

    Raises
    ------
    CaseError
        If the fact tables are not whole or the scale is out of range.
    """
    name = f"{folder.resolve().name}-x{scale:g}-{fingerprint(folder, scale=scale, seed=seed)}"
    cache = Path(platformdirs.user_cache_dir("siting", appauthor=False)) / "cities"
    try:
        return _ensure(folder, cache / name, scale=scale, seed=seed)
    except OSError as error:
        _log.warning("cannot keep %s in %s (%s); using a temporary folder", name, cache, error)
        return _ensure(folder, _temporary() / name, scale=scale, seed=seed)


def fingerprint(folder: Path, *, scale: float, seed: int | None) -> str:
    """Return 16 hex digits of all that decides what is generated."""
    digest = hashlib.sha256(f"{VERSION} {scale!r} {seed!r}".encode())
    for name in ("case.toml", *(f"{table}.csv" for table in COLUMNS)):
        path = folder / name
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"\0{name} {len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _ensure(folder: Path, target: Path, *, scale: float, seed: int | None) -> Path:
    """Return the target, generated if it is not whole; another process may win the race."""
    if _is_whole(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target.parent)
    if target.exists() and not _is_whole(target):  # damaged from outside; asked again: see races
        aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        target.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
    try:
        generate_case(folder, target, scale=scale, seed=seed)
    except (OSError, CaseError):
        if not _is_whole(target):
            raise
    return target


def _is_whole(target: Path) -> bool:
    """Tell whether every file of the case is there."""
    return all((target / name).is_file() for name in ("case.toml", *LAYERS.values()))


def _sweep(cache: Path) -> None:
    """Remove what killed runs left more than a day ago."""
    for part in cache.glob(".*.part"):
        with suppress(OSError):  # another process may sweep too
            if time.time() - part.stat().st_mtime > _STALE_S:
                shutil.rmtree(part, ignore_errors=True)


@lru_cache(maxsize=1)
def _temporary() -> Path:
    """Return a folder that is removed when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="siting-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
