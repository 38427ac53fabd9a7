"""Keep every whole answer on disk, so that a fetch that was stopped goes on where it was.

The folder is bounded; what was not used for longest goes first.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from siting.data.cache_room import make_room

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = 2_000_000_000
"""Of all answers together: some tens of large cities."""
_ENDING = ".json.gz"
_LEVEL = 6
"""Of compression: OSM's JSON shrinks about tenfold."""


@dataclass(frozen=True)
class Kept:
    """Hold one answer as it was kept."""

    answer: Any
    """Parsed JSON."""
    date: str
    """Day it was fetched, such as 2025-06-30."""


class Cache:
    """Keep answers by the question they answer, whoever was asked.

    Parameters
    ----------
    folder
        Where; made on first use. Default: siting's place in the platform's cache folder.
    refresh
        Find nothing that was kept before this object was made, so that everything is asked anew.
    tell
        Called with one line if the folder cannot be written; the fetch goes on without it.
    """

    def __init__(self, folder: Path | None, *, refresh: bool, tell: Callable[[str], None]) -> None:
        default = Path(platformdirs.user_cache_dir("siting", appauthor=False)) / "osm"
        self.folder = default if folder is None else folder
        self._refresh = refresh
        self._tell = tell
        self._fresh: set[str] = set()

    def path(self, question: str) -> Path:
        """Return the file that holds the answer to a question, if there is one."""
        return self.folder / f"{hashlib.sha256(question.encode()).hexdigest()[:32]}{_ENDING}"

    def find(self, question: str) -> Kept | None:
        """Return the answer to a question; None if it is not held whole."""
        if self._refresh and question not in self._fresh:
            return None
        path = self.path(question)
        try:
            held = json.loads(gzip.decompress(path.read_bytes()))
        except (OSError, EOFError, ValueError, zlib.error, RecursionError):
            return None  # absent, or damaged: asked again
        if not isinstance(held, dict) or held.get("question") != question or "answer" not in held:
            return None
        with suppress(OSError):  # it may be read-only, and is of use all the same
            os.utime(path)
        return Kept(held["answer"], str(held.get("date", "")))

    def keep(self, question: str, answer: Any) -> Kept:  # noqa: ANN401 - JSON
        """Write an answer, whole or not at all, and return it as kept."""
        kept = Kept(answer, datetime.now(tz=UTC).date().isoformat())
        held = {"question": question, "date": kept.date, "answer": answer}
        data = gzip.compress(json.dumps(held).encode(), _LEVEL)
        try:
            self._write(self.path(question), data)
        except OSError as error:
            why = error.strerror or str(error)
            self._tell(f"cannot keep answers in {self.folder} ({why}); going on without")
        else:
            self._fresh.add(question)
        return kept

    def forget(self, question: str) -> None:
        """Remove an answer that proved useless."""
        with suppress(OSError):
            self.path(question).unlink()

    def _write(self, path: Path, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        make_room(self.folder, _ENDING, len(data), MOST_BYTES)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
