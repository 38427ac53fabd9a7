"""Share jobs among processes."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Job = TypeVar("Job")
Done = TypeVar("Done")


def each(work: Callable[[Job], Done], jobs: Iterable[Job], workers: int) -> Iterator[Done]:
    """Yield what each job gives, in order.

    Processes are started afresh rather than forked: a solver's threads do not survive a fork.

    Parameters
    ----------
    work
        A function that a process can import.
    jobs
        What it is called with.
    workers
        Processes; 1 for this one.
    """
    if workers == 1:
        yield from map(work, jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(work, jobs)
