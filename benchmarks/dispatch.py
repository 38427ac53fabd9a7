"""Measure the dispatch of storage, PV and V2G: build and solve, by number of stations.

Run ``python benchmarks/run.py dispatch``, which writes the table in ``benchmarks/README.md``. The
stations are made up: three days of 24 hours, five stations to a substation that is short of room
at some hours. CPU seconds; the program over all stations at once is the peer, up to 100 stations.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from siting.models.dispatch.arrays import program
from siting.models.dispatch.question import Equipment, Question, Sizes
from siting.models.dispatch.solve import dispatch, split
from siting.models.dispatch.year import dispatch_year

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
SAME = 1e-6
SIZES = (30, 100, 300, 1000)
WHOLE = 100
"""Stations up to which one program over all is solved as well."""
BESIDE = 5
"""Stations to a substation."""
YEAR_OF = 10
"""Stations whose 8,760 hours are dispatched."""
SEED = 1
EQUIPMENT = Equipment(124.7, 62.3, 282.3, 0.02, 0.88, 0.9, 0.5, 0.85, False, 10.0)  # noqa: FBT003 - no export
"""As the shipped settings have it."""


def question(count: int, days: int = 3) -> Question:
    """Return made-up stations.

    Parameters
    ----------
    count
        Stations.
    days
        Kinds of day.
    """
    rng, shape = np.random.default_rng(SEED), (count, days, 24)
    connection = rng.choice([720.0, 1440.0, 2160.0], count) * 0.6
    design = connection[:, None, None] * rng.uniform(0.3, 1.0, shape)
    groups = -(-count // BESIDE)
    of = np.arange(count) % groups
    room = np.bincount(of, weights=connection)[:, None, None] * 0.75
    buy = np.tile([*[0.279] * 8, *[0.689] * 2, *[1.153] * 9, *[0.689] * 5], (days, 1))
    bell = np.maximum(np.sin((np.arange(24) - 6) / 12 * np.pi), 0) * 0.6
    none, v2g = np.zeros(count), 0.2 * connection[:, None, None] * np.ones(shape)
    return Question(
        stations=tuple(f"S{n}" for n in range(count)),
        groups=tuple(f"G{n}" for n in range(groups)),
        days=tuple(f"day {n}" for n in range(days)),
        group_of=of,
        days_per_year=np.full(days, 365 / days),
        load_kw=0.6 * design,
        design_kw=design,
        connection_kw=connection,
        room_kw=room * rng.uniform(0.7, 1.0, (groups, days, 24)),
        sun=np.tile(bell, (days, 1)),
        v2g_kw=v2g,
        v2g_kwh=v2g[:, :, 0],
        buy_cny=buy,
        feed_in_cny=np.minimum(buy, 0.453),
        v2g_cny=0.66 * buy,
        capacity_cny_kw_year=0.0,
        least=Sizes(none, none, none),
        most=Sizes(4 * connection, 2 * connection, 0.05 * connection),
        equipment=EQUIPMENT,
    )


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return CPU seconds, and what the work gave."""
    begin = time.process_time()
    found = work()
    return time.process_time() - begin, found


def table() -> list[str]:
    """Measure every size; return the lines of the table, and print them as they come."""
    names = "stations, columns, rows, build, solve, growth, gap, whole, whole : parts, same cost"
    cells = names.split(", ")
    lines = [f"| {' | '.join(cells)} |", "|" + "--:|" * len(cells)]
    before: tuple[int, float] | None = None
    for count in SIZES:
        asked = question(count)
        build_s, arrays = timed(partial(program, asked))
        built_s = sum(timed(partial(program, asked.part(*p)))[0] for p in split(asked))
        spent_s, found = timed(partial(dispatch, asked))
        growth = "-"
        if before is not None:
            power = np.log(spent_s / before[1]) / np.log(count / before[0])
            growth = f"n^{power:.2f}"
        before = (count, spent_s)
        peer = "- | - | -"
        if count <= WHOLE:
            whole_s, whole = timed(partial(dispatch, asked, whole=True))
            same = abs(whole.costs.total / found.costs.total - 1) < SAME
            peer = f"{whole_s:.1f} s | {whole_s / spent_s:.1f} | {'yes' if same else 'NO'}"
        line = (
            f"| {count:,} | {len(arrays.cost):,} | {len(arrays.row_lower):,} | {built_s:.2f} s | "
            f"{spent_s:.1f} s | {growth} | {found.gap:.0e} | {peer} |"
        )
        print(f"{line} built at once in {build_s:.2f} s", flush=True)
        lines.append(line)
    return [*lines, "", _year()]


def _year() -> str:
    """Dispatch 365 unlike days of a few stations, with the sizes of three of them."""
    rng, asked = np.random.default_rng(SEED), question(YEAR_OF)
    sizes = dispatch(asked).schedule.sizes
    days = asked.on_days(np.arange(365) % 3)
    load = days.load_kw * rng.uniform(0.9, 1.1, (1, 365, 24))
    year = replace(
        days,
        days=tuple(str(n) for n in range(365)),
        days_per_year=np.ones(365),
        load_kw=np.minimum(load, days.connection_kw[:, None, None]),
        sun=days.sun * rng.uniform(0.4, 1.6, (365, 1)),
    )
    spent_s, found = timed(partial(dispatch_year, year, sizes))
    each = spent_s / YEAR_OF
    return (
        f"8,760 hours, {YEAR_OF} stations, sizes held: {spent_s:.0f} s with the proof, "
        f"{each:.1f} s a station ({each * 1000 / 60:.0f} min for 1,000, as each substation is a "
        f"program of its own); at most {found.gap:.2%} above the best sizes for all hours."
    )


if __name__ == "__main__":
    print("\n".join(table()))
