"""Search for one plan over futures too many to state whole: bound by cuts, then neighbourhoods.

Each future's own linear relaxation prices its demand; those prices are cuts, and the relaxation
over the choice alone under all of them bounds every plan (:mod:`siting.models.robust.cuts`), as the
mean of the futures' own bounds does (wait and see). Plans to start from are those for the mean
demand and for higher ones, and roundings of what the futures' mean and the bound wish for, each
valued in every future. Then neighbourhoods are solved by the cuts of the best plan; a trial that
proves better becomes the best, any other leaves its cuts.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.models.arrays import arrays_of
from siting.models.found import NOTHING
from siting.models.highs import Highs
from siting.models.layout import Layout
from siting.models.linear import relax
from siting.models.robust.around import shared_zones
from siting.models.robust.cuts import Cutter
from siting.models.robust.flows import Flows, rooms
from siting.models.robust.master import Master
from siting.models.robust.outcome import Robust
from siting.models.search import Search
from siting.models.start import nearest_choice

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from siting.models.crew import Crew
    from siting.models.found import Found
    from siting.models.highs import Arrays, Run
    from siting.models.linear import Relaxed
    from siting.models.robust.question import Question

    Values = NDArray[np.float64]
    Types = NDArray[np.int64]

RELAX_SHARE = 0.5
"""Part of the time for the futures' own relaxations, together."""
RELAX_PARTS = 4
"""What one program may take of the time left for them all."""
MEAN_SHARE = 0.3
"""Part of the time left for the plan of one demand; as much is kept for neighbourhoods."""
BOUND_SECONDS, STEP_SECONDS, STEP_NODES = 60.0, 10.0, 300
WINDOW = 120
"""Sites that a neighbourhood sets free, at first."""
WIDEST = 400
STALE = 24
"""Neighbourhoods without gain before the search gives up."""
KEPT = 8
"""Trials whose cuts stay."""


