"""Fetching from a server that fails in every way that public ones do; all on loopback."""

from __future__ import annotations

import gzip
import os
import re
import socket
from typing import TYPE_CHECKING

import pytest

from siting import __version__
from siting.data.fetch.cache import Cache
from siting.data.fetch.gather import Fetched, fetch_osm
from siting.data.fetch.overpass import Overpass
from siting.data.fetch.place import place_from_bbox
from siting.data.fetch.queries import themes
from siting.data.fetch.web import Web
from siting.errors import InputError, SourceError
from tests.overpass_server import BBOX, Asked, MapServer, Reply, json_reply, page, remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AREA = place_from_bbox(",".join(map(str, BBOX)))


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make every wait instant, and return those of more than the second between questions."""
    found: list[float] = []

    def nap(seconds: float) -> None:
        if seconds > 1:
            found.append(seconds)

    monkeypatch.setattr("siting.data.fetch.web.sleep", nap)
    monkeypatch.setattr("siting.data.fetch.queries._ROADS_KM2", 16.0)  # Testford: 2 by 2 tiles
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return found


@pytest.fixture
def server() -> Iterator[MapServer]:
    """Serve the town."""
    with MapServer() as found:
        yield found


class Session:
    """Fetch the town again and again, with one cache folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []

    def fetch(
        self, *endpoints: str, tries: int = 4, refresh: bool = False, level: int = 8
    ) -> Fetched:
        """Fetch the town from some servers."""
        self.said.clear()
        web = Web(self.said.append, tries=tries, timeout_s=20)
        cache = Cache(self.folder, refresh=refresh, tell=self.said.append)
        wanted = themes(district_level=level, pois=False)
        overpass = Overpass(web, endpoints)
        return fetch_osm(AREA, overpass, cache, wanted=wanted, tell=self.said.append)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Begin with an empty cache."""
    return Session(tmp_path / "cache")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_whole_town_comes_once(server: MapServer, session: Session) -> None:
    """All elements are there, each once, though ways reach across tiles; each tile is announced."""
    fetched = session.fetch(server.url)
    # 7 + 5 streets, 2 rings of districts, 5 areas among the places
    assert len(fetched.data.way_id) == 12 + 2 + 5
    # 35 crossings; 5 tagged nodes; 4 corners for each of 7 areas
    assert len(fetched.data.node_id) == 35 + 5 + 4 * 7
    assert len(fetched.data.relations) == 2
    assert (fetched.oldest, fetched.newest, fetched.notes) == ("2025-06-30", "2025-06-30", ())
    assert len(server.questions) == 6  # 1 of districts, 1 of places, 4 of roads
    assert any(re.match(r"roads, tile 4 of 4: asking 127", line) for line in session.said)
    assert any(re.match(r"roads, tile 4 of 4: \d+ elements", line) for line in session.said)


def test_says_who_asks(server: MapServer, session: Session) -> None:
    """Every request names siting and its version, and asks for JSON in time."""
    session.fetch(server.url + "/api")
    for asked in server.asked:
        assert asked.path == "/api/interpreter"
        named = f"siting/{__version__} (planner of EV charging networks)"
        assert asked.headers["User-Agent"] == named
        assert asked.question.startswith("[out:json][timeout:20];")


def test_the_least_used_answers_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for two answers and a half: of three, the one not looked at for longest goes.

    A file of somebody else's in the folder stays.
    """
    said: list[str] = []
    cache = Cache(tmp_path, refresh=False, tell=said.append)
    (tmp_path / "own.txt").write_text("mine")
    for question in ("a", "b"):
        cache.keep(question, {"elements": []})
        os.utime(cache.path(question), (1e9, 1e9))
    assert cache.find("a") is not None  # used again, so b is the oldest now
    size = cache.path("a").stat().st_size
    monkeypatch.setattr("siting.data.fetch.cache.MOST_BYTES", int(2.5 * size))
    cache.keep("c", {"elements": []})
    assert [cache.find(question) is not None for question in "abc"] == [True, False, True]
    assert (tmp_path / "own.txt").exists()
    assert said == []


