"""Write the toys' programs to ``models/golden``; run it from the repository's root.

``python -m tests.golden`` writes them anew; look at the difference before keeping it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import FREE, NONE
from siting.models.dispatch.statement import state as state_dispatch
from siting.models.statement import state
from tests.dispatch_case import toy as dispatch_toy
from tests.strong_toy import golden_strong
from tests.toy import S, toy

if TYPE_CHECKING:
    from siting.scenario import ObjectiveKind

GOLDEN = Path(__file__).resolve().parent.parent / "models" / "golden"
KINDS: tuple[ObjectiveKind, ...] = ("served", "covered", "access", "cost")
FIXED = [[FREE, NONE, FREE], [FREE, NONE, S]]
"""By phase and site: A stays closed, B is to be an S by p2."""


def write_golden(folder: Path) -> None:
    """Write an LP file per objective, with fixed sites, headroom by hour, and of the dispatch."""
    for kind in KINDS:
        state(toy(kind)).lp.writeLP(str(folder / f"{kind}.lp"))
    state(toy("served", fixed=np.array(FIXED))).lp.writeLP(str(folder / "fixed.lp"))
    state(golden_strong()).lp.writeLP(str(folder / "headroom.lp"))
    state_dispatch(dispatch_toy()).lp.writeLP(str(folder / "dispatch.lp"))


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    write_golden(GOLDEN)
