"""Run a command line, and turn whatever happens into text and an exit code."""

from __future__ import annotations

import io
import logging
import os
import sys
import traceback
from typing import TYPE_CHECKING

from siting.cli.app import app
from siting.cli.show import FinishedError, error_document, print_json, printable, say
from siting.errors import SitingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

_BUG = 1
_USAGE = 2
_INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""
_WRONG_LINE = "The command line is wrong; stderr says where."
_BROKEN_PIPE = 141
"""128 + SIGPIPE."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run siting and exit with its code.

    Parameters
    ----------
    arguments
        Command line without the program's name; default: the process's own.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    as_json = "--json" in given
    _forgive_encodings()
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.ERROR, format="%(message)s", stream=sys.stderr
    )
    sys.exit(_run([item for item in given if item != "--debug"], debug=debug, as_json=as_json))


def _run(arguments: list[str], *, debug: bool, as_json: bool) -> int:
    try:
        return _call(arguments, as_json=as_json)
    except BrokenPipeError:
        _drop_stdout()
        return _BROKEN_PIPE
    except SitingError as error:
        _report(error, error.exit_code, as_json=as_json)
        if debug:
            traceback.print_exc()
        return error.exit_code
    except OSError as error:
        _report_system(error, as_json=as_json)
        if debug:
            traceback.print_exc()
        return _USAGE
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is told as one
        _report_bug(error, debug=debug, as_json=as_json)
        return _BUG


def _call(arguments: list[str], *, as_json: bool) -> int:
    """Let typer read the command line and call the command; return the exit code."""
    try:
        app(arguments, prog_name="siting")
    except FinishedError as finished:
        return finished.code
    except KeyboardInterrupt:
        return _stopped(as_json=as_json)
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else int(bool(done.code))
        if code == _USAGE and as_json:
            print_json(error_document("UsageError", code, _WRONG_LINE))
        return _stopped(as_json=as_json) if code == _INTERRUPTED else code
    return 0


def _stopped(*, as_json: bool) -> int:
    message = "Stopped. What was there before is untouched."
    say(message)
    if as_json:
        print_json(error_document("Interrupted", _INTERRUPTED, message))
    return _INTERRUPTED


def _report(error: SitingError, code: int, *, as_json: bool) -> None:
    say(printable(str(error)))
    if as_json:
        parts = {
            name: [str(item) for item in value] if isinstance(value, tuple) else str(value)
            for name, value in vars(error).items()
            if not name.startswith("_") and name != "message"
        }
        message = printable(str(error)).splitlines()[0]
        print_json(error_document(type(error).__name__, code, message, **parts))


def _report_system(error: OSError, *, as_json: bool) -> None:
    """Tell what the disk or the system refused; stdout itself may be what is full."""
    what = error.strerror or str(error)
    line = printable(f"{error.filename}: {what}." if error.filename else f"{what}.")
    say(f"{line} Check the disk's space and rights, or give another folder.")
    try:
        if as_json:
            print_json(error_document("OSError", _USAGE, line))
        sys.stdout.flush()
    except OSError:
        _drop_stdout()


def _drop_stdout() -> None:
    """Send what is left to say nowhere, lest the interpreter fail on it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report_bug(error: Exception, *, debug: bool, as_json: bool) -> None:
    line = printable(f"{type(error).__name__}: {error}").splitlines()[0]
    say(f"{line}\nThis is a bug in siting. Run it again with --debug, and report what it prints.")
    if debug:
        traceback.print_exc()
    if as_json:
        print_json(error_document("Bug", _BUG, line))


def _forgive_encodings() -> None:
    """Let a terminal that cannot show a name show its code instead of stopping the run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