def test_kept_answers_are_not_asked_for_again(server: MapServer, session: Session) -> None:
    """The second run asks nothing and gets the same; --refresh asks for everything."""
    first = session.fetch(server.url)
    count = len(server.asked)
    again = session.fetch(server.url)
    assert len(server.asked) == count
    assert again.data.node_id.tolist() == first.data.node_id.tolist()
    assert any("kept since" in line for line in session.said)
    session.fetch(server.url, refresh=True)
    assert len(server.asked) == 2 * count


def test_interrupted_fetch_goes_on_where_it_was(server: MapServer, session: Session) -> None:
    """After a stop in the fifth answer, four are kept and only two are asked for."""
    session.fetch(server.url)
    whole = server.questions
    server.asked.clear()
    session.folder = session.folder / "new"
    real = server.reply

    def stop_in_the_fifth(asked: Asked) -> Reply:
        reply = real(asked)
        return page("gone", 404) if len(server.asked) == 5 else reply

    server.reply = stop_in_the_fifth  # type: ignore[method-assign]
    with pytest.raises(SourceError) as caught:
        session.fetch(server.url)
    assert caught.value.missing[0].startswith("roads: 2 of 4 tiles")
    server.reply = real  # type: ignore[method-assign]
    server.asked.clear()
    session.fetch(server.url)
    assert server.questions == whole[4:]


def test_damaged_cache_is_asked_again(server: MapServer, session: Session) -> None:
    """A file that is cut short or is something else is not taken for an answer."""
    session.fetch(server.url)
    paths = sorted(session.folder.glob("*.json.gz"))
    assert len(paths) == 6
    paths[0].write_bytes(paths[0].read_bytes()[:-20])
    paths[1].write_bytes(b"not packed")
    paths[2].write_bytes(gzip.compress(b'{"question": "another", "answer": {}}'))
    server.asked.clear()
    session.fetch(server.url)
    assert len(server.asked) == 3
    assert not list(session.folder.glob("*.part"))


def test_cache_that_cannot_be_written_is_told(server: MapServer, session: Session) -> None:
    """The fetch goes on without it."""
    session.folder.write_text("a file where the folder should be", encoding="utf-8")
    assert len(session.fetch(server.url).data.way_id) == 19
    assert any("cannot keep answers" in line for line in session.said)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(b'{"elements": [{"type": "node", "id": 1'), "breaks off in the middle (38 bytes)"),
        (Reply(b'{"elements": []}', promised=900), "broke off in the middle"),
        (Reply(b'{"elements": [}'), "the answer is no JSON"),
        (Reply(b""), "an empty answer"),
        (page("the server is <b>too busy</b>"), "a web page in place of data: 'Error: the server"),
        (page("dispatcher", 504), "too busy, or the question takes too long (504): 'Error: disp"),
        (page("bad gateway", 502), "its gateway is out of order (502)"),
        (
            remark("open64: Dispatcher_Client::request_read_and_idx::timeout."),
            "it remarks 'runtime",
        ),
    ],
)
def test_passing_trouble_is_told_and_tried_again(
    server: MapServer, session: Session, naps: list[float], reply: Reply, told: str
) -> None:
    """Two bad answers, then good ones: waits of 5 s and 10 s, each announced, and all is there."""
    server.script += [reply, reply]
    assert len(session.fetch(server.url).data.way_id) == 19
    assert naps == [5, 10]
    waits = [line for line in session.said if "waiting" in line]
    assert len(waits) == 2
    assert told in waits[0]
    assert waits[0].endswith("waiting 5 s before try 2 of 4")
    assert waits[1].endswith("waiting 10 s before try 3 of 4")


def test_retry_after_is_honoured(server: MapServer, session: Session, naps: list[float]) -> None:
    """After 429 it is at least half a minute, longer if the server says so; 503 may say a date."""
    past = "Wed, 21 Oct 2015 07:28:00 GMT"
    server.script += [
        page("slow down", 429),
        page("slow down", 429, Retry_After="77"),
        page("closed", 503, Retry_After=past),
    ]
    session.fetch(server.url)
    assert naps == [30, 77, 20]


