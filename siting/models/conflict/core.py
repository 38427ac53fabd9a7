"""Find a smallest set of limits that cannot hold together, and the least change that mends it.

The set: QuickXplain (U. Junker, AAAI 2004), each test a feasibility question to HiGHS. Before it,
where the linear relaxation has no solution either, the limits are cut down to those with a price in
the cheapest way to break some: by Farkas' lemma they conflict already.

The change: J. Chinneck's elastic program ("Feasibility and Infeasibility in Optimization",
Springer, 2008): one limit may give way, all others hold, and what it gives is minimised.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Literal

import numpy as np
from scipy import sparse

from siting.models.conflict.limits import Give, Key, Program, joined, soften
from siting.models.highs import Highs
from siting.models.relaxation import matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.models.effort import Effort
    from siting.models.highs import Arrays, Run

    Values = NDArray[np.float64]

TEST_SECONDS = 20.0
"""Of one feasibility question."""
LINEAR_SECONDS = 60.0
"""Of one question to the linear relaxation of a large program."""
LARGE = 30_000
"""Columns from which the linear relaxation is asked first, by interior point."""
_PRICED = 1e-6
"""Part of the largest price below which a price is a solver's dust."""
_DUST = 1e-9
_FILTER_SHARE = 0.4
"""Part of the time that cutting the limits down by their prices may take."""
_BROKEN = 1e-6


@dataclass(frozen=True, eq=False)
class Least:
    """Hold the least that some limits give, alone or together, so that all others hold."""

    status: Literal["exact", "within", "impossible", "unknown"]
    """exact: proved the least; within: between ``bound`` and ``amount``; impossible: proved not
    enough, however much they give; unknown: the time was up first."""
    amount: float = np.nan
    bound: float = np.nan
    slack: Values = field(default_factory=lambda: np.empty(0))
    """(slacks,) what each gives."""
    values: Values = field(default_factory=lambda: np.empty(0))
    """(columns,) of a plan that has it."""


