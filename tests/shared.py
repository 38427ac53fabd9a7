"""Find the real data set, which no repository holds; skip, saying so, elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

_CASES = Path(__file__).parent / "cases"
_BESIDE = Path(__file__).parents[2] / "shared" / "data"
_AS_WRITTEN = "../../../../shared/data"


def shared_data() -> Path:
    """Return the folder of real data; skip the test where it is absent."""
    folder = Path(os.environ.get("SITING_SHARED_DATA") or _BESIDE).resolve()
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}; set SITING_SHARED_DATA")
    return folder


def shared_case(name: str) -> Path:
    """Return a case folder over the real data, by its name in ``tests/cases``.

    Where ``SITING_SHARED_DATA`` is set, the folder is a temporary copy whose paths point there.
    """
    data = shared_data()
    if not os.environ.get("SITING_SHARED_DATA"):
        return _CASES / name
    copy = Path(tempfile.gettempdir()) / f"siting-cases-{os.getpid()}" / name
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    text = (_CASES / name / "case.toml").read_text(encoding="utf-8")
    moved = re.sub(re.escape(_AS_WRITTEN), data.as_posix(), text)
    (copy / "case.toml").write_text(moved, encoding="utf-8")
    return copy