def test_a_server_that_asks_for_hours_is_not_waited_for(
    server: MapServer, session: Session, naps: list[float]
) -> None:
    """Patience has an end that is told."""
    server.always = page("come back tomorrow", 429, Retry_After="86400")
    with pytest.raises(SourceError, match="come back in 86400 s"):
        session.fetch(server.url)
    assert naps == []


def test_busy_for_ever_ends(server: MapServer, session: Session, naps: list[float]) -> None:
    """504 without end: four tries, 5 + 10 + 20 s, then exit code 6 and all that is missing."""
    server.always = page("too busy", 504)
    with pytest.raises(SourceError) as caught:
        session.fetch(server.url)
    assert caught.value.exit_code == 6
    assert len(server.asked) == 4
    assert naps == [5, 10, 20]
    assert "(504): 'Error: too busy' (4 tries)" in caught.value.tried[0]
    names = [line.partition(":")[0] for line in caught.value.missing]
    assert names == ["districts (admin_level 8)", "places", "roads"]
    assert "4 of 4 tiles (19.98158,47.986,20.03,48.02;" in caught.value.missing[2]
    assert "siting case import" in str(caught.value)


def test_tries_are_the_users(server: MapServer, session: Session, naps: list[float]) -> None:
    """With one try nothing is waited for."""
    server.always = page("too busy", 504)
    with pytest.raises(SourceError):
        session.fetch(server.url, tries=1)
    assert (len(server.asked), naps) == (1, [])


@pytest.mark.parametrize(
    "text",
    [
        'Query timed out in "query" at line 1 after 20 seconds.',
        'Query run out of memory in "recurse" at line 1 using about 512 MB of RAM.',
    ],
)
def test_half_an_answer_is_refused_and_its_tile_split(
    server: MapServer, session: Session, naps: list[float], text: str
) -> None:
    """A remark of time or memory: the districts' tile is asked for in quarters, without a wait."""
    server.script.append(remark(text))
    fetched = session.fetch(server.url)
    assert len(fetched.data.relations) == 2
    assert len(fetched.data.way_id) == 19
    assert len(server.asked) == 6 + 4
    assert naps == []
    assert any("asking for its quarters" in line for line in session.said)
    server.asked.clear()
    session.fetch(server.url)  # that it was too much is kept too
    assert server.asked == []


def test_splitting_has_an_end(server: MapServer, session: Session) -> None:
    """A server that finds every tile too much: 28.9, 7.2, 1.8, 0.45 km2, and no further."""
    server.always = remark("Query timed out.")
    with pytest.raises(SourceError, match="even the smallest tile"):
        session.fetch(server.url)
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (page("not acceptable", 406), "say who you are by --contact"),
        (page("line 1: parse error", 400), "does not understand the question (400): 'Error: line"),
        (page("forbidden", 403), "refuses us (403)"),
        (page("no such page", 404), "status 404 Not Found"),
        (json_reply([1, 2]), "no answer of Overpass"),
        (json_reply({"version": 0.6}), "it has no elements"),
        (
            json_reply({"elements": [{"type": "node", "id": 1, "lon": 999, "lat": 0}]}),
            "cannot hold",
        ),
        (json_reply({"elements": [{"type": "way", "id": 1, "nodes": ["x"]}]}), "cannot hold"),
        (json_reply({"elements": [{"type": "way", "id": 1, "tags": {"a": 1}}]}), "cannot hold"),
        (json_reply({"elements": ["x"]}), "cannot hold"),
        (Reply(b"", 302, {"Location": "/elsewhere"}), "it has moved to http://127.0.0.1"),
    ],
)
def test_lasting_trouble_is_told_at_once(
    server: MapServer, session: Session, naps: list[float], reply: Reply, told: str
) -> None:
    """What another try cannot mend is not tried again."""
    server.script.append(reply)
    with pytest.raises(SourceError) as caught:
        session.fetch(server.url)
    assert told in caught.value.tried[0]
    assert naps == []


