"""Run programs on every core, within the limits, until told to stop.

HiGHS gives Python's lock back while it runs, so threads of one process fill all cores. Every
program runs on one thread whatever the number of cores, and answers come back in the order of the
programs: more cores make a search faster, never different. With a limit in steps no answer depends
on the clock, unless the time limit itself strikes.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.highs import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from siting.models.effort import Effort
    from siting.models.highs import Highs

_INSTANT = 0.05
"""Seconds that even a program past the limit gets: enough to hand back what it starts from."""


@dataclass
class Crew:
    """Hold the limits of a search, and whether somebody stopped it."""

    effort: Effort
    progress: Callable[[str], None]
    started: float = field(default_factory=time.monotonic)
    reserve_s: float = 0.0
    """Kept for what comes after the search."""
    stop: threading.Event = field(default_factory=threading.Event)

    def left_s(self, *, share: float = 1.0) -> float:
        """Return the seconds left of a share of the time limit."""
        limit_s = max(self.effort.time_limit_s - self.reserve_s, 0.0)
        return share * limit_s - (time.monotonic() - self.started)

    def over(self, *, share: float = 1.0) -> bool:
        """Tell whether the search was stopped, or a share of its time is up."""
        return self.stop.is_set() or self.left_s(share=share) <= 0

    def part(self, share: float, steps: int | None, name: str) -> Crew:
        """Return a crew with a share of the time left and its own steps, stopped with this one."""
        effort = replace(
            self.effort, time_limit_s=max(share * self.left_s(), _INSTANT), iterations=steps
        )
        return Crew(effort, lambda text: self.progress(f"{name}: {text}"), stop=self.stop)

    def run(
        self,
        programs: Sequence[Highs],
        *,
        seconds: float = float("inf"),
        grace: float = 0.0,
        nodes: int | None = None,
        gap: float = 0.0,
        method: str = "choose",
        crossover: bool = True,
    ) -> list[Run]:
        """Return the answers to some programs, in their order.

        Ctrl-C stops the search: what the programs have found so far is returned.

        Parameters
        ----------
        programs
            As many at a time as there are cores.
        seconds
            Most time for each, where the effort is not limited in steps.
        grace
            Part of the time limit that they get even past it, where there is no plan without them.
        nodes, gap, method, crossover
            As :meth:`Highs.run`.
        """
        if self.effort.iterations is not None:
            seconds = float("inf")
        left_s = 0.0 if self.stop.is_set() else self.left_s()
        least_s = _INSTANT if self.stop.is_set() else grace * self.effort.time_limit_s
        limit_s = max(min(seconds, left_s), least_s, min(_INSTANT, self.effort.time_limit_s))
        with ThreadPoolExecutor(self.effort.threads) as pool:
            futures = [
                pool.submit(
                    program.run,
                    time_limit_s=limit_s,
                    nodes=nodes,
                    gap=gap,
                    method=method,
                    crossover=crossover,
                )
                for program in programs
            ]
            try:
                return [_result(future) for future in futures]
            except KeyboardInterrupt:
                self.stop.set()
                for program in programs:
                    program.cancel()
                return [_result(future) for future in futures]

    def first(self, ways: Sequence[tuple[Highs, str]], *, seconds: float) -> tuple[int, Run]:
        """Return which of several ways to solve a linear program was done first, and its answer.

        With cores for it, and no limit in steps, they race; else each is tried in turn.

        Parameters
        ----------
        ways
            The program, maybe in several units, and a method of HiGHS.
        seconds
            Most time for all of them.
        """
        until = time.monotonic() + max(min(seconds, self.left_s()), _INSTANT)
        if self.effort.threads == 1 or self.effort.iterations is not None:
            return self._in_turn(ways, until)
        with ThreadPoolExecutor(len(ways)) as pool:
            limit_s = until - time.monotonic()
            futures = {
                pool.submit(
                    program.run, time_limit_s=limit_s, method=method, crossover=False
                ): number
                for number, (program, method) in enumerate(ways)
            }
            last = None
            try:
                for future in as_completed(futures):
                    last = futures[future], future.result()
                    if _done(last[1]):
                        break
            except KeyboardInterrupt:
                self.stop.set()
            for program, _ in ways:
                program.cancel()
        return last or (0, _UNSOLVED)

    def _in_turn(self, ways: Sequence[tuple[Highs, str]], until: float) -> tuple[int, Run]:
        for number, (program, method) in enumerate(ways):
            to_come = len(ways) - number
            seconds = (until - time.monotonic()) / to_come
            run = self.run([program], seconds=seconds, method=method, crossover=False)[0]
            if _done(run) or to_come == 1:
                return number, run
        return 0, _UNSOLVED


def _result(future: Future[Run]) -> Run:
    return future.result()


_UNSOLVED = Run("no-solution", np.empty(0), np.nan, np.nan, np.empty(0))


def _done(run: Run) -> bool:
    return run.status == "infeasible" or len(run.duals) > 0
