"""Write the toys' programs to ``models/golden``; run it from the repository's root.

``python -m tests.golden`` writes them anew; look at the difference before keeping it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import FREE, NONE
from siting.models.dispatch.statement import state as state_dispatch
from siting.models.robust.question import question_of
from siting.models.robust.whole import state_whole
from siting.models.statement import state
from tests.dispatch_case import toy as dispatch_toy
from tests.fair_case import owed_toy
from tests.robust_case import futures_toy
from tests.strong_toy import golden_strong
from tests.toy import S, toy

if TYPE_CHECKING:
    from siting.scenario import ObjectiveKind

GOLDEN = Path(__file__).resolve().parent.parent / "models" / "golden"
KINDS: tuple[ObjectiveKind, ...] = ("served", "covered", "access", "cost")
FIXED = [[FREE, NONE, FREE], [FREE, NONE, S]]
"""By phase and site: A stays closed, B is to be an S by p2."""


def write_golden(folder: Path) -> None:
    """Write one LP file per objective; of fixed sites, equity, headroom, futures, the dispatch."""
    for kind in KINDS:
        state(toy(kind)).lp.writeLP(str(folder / f"{kind}.lp"))
    state(toy("served", fixed=np.array(FIXED))).lp.writeLP(str(folder / "fixed.lp"))
    state(owed_toy()).lp.writeLP(str(folder / "equity.lp"))
    state(golden_strong()).lp.writeLP(str(folder / "headroom.lp"))
    question = question_of(futures_toy(), smaller=False)
    state_whole(question, ("low", "high")).lp.writeLP(str(folder / "robust.lp"))
    state_dispatch(dispatch_toy()).lp.writeLP(str(folder / "dispatch.lp"))


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    write_golden(GOLDEN)