def test_nobody_there(session: Session, naps: list[float]) -> None:
    """A port where nothing listens is told at once, in plain words."""
    with pytest.raises(SourceError) as caught:
        session.fetch(f"http://127.0.0.1:{_free_port()}")
    assert "cannot be reached (Connection refused)" in caught.value.tried[0]
    assert naps == []


def test_next_server_steps_in(server: MapServer, session: Session) -> None:
    """Servers are asked in order; one that failed is asked last from then on."""
    nobody = f"http://127.0.0.1:{_free_port()}"
    with MapServer() as busy:
        busy.always = page("too busy", 504)
        session.fetch(nobody, busy.url, server.url, tries=2)
        assert len(busy.asked) == 2
    assert len(server.asked) == 6
    moved = [line for line in session.said if "going on with" in line]
    assert len(moved) == 2
    assert "refused" in moved[0]


def test_all_servers_are_named_when_none_helps(session: Session) -> None:
    """Each with what it answered."""
    with MapServer() as one, MapServer() as two:
        one.always = page("no", 403)
        two.always = page("no", 406)
        with pytest.raises(SourceError) as caught:
            session.fetch(one.url, two.url)
    assert ["403" in caught.value.tried[0], "406" in caught.value.tried[1]] == [True, True]


def test_server_without_this_region_is_told_and_not_believed(
    server: MapServer, session: Session
) -> None:
    """No places at all: an error; asked again, another server is asked for them anew."""
    server.always = json_reply({"elements": []})
    with pytest.raises(SourceError, match="has no places at all in this area") as caught:
        session.fetch(server.url)
    assert "19.995,47.995,20.065,48.045" in str(caught.value)
    server.always = None
    assert len(session.fetch(server.url).data.way_id) >= 17  # all but the districts' two rings


def test_no_districts_of_that_level_is_a_note(server: MapServer, session: Session) -> None:
    """First boundaries within the area are asked for, then the district around it."""
    fetched = session.fetch(server.url, level=6)
    assert fetched.data.relations == {}
    assert "no districts (admin_level 6)" in fetched.notes[0]
    assert "is_in(48.0200000,20.0300000)" in server.questions[1]


def test_too_large_an_area_is_refused(server: MapServer, session: Session) -> None:
    """A country is for an extract; nothing is asked."""
    web = Web(session.said.append)
    cache = Cache(session.folder, refresh=False, tell=session.said.append)
    overpass = Overpass(web, [server.url])
    country = place_from_bbox("0,45,10,50")  # about 750 km by 555 km
    wanted = themes(district_level=6, pois=False)
    with pytest.raises(InputError, match=r"covers about 41\d,\d{3} km2"):
        fetch_osm(country, overpass, cache, wanted=wanted, tell=session.said.append)
    assert server.asked == []


def test_answer_that_drips_is_given_up(
    server: MapServer, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then keeps the connection alive, but not our patience."""
    monkeypatch.setattr("siting.data.fetch.web._BEYOND_S", -19.7)  # 0.3 s in all
    server.script.append(Reply(b" " * 4000, drip_s=0.05))
    session.fetch(server.url)
    assert any("came too slowly" in line for line in session.said)


def test_silent_server_is_given_up(
    server: MapServer, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first byte has to come within the time-out too."""
    monkeypatch.setattr("siting.data.fetch.web._BEYOND_S", -19.7)
    server.script.append(Reply(b"  ", drip_s=2.0))
    session.fetch(server.url)
    assert any("no answer within" in line for line in session.said)


def test_endless_answer_is_asked_for_in_parts(
    server: MapServer, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would not fit in memory is too much at once."""
    monkeypatch.setattr("siting.data.fetch.web._LARGEST_BYTES", 10)
    with pytest.raises(SourceError, match="even the smallest tile"):
        session.fetch(server.url)
