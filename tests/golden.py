"""Write the toy's four programs to ``models/golden``; run it from the repository's root.

``python -m tests.golden`` writes them anew; look at the difference before keeping it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from siting.models.statement import state
from tests.toy import toy

if TYPE_CHECKING:
    from siting.scenario import ObjectiveKind

GOLDEN = Path(__file__).resolve().parent.parent / "models" / "golden"
KINDS: tuple[ObjectiveKind, ...] = ("served", "covered", "access", "cost")


def write_golden(folder: Path) -> None:
    """Write one LP file per objective."""
    for kind in KINDS:
        state(toy(kind)).lp.writeLP(str(folder / f"{kind}.lp"))


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    write_golden(GOLDEN)