@dataclass(eq=False)
class LShaped:
    """Hold one search in progress."""

    question: Question
    crew: Crew
    best: Types = field(default_factory=lambda: NOTHING)
    value: float = -np.inf
    bound: float = np.inf
    pool: list[Types] = field(default_factory=list)
    mean: Types = field(default_factory=lambda: NOTHING)
    mean_gap: float = np.nan

    def __post_init__(self) -> None:
        """Lay out flows, cuts and the program in the choice."""
        q = self.question
        self.flows, self.cutter, self.master = Flows(q.problem), Cutter(q.problem), Master(q)
        self.own_bound = q.worth(q.reachable_kwh)
        self.bound = q.value(self.own_bound)
        self.rng = np.random.default_rng(self.crew.effort.seed)

    def run(self) -> Robust:
        """Search until the gap is proved or the effort is spent, or Ctrl-C.

        Raises
        ------
        KeyboardInterrupt
            If stopped before there was a plan.
        """
        try:
            relaxed = self._relaxations()
            if any(item.infeasible for item in relaxed):
                return self._found(infeasible=True)
            wish = self._bound(relaxed)
            self._start(relaxed, wish)
            if len(self.best):
                self._improve(relaxed, wish)
        except KeyboardInterrupt:
            self.crew.stop.set()
        if self.crew.stop.is_set() and not len(self.best):
            raise KeyboardInterrupt
        return self._found(infeasible=False)

    def _found(self, *, infeasible: bool) -> Robust:
        method = "relaxation and cuts of every future, rounding, neighbourhoods by cuts"
        if self.crew.stop.is_set():
            method += "; stopped by the user"
        pool, mean = tuple(self.pool), self.mean
        return Robust(
            self.best, self.bound, self.own_bound, mean, self.mean_gap, pool, infeasible, method
        )

    def _relaxations(self) -> list[Relaxed]:
        """Solve every future's own relaxation, as many at a time as there are cores."""
        q, effort = self.question, self.crew.effort
        futures = q.size[0]
        self.crew.progress(f"solving the linear relaxations of {futures} futures")

        def solver(ways: list[tuple[Arrays, str]]) -> tuple[int, Run]:
            for number, (arrays, method) in enumerate(ways):
                highs = Highs(arrays, relaxed=True, seed=effort.seed)
                left = max(self.crew.left_s(share=RELAX_SHARE) / RELAX_PARTS, 1.0)
                run = highs.run(time_limit_s=left, method=method, crossover=False)
                if run.status == "infeasible" or len(run.duals):
                    return number, run
            return 0, run

        def one(k: int) -> Relaxed:
            return relax(
                q.future(k), solver, gap=effort.gap, seed=effort.seed, progress=lambda _text: None
            )

        with ThreadPoolExecutor(effort.threads) as pool:
            found = list(pool.map(one, range(futures)))
        weight = q.weight / np.where(q.problem.weight > 0, q.problem.weight, 1.0)
        own = np.array([item.bound for item in found]) * weight.max(axis=1)
        self.own_bound = np.fmin(self.own_bound, own)
        return found

    def _bound(self, relaxed: list[Relaxed]) -> Values:
        """Bound every plan; return the fractional choice behind it, (choice,)."""
        q = self.question
        for k, item in enumerate(relaxed):
            for t in range(q.size[1]):
                if item.prices is not None and q.problem.weight[t] > 0:
                    price = item.prices.demand[t] / q.problem.weight[t]
                    self.master.add(self.cutter.cut(k, t, q.demand_kwh[k, t], price))
        self.bound = min(self.bound, q.value(self.own_bound))
        run, bound = self.master.relaxed(
            seconds=min(BOUND_SECONDS, max(self.crew.left_s(), 1.0)), seed=self.crew.effort.seed
        )
        self.bound = min(self.bound, bound)
        self.crew.progress(f"no plan is worth more than {self.bound:,.6g}")
        return run.values[: self.master.count] if len(run.values) else np.empty(0)

    def _start(self, relaxed: list[Relaxed], wish: Values) -> None:
        """Take plans made for the mean demand and for higher ones, and roundings of wishes."""
        q = self.question
        self._for_mean()
        for name, demand in self._higher():
            if not self.crew.over(share=1 - MEAN_SHARE):
                self._made_for(demand, name)
        own = [item.wish for item in relaxed if len(item.wish)]
        wishes = [np.mean(own, axis=0)] if own else []
        wishes += [wish] if len(wish) else []
        arrays = arrays_of(q.problem)
        layout = Layout.of(q.problem, arrays)
        for item in wishes:
            if self.crew.over(share=1 - MEAN_SHARE) and len(self.best):
                return
            run = nearest_choice(arrays, layout, item, self.crew)
            if len(run.values):
                types = layout.type_at(run.values)
                self._take(types, self._served(types))
        self._tell("plans to start from")

    def _for_mean(self) -> None:
        q = self.question
        found = self._made_for(q.problem.demand_kwh, "mean demand")
        if len(found.type_at):
            self.mean = found.type_at
            plain = float(q.problem.weight @ self.flows.of(q.problem.demand_kwh, self.mean))
            self.mean_gap = abs(found.bound - plain) / max(abs(plain), 1e-9)

    def _higher(self) -> list[tuple[str, Values]]:
        """Return demands above the mean: of the futures that ask for most, and of the highest.

        What is built for the mean serves no more where demand is higher, but what is built for more
        serves the mean as well.
        """
        q = self.question
        asked = q.reachable_kwh @ q.problem.weight
        upper = asked >= q.probability @ asked
        most = ("highest demand", q.demand_kwh[int(asked.argmax())])
        weight = q.probability * upper
        if not weight.sum() > 0:
            return [most]
        high = np.tensordot(weight / weight.sum(), q.demand_kwh, axes=1)
        return [("higher demand", high), most]

    def _made_for(self, demand: Values, name: str) -> Found:
        """Make the plan for one demand, and take it."""
        steps = self.crew.effort.iterations
        crew = self.crew.part(MEAN_SHARE, None if steps is None else 1 + steps // 4, name)
        problem = replace(self.question.problem, demand_kwh=demand)
        found = Search(problem, crew, thrifty=False).run()
        if len(found.type_at):
            self._take(found.type_at, self._served(found.type_at))
            self._tell(name)
        return found

    def _tell(self, what: str) -> None:
        gap = abs(self.bound - self.value) / max(abs(self.value), 1e-9)
        self.crew.progress(
            f"best {self.value:,.6g}, bound {self.bound:,.6g}, gap {gap:.2%}, {what}"
        )

    def _served(self, types: Types) -> Values:
        """Return the energy served in every future and phase, (K, T)."""
        return self.flows.served(self.question.demand_kwh, types)

    def _take(self, types: Types, served: Values) -> bool:
        """Keep a plan in the pool, and as the best if it is; tell whether it is."""
        value = self.question.value(self.question.worth(served))
        self.pool.append(types)
        if value <= self.value * (1 + 1e-9):
            return False
        self.best, self.value = types, value
        return True

    def _cuts_at(self, types: Types) -> None:
        """Add the cuts of a plan, which are exact there."""
        q, room = self.question, rooms(self.question.problem, types)
        for k in range(q.size[0]):
            for t in range(q.size[1]):
                demand = q.demand_kwh[k, t]
                _, price = self.flows.cut(demand, room[t])
                self.master.add(self.cutter.cut(k, t, demand, price), temporary=True)

    def _improve(self, relaxed: list[Relaxed], wish: Values) -> None:
        """Solve neighbourhoods by the cuts until the gap is small enough, or nothing is gained."""
        q, effort = self.question, self.crew.effort
        per_plan, size, stale, steps = q.size[0] * q.size[1], WINDOW, 0, 0
        near, wishes = shared_zones(q.problem), [item.wish for item in relaxed if len(item.wish)]
        wishes += [wish] if len(wish) else []
        self._cuts_at(self.best)
        while not self.crew.over() and stale < STALE:
            gap = abs(self.bound - self.value) / max(abs(self.value), 1e-9)
            most = effort.iterations
            if gap <= effort.gap or (most is not None and steps >= most):
                break
            sites = self._sites(steps, size, near, wishes)
            steps += 1
            trial = self._trial(sites)
            if len(trial) and self._take(trial, self._served(trial)):
                stale = 0
                self._tell(f"{steps} neighbourhoods")
            else:
                stale += 1
                size = min(size * 5 // 4, WIDEST)
            if len(trial):
                self._cuts_at(trial)
            self.master.forget((1 + KEPT) * per_plan)
        self._tell(f"{steps} neighbourhoods")

    def _sites(
        self, step: int, size: int, near: sparse.csr_array, wishes: list[Values]
    ) -> NDArray[np.bool_]:
        """Return which sites a neighbourhood sets free, (J,)."""
        sites = len(self.question.problem.sites)
        free = np.zeros(sites, dtype=bool)
        if step % 2 and wishes:
            item = wishes[int(self.rng.integers(len(wishes)))]
            m = self.master
            off = np.abs(item - (self.best[m.phase, m.site] == m.kind))
            score = self.rng.random(sites) * np.bincount(m.site, weights=off, minlength=sites)
            free[np.argsort(-score, kind="stable")[:size]] = True
            return free
        for _ in range(2):
            around = np.zeros(sites)
            around[int(self.rng.integers(sites))] = 1.0
            for _ in range(3):
                around = around + near @ around
            free[np.argsort(-around, kind="stable")[: size // 2]] = True
        return free

    def _trial(self, sites: NDArray[np.bool_]) -> Types:
        """Return the plan that is best by the cuts with some sites free, or nothing."""
        m, types = self.master, self.best
        now = (types[m.phase, m.site] == m.kind).astype(float)
        highs = Highs(m.near(sites[m.site], now), seed=self.crew.effort.seed)
        run = self.crew.run([highs], seconds=STEP_SECONDS, nodes=STEP_NODES, gap=1e-4)[0]
        if not len(run.values):
            return NOTHING
        found = np.full(types.shape, NONE, dtype=np.int64)
        on = run.values[: m.count] > 0.5  # noqa: PLR2004 - a binary
        found[m.phase[on], m.site[on]] = m.kind[on]
        return NOTHING if np.array_equal(found, types) else found
