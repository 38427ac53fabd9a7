"""Find scenario files, read them, and lay each over the one it extends."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from siting.content import content_folder
from siting.errors import Fault, ScenarioError
from siting.scenario_io.faults import nearest
from siting.scenario_io.sourcing import candidates, numbers

_LOADER_KEYS = {"extends", "abstract", "name"}
_ONE_OF = {"minutes": "km", "km": "minutes"}
"""In ``[reach]``, giving one of these takes back the other, if inherited."""


@dataclass
class Layered:
    """Hold a scenario laid over what it extends, and which file wrote what."""

    name: Any
    """Text, unless the file says otherwise, which the model refuses."""
    data: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, Any] = field(default_factory=dict)
    written: dict[tuple[str, ...], str] = field(default_factory=dict)
    """File that last wrote each place; a place stands for all inside it."""
    file: str = ""
    """The outermost file."""


def shipped_files() -> list[Path]:
    """Return the scenario files siting ships, bases included, by name."""
    return sorted(content_folder("models").glob("*.toml"))


def show(path: Path) -> str:
    """Return a file's name as messages show it."""
    if path.parent == content_folder("models"):
        return f"{path.name} (shipped)"
    return str(path)


def find(name_or_path: str) -> Path:
    """Return the file of a scenario: a path, ``./models/NAME.toml``, or a shipped name.

    Parameters
    ----------
    name_or_path
        As the user wrote it.

    Raises
    ------
    ScenarioError
        If there is no such file; names the nearest scenario.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml" or len(path.parts) > 1:
        return _checked(path, name_or_path)
    for folder in (Path("models"), content_folder("models")):
        candidate = folder / f"{name_or_path}.toml"
        if candidate.is_file():
            return candidate
    return _checked(path, name_or_path)


def _checked(path: Path, asked: str) -> Path:
    if path.is_file():
        return path
    local = sorted(Path("models").glob("*.toml"))
    known = list(dict.fromkeys(file.stem for file in [*local, *shipped_files()]))
    close = nearest(path.stem, known)
    hint = f"Did you mean {close!r}? " if close else ""
    mend = f"{hint}'siting list' shows every scenario; a file of your own is given by its path."
    msg = "This scenario cannot be found."
    raise ScenarioError(msg, [Fault(asked, "no such scenario or file", mend)])


def read(path: Path, *, msg: str = "This scenario cannot be read.") -> dict[str, Any]:
    """Return one scenario file as nested dicts.

    Parameters
    ----------
    path
        TOML file, UTF-8.
    msg
        What an error begins with.

    Raises
    ------
    ScenarioError
        If it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        mend = 'Mend that line: text stands in "quotation marks", tables are headed [like.this].'
        raise ScenarioError(msg, [Fault(show(path), f"not valid TOML: {error}", mend)]) from error
    except RecursionError as error:
        fault = Fault(show(path), "nested too deeply", "Write it flatter.")
        raise ScenarioError(msg, [fault]) from error
    except UnicodeDecodeError as error:
        fault = Fault(show(path), f"not UTF-8 text: {error.reason}", "Save it as UTF-8.")
        raise ScenarioError(msg, [fault]) from error
    except OSError as error:
        fault = Fault(show(path), f"cannot be opened: {error.strerror}", "Check the file.")
        raise ScenarioError(msg, [fault]) from error


def layered(path: Path) -> Layered:
    """Return a scenario file laid over everything it extends.

    Parameters
    ----------
    path
        TOML file.

    Raises
    ------
    ScenarioError
        If a file cannot be read, or a chain of ``extends`` bites its own tail.
    """
    chain = _chain(path)
    name = chain[0][1].get("name", path.stem)
    result = Layered(name=name, file=show(path))
    for position, (file, own) in enumerate(reversed(chain)):
        lay_over(result, own, show(file), file.stem if position else None)
    result.data["name"] = name
    return result


