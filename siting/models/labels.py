"""Turn the planner's labels into names every LP reader accepts, still readable, never the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNSAFE = re.compile(r"[^A-Za-z0-9_.]+")
_LONGEST = 40


def names_for(labels: Sequence[str]) -> list[str]:
    """Return one name per label, in order.

    Letters, digits, ``_`` and ``.`` are kept, anything else becomes ``_``; a name that would be
    empty, too long or used twice gets the label's position, and ``_`` until it is its own.
    """
    names: list[str] = []
    used: set[str] = set()
    for n, label in enumerate(labels):
        name = _UNSAFE.sub("_", label)
        if not name.strip("_") or len(name) > _LONGEST or name in used:
            name = f"{name[:_LONGEST]}.{n}"
        while name in used:
            name += "_"
        used.add(name)
        names.append(name)
    return names