@dataclass(eq=False)
class Tests(Generic[Key]):
    """Ask which limits of a program can hold together."""

    program: Program[Key]
    effort: Effort
    seconds: float
    """Of all questions together."""
    cut_off: bool = False
    """True once a question found no answer in time; it then counts as no conflict."""
    known: dict[frozenset[Key], bool] = field(default_factory=dict)
    loose: dict[frozenset[Key], bool] = field(default_factory=dict)
    """What the linear relaxation proves."""
    rough: bool = False
    """True: of a large program ask the linear relaxation alone."""
    block: NDArray[np.int64] | None = None
    """Columns that are asked alone while it is rough."""
    proof: NDArray[np.int64] | None = None
    """Columns that the first conflict was proved on."""

    def __post_init__(self) -> None:
        self.until = time.monotonic() + self.seconds

    def left_s(self) -> float:
        """Return the seconds left."""
        return self.until - time.monotonic()

    def conflict(self, keys: Sequence[Key]) -> bool:
        """Tell whether it is proved that limits cannot hold together."""
        asked = frozenset(keys)
        if asked not in self.known and self._linear(asked):
            self.known[asked] = True
        if asked in self.known or self.rough:
            return self.known.get(asked, False)
        run = self._ask(asked, self.program.kept_columns(asked), relaxed=False)
        self.cut_off |= run is None or run.status == "no-solution"
        self.known[asked] = run is not None and run.status == "infeasible"
        return self.known[asked]

    def _linear(self, asked: frozenset[Key]) -> bool:
        """Tell whether limits conflict in the linear relaxation already; asked of large ones.

        Blocks are asked first, each alone: they are smaller, and rows that tie them to others are
        left out, so what cannot hold in one cannot hold at all.
        """
        if asked not in self.loose:
            kept = self.program.kept_columns(asked)
            parts = [kept] if len(kept) > LARGE else []
            if parts and self.block is not None:
                parts = [np.intersect1d(kept, self.block)]
            elif parts:
                parts = [*(np.intersect1d(kept, x) for x in self.program.blocks), kept]
            proof = next((part for part in parts if self._cannot(asked, part)), None)
            self.loose[asked] = proof is not None
            self.proof = proof if self.proof is None else self.proof
        return self.loose[asked]

    def _cannot(self, asked: frozenset[Key], kept: NDArray[np.int64]) -> bool:
        run = self._ask(asked, kept, relaxed=True)
        self.cut_off |= run is None or run.status == "no-solution"
        return run is not None and run.status == "infeasible"

    def _ask(self, asked: frozenset[Key], kept: NDArray[np.int64], *, relaxed: bool) -> Run | None:
        if self.left_s() <= 0:
            return None
        program = self.program
        arrays, _ = program.bare(program.under(asked), kept)
        seconds = LINEAR_SECONDS if relaxed else TEST_SECONDS
        return self.run(arrays, relaxed=relaxed, seconds=seconds)

    def run(self, arrays: Arrays, *, relaxed: bool = False, seconds: float = TEST_SECONDS) -> Run:
        """Solve one program within the time that is left."""
        highs = Highs(arrays, relaxed=relaxed, threads=self.effort.threads, seed=self.effort.seed)
        large = relaxed and len(arrays.cost) > LARGE
        return highs.run(
            time_limit_s=max(min(seconds, self.left_s()), 0.1),
            method="ipm" if large else "choose",
            crossover=not large,
        )

    def core(self, bundles: Sequence[tuple[Key, ...]]) -> list[tuple[Key, ...]]:
        """Return a smallest part of some bundles of limits that cannot hold together.

        Parameters
        ----------
        bundles
            Proved to be in conflict. Limits of one bundle are held or given up together.
        """
        keys = frozenset(_flat(bundles))
        self.rough = len(self.program.kept_columns(keys)) > LARGE and self._linear(keys)
        if not self.rough:
            return self._narrow([], self._priced(list(bundles)), changed=False)
        self.block = self.proof
        found = self._narrow([], self._priced(list(bundles)), changed=False)
        self.rough, self.block, self.cut_off = False, None, False
        self.loose = {asked: True for asked, proved in self.loose.items() if proved}
        return self._narrow([], found, changed=False)

    def refine(
        self, held: Sequence[tuple[Key, ...]], bundle: tuple[Key, ...]
    ) -> list[tuple[Key, ...]]:
        """Return a smallest part of a bundle that is in conflict with what is held."""
        background = [key for other in held for key in other]
        return self._narrow(background, [(key,) for key in bundle], changed=False)

    def _narrow(
        self, held: list[Key], rest: list[tuple[Key, ...]], *, changed: bool
    ) -> list[tuple[Key, ...]]:
        if changed and self.conflict(held):
            return []
        if len(rest) == 1:
            return rest
        half = len(rest) // 2
        first, second = rest[:half], rest[half:]
        late = self._narrow([*held, *_flat(first)], second, changed=True)
        early = self._narrow([*held, *_flat(late)], first, changed=bool(late))
        return early + late

    def _priced(self, bundles: list[tuple[Key, ...]]) -> list[tuple[Key, ...]]:
        """Return the bundles that a Farkas certificate names; all of them where there is none."""
        keys = _flat(bundles)
        program = self.program
        arrays = program.under(keys)
        kept = program.kept_columns(keys) if self.block is None else self.block
        rows = np.concatenate([program.limits[key].rows for key in keys])
        elastic = soften(arrays, _free(arrays, rows))
        extra = np.arange(len(arrays.cost), len(elastic.cost))
        part, chosen = program.bare(elastic, np.concatenate([kept, extra]))
        run = self.run(part, relaxed=True, seconds=self.left_s() * _FILTER_SHARE)
        if not len(run.duals) or run.objective <= _BROKEN:
            return bundles
        prices = np.abs(run.duals)
        priced = set(chosen[prices > _PRICED * prices.max()].tolist())
        named = [bundle for bundle in bundles if self._has_price(bundle, priced)]
        return named if named and self.conflict(_flat(named)) else bundles

    def _has_price(self, bundle: tuple[Key, ...], priced: set[int]) -> bool:
        limits = [self.program.limits[key] for key in bundle]
        return any(len(x.columns) or not priced.isdisjoint(x.rows.tolist()) for x in limits)

    def least(
        self, keys: Sequence[Key], *, seconds: float = TEST_SECONDS, weights: Sequence[float] = ()
    ) -> Least:
        """Return the least that some limits give so that all others hold.

        Parameters
        ----------
        keys
            Limits that may give way.
        seconds
            Of the search for it.
        weights
            Price of one unit of each limit; default 1.
        """
        if self.left_s() <= 0:
            return Least("unknown")
        program, limits = self.program, [self.program.limits[key] for key in keys]
        give = limits[0].give
        if len(limits) > 1:
            give = joined([x.give for x in limits], list(weights) or [1.0] * len(limits))
        freed = program.arrays.upper.copy()
        for limit in limits:
            freed[limit.columns] = 1.0
        kept = program.kept_columns(program.limits)
        elastic = soften(replace(program.arrays, upper=freed), give)
        extra = np.arange(len(program.arrays.cost), len(elastic.cost))
        chosen = np.concatenate([kept, extra])
        part, _ = program.bare(elastic, chosen)
        run = self.run(part, seconds=seconds)
        if run.status == "infeasible":
            return Least("impossible")
        if not len(run.values):
            return Least("unknown")
        values = np.zeros(len(elastic.cost))
        values[chosen] = self._whole(part, run.values)
        return _measured(program.arrays, give, values, run)

    def _whole(self, arrays: Arrays, found: Values) -> Values:
        """Return the values again with whole numbers whole, free of a solver's tolerance."""
        whole = np.round(found)
        lower = np.where(arrays.integer, whole, arrays.lower)
        upper = np.where(arrays.integer, whole, arrays.upper)
        run = self.run(replace(arrays, lower=lower, upper=upper), relaxed=True)
        return run.values if len(run.values) else found


