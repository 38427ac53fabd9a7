"""Ask a public server politely: in our own name, with bounded patience, never in silence."""

from __future__ import annotations

import html
import json
import re
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3.exceptions import HTTPError, ReadTimeoutError

from siting import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_T = TypeVar("_T")

CONTACT_URL = "https://example.org/siting"
"""Where the operators of a server find who asks; whoever publishes siting puts its page here."""
USER_AGENT = f"siting/{__version__} (planner of EV charging networks; +{CONTACT_URL})"
TRIES = 4
TIMEOUT_S = 180.0

_CONNECT_S = 15.0
_BEYOND_S = 30.0
"""Granted beyond the time-out that the server itself is told, to send what it has found."""
_FIRST_WAIT_S = 5.0
"""Before the second try; doubled before each further one."""
_BUSY_WAIT_S = 30.0
"""After 429, at least: the rule of overpass-api.de (drolbr/Overpass-API, issue 791, 2026)."""
_LONGEST_WAIT_S = 300.0
_BETWEEN_S = 1.0
"""From one answer to the next question to the same host (Nominatim's usage policy)."""
_LARGEST_BYTES = 1 << 30
_CHUNK_BYTES = 1 << 16
_SHOWN = 160

_OK, _BAD_REQUEST, _FORBIDDEN, _NOT_ACCEPTABLE, _TOO_MANY = 200, 400, 403, 406, 429
_TOO_LARGE = {413, 414}
_BUSY = {408, 425, 500, 502, 503, 504}
_TOLD = {
    _BAD_REQUEST: "it does not understand the question (400)",
    _FORBIDDEN: "it refuses us (403): this network address or program may be blocked",
    _NOT_ACCEPTABLE: (
        f"it refuses programs it does not know by their User-Agent (406); ours is '{USER_AGENT}'"
    ),
    _TOO_MANY: "it has had too many questions from here (429)",
    502: "its gateway is out of order (502)",
    503: "it is out of service (503)",
    504: "it is too busy, or the question takes too long (504)",
}


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


class Web:
    """Ask servers for JSON.

    Parameters
    ----------
    tell
        Called with one line before each wait.
    tries
        How often the same question is asked of the same server, at most.
    timeout_s
        How long one answer may take.
    """

    def __init__(
        self, tell: Callable[[str], None], *, tries: int = TRIES, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.timeout_s = timeout_s
        self.tell = tell
        self._tries = tries
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json, */*"})
        self._last: dict[str, float] = {}

    def ask(
        self, url: str, read: Callable[[Any], _T], *, post: bool, fields: Mapping[str, str]
    ) -> _T:
        """Ask until an answer can be read, or patience ends.

        Parameters
        ----------
        url
            Address, http or https.
        read
            Makes sense of the parsed JSON, or raises one of the errors below.
        post
            POST in place of GET.
        fields
            Sent as a form, or as the query of the address.

        Raises
        ------
        TroubleError
            If all tries were in vain, or one more would be.
        TooMuchError
            If the server would rather be asked for less.
        """
        host = host_of(url)
        tried = 0
        while True:
            tried += 1
            try:
                self._keep_distance(host)
                return read(self._once(url, post=post, fields=fields))
            except TroubleError as trouble:
                wait_s = max(trouble.wait_s, _FIRST_WAIT_S * 2 ** (tried - 1))
                if not trouble.again or tried >= self._tries:
                    times = f" ({tried} tries)" if tried > 1 else ""
                    what = f"{trouble.what}{times}"
                    raise TroubleError(what, again=False) from trouble
                if wait_s > _LONGEST_WAIT_S:
                    what = f"{trouble.what}; it asks us to come back in {wait_s:.0f} s"
                    raise TroubleError(what, again=False) from trouble
                self.tell(
                    f"{host}: {trouble.what}; waiting {wait_s:.0f} s before try {tried + 1} of "
                    f"{self._tries}"
                )
                sleep(wait_s)
            finally:
                self._last[host] = monotonic()

    def _keep_distance(self, host: str) -> None:
        since_s = monotonic() - self._last.get(host, float("-inf"))
        if since_s < _BETWEEN_S:
            sleep(_BETWEEN_S - since_s)

    def _once(self, url: str, *, post: bool, fields: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
        total_s = self.timeout_s + _BEYOND_S
        known = host_of(url) in self._last
        try:
            with closing(
                self._session.request(
                    "POST" if post else "GET",
                    url,
                    data=dict(fields) if post else None,
                    params=None if post else dict(fields),
                    timeout=(_CONNECT_S, total_s),
                    stream=True,
                )
            ) as response:
                body = b"".join(_chunks(response, monotonic() + total_s))
                return _parsed(response, body, post=post)
        except (exceptions.RequestException, HTTPError) as error:
            raise _trouble(error, total_s, known=known) from error


def host_of(url: str) -> str:
    """Return the host of an address, for messages."""
    return urlsplit(url).netloc.rpartition("@")[2]


def is_address(url: str) -> bool:
    """Tell whether a text is an address that can be asked."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _chunks(response: requests.Response, deadline: float) -> Iterator[bytes]:
    """Yield the body; a server that sends drop by drop, or without end, is not listened to.

    By ``read1``, which returns what has come: ``iter_content`` waits until a chunk is full, and no
    time-out ends that while single bytes arrive.
    """
    total = 0
    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
        total += len(chunk)
        if total > _LARGEST_BYTES:
            msg = f"an answer of more than {_LARGEST_BYTES >> 20} MB"
            raise TooMuchError(msg)
        if monotonic() > deadline:
            msg = "the answer came too slowly and was given up"
            raise TroubleError(msg, again=True)
        yield chunk


def _parsed(response: requests.Response, body: bytes, *, post: bool) -> Any:  # noqa: ANN401 - JSON
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


def _trouble(error: Exception, total_s: float, *, known: bool) -> TroubleError:
    """Put an error of the network in words; a host never reached is not waited for."""
    if isinstance(error, exceptions.ConnectTimeout):
        return TroubleError(f"no connection within {_CONNECT_S:.0f} s", again=True)
    if isinstance(error, exceptions.Timeout | ReadTimeoutError):
        return TroubleError(f"no answer within {total_s:.0f} s", again=True)
    if isinstance(error, exceptions.SSLError):
        return TroubleError("its certificate is not to be trusted", again=False)
    if isinstance(error, HTTPError):
        return TroubleError("the connection broke off in the middle of the answer", again=True)
    if isinstance(error, exceptions.ConnectionError):
        return TroubleError(f"cannot be reached ({_reason(error)})", again=known)
    return TroubleError(f"cannot be asked ({type(error).__name__})", again=False)


def _reason(error: BaseException) -> str:
    """Return the innermost reason that the system gave."""
    found = ""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            found = cause.strerror
        cause = cause.__cause__ or cause.__context__
    return found or "no connection"
