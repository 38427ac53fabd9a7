"""Lay options over a scenario: small files that change a few things of any, such as its grid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from siting.content import content_folder
from siting.errors import Fault, ScenarioError
from siting.scenario_io.faults import nearest
from siting.scenario_io.files import Layered, lay_over, read, show

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = "options"
_TITLES = ("title", "title_zh")
_JOINTS = {"title": "; ", "title_zh": "；"}


def option_files() -> list[Path]:
    """Return the options siting ships, by name."""
    return sorted((content_folder("models") / FOLDER).glob("*.toml"))


def find_option(name_or_path: str) -> Path:
    """Return the file of an option: a path, ``./models/options/NAME.toml``, or a shipped name.

    Parameters
    ----------
    name_or_path
        As the user wrote it.

    Raises
    ------
    ScenarioError
        If there is no such file; names the nearest.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml" and len(path.parts) == 1:
        for folder in (Path("models"), content_folder("models")):
            candidate = folder / FOLDER / f"{name_or_path}.toml"
            if candidate.is_file():
                return candidate
    elif path.is_file():
        return path
    known = [file.stem for file in option_files()]
    close = nearest(path.stem, known)
    mend = f"Did you mean {close!r}? " if close else ""
    mend += f"Shipped are {', '.join(known)}; a file of your own is given by its path."
    msg = "This option cannot be found."
    raise ScenarioError(msg, [Fault(name_or_path, "no such option or file", mend)])


def laid_over(raw: Layered, options: Sequence[str]) -> Layered:
    """Return a scenario with options laid over it, in order; its name and titles tell of them.

    Parameters
    ----------
    raw
        The scenario; it is changed.
    options
        Names or paths.

    Raises
    ------
    ScenarioError
        If an option cannot be found or read, or is a scenario of its own.
    """
    for option in options:
        path = find_option(option)
        own = read(path)
        if "extends" in own:
            msg = "This file is a scenario, not an option."
            mend = "Give it to 'siting plan' by itself."
            raise ScenarioError(msg, [Fault(show(path), "says extends", mend, field="extends")])
        titles = {name: own.pop(name) for name in _TITLES if name in own}
        lay_over(raw, own, show(path), path.stem)
        raw.name = raw.data["name"] = f"{raw.name}+{path.stem}"
        for name, text in titles.items():
            raw.data[name] = f"{raw.data.get(name, '')}{_JOINTS[name]}{text}"
    return raw
