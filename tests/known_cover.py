"""Read published maximal covering instances and their known optima."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.question import Question

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Known:
    """Hold an instance and the most weight that can be covered."""

    name: str
    question: Question
    covered: float


def sao_jose(data: Path) -> list[Known]:
    """Return the instances of São José dos Campos, 324 to 500 points.

    Parameters
    ----------
    data
        The folder of real data.
    """
    folder = data / "benchmarks" / "mclp_sjc"
    rows = _rows(folder / "optima.csv")
    found = []
    for row in rows:
        points = np.loadtxt(folder / f"{row['instance']}.txt", skiprows=1)
        demand = np.loadtxt(folder / f"demand-{row['instance']}.dat").ravel()
        name = f"{row['instance']} {row['radius']} m p={row['p']}"
        asked = _question(_between(points), demand, float(row["radius"]), int(row["p"]))
        found.append(Known(name, asked, float(row["optimum_highs"])))
    return found


def swain(data: Path) -> list[Known]:
    """Return Swain's 55 nodes at each published radius and number of sites."""
    folder = data / "benchmarks" / "swain55"
    distance = np.loadtxt(folder / "swain55_distances.csv", delimiter=",")
    demand = [float(row["population"]) for row in _rows(folder / "swain55_nodes.csv")]
    return [
        Known(
            f"Swain S={row['S']} p={row['p']}",
            _question(distance, np.array(demand), float(row["S"]), int(row["p"])),
            float(row["pop_coberta"]),
        )
        for row in _rows(folder / "tabela1_resultados.csv")
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _between(points: Floats) -> Floats:
    away = points[:, None, :] - points[None, :, :]
    return np.asarray(np.sqrt((away**2).sum(axis=2)))


def _question(distance: Floats, weight: Floats, radius: float, most: int) -> Question:
    return Question.from_matrix(distance, weight=weight, most=most, within=radius)
