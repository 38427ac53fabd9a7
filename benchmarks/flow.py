"""Measure flow refuelling against the formulation that lists combinations, in the same run.

Run ``python benchmarks/run.py flow``, which writes the tables in ``benchmarks/README.md``; it needs
the real data, see ``tests/shared.py``. The peer is Kuby & Lim's own statement of 2005: for each
path every smallest combination of stations that refuels it is listed, and has a variable; it is
stated in PuLP and handed to CBC and to HiGHS. siting lists none. All are asked for the proven
optimum with one thread; times are CPU seconds from paths to answer, summed over the counts asked;
combinations are listed once a range. On the Irish network no combination is listed: it is siting
alone, with the chargers that stand kept and without.
"""

from __future__ import annotations

import itertools
import resource
import time
import warnings
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pulp

from siting.models.classical.flow import flow_refuel
from siting.models.effort import Effort
from siting.models.solution import PROVED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from siting.models.classical.flow_question import FlowQuestion
    from tests.frlm import Network

EFFORT = Effort(gap=0.0, time_limit_s=120.0, seed=1, threads=1)
COUNTS = (5, 10, 15, 20, 25)
"""Stations at which the peers are asked too."""
RANGES = (4.0, 8.0, 12.0)
IRISH = ((60.0, True), (100.0, True), (100.0, False), (200.0, False))
"""Range in km, and whether existing chargers are kept."""
IRISH_MORE = (0, 5, 10, 20, 30)
"""Stations beside those kept."""


@dataclass(frozen=True)
class Combinations:
    """Hold every smallest combination of sites that refuels each path."""

    path: list[int]
    sites: list[tuple[int, ...]]


def cpu_s() -> float:
    """Return CPU seconds of this process and of those it started and has seen end."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return CPU seconds, and what was found."""
    begin = cpu_s()
    found = work()
    return cpu_s() - begin, found


def combinations(question: FlowQuestion) -> Combinations:
    """List, path by path, the combinations that refuel it and of which no smaller one does."""
    paths: list[int] = []
    listed: list[tuple[int, ...]] = []
    for q in range(len(question.flow)):
        sites = question.site[question.start[q] : question.start[q + 1]].tolist()
        found: list[set[int]] = []
        for size in range(1, len(sites) + 1):
            for some in itertools.combinations(sites, size):
                if any(smaller <= set(some) for smaller in found):
                    continue
                if _refuels(question, q, set(some)):
                    found.append(set(some))
                    paths.append(q)
                    listed.append(some)
    return Combinations(paths, listed)


def _refuels(question: FlowQuestion, q: int, some: set[int]) -> bool:
    """Tell whether stations carry a path out and back, each end within half a range of one."""
    part = slice(question.start[q], question.start[q + 1])
    pairs = zip(question.km[part].tolist(), question.site[part].tolist(), strict=True)
    places = [km for km, site in pairs if site in some]
    reach, length = question.reach_km, float(question.length_km[q])
    if places[0] > reach / 2 or length - places[-1] > reach / 2:
        return False
    return all(b - a <= reach for a, b in itertools.pairwise(places))


def listed_program(question: FlowQuestion, found: Combinations, most: int) -> Any:  # noqa: ANN401 - PuLP is untyped
    """State flow refuelling with a variable for each combination (Kuby & Lim 2005)."""
    lp = pulp.LpProblem("frlm", pulp.LpMaximize)
    opened = [lp.add_variable(f"x({j})", cat=pulp.LpBinary) for j in range(question.sites)]
    refuelled = [lp.add_variable(f"y({q})", 0, 1) for q in range(len(question.flow))]
    used = [lp.add_variable(f"v({h})", 0, 1) for h in range(len(found.path))]
    lp += pulp.LpAffineExpression(list(zip(refuelled, question.flow.tolist(), strict=True)))
    for q, group in itertools.groupby(range(len(used)), key=found.path.__getitem__):
        lp += pulp.lpSum(used[h] for h in group) >= refuelled[q]
    carried = set(found.path)
    for q in range(len(refuelled)):
        if q not in carried:
            lp += refuelled[q] <= 0
    for h, sites in enumerate(found.sites):
        for j in sites:
            lp += used[h] <= opened[j]
    lp += pulp.lpSum(opened) <= most
    return lp


