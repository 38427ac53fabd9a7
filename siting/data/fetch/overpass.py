"""Ask Overpass, and take nothing but whole answers.

The download is our own, and not osmnx's, because osmnx (2.1) takes the part of the data that
Overpass sends before it runs out of time or memory, with a ``remark`` that says so, for the whole;
repeats a question after 429 and 504 without limit, sleeping a minute each time without a word;
knows one server only; and, where a name cannot be resolved, asks a public DNS-over-HTTPS server. A
plan must not rest on half a road network, and whoever waits must see for what. What is downloaded
is the same: elements of OpenStreetMap.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from siting.data.fetch.replies import TooMuchError, TroubleError
from siting.data.fetch.web import host_of
from siting.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siting.data.fetch.web import Web

ENDPOINT = "https://overpass-api.de/api/interpreter"

_TOO_MUCH = re.compile(r"timed out|out of memory|memory limit|maxsize", re.IGNORECASE)
_SHOWN = 160
_IDS = 2**63
_EAST, _NORTH = 180, 90


class Overpass:
    """Ask the first of several servers that answers.

    Parameters
    ----------
    web
        Asks.
    endpoints
        Addresses in the order they are tried; ``/interpreter`` is added where it is missing. A
        server that failed is tried last from then on.
    """

    def __init__(self, web: Web, endpoints: Sequence[str]) -> None:
        self._web = web
        self._endpoints = [_interpreter(endpoint) for endpoint in endpoints]
        self.used: dict[str, None] = {}
        """Hosts that answered, in order."""

    @property
    def host(self) -> str:
        """Host that is asked next."""
        return host_of(self._endpoints[0])

    def ask(self, question: str) -> dict[str, Any]:
        """Return the answer to a question in Overpass QL, without its settings.

        Parameters
        ----------
        question
            Statements; the settings (JSON, time-out) are put in front here.

        Raises
        ------
        SourceError
            If no server answered.
        TooMuchError
            If the answer would pass a server's limits.
        """
        fields = {"data": f"[out:json][timeout:{math.ceil(self._web.timeout_s)}];{question}"}
        tried = []
        for endpoint in tuple(self._endpoints):
            try:
                answer = self._web.ask(endpoint, read_answer, post=True, fields=fields)
            except TroubleError as trouble:
                tried.append(f"{host_of(endpoint)}: {trouble.what}")
                self._endpoints.append(self._endpoints.pop(0))
                if len(tried) < len(self._endpoints):
                    self._web.tell(f"{tried[-1]}; going on with {self.host}")
            else:
                self.used[host_of(endpoint)] = None
                return answer
        msg = "OpenStreetMap's data could not be fetched:"
        raise SourceError(msg, tried=tried)


def read_answer(payload: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return an answer of Overpass if it is whole.

    Parameters
    ----------
    payload
        Parsed JSON.

    Raises
    ------
    TroubleError
        If it is something else, or the server remarks that it is not whole.
    TooMuchError
        If the server ran out of its time or memory on it.
    """
    if not isinstance(payload, dict):
        msg = "JSON that is no answer of Overpass"
        raise TroubleError(msg, again=False)
    remark = payload.get("remark")
    if remark:
        said = " ".join(str(remark).split())[:_SHOWN]
        if _TOO_MUCH.search(said):
            raise TooMuchError(said)
        msg = f"part of the data only; it remarks '{said}'"
        raise TroubleError(msg, again=True)
    elements = payload.get("elements")
    if not isinstance(elements, list):
        msg = "JSON that is no answer of Overpass (it has no elements)"
        raise TroubleError(msg, again=False)
    bad = next((element for element in elements if not _is_sound(element)), None)
    if bad is not None:
        msg = f"an element that OpenStreetMap cannot hold: {str(bad)[:_SHOWN]}"
        raise TroubleError(msg, again=False)
    return payload


def _interpreter(endpoint: str) -> str:
    base = endpoint.rstrip("/")
    return base if base.endswith("/interpreter") else f"{base}/interpreter"


def _is_sound(element: object) -> bool:
    if not isinstance(element, dict) or not _is_id(element.get("id")):
        return False
    tags = element.get("tags", {})
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        return False
    kind = element.get("type")
    if kind == "node":
        return _is_degrees(element.get("lon"), _EAST) and _is_degrees(element.get("lat"), _NORTH)
    if kind == "way":
        nodes = element.get("nodes", [])
        return isinstance(nodes, list) and all(map(_is_id, nodes))
    members = element.get("members", [])
    return isinstance(members, list) and all(
        isinstance(member, dict)
        and isinstance(member.get("type"), str)
        and _is_id(member.get("ref"))
        for member in members
    )


def _is_id(value: object) -> bool:
    return isinstance(value, int) and -_IDS <= value < _IDS


def _is_degrees(value: object, limit: int) -> bool:
    return isinstance(value, int | float) and -limit <= value <= limit
