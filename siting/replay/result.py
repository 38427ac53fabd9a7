"""Hold a replay: networks side by side, step by step, and tables of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.replay.measures import LESS_IS_BETTER, MEASURES, NO_RANK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.replay.measures import Measured

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Network:
    """Hold one network of a step."""

    key: str
    """siting, greedy or built."""
    points: Floats
    """(N, 2) longitude, latitude."""
    measured: Measured


@dataclass(frozen=True, eq=False)
class Step:
    """Hold the networks of one moment, each of as many stations."""

    name: str
    count: int
    networks: tuple[Network, ...]


@dataclass(frozen=True, eq=False)
class Replay:
    """Hold all steps, and what has to be said of them."""

    title: str
    title_zh: str
    label: str
    """'' for real data, else what every output must say."""
    label_zh: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    bias: tuple[str, ...]
    bias_zh: tuple[str, ...]
    objective: dict[str, Any]

    def table(self) -> pd.DataFrame:
        """Return one row a step and measure: a column a network, and which is best."""
        rows = []
        for step in self.steps:
            values = {network.key: network.measured.figures for network in step.networks}
            for name, unit in MEASURES.items():
                known = {key: value[name] for key, value in values.items() if name in value}
                if not known or all(math.isnan(value) for value in known.values()):
                    continue
                rows.append(
                    {
                        "step": step.name,
                        "stations": step.count,
                        "measure": name,
                        "unit": unit,
                        **known,
                        "best": best_of(name, known),
                    }
                )
        return pd.DataFrame(rows)

    def districts(self) -> pd.DataFrame:
        """Return one row a step, network and district."""
        parts = []
        for step in self.steps:
            for network in step.networks:
                part = network.measured.districts.copy()
                part.insert(0, "network", network.key)
                part.insert(0, "step", step.name)
                parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def places(self) -> pd.DataFrame:
        """Return one row a step, network and station: longitude, latitude."""
        parts = [
            pd.DataFrame(
                {
                    "step": step.name,
                    "network": network.key,
                    "lon": network.points[:, 0].round(6),
                    "lat": network.points[:, 1].round(6),
                }
            )
            for step in self.steps
            for network in step.networks
        ]
        return pd.concat(parts, ignore_index=True)


def best_of(measure: str, values: dict[str, float]) -> str:
    """Return the network that is best by a measure; '' where it ranks nothing, or all are equal.

    Parameters
    ----------
    measure
        Of `MEASURES`.
    values
        By network.
    """
    known = {key: value for key, value in values.items() if not math.isnan(value)}
    if measure in NO_RANK or len(known) < 2 or np.ptp(list(known.values())) < 1e-9:  # noqa: PLR2004 - two to compare
        return ""
    pick = min if measure in LESS_IS_BETTER else max
    edge = pick(known.values())
    return " and ".join(key for key, value in known.items() if abs(value - edge) < 1e-9)  # noqa: PLR2004 - equal