def peer(question: FlowQuestion, found: Combinations, most: int, solver: str) -> float:
    """Return the flow that the listed program refuels, by CBC or HiGHS through PuLP."""
    lp = listed_program(question, found, most)
    limit = EFFORT.time_limit_s
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if solver == "CBC":
            lp.solve(pulp.PULP_CBC_CMD(msg=False, threads=1, gapRel=0.0, timeLimit=limit))
        else:
            lp.solve(pulp.HiGHS(msg=False, threads=1, gapRel=0.0, timeLimit=limit))
    opened = np.array([lp.variablesDict()[f"x({j})"].value() for j in range(question.sites)])
    return question.refuelled_flow(opened > 0.5)  # noqa: PLR2004 - a binary


def peers(question: FlowQuestion, found: Combinations, solver: str) -> list[float]:
    """Return the flow that the listed program refuels for every count asked."""
    return [peer(question, found, most, solver) for most in COUNTS]


def ours(question: FlowQuestion, counts: Sequence[int]) -> list[tuple[float, bool]]:
    """Return the share of flow refuelled by siting for each count, and whether that is proved."""
    answers = []
    for most in counts:
        found = flow_refuel(replace(question, most=most), EFFORT, progress=lambda _: None)
        answers.append((found.objective / float(question.flow.sum()), found.gap <= PROVED))
    return answers


def table() -> list[str]:
    """Measure both networks; return the lines of the tables, and print them as they come."""
    from tests.frlm import network_25, network_ireland  # noqa: PLC0415 - real data
    from tests.shared import shared_data  # noqa: PLC0415 - knows where they are

    network = network_25(shared_data())
    header = (
        "| range | paths, combinations listed | siting | PuLP + HiGHS | PuLP + CBC | "
        "HiGHS : siting | CBC : siting | same answer | share at p = 5, 10, 15, 20, 25 |"
    )
    lines = ["25 nodes, 300 paths:", "", header, "|--:|--:|--:|--:|--:|--:|--:|---|---|"]
    for range_km in RANGES:
        lines.append(_row(network, range_km))
        print(lines[-1], flush=True)
    irish = network_ireland(shared_data())
    lines += ["", *_irish(irish)]
    return lines


def _row(network: Network, range_km: float) -> str:
    question = network.question(range_km, 1)
    listing_s, found = timed(lambda: combinations(question))
    own_s, own = timed(partial(ours, question, COUNTS))
    total, spent, same = float(question.flow.sum()), [], all(proved for _, proved in own)
    for solver in ("HiGHS", "CBC"):
        seconds, values = timed(partial(peers, question, found, solver))
        spent.append(seconds + listing_s)
        same &= bool(np.allclose(values, [share * total for share, _ in own], rtol=1e-6))
    shares = ", ".join(f"{share:.1%}" for share, _ in own)
    return (
        f"| {range_km:g} | {len(question.flow)}, {len(found.path):,} | {own_s:.2f} s | "
        f"{spent[0]:.2f} s | {spent[1]:.2f} s | {spent[0] / own_s:.1f} | {spent[1] / own_s:.1f} | "
        f"{'yes' if same else 'NO'} | {shares} |"
    )


def _irish(network: Network) -> list[str]:
    header = "| range | existing chargers | stations beside them | siting | proved | share |"
    lines = [f"Irish highways, {len(network.graph)} nodes, {len(network.flows):,} paths:", ""]
    lines += [header, "|--:|---|---|--:|---|---|"]
    for range_km, keep in IRISH:
        stand = len(network.existing) if keep else 0
        counts = [stand + more for more in IRISH_MORE if stand + more]
        question = network.question(range_km, 1, keep=keep)
        seconds, found = timed(partial(ours, question, counts))
        shares = ", ".join(f"{share:.1%}" for share, _ in found)
        kept = f"{stand} nodes, kept" if keep else "left out"
        more = ", ".join(str(count - stand) for count in counts)
        proved = sum(done for _, done in found)
        lines.append(
            f"| {range_km:g} km | {kept} | {more} | {seconds:.1f} s | "
            f"{proved} of {len(found)} | {shares} |"
        )
        print(lines[-1], flush=True)
    return lines
