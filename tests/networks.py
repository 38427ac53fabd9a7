"""Make networks for tests: two buses by hand, and pandapower's own, as files."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.grid.network.engine import network_of, pandapower
from siting.grid.network.extract import circuit_of
from siting.grid.network.flow import Solver
from siting.grid.network.limits import FOLDER, NetworkLimits
from siting.grid.network.margins import margins_of
from siting.grid.network.read import read_network
from siting.grid.network.series import series_of
from siting.grid.network.states import States
from siting.grid.network.validate import check_network
from siting.scenario_io.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.grid.network.circuit import Circuit
    from siting.grid.network.series import Series

HOURS = 24


def limits(**changes: Any) -> NetworkLimits:  # noqa: ANN401 - any field
    """Return the shipped limits, changed."""
    return load_settings(NetworkLimits, "china-mv", folder=FOLDER).model_copy(update=changes)


def shipped(name: str) -> Any:  # noqa: ANN401 - pandapower is not typed
    """Return one of pandapower's own networks."""
    pandapower()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandapower's own
        import pandapower.networks as own  # noqa: PLC0415 - seconds

        return vars(own)[name]()


def saved(net: Any, path: Path) -> Path:  # noqa: ANN401 - pandapower is not typed
    """Write a network as pandapower does, and return the file."""
    pandapower().to_json(net, str(path))
    return path


def feeder(path: Path, *, ka: float = 0.1, arm_ka: float = 10.0) -> Path:
    """Write a source bus 0, a line of ``ka`` to bus 1, and two arms to buses 2 and 3; 10 kV."""
    pp = pandapower()
    net = pp.create_empty_network(name="feeder")
    for x in range(4):
        pp.create_bus(net, vn_kv=10.0, name=f"b{x}", geodata=(114.0 + x / 100, 22.5))
    pp.create_ext_grid(net, 0)
    cable: dict[str, Any] = {"r_ohm_per_km": 0.2, "x_ohm_per_km": 0.1, "c_nf_per_km": 0.0}
    for a, b, most in ((0, 1, ka), (1, 2, arm_ka), (1, 3, arm_ka)):
        pp.create_line_from_parameters(
            net, a, b, length_km=1.0, max_i_ka=most, name=f"{a}-{b}", **cable
        )
    pp.create_load(net, 1, p_mw=0.5, q_mvar=0.1)
    return saved(net, path)


def edited(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Change what a network's file holds."""
    whole = json.loads(path.read_text("utf-8"))
    change(whole["_object"])
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def cells(inner: dict[str, Any], table: str, column: str, value: object) -> None:
    """Set the first cell of a column."""
    split = json.loads(inner[table]["_object"])
    split["data"][0][split["columns"].index(column)] = value
    inner[table]["_object"] = json.dumps(split)


def opened(path: Path, *, crs: str = "EPSG:4326", **changes: Any) -> Circuit:  # noqa: ANN401 - any field
    """Read a network's arrays."""
    file = read_network(path)
    check_network(file)
    return circuit_of(network_of(file), file, limits(**changes), crs=crs)


def day(circuit: Circuit, buses: list[int], load_kw: np.ndarray, factor: np.ndarray) -> States:
    """Return one phase and one kind of day; ``load_kw`` (S, 24)."""
    place = {int(index): n for n, index in enumerate(circuit.buses.index)}
    rows = circuit.buses.row[[place[bus] for bus in buses]]
    return States(("p",), ("d",), np.array([365.0]), factor, load_kw, rows, 0.3)


def ran(circuit: Circuit, states: States) -> Series:
    """Run the states."""
    return series_of(Solver(circuit), states, "test")


def tools(circuit: Circuit) -> tuple[Solver, Any]:
    """Return the solver and the limits of a circuit."""
    return Solver(circuit), margins_of(circuit)
