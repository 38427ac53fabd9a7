"""Run what stands on a plan and a network: check it, and write its loads for other programs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siting.errors import Fault, InputError
from siting.grid.folder import write_study
from siting.grid.network.export import write_loads
from siting.grid.network.folder import write_network
from siting.grid.network.limits import DEFAULT, FOLDER, NetworkLimits
from siting.grid.network.study import study_network, tie
from siting.grid.runs import studied
from siting.scenario_io.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.grid.folder import GridStudy
    from siting.grid.network.export import LoadFormat
    from siting.grid.network.study import NetworkAsked, NetworkStudy

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NetworkRun:
    """Say what to do with a plan and a network."""

    asked: NetworkAsked | None
    """None: no network, only loads as CSV."""
    limits: str = DEFAULT
    exports: tuple[LoadFormat, ...] = ()


def run_network(
    folder: Path,
    run: NetworkRun,
    *,
    study: str,
    out: Path,
    whole_year: bool = False,
    case_name: str | None = None,
    progress: Callable[[str], None] = log.info,
) -> tuple[GridStudy, NetworkStudy | None, list[Path]]:
    """Place a plan's load on its substations and on a network; return both, and the files.

    Parameters
    ----------
    folder
        Of the plan.
    run
        The network, its limits, and what to write.
    study
        Kinds of day: a name, or a path.
    out
        Folder to write.
    whole_year
        Also write 8,760 hours.
    case_name
        Where the city has moved to.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InputError
        If the plan, its city, a settings file or the network has faults.
    """
    limits = load_settings(NetworkLimits, run.limits, folder=FOLDER)
    needing = [kind for kind in run.exports if kind != "csv"]
    if run.asked is None and needing:
        msg = "These loads need a network, whose buses they name."
        mend = "Give it with --network FILE, or export csv."
        raise InputError(msg, [Fault(f"--export {needing[0]}", "no --network is given", mend)])
    plan, scenario, case, found = studied(folder, study, case_name)
    tied = made = None
    if run.asked is not None:
        progress("reading the network")
        tied = tie(found, plan.document, scenario, limits, run.asked)
        made = study_network(tied, limits, run.asked, progress=progress)
    paths = write_study(found, plan, case, out, whole_year=whole_year)
    if made is not None:
        days = found.study if whole_year else None
        year = int(plan.document.phases[-1].date[:4])
        paths += write_network(made, out, label=found.label, days=days, year=year)
    factor = scenario.grid.power_factor
    paths += [write_loads(found, factor, tied, out, kind) for kind in dict.fromkeys(run.exports)]
    return found, made, paths
