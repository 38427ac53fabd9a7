"""Find what siting ships: cities in ``data``, scenarios in ``models``.

An installed wheel carries them in ``siting/_content``; a checkout has them beside the package.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_content"


def content_folder(name: str) -> Path:
    """Return the shipped folder of that name.

    Parameters
    ----------
    name
        ``data`` or ``models``.
    """
    return (_INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent) / name
