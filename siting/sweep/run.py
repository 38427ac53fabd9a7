"""Run a sweep: take up what is there, answer what is not, and write every answer as it comes."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from siting.data.load import case_folder, load_case
from siting.data.supply import supplied
from siting.errors import InputError, PlanError, SweepError
from siting.plan_folder import read_plan
from siting.scenario_io import resolve_toml
from siting.sweep.design import runs_of
from siting.sweep.near import Distance, Queue, known_of, read_known
from siting.sweep.place import RUNS, alone, changes, check_folder, meta_of, unpack
from siting.sweep.pools import pool
from siting.sweep.rows import COLUMNS, DONE, PLANNED, planned, without_plan
from siting.sweep.store import FILE, Store, read_store
from siting.sweep.work import Answer, Order
from siting.verify import verify_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from siting.data.case import Case
    from siting.scenario import Scenario
    from siting.sweep.design import Run
    from siting.sweep.pools import Cluster, Processes
    from siting.sweep.vary import Vary
    from siting.sweep.work import Known

log = logging.getLogger(__name__)

_PLANS_KEPT = 256
"""Plans whose stations are kept in memory to begin with."""


@dataclass(frozen=True)
class Asked:
    """Say what a sweep is asked for."""

    scenario: Scenario
    vary: tuple[Vary, ...]
    cases: tuple[str, ...] = ()
    """Empty: the scenario's own."""
    sample: int | None = None
    sample_seed: int = 0
    workers: int = 1
    scheduler: str | None = None
    cold: bool = False
    """Begin every run with nothing."""


@dataclass
class Sweep:
    """Hold a sweep in progress, or done."""

    asked: Asked
    runs: list[Run]
    store: Store
    folder: Path
    cases: Mapping[str, Case]
    """As loaded, by the name asked for."""
    progress: Callable[[str], None]
    each: Callable[[Sweep], object]
    """Called after every run."""
    answered: int = 0
    """Runs answered by this call."""
    _solved: list[Run] = field(default_factory=list)
    _plans: dict[str, Known | None] = field(default_factory=dict)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of this sweep's runs that are there, in the runs' order."""
        return [self.store.rows[run.id] for run in self.runs if run.id in self.store.rows]

    def path(self, run: Run) -> Path:
        """Return a run's plan folder."""
        return self.folder / RUNS / run.folder

    def answer_all(self) -> None:
        """Answer every run that has no answer yet.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C; what is finished is written.
        """
        waiting, out = self._take_up(), 0
        if not waiting:
            return
        with pool(min(self.asked.workers, len(waiting)), self.asked.scheduler) as workers:
            while waiting or out:
                while waiting and out < workers.room:
                    order = self._order(waiting.take(), waiting.apart, packed=workers.packs)
                    workers.submit(order)
                    out += 1
                done = self._take_in(workers, out)
                out -= len(done)
                for run in done:
                    if self.store.rows[run.id]["outcome"] in PLANNED:
                        self._solved.append(run)
                        waiting.solved(run)

    def _order(self, run: Run, apart: Distance, *, packed: bool) -> Order:
        known = () if self.asked.cold else known_of(run, self._solved, apart, self._known)
        labels = {other.id: other.label for other in self._solved}
        origin = f", from {labels[known[0].id]}" if known else ""
        self.progress(f"run {run.id}, {run.label}: begun{origin}")
        return Order(run, None if packed else self.path(run), known)

    def _known(self, run: Run) -> Known | None:
        if run.id not in self._plans:
            self._plans[run.id] = read_known(run, self.path(run))
            if len(self._plans) > _PLANS_KEPT:
                self._plans.pop(next(iter(self._plans)))
        return self._plans[run.id]

    def _take_in(self, workers: Processes | Cluster, out: int) -> list[Run]:
        back = workers.finished()
        for order, result in back:
            if isinstance(result, SweepError | PlanError):
                raise result
            self._keep(order, result)
        if not back:
            done = len(self.rows)
            self.progress(f"{done} of {len(self.runs)} runs done, {out} at work")
        return [order.run for order, _ in back]

    def _keep(self, order: Order, result: Answer | Exception) -> None:
        run = order.run
        if isinstance(result, Exception):
            row = without_plan(run, result, folder=None)
        else:
            row = result.row
            if result.packed:
                unpack(result.packed, self.path(run))
        self.store.put(row)
        self.answered += 1
        counted = f"{len(self.rows)} of {len(self.runs)}"
        self.progress(f"run {run.id}, {run.label}: {told(row)} ({counted})")
        self.each(self)

    def _take_up(self) -> Queue:
        """Return the runs without an answer; plans whose rows a kill has lost get them again."""
        pending, adopted, gone = [], 0, 0
        for run in self.runs:
            row = self.store.rows.get(run.id)
            there = (self.path(run) / "plan.json").is_file()
            if row is not None and row["outcome"] in DONE:
                if row["outcome"] not in PLANNED or there:
                    if row["outcome"] in PLANNED:
                        self._solved.append(run)
                    continue
                gone += 1
            if there and (found := self._adopted(run)) is not None:
                self.store.rows[run.id] = dict.fromkeys(COLUMNS) | found
                self._solved.append(run)
                adopted += 1
                continue
            self.store.rows.pop(run.id, None)
            pending.append(run)
        self.store.write()
        if len(pending) < len(self.runs):
            taken = f", {adopted} of them from plans whose rows were lost" if adopted else ""
            lost = f"; {gone} whose plan folders are gone are run again" if gone else ""
            done = len(self.runs) - len(pending)
            self.progress(f"{done} of {len(self.runs)} runs are done already{taken}{lost}")
        waiting = Queue(pending, Distance(self.runs))
        for run in self._solved:
            waiting.solved(run)
        return waiting

    def _adopted(self, run: Run) -> dict[str, Any] | None:
        """Return the row of a plan folder that answers this very run; None where none does."""
        try:
            plan, scenario = read_plan(self.path(run))
            case = supplied(self.cases[run.case], run.scenario)
        except InputError:
            return None
        if resolve_toml(scenario) != resolve_toml(run.scenario):
            return None
        found = verify_plan(plan, case, scenario)
        return None if any(not item.unmet for item in found) else planned(run, plan.document)


