"""Read what a server sent: data, a page that tells of trouble, or nothing."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from siting import __version__

if TYPE_CHECKING:
    import requests

_BUSY_WAIT_S = 30.0
"""After 429, at least: the rule of overpass-api.de (drolbr/Overpass-API, issue 791, 2026)."""
_SHOWN = 160
_OK, _BAD_REQUEST, _FORBIDDEN, _NOT_ACCEPTABLE, _TOO_MANY = 200, 400, 403, 406, 429
_TOO_LARGE = {413, 414}
_BUSY = {408, 425, 500, 502, 503, 504}
_TOLD = {
    _BAD_REQUEST: "it does not understand the question (400)",
    _FORBIDDEN: "it refuses us (403): this network address or program may be blocked",
    _NOT_ACCEPTABLE: (
        "it refuses programs it does not know by their User-Agent (406): say who you are by "
        "--contact"
    ),
    _TOO_MANY: "it has had too many questions from here (429)",
    502: "its gateway is out of order (502)",
    503: "it is out of service (503)",
    504: "it is too busy, or the question takes too long (504)",
}


def user_agent(contact: str) -> str:
    """Return the name siting asks in, with whom its user says to turn to, '' for nobody.

    The usage policies of Nominatim and Overpass ask for a name of the program; an address by which
    its user is found helps a server's operators to write rather than to block.
    """
    about = "planner of EV charging networks" + (f"; {contact}" if contact else "")
    return f"siting/{__version__} ({about})"


class TroubleError(Exception):
    """Say why one request brought nothing usable.

    Parameters
    ----------
    what
        What happened, in a few words.
    again
        Whether the same may go well later.
    wait_s
        Wait that the server asks for.
    """

    def __init__(self, what: str, *, again: bool, wait_s: float = 0.0) -> None:
        self.what = what
        self.again = again
        self.wait_s = wait_s
        super().__init__(what)


class TooMuchError(Exception):
    """Say that the answer would pass a limit of the server: ask for less at a time."""


def read_reply(response: requests.Response, body: bytes, *, post: bool) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON of a reply.

    Parameters
    ----------
    response
        Status and headers.
    body
        Unpacked.
    post
        Whether the question was posted, and so must not come back from elsewhere as a GET.

    Raises
    ------
    TroubleError
        If it is no whole JSON, with what it is instead.
    TooMuchError
        If the server says that question or answer is too large.
    """
    _check_status(response, body, post=post)
    text = body.lstrip()
    if not text:
        msg = "an empty answer"
        raise TroubleError(msg, again=True)
    if text.startswith(b"<"):
        msg = f"a web page in place of data: '{_page_text(body)}'"
        raise TroubleError(msg, again=True)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        whole = text.rstrip().endswith((b"}", b"]"))
        what = "is no JSON" if whole else "breaks off in the middle"
        msg = f"the answer {what} ({len(body):,} bytes)"
        raise TroubleError(msg, again=True) from error


def _check_status(response: requests.Response, body: bytes, *, post: bool) -> None:
    code = response.status_code
    if response.history and post and response.request.method != "POST":
        msg = f"it has moved to {response.url}; ask there"
        raise TroubleError(msg, again=False)
    if code == _OK:
        return
    said = _page_text(body)
    if code in _TOO_LARGE:
        msg = f"{code} {response.reason}"
        raise TooMuchError(msg)
    what = _TOLD.get(code, f"status {code} {response.reason or ''}".rstrip())
    if said and code != _TOO_MANY:
        what = f"{what}: '{said}'"
    wait_s = _retry_after_s(response.headers.get("Retry-After", ""))
    if code == _TOO_MANY:
        raise TroubleError(what, again=True, wait_s=max(wait_s, _BUSY_WAIT_S))
    raise TroubleError(what, again=code in _BUSY, wait_s=wait_s)


def _retry_after_s(value: str) -> float:
    """Return the wait of a Retry-After header, seconds or date (RFC 9110, 10.2.3); 0 if none."""
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(tz=UTC)).total_seconds())


def _page_text(body: bytes) -> str:
    """Return what a page says, without its mark-up; from the word Error on, if it says that."""
    text = body[:20_000].decode("utf-8", errors="replace")
    text = re.sub(r"(?is)<(head|style|script)\b.*?</\1\s*>|<[^>]*>", " ", text)
    text = " ".join(html.unescape(text).split())
    text = text[max(text.find("Error"), 0) :]
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
