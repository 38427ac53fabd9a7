"""Print: messages and progress to stderr, answers to stdout."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_NUMBERS = re.compile(r"[\d.,]+")
_PACE_S = 5.0
"""Seconds between two lines about the same step."""
_UNLIMITED = 10_000
"""Columns of a table that goes to a file or a pipe: never wrapped."""


class FinishedError(Exception):
    """End a command that has told its answer with a code that is not 0.

    Parameters
    ----------
    code
        Exit code.
    """

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


def printable(text: str) -> str:
    """Return text without control characters, which could rule the terminal.

    Parameters
    ----------
    text
        Anything; line breaks stay.
    """
    return "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in text)


def say(text: str) -> None:
    """Print a message to stderr.

    Parameters
    ----------
    text
        Plain text.
    """
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text))


def answer(text: str) -> None:
    """Print a line of the answer to stdout.

    Parameters
    ----------
    text
        Plain text.
    """
    Console(highlight=False, soft_wrap=True).print(Text(printable(text)))


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document to stdout, in ASCII, so that any pipe carries it.

    Parameters
    ----------
    document
        What the command found.
    """
    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")


def error_document(kind: str, code: int, message: str, **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return what ``--json`` prints when a command fails.

    Parameters
    ----------
    kind
        Name of the error.
    code
        Exit code.
    message
        One line.
    **parts
        What else the error knows: its faults, or the conflict and what is nearest.
    """
    return {"ok": False, "error": {"kind": kind, "exit_code": code, "message": message, **parts}}


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "") -> None:
    """Print a table to stdout; it is wrapped for a terminal, and one line a row elsewhere.

    Parameters
    ----------
    header
        Column names.
    rows
        Cells, as many a row as there are names.
    title
        Line above it.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_UNLIMITED)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    if title:
        console.print(Text(title, style="bold"))
    console.print(table)


@contextlib.contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show steps of long work on stderr, with the seconds since the start; yield the callback.

    Parameters
    ----------
    quiet
        Show nothing.
    """
    if quiet:
        yield lambda _text: None
        return
    console = Console(stderr=True, highlight=False)
    pace = _Pace(time.monotonic())

    def line(text: str) -> Text:
        return Text(f"{time.monotonic() - pace.start:7.1f} s  {printable(text)}")

    if not console.is_terminal:
        yield lambda text: console.print(line(text), soft_wrap=True) if pace.lets(text) else None
        return
    with console.status(Text("starting")) as status:

        def show(text: str) -> None:
            if pace.lets(text):
                console.print(line(text), soft_wrap=True)
            status.update(Text(printable(text)))

        yield show


class _Pace:
    """Let each new step through at once, and news of the same step every few seconds only.

    Parameters
    ----------
    start
        Seconds on the clock when the work began.
    """

    def __init__(self, start: float) -> None:
        self.start = start
        self._step = ""
        self._last = start

    def lets(self, text: str) -> bool:
        """Tell whether to print a message; without its numbers, it names the step."""
        now, step = time.monotonic(), _NUMBERS.sub("", text)
        if step == self._step and now - self._last < _PACE_S:
            return False
        self._step, self._last = step, now
        return True
