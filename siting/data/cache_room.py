"""Keep a cache folder within bounds: what was not used for longest goes first."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_STALE_S = 3600.0
"""A file in the making that is older than this was left by a run that was killed."""


def make_room(folder: Path, ending: str, needed: int, most: int) -> None:
    """Remove what killed runs left, and entries until there is room for one more.

    Parameters
    ----------
    folder
        Of the cache.
    ending
        How entries' names end; those of files in the making end in .part. Others are left alone.
    needed
        Bytes of the new entry.
    most
        Bytes of all entries together.
    """
    now = time.time()
    entries = []
    for path in folder.iterdir():
        with contextlib.suppress(OSError):  # another process may make room too
            about = path.stat()
            if path.name.endswith(ending):
                entries.append((about.st_mtime, about.st_size, path))
            elif path.suffix == ".part" and now - about.st_mtime > _STALE_S:
                path.unlink()
    total = needed + sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= most:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size
