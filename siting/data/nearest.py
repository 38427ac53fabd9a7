"""Advise on a name that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.scenario_io.faults import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 12


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return advice in one sentence: the nearest known name, or else all of them.

    Parameters
    ----------
    word
        What was written.
    known
        What could have been written.
    """
    words = [str(name) for name in known]
    close = nearest(word, words)
    if close is not None:
        return f'Did you mean "{close}"?'
    if not words:
        return "There is none to choose from."
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return f"Known: {', '.join(words[:_SHOWN])}{more}."
