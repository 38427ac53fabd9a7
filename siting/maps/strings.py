"""Hold every text of map and report, English and Chinese side by side (``strings.toml``)."""

from __future__ import annotations

import tomllib
from importlib import resources

_CATALOGUE = (resources.files("siting.maps") / "strings.toml").read_text(encoding="utf-8")

STRINGS: dict[str, tuple[str, str]] = {
    key: (english, chinese) for key, (english, chinese) in tomllib.loads(_CATALOGUE).items()
}
"""Key: (English, Chinese). ``{name}`` is filled in by the page or the report."""
