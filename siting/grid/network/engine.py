"""Meet pandapower: make a network of tables, run its power flow, take out its matrices.

The only module that imports pandapower (the extra ``grid``), and only when a network is asked for.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from numpy.typing import NDArray

    from siting.grid.network.read import NetworkFile

    Floats = NDArray[np.float64]

Net = Any
"""A pandapower network: the package is not typed."""
_FILL = {"in_service": True, "scaling": 1.0, "parallel": 1, "df": 1.0, "closed": True}
"""What a column that an older file lacks holds."""
_OPTIONS = {
    "numba": False,
    "voltage_depend_loads": False,
    "calculate_voltage_angles": True,
    "trafo_model": "t",
    "trafo_loading": "current",
    "init": "auto",
    "tolerance_mva": 1e-9,
    "max_iteration": 30,
}


def pandapower() -> ModuleType:
    """Return pandapower.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pandapower's own imports
            import pandapower as package  # noqa: PLC0415 - an extra, and seconds to import
    except ImportError as error:
        msg = "Power flow needs pandapower."
        what = f"it cannot be imported: {error}"
        mend = "Install the extra: pip install 'siting[grid]'."
        raise InputError(msg, [Fault("pandapower", what, mend)]) from error
    return package  # type: ignore[no-any-return]


def network_of(file: NetworkFile) -> Net:
    """Make a pandapower network of a file's tables.

    Parameters
    ----------
    file
        As read and checked.

    Raises
    ------
    InputError
        If pandapower is not installed, or refuses the tables.
    """
    package = pandapower()
    net = package.create_empty_network(name=file.name, f_hz=file.f_hz, sn_mva=file.sn_mva)
    with refusing(file, "pandapower refuses its tables", "Check it with pandapower.diagnostic."):
        for name, table in file.tables.items():
            net[name] = _typed(table, net[name])
        for key, value in zip(("version", "format_version"), file.version, strict=True):
            if value:
                net[key] = value
        package.convert_format(net)
    return net


def _typed(table: pd.DataFrame, template: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the columns and types that pandapower expects."""
    made = table.copy()
    for name in template.columns:
        if name not in made:
            made[name] = _FILL.get(str(name), np.nan if _numeric(template[name]) else None)
        kind = template[name].dtype
        if pd.api.types.is_bool_dtype(kind):
            made[name] = made[name].astype(object).fillna(_FILL.get(str(name), False)).astype(bool)
        elif pd.api.types.is_integer_dtype(kind) and not made[name].isna().any():
            made[name] = made[name].astype(kind)
        elif _numeric(template[name]):
            made[name] = pd.to_numeric(made[name])
    for name in set(made.columns) - set(template.columns):
        made[name] = made[name].infer_objects()
    return made


def _numeric(column: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype))


@contextmanager
def refusing(file: NetworkFile, what: str, mend: str) -> Iterator[None]:
    """Turn whatever pandapower raises into an error a user reads; its warnings are not shown.

    Parameters
    ----------
    file
        The network's.
    what, mend
        What happened then, and what to do.

    Raises
    ------
    InputError
        If pandapower raised.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except Exception as error:  # a stranger's network fails anywhere in pandapower, in any way
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        msg = "This network cannot be used."
        raise InputError(msg, [Fault(str(file.path), f"{what}: {told}", mend)]) from error


def run(net: Net, file: NetworkFile) -> None:
    """Run pandapower's power flow on a network as it stands.

    Raises
    ------
    InputError
        If it does not converge, or fails.
    """
    mend = (
        "Check loads, ratings and switches with pandapower.diagnostic(net); the network has to "
        "stand on its own before stations are added."
    )
    with refusing(file, "its power flow finds no state", mend):
        pandapower().runpp(net, **_OPTIONS)


def loaded(net: Net, buses: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add one load of nothing for each station; return the index of each.

    Parameters
    ----------
    net
        Changed in place.
    buses
        (S,) pandapower's index of each station's bus.
    """
    package = pandapower()
    added = [package.create_load(net, int(bus), p_mw=0.0, q_mvar=0.0) for bus in buses]
    return np.array(added, dtype=np.int64)


def loading(net: Net, kinds: tuple[str, ...], index: NDArray[np.int64]) -> Floats:
    """Return the loadings of elements that pandapower found, over their rating.

    Parameters
    ----------
    net
        After a power flow.
    kinds, index
        (E,) of the elements.
    """
    found = np.zeros(len(index))
    for kind in sorted(set(kinds)):
        of = np.array([name == kind for name in kinds])
        table = net[f"res_{kind}"]["loading_percent"]
        found[of] = table.loc[index[of]].to_numpy(dtype=float) / 100
    return found


def level(net: Net, index: NDArray[np.int64]) -> Floats:
    """Return the voltages that pandapower found, p.u.

    Parameters
    ----------
    net
        After a power flow.
    index
        (B,) of the buses.
    """
    return np.asarray(net.res_bus["vm_pu"].loc[index].to_numpy(dtype=float))