def _chain(path: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return the file and its ancestors, the outermost first."""
    chain: list[tuple[Path, dict[str, Any]]] = []
    while True:
        if any(path.resolve() == file.resolve() for file, _ in chain):
            names = " -> ".join(show(file) for file, _ in chain)
            what = f"extends itself: {names} -> {show(path)}"
            msg = "This scenario extends itself."
            fault = Fault(show(path), what, "Take one 'extends' out.", field="extends")
            raise ScenarioError(msg, [fault])
        own = read(path)
        chain.append((path, own))
        if "extends" not in own:
            return chain
        path = _parent(path, own["extends"])


def _parent(path: Path, extends: object) -> Path:
    if isinstance(extends, str) and extends:
        filename = extends if extends.endswith(".toml") else f"{extends}.toml"
        for folder in (path.parent, content_folder("models")):
            candidate = folder / filename
            if candidate.is_file() and candidate.resolve() != path.resolve():
                return candidate
        if (path.parent / filename).is_file():
            return path.parent / filename
    known = [file.stem for file in shipped_files()]
    close = nearest(str(extends), known)
    mend = f"Name a file beside this one, or one of {', '.join(known)}."
    mend = f"Did you mean {close!r}? {mend}" if close else mend
    msg = "This scenario extends one that cannot be found."
    fault = Fault(show(path), f"{extends!r} is no scenario", mend, field="extends")
    raise ScenarioError(msg, [fault])


def lay_over(base: Layered, own: dict[str, Any], file: str, child: str | None) -> None:
    """Lay one file over what is there; a child's numbers without a source are assumptions.

    Parameters
    ----------
    base
        What is there; it is changed.
    own
        The file's content.
    file
        Its name, as messages show it.
    child
        Its name where it changes another's numbers; None for a base.
    """
    body = {k: v for k, v in own.items() if k not in _LOADER_KEYS and k != "sources"}
    given = own.get("sources", {})
    told = dict(_flat_sources(given)) if isinstance(given, dict) else {"": given}
    if "phases" in body:
        base.sources = {k: v for k, v in base.sources.items() if not k.startswith("phases.")}
    if isinstance(body.get("demand"), dict) and "estimators" in body["demand"]:
        gone = "demand.estimators."
        base.sources = {k: v for k, v in base.sources.items() if not k.startswith(gone)}
    _take_back(base, body.get("reach"))
    for path, _ in numbers(body):
        names = candidates(path)
        base.sources.pop(names[0], None)
        if child and not any(name in told for name in names):
            label = names[1] if path[0] == "phases" else names[0]
            base.sources[label] = {"confidence": "X", "source": f"set in scenario {child}"}
    base.sources |= told
    for name in told:
        base.written[("sources", name)] = file
    _merge(base.data, body)
    for place in _places(body):
        base.written[place] = file


def _take_back(base: Layered, reach: object) -> None:
    old = base.data.get("reach")
    if not isinstance(reach, dict) or not isinstance(old, dict):
        return
    for name, other in _ONE_OF.items():
        if name in reach and other not in reach:
            old.pop(other, None)
            keep = (f"reach.{other}", f"reach.{other}.")
            base.sources = {
                k: v for k, v in base.sources.items() if k != keep[0] and not k.startswith(keep[1])
            }


def _merge(base: dict[str, Any], own: dict[str, Any]) -> None:
    """Lay tables over tables, key by key; anything else replaces what was there."""
    for name, value in own.items():
        old = base.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value)
        else:
            base[name] = value


def _places(table: dict[str, Any], prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, value in table.items():
        found.append((*prefix, name))
        if isinstance(value, dict):
            found += _places(value, (*prefix, name))
    return found


def _flat_sources(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Accept both ``"reach.minutes" = {...}`` and ``reach.minutes = {...}``."""
    flat: list[tuple[str, Any]] = []
    for name, value in table.items():
        dotted = f"{prefix}.{name}" if prefix else name
        is_entry = not isinstance(value, dict) or any(
            not isinstance(v, dict) for v in value.values()
        )
        if is_entry or not value:
            flat.append((dotted, value))
        else:
            flat += _flat_sources(value, dotted)
    return flat
