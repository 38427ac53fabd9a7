"""The repository keeps its own rules: set-up, sizes, documents, pins."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import statistics
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import siting
from siting.cli.app import app
from siting.scenario_io import load_scenario, shipped_scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("siting", "data", "models", "tests", "benchmarks", "maps/gallery", ".ci")
SET_UP = "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt "

# written in pieces, so that this file does not hold what it forbids
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:ro{2}t|ho[m]e|wo[r]k|Us[e]rs|t[m]p)/")
REGISTRIES = re.compile(r"(?:py[p]i\.|python[h]osted|ana[c]onda\.org|file:[/]{2}|index-[u]rl)")
LARGEST_BYTES = 5_000_000


def _files() -> list[Path]:
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    top = [path for path in ROOT.iterdir() if not path.name.endswith(".lock")]
    return [
        path
        for path in (*inside, *top)
        if path.is_file() and "__pycache__" not in path.parts and path.name != ".coverage"
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def _modules() -> list[Path]:
    return sorted((ROOT / "siting").rglob("*.py"))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1


def test_readme_has_two_set_up_commands_and_ci_runs_the_second() -> None:
    """One command plans, one tests; nothing else is needed on a bare machine."""
    readme = _text(ROOT / "README.md")
    commands = [line for line in readme.splitlines() if "venv" in line]
    assert commands == [
        SET_UP + ". && .venv/bin/siting plan",
        SET_UP + "-e '.[test]' && .venv/bin/pytest",
    ]
    assert commands[1] in _text(ROOT / ".ci" / "run").splitlines()


def test_ci_can_fail() -> None:
    """The script stops at the first failure, and nothing swallows one after the set-up."""
    script = ROOT / ".ci" / "run"
    text = _text(script)
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in text
    checks = text.partition("Set up and test")[2]
    assert "|| " not in checks
    for tool in ("ruff check .", "ruff format --check .", "mypy", "lint-imports", "pip wheel"):
        assert f".venv/bin/{tool}" in checks


def test_no_file_names_a_machine_or_a_registry() -> None:
    """Paths and addresses of whoever wrote this would break, or leak, elsewhere."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in _files()
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if MACHINE_PATHS.search(line) or REGISTRIES.search(line)
    ]
    assert found == []


def test_no_file_is_large() -> None:
    """A clone stays small."""
    found = [str(path) for path in _files() if path.stat().st_size > LARGEST_BYTES]
    assert found == []


def test_modules_are_short() -> None:
    """At most 300 lines each, and 200 in the middle."""
    lengths = {str(path): len(_text(path).splitlines()) for path in _modules()}
    assert {path: length for path, length in lengths.items() if length > 300} == {}
    assert statistics.median(lengths.values()) <= 200


def test_functions_are_short() -> None:
    """At most 60 lines each without the docstring, and 12 in the middle."""
    lengths = {
        f"{path.relative_to(ROOT)}:{node.name}": _body_lines(node)
        for path in _modules()
        for node in _functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert statistics.median(lengths.values()) <= 12


def test_everything_public_is_documented() -> None:
    """Each module, class and function whose name has no underscore says what it is for."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    missing = []
    for path in _modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        public = [
            node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")
        ]
        if not ast.get_docstring(tree):
            missing.append(str(path))
        missing += [f"{path}:{node.name}" for node in public if not ast.get_docstring(node)]
    assert missing == []


def test_every_test_asserts_something() -> None:
    """A test without an assertion shows nothing."""
    empty = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in _functions(path):
            source = ast.unparse(node)
            shows = "assert" in source or "raises(" in source or "check" in source
            if node.name.startswith("test_") and not shows:
                empty.append(f"{path.name}:{node.name}")
    assert empty == []


@pytest.mark.parametrize("name", [item.name for item in shipped_scenarios()])
def test_every_shipped_scenario_loads(name: str) -> None:
    """What ships works, and has titles in both languages."""
    scenario = load_scenario(name)
    assert scenario.title
    assert scenario.title_zh
    assert f"`{name}.toml`" in _text(ROOT / "models" / "README.md")


def test_every_command_is_in_the_readme() -> None:
    """Whoever reads the README knows every command."""
    readme = _text(ROOT / "README.md")
    known = _commands()
    missing = [command for command in known if f"siting {command}" not in readme]
    assert len(known) >= 8
    assert missing == []


def _commands() -> list[str]:
    found = []
    for info in app.registered_commands:
        assert info.callback is not None
        found.append(info.name or info.callback.__name__)
    for group in app.registered_groups:
        assert group.typer_instance is not None
        inner = group.typer_instance.registered_commands
        found += [f"{group.name} {info.name}" for info in inner]
    return found


def _pins() -> dict[str, str]:
    lines = _text(ROOT / "constraints.txt").splitlines()
    pins = [line.partition("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, _, version in pins}


def test_constraints_pin_everything_and_nothing_by_address() -> None:
    """Every dependency, direct or not, the tests' too, stands there once, with an exact version."""
    lines = [x for x in _text(ROOT / "constraints.txt").splitlines() if not x.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!+]+", line)] == []
    pins = _pins()
    assert len(pins) == len(lines)
    assert sorted(_needed("siting", {"test"}) - set(pins)) == []


def _needed(name: str, extras: set[str], seen: set[str] | None = None) -> set[str]:
    """Return what a distribution needs here, followed to the end."""
    found = seen if seen is not None else set()
    for text in importlib.metadata.requires(name) or []:
        requirement = Requirement(text)
        marker = requirement.marker
        wanted = not marker or any(marker.evaluate({"extra": e}) for e in {"", *extras})
        key = canonicalize_name(requirement.name)
        if wanted and key not in found:
            found.add(key)
            _needed(key, set(requirement.extras), found)
    return found


def test_constraints_agree_with_the_project() -> None:
    """Each pin is a version that pyproject.toml allows."""
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    pins = _pins()
    wrong = [
        text
        for text in asked
        if not Requirement(text).specifier.contains(pins[canonicalize_name(Requirement(text).name)])
    ]
    assert wrong == []


def test_changelog_and_project_have_the_version() -> None:
    """The version is the same wherever it stands."""
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]
    assert project["version"] == siting.__version__
    assert f"## {siting.__version__}" in _text(ROOT / "CHANGELOG.md")


def test_readme_links_lead_somewhere() -> None:
    """Every file that the README names is there."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", _text(ROOT / "README.md"))
    assert [link for link in links if not (ROOT / link).exists()] == []
