"""Measure power flow on a real network beside pandapower's own time series.

Run ``python benchmarks/run.py network``, which writes the table in ``benchmarks/README.md``. The
network is pandapower's mv_oberrhein, the stations are made up: twelve buses, 144 hours. CPU
seconds, medians of three runs.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from siting.grid.network.curtail import curtail
from siting.grid.network.engine import loaded, network_of, pandapower
from siting.grid.network.extract import circuit_of
from siting.grid.network.flow import Solver
from siting.grid.network.hosting import hosting
from siting.grid.network.limits import FOLDER, NetworkLimits
from siting.grid.network.margins import margins_of
from siting.grid.network.read import read_network
from siting.grid.network.series import series_of
from siting.grid.network.states import States
from siting.grid.network.study import hosting_rows
from siting.scenario_io.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.grid.network.circuit import Circuit

T = TypeVar("T")
RUNS = 3
STATIONS = 12
HOURS = 144
TANGENT = 0.3
SEED = 1


def timed(work: Callable[[], T], runs: int = RUNS) -> tuple[float, T]:
    """Return the median of CPU seconds, and what the work gave."""
    spent = []
    for _ in range(runs):
        begin = time.process_time()
        found = work()
        spent.append(time.process_time() - begin)
    return statistics.median(spent), found


def opened() -> tuple[Any, Circuit]:
    """Return mv_oberrhein as pandapower has it, and as arrays."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # of pandapower's own
        pandapower()
        from pandapower.networks import mv_oberrhein  # noqa: PLC0415 - an extra

        net, path = mv_oberrhein(), Path(folder) / "net.json"
        pandapower().to_json(net, str(path))
        file = read_network(path)
        limits = load_settings(NetworkLimits, "china-mv", folder=FOLDER)
        return net, circuit_of(network_of(file), file, limits, crs="EPSG:4326")


def question(circuit: Circuit) -> States:
    """Return twelve stations and six days."""
    rng = np.random.default_rng(SEED)
    limits = load_settings(NetworkLimits, "china-mv", folder=FOLDER)
    rows = rng.choice(hosting_rows(circuit, limits), STATIONS, replace=False)
    shape = np.tile(np.maximum(np.sin((np.arange(24) - 6) / 12 * np.pi), 0.2), 6)
    peak = rng.choice([360.0, 720.0, 1440.0], STATIONS)
    factor = (0.5 + 0.5 * shape) * np.repeat([1.0, 0.75, 0.65, 1.05, 0.8, 0.7], 24)
    days = np.array([30.0, 225.0, 110.0])
    return States(("a", "b"), ("x", "y", "z"), days, factor, peak[:, None] * shape, rows, TANGENT)


def peer(net: Any, circuit: Circuit, states: States) -> tuple[Any, Any]:  # noqa: ANN401 - pandapower is not typed
    """Run pandapower's run_timeseries over the same hours; return loadings and voltages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandapower's own
        from pandapower.control import ConstControl  # noqa: PLC0415 - an extra
        from pandapower.timeseries import (  # noqa: PLC0415 - an extra
            DFData,
            OutputWriter,
            run_timeseries,
        )

        own = net.load.index
        bus_of = dict(zip(circuit.buses.row.tolist(), circuit.buses.index.tolist(), strict=True))
        added = loaded(net, np.array([bus_of[row] for row in states.row.tolist()]))
        scaling = net.load.loc[own, "scaling"].to_numpy()
        columns = {f"s{n}": value * states.factor for n, value in zip(own, scaling, strict=True)}
        for number, index in enumerate(added):
            columns[f"p{index}"] = states.load_kw[number] / 1000
            columns[f"q{index}"] = states.load_kw[number] / 1000 * TANGENT
        data = DFData(pd.DataFrame(columns))
        for name, places, mark in (
            ("scaling", own, "s"),
            ("p_mw", added, "p"),
            ("q_mvar", added, "q"),
        ):
            ConstControl(
                net,
                "load",
                name,
                element_index=list(places),
                profile_name=[f"{mark}{n}" for n in places],
                data_source=data,
            )
        output = OutputWriter(net, range(HOURS), output_path=None)
        output.log_variable("res_line", "loading_percent")
        output.log_variable("res_bus", "vm_pu")
        run_timeseries(net, range(HOURS), verbose=False, numba=False)
        return output.output["res_line.loading_percent"], output.output["res_bus.vm_pu"]


def table() -> list[str]:
    """Measure; return the lines of the table."""
    plain, circuit = opened()
    states, solver = question(circuit), Solver(circuit)
    ours_s, series = timed(partial(series_of, solver, states, "mv_oberrhein"))
    first_s, _ = timed(partial(Solver, circuit))
    theirs_s, (line, bus) = timed(lambda: peer(opened()[0], circuit, states), runs=1)
    opening_s, _ = timed(opened, runs=1)
    theirs_s -= opening_s
    lines = [n for n, kind in enumerate(circuit.elements.kind) if kind == "line"]
    place = plain.line.index.get_indexer(circuit.elements.index[lines])
    apart = max(
        np.abs(series.loading[lines].T - line.to_numpy()[:, place] / 100).max(),
        np.nanmax(np.abs(series.level.T - bus.to_numpy())),
    )
    margins = margins_of(circuit)
    cut_s, cut = timed(partial(curtail, solver, margins, series), runs=1)
    limits = load_settings(NetworkLimits, "china-mv", folder=FOLDER)
    rows = hosting_rows(circuit, limits)
    carried = states.injection(circuit, 0 * states.load_kw, slice(None))
    host = partial(hosting, solver, margins, carried, rows, tangent=TANGENT, how=limits.hosting)
    host_s, _ = timed(host, runs=1)
    ours = ours_s + first_s
    hurt = int(cut.cut_kw.any(axis=0).sum())
    return [
        "| work | siting | pandapower run_timeseries | ratio | largest difference |",
        "|---|--:|--:|--:|--:|",
        f"| {HOURS} h | {ours:.2f} s | {theirs_s:.1f} s | {theirs_s / ours:.0f} | {apart:.0e} |",
        f"| smallest curtailment of {hurt} hours | {cut_s:.1f} s | - | - | - |",
        f"| hosting capacity of {len(rows)} buses, to 1 kW | {host_s:.1f} s | - | - | - |",
    ]


if __name__ == "__main__":
    print("\n".join(table()))
