"""Ask a public server politely: in our own name, with bounded patience, never in silence."""

from __future__ import annotations

from contextlib import closing
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3.exceptions import HTTPError, ReadTimeoutError

from siting.data.fetch.replies import TooMuchError, TroubleError, read_reply, user_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_T = TypeVar("_T")

TRIES = 4
TIMEOUT_S = 180.0

_CONNECT_S = 15.0
_BEYOND_S = 30.0
"""Granted beyond the time-out that the server itself is told, to send what it has found."""
_FIRST_WAIT_S = 5.0
"""Before the second try; doubled before each further one."""
_LONGEST_WAIT_S = 300.0
_BETWEEN_S = 1.0
"""From one answer to the next question to the same host (Nominatim's usage policy)."""
_LARGEST_BYTES = 1 << 30
_CHUNK_BYTES = 1 << 16


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
    contact
        Mail or web address told to the servers; '' for none.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        *,
        tries: int = TRIES,
        timeout_s: float = TIMEOUT_S,
        contact: str = "",
    ) -> None:
        self.timeout_s = timeout_s
        self.tell = tell
        self._tries = tries
        self._session = requests.Session()
        self._session.headers.update(
            {"User-Agent": user_agent(contact), "Accept": "application/json, */*"}
        )
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
                return read_reply(response, body, post=post)
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
