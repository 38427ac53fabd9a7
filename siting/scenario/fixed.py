"""Fix sites by hand: what a planner, or whoever tried it on the map, has decided already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from siting.scenario.base import Section, key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

CLOSED = "closed"
"""What ``type`` says of a site where nothing may stand."""


class Fixed(Section):
    """Fix one site from a phase on."""

    site: Annotated[str, Field(min_length=1)] = key("-", "id of a site, or of an existing station")
    type: Annotated[str, Field(min_length=1)] = key(
        "-", "station type that stands there from then on, or 'closed'"
    )
    phase: str | None = key(
        "-", "name of the phase from which on; default: the first", default=None
    )


def fixed_faults(
    fixed: Sequence[Fixed], phases: Sequence[str], types: Collection[str]
) -> Iterator[str]:
    """Yield what fixes name that the scenario does not have, or say twice, each with its mend.

    Parameters
    ----------
    fixed
        Each valid by itself.
    phases, types
        Names the scenario has.
    """
    if fixed and CLOSED in types:
        yield f"stations.{CLOSED}: [[fixed]] means by {CLOSED!r} that nothing stands: rename it"
    seen: set[tuple[str, str]] = set()
    for n, item in enumerate(fixed):
        if item.type != CLOSED and item.type not in types:
            known = ", ".join([*types, CLOSED])
            yield f"fixed[{n}].type: {item.type!r} of site {item.site!r} is not one of {known}"
        if item.phase is not None and item.phase not in phases:
            known = ", ".join(phases)
            yield f"fixed[{n}].phase: {item.phase!r} of site {item.site!r} is not one of {known}"
        place = (item.site, item.phase or phases[0])
        if place in seen:
            yield f"fixed[{n}].site: {item.site!r} is fixed twice from {place[1]} on: keep one"
        seen.add(place)