def _flat(bundles: Sequence[tuple[Key, ...]]) -> list[Key]:
    return [key for bundle in bundles for key in bundle]


def _free(arrays: Arrays, rows: NDArray[np.int64]) -> Give:
    """Return slacks that let rows be broken, each scaled to its row's largest coefficient."""
    below = rows[np.isfinite(arrays.row_lower[rows])]
    above = rows[np.isfinite(arrays.row_upper[rows])]
    where = np.concatenate([below, above])
    largest = np.asarray(abs(matrix(arrays)).max(axis=1).todense()).ravel()[where]
    scale = np.maximum(largest, 1.0)
    sign = np.concatenate([np.ones(len(below)), -np.ones(len(above))])
    shape = (len(arrays.row_lower), len(where))
    entry = sparse.csc_array((sign * scale, (where, np.arange(len(where)))), shape=shape)
    return Give(entry, np.full(len(where), np.inf), np.ones(len(where)))


def _measured(arrays: Arrays, give: Give, found: Values, run: Run) -> Least:
    """Return what a solution gives; ``found`` holds its columns, then its slacks."""
    size = len(arrays.cost)
    values = np.where(arrays.integer, np.round(found[:size]), found[:size])
    slack = _counted(arrays, give, values, found[size : size + len(give.upper)])
    counted = float(np.round(values[give.columns]).sum())
    if len(give.depth):
        amount = float(np.where(slack > _BROKEN, give.depth, 0.0).max(initial=0.0)) + counted
    else:
        amount = float(give.cost @ slack) + counted
    proved = run.status == "optimal"
    bound = amount if proved else min(max(run.bound, 0.0), amount)
    return Least("exact" if proved else "within", amount, bound, slack, values)


def _counted(arrays: Arrays, give: Give, values: Values, slack: Values) -> Values:
    """Return slacks counted from whole numbers, free of a solver's tolerance, where that can be."""
    entry = sparse.coo_array(give.entry)
    row, column = entry.coords
    if len(np.unique(row)) < len(row):
        return np.where(slack > _BROKEN, slack, 0.0)
    activity = matrix(arrays) @ values
    short = np.maximum(arrays.row_lower - activity, activity - arrays.row_upper)
    need = short[row] / np.abs(entry.data)
    tiny = _DUST * np.maximum(1.0, np.abs(activity[row])) / np.abs(entry.data)
    exact = np.zeros(len(give.upper))
    np.maximum.at(exact, column, np.where(need > tiny, need, 0.0))
    return exact
