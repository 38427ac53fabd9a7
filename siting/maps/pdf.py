"""Print a page as PDF, with the browser that is there: no other program lays out HTML as well."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from siting.errors import Fault, InputError

BROWSER_VARIABLE = "SITING_BROWSER"
"""Environment variable that names another browser of the Chromium family."""
LONGEST_S = 120
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "brave-browser")
_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


def browser() -> str:
    """Return the browser to print with.

    Raises
    ------
    InputError
        If there is none; says how to name one.
    """
    named = os.environ.get(BROWSER_VARIABLE)
    if named:
        found = shutil.which(named)
        if found:
            return found
        refusal = _refusal(named, "is no program here", f"Name one in {BROWSER_VARIABLE}.")
        raise refusal
    for name in (*_NAMES, *_APPLICATIONS):
        if found := shutil.which(name):
            return found
    refusal = _refusal(
        "--pdf",
        "no browser of the Chromium family was found",
        f"Install Chromium, Chrome or Edge, or name one in {BROWSER_VARIABLE}; "
        "or open report.html and print it.",
    )
    raise refusal


def print_pdf(page: str) -> bytes:
    """Return a page as PDF, laid out as the page itself asks for.

    Parameters
    ----------
    page
        HTML that needs no other file.

    Raises
    ------
    InputError
        If there is no browser, or it fails.
    """
    program = browser()
    with tempfile.TemporaryDirectory(prefix="siting-") as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, encoding="utf-8")
        told = _run(program, source, target, Path(folder, "profile"))
        if target.is_file():
            return target.read_bytes()
    refusal = _refusal(program, f"printed nothing: {told}", "Open report.html and print it there.")
    raise refusal


def _run(program: str, source: Path, target: Path, profile: Path) -> str:
    """Print; return the last thing the browser said."""
    options = [
        "--headless",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={profile}",
        "--no-pdf-header-footer",
        f"--print-to-pdf={target}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # as root, as in a container, it has none to offer
    try:
        ran = subprocess.run(  # noqa: S603 - a browser, and a page of our own
            [program, *options, source.as_uri()],
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = ran.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {ran.returncode}"


def _refusal(where: str, what: str, mend: str) -> InputError:
    return InputError("The report cannot be printed as PDF.", [Fault(where, what, mend)])