def run_sweep(
    asked: Asked,
    folder: Path,
    *,
    progress: Callable[[str], None] = log.info,
    each: Callable[[Sweep], object] = lambda _: None,
) -> Sweep:
    """Run a sweep into a folder, or go on with it; return it with all its rows.

    Parameters
    ----------
    asked
        What to vary, and how to run it.
    folder
        Made where missing.
    progress
        Called with a line of text now and then.
    each
        Called after every run, with the sweep as far as it is.

    Raises
    ------
    SweepError
        If the folder is somebody else's or in use, its file is damaged, or no scheduler answers.
    ScenarioError, CaseError
        If a key, a value or a city is wrong.
    KeyboardInterrupt
        On Ctrl-C; what is finished is written, and the same command goes on.
    """
    began = time.monotonic()
    names = asked.cases or (asked.scenario.case,)
    progress(f"loading {', '.join(names)}")
    cases = {name: load_case(case_folder(name)) for name in names}
    runs = runs_of(asked.scenario, asked.vary, cases, sample=asked.sample, seed=asked.sample_seed)
    check_folder(folder)
    with alone(folder):
        store = read_store(folder / FILE)
        meta = meta_of(asked, cases)
        for line in changes(store, meta, runs):
            progress(line)
        store.meta = meta
        (folder / RUNS).mkdir(exist_ok=True)
        sweep = Sweep(asked, runs, store, folder, cases, progress, each)
        try:
            sweep.answer_all()
        except KeyboardInterrupt:
            progress(f"{len(sweep.rows)} of {len(runs)} runs are kept: the same command goes on")
            raise
    progress(f"{len(runs)} runs, {sweep.answered} of them now, {time.monotonic() - began:.1f} s")
    return sweep


def told(row: dict[str, Any]) -> str:
    """Return how a run came out, in a line."""
    if row["outcome"] not in PLANNED:
        return f"{row['outcome']}: {(row['conflict'] or '-').splitlines()[0]}"
    bound = ", with a bound carried over" if row["bound_from"] else ""
    return f"{row['outcome']}, gap {row['gap']:.2%}, {row['seconds']:.1f} s{bound}"
