"""Run orders side by side: in processes of this machine, or on a Dask cluster.

Either way an order goes out, and its answer or its failure comes back; only the sweep itself, which
asks, writes down what came of it.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, CancelledError, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, Protocol

from siting.errors import SweepError
from siting.sweep.work import answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from siting.sweep.work import Answer, Order

_LOST = 3
"""Times an order may go out before its process' death is laid to it."""
_CONNECT_S = 10
_BEAT_S = 10.0
"""Seconds between two signs of life."""


class Pool(Protocol):
    """Take orders, and give their answers back as they come."""

    packs: bool
    """Whether plan folders come back packed, as the disk may be another."""

    @property
    def room(self) -> int:
        """Return how many orders it works on at a time."""

    def submit(self, order: Order) -> None:
        """Take an order."""

    def finished(self) -> list[tuple[Order, Answer | Exception]]:
        """Return what has come back, waiting a while for it; maybe nothing yet."""


class Processes:
    """Run orders in processes of this machine.

    Parameters
    ----------
    workers
        Processes.
    """

    packs = False

    def __init__(self, workers: int) -> None:
        self.room = workers
        self._out: dict[Future[Answer], Order] = {}
        self._sent: dict[str, int] = {}
        self._pool = self._fresh()

    def _fresh(self) -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.room, mp_context=spawn, initializer=_in_worker)

    def submit(self, order: Order) -> None:
        """Take an order."""
        self._sent[order.run.id] = self._sent.get(order.run.id, 0) + 1
        self._out[self._pool.submit(answer, order)] = order

    def finished(self) -> list[tuple[Order, Answer | Exception]]:
        """Return what has come back, waiting a while for it; maybe nothing yet."""
        done, _ = wait(self._out, timeout=_BEAT_S, return_when=FIRST_COMPLETED)
        back: list[tuple[Order, Answer | Exception]] = []
        lost = []
        for future in done:
            order = self._out.pop(future)
            try:
                back.append((order, future.result()))
            except BrokenProcessPool:
                lost.append(order)
            except Exception as error:  # noqa: BLE001 - the asker decides what each is worth
                back.append((order, error))
        return back + (self._again(lost) if lost else [])

    def _again(self, lost: list[Order]) -> list[tuple[Order, Answer | Exception]]:
        """Start anew after a process died; an order that kills again and again is given back."""
        lost += self._out.values()
        self._out.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._fresh()
        given_up: list[tuple[Order, Answer | Exception]] = []
        for order in lost:
            if self._sent[order.run.id] < _LOST:
                self.submit(order)
            else:
                error = RuntimeError(f"its process died {_LOST} times; maybe for want of memory")
                given_up.append((order, error))
        return given_up

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()


def _in_worker() -> None:
    """Let Ctrl-C be the parent's affair, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:  # noqa: ANN401 - multiprocessing's own, not exported
    parent.join()
    os._exit(1)


class Cluster:
    """Run orders on the workers of a Dask scheduler.

    A worker that dies takes nothing along: the scheduler gives its orders to another. Needs the
    extra ``cluster``, on both sides, and the city under the same name on every worker.

    Parameters
    ----------
    address
        Such as ``tcp://10.0.0.1:8786``.
    """

    packs = True

    def __init__(self, address: str) -> None:
        try:
            dask: Any = importlib.import_module("distributed")  # an extra
        except ImportError as error:
            msg = "--scheduler needs Dask: pip install -c constraints.txt '.[cluster]'"
            raise SweepError(msg) from error
        _hush("distributed")
        try:
            self._client = dask.Client(address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            why = " ".join(str(error).split())
            msg = f"No scheduler answers at {address} ({why}). Start one with 'dask scheduler'."
            raise SweepError(msg) from error
        self._wait, self._address = dask.wait, address
        self._out: dict[Any, Order] = {}

    @property
    def room(self) -> int:
        """Return how many orders the workers take now; one at least, for who is to come."""
        return max(1, int(sum(self._client.nthreads().values())))

    def submit(self, order: Order) -> None:
        """Take an order; its key is the run's, so no run is at work twice."""
        key = f"siting-{order.run.id}"
        future = self._client.submit(answer, order, key=key, pure=False, retries=_LOST)
        self._out[future] = order

    def finished(self) -> list[tuple[Order, Answer | Exception]]:
        """Return what has come back, waiting a while for it; maybe nothing yet."""
        gone = False
        try:
            with contextlib.suppress(TimeoutError), self._client.as_current():
                self._wait(list(self._out), timeout=_BEAT_S, return_when="FIRST_COMPLETED")
        except CancelledError:
            gone = True
        if gone or self._client.status != "running":
            msg = (
                f"The scheduler at {self._address} is gone. Finished runs are kept: the same "
                "command goes on, with any scheduler or none."
            )
            raise SweepError(msg)
        back: list[tuple[Order, Answer | Exception]] = []
        for future in [future for future in self._out if future.done()]:
            order = self._out.pop(future)
            error = future.exception() if future.status == "error" else None
            if future.status == "finished":
                back.append((order, future.result()))
            else:
                back.append((order, error or RuntimeError("the cluster gave it up")))
            future.release()
        return back

    def close(self) -> None:
        """Take back what is still out, and leave the cluster as it was."""
        for future in self._out:
            future.cancel()
        self._client.close()


def _hush(name: str) -> None:
    """Let a library's loggers be silent: what matters of it is told in our own words."""
    for known in list(logging.root.manager.loggerDict):
        if known == name or known.startswith(f"{name}."):
            logging.getLogger(known).setLevel(logging.CRITICAL + 1)


@contextlib.contextmanager
def pool(workers: int, scheduler: str | None) -> Iterator[Processes | Cluster]:
    """Open a pool, and close it whatever happens.

    Parameters
    ----------
    workers
        Processes, where no scheduler is given.
    scheduler
        Address of a Dask scheduler.
    """
    opened = Processes(workers) if scheduler is None else Cluster(scheduler)
    try:
        yield opened
    finally:
        opened.close()
