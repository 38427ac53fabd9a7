"""Tell what was assumed of roads, and what was dropped of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from siting.data.findings import shown
from siting.data.speed_limits import NATIONAL, national
from siting.data.speeds import first_highway

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.data.road_build import RawRoads

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

_NAMED = 3
"""Parts, countries or values that a note names; the others are counted."""


def speed_notes(
    maxspeed: Sequence[str], unset: Bools, assumed: Bools, length_m: Floats, where: str
) -> list[str]:
    """Say how much of a network's length has a speed that no sign states, and whence it is.

    Parameters
    ----------
    maxspeed
        (E,) as the file has it.
    unset
        (E,) without a ``speed_kph`` of its own.
    assumed
        (E,) whose class gave the speed.
    length_m
        (E,)
    where
        File and layer.
    """
    notes = []
    if assumed.any():
        notes.append(
            f"{where}: {int(assumed.sum())} of {len(assumed)} edges "
            f"({_share(assumed, length_m)} of their length) state no speed; a free-flow speed was "
            "assumed by road class."
        )
    texts = np.array([str(text) for text in maxspeed], dtype=object)
    unread = assumed & (texts != "")
    if unread.any():
        words = Counter(texts[unread].tolist()).most_common()
        named = ", ".join(f"{shown(word)} ({count})" for word, count in words[:_NAMED])
        more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
        notes.append(f"{where}: these values of maxspeed give no speed: {named}{more}.")
    country = _countries(texts, unset & ~assumed)
    by_law = country != ""
    if by_law.any():
        sources = "; ".join(
            f"{code}: {NATIONAL[code].source} ({NATIONAL[code].confidence})"
            for code in sorted(set(country[by_law].tolist()))
        )
        notes.append(
            f"{where}: {int(by_law.sum())} edges ({_share(by_law, length_m)} of the length) state "
            f"a national default as their speed: {sources}."
        )
    return notes


def dropped_note(raw: RawRoads, keep: Bools, length_m: Floats, where: str) -> str:
    """Say what is not in the main network, and name its largest pieces.

    Parameters
    ----------
    raw
        All edges.
    keep
        (E,) edges of the main part; some are not.
    length_m
        (E,)
    where
        File and layer.
    """
    piece = _pieces(raw, keep)
    of_piece = np.bincount(piece, weights=length_m[~keep])
    order = np.argsort(-of_piece, kind="stable")
    edges = np.flatnonzero(~keep)
    named = "; ".join(
        _named(raw, edges[piece == number], length_m) for number in order[:_NAMED].tolist()
    )
    several = "The piece" if len(of_piece) == 1 else f"The largest of {len(of_piece)} pieces"
    lost_km, all_km = length_m[~keep].sum() / 1000, length_m.sum() / 1000
    return (
        f"{where}: {int((~keep).sum())} of {len(keep)} directed edges "
        f"({lost_km:.1f} of {all_km:.1f} km) were dropped: they "
        f"cannot be reached from, or cannot reach, the main network. {several}: {named}."
    )


def _share(which: Bools, length_m: Floats) -> str:
    return f"{length_m[which].sum() / length_m.sum():.0%}"


def _countries(texts: NDArray[np.object_], which: Bools) -> NDArray[np.str_]:
    """Return the country whose default each edge states; '' for none."""
    code = {text: national(text) or "" for text in set(texts[which].tolist())}
    return np.array(
        [code[text] if used else "" for text, used in zip(texts, which, strict=True)], np.str_
    )


def _pieces(raw: RawRoads, keep: Bools) -> NDArray[np.int32]:
    """Return the piece of each dropped edge: those that meet outside the main part are one."""
    count = len(raw.lon)
    main = np.zeros(count, dtype=bool)
    main[raw.tail[keep]] = main[raw.head[keep]] = True
    tail, head = raw.tail[~keep], raw.head[~keep]
    both = ~main[tail] & ~main[head]
    ones = np.ones(int(both.sum()), dtype=np.int8)
    links = csr_array((ones, (tail[both], head[both])), shape=(count, count))
    _, piece = connected_components(links, directed=False)
    outside = np.where(main[tail], head, tail)
    return np.unique(piece[outside], return_inverse=True)[1].astype(np.int32)


def _named(raw: RawRoads, edges: NDArray[np.intp], length_m: Floats) -> str:
    """Describe a piece: length, the class most of it is of, a name, and where."""
    km = length_m[edges].sum() / 1000
    highway = first_highway([raw.highway[edge] for edge in edges])
    kinds = {kind: length_m[edges][highway == kind].sum() for kind in set(highway.tolist())}
    kind = max(sorted(kinds), key=lambda name: kinds[name])
    longest = int(edges[np.argmax(np.round(length_m[edges]))])
    name = raw.name[longest] if len(raw.name) else ""
    middle = shapely.line_interpolate_point(raw.geometry[longest], 0.5, normalized=True)
    called = f" {shown(name)}" if name else ""
    return f"{km:.1f} km of {kind}{called} near {middle.x:.5f}, {middle.y:.5f}"
