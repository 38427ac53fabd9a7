"""Write the table of ways to live within the grid into ``models/README.md``.

Run it from the repository's root. ``python -m tests.headroom_table`` plans the shipped city anew,
as it is and with a tight grid, into ``maps/``; with two folders it takes what ``siting headroom``
wrote into them before.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from siting.headroom import SHOWN, TEXT_FILE, run_headroom

README = Path(__file__).resolve().parent.parent / "models" / "README.md"
BLOCK = re.compile(r"(<!-- headroom -->\n).*?(<!-- /headroom -->)", re.DOTALL)
QUESTIONS: dict[str, tuple[str, ...]] = {
    "`siting headroom ratio-2025`": (),
    "`siting headroom ratio-2025 --with tight-grid`": ("tight-grid",),
}


def planned() -> list[Path]:
    """Plan both questions in every way; return their folders."""
    folders = []
    for options in QUESTIONS.values():
        name = "+".join(["ratio-2025", *options])
        folders.append(Path("maps") / f"{name}-headroom")
        run_headroom(
            "ratio-2025", options=options, ways=SHOWN, solve={}, out=folders[-1], progress=_tell
        )
    return folders


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def block(folders: list[Path]) -> str:
    """Return both tables as they stand in the README, from what was written."""
    parts = []
    for title, folder in zip(QUESTIONS, folders, strict=True):
        parts.append(f"{title}:\n\n{(folder / TEXT_FILE).read_text(encoding='utf-8')}")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    text = block([Path(name) for name in sys.argv[1:]] or planned())
    README.write_text(
        BLOCK.sub(rf"\g<1>\n{text}\g<2>", README.read_text(encoding="utf-8")), encoding="utf-8"
    )
