"""Pairs kept between runs: an unchanged input loads, a changed one recomputes, damage is mended."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import platformdirs
import pytest
import shapely

from siting.data import travel_cache
from siting.data.roads import Roads
from siting.data.sphere import great_circle_km
from siting.data.travel import Pairs, reach_pairs
from siting.data.travel_cache import cached_pairs, pairs_key
from siting.scenario import Reach

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RULE = {"detour_factor": 1.5, "straight_kmh": 30, "access_kmh": 30, "max_snap_m": 900}


def reach(**limits: object) -> Reach:
    """Return a reach of 4 minutes, or another."""
    return Reach.model_validate({"minutes": 4.0} | RULE | limits)


def town(seed: int = 1, nodes: int = 150) -> Roads:
    """Return random streets, some one-way, with dead ends, all of one strongly connected part."""
    rng = np.random.default_rng(seed)
    place = np.array([114.0, 22.5]) + rng.random((nodes, 2)) * 0.05
    apart = great_circle_km(*place[:, None].T, *place[None].T)
    tree = nx.minimum_spanning_tree(nx.from_numpy_array(apart))
    edges = [(a, b) for a, b in tree.edges] + [(b, a) for a, b in tree.edges]
    near = np.argsort(apart, axis=1)[:, 1:4]
    edges += [(a, int(near[a, rng.integers(3)])) for a in range(nodes)]
    edges = list(dict.fromkeys(edges))
    tail, head = np.array(edges, dtype=np.int32).T
    metres = apart[tail, head] * 1000
    ends = np.stack([place[tail], place[head]], axis=1)
    return Roads(
        lon=place[:, 0],
        lat=place[:, 1],
        tail=tail,
        head=head,
        length_m=metres,
        seconds=metres / rng.choice([5.0, 10.0, 20.0], len(edges)),
        road_class=np.array(["primary"] * len(edges)),
        geometry=np.asarray(shapely.linestrings(ends), dtype=object),
    )


@dataclasses.dataclass
class Asked:
    """Hold one question, and ask it."""

    roads: Roads
    zones: Floats
    sites: Floats
    rule: Reach
    districts: list[str]

    def parts(self) -> tuple[Roads, Floats, Floats, Reach, list[str]]:
        """Return what every function here takes."""
        return self.roads, self.zones, self.sites, self.rule, self.districts

    def but(self, **changes: Any) -> Asked:  # noqa: ANN401 - any field
        """Return the question with something changed."""
        return dataclasses.replace(self, **changes)


@pytest.fixture
def asked() -> Asked:
    """Return a question about the town: 20 zones, 12 sites."""
    rng = np.random.default_rng(2)
    spots = np.array([114.0, 22.5]) + rng.random((32, 2)) * 0.05
    return Asked(town(), spots[:20], spots[20:], reach(), ["west"] * 20)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return an empty cache folder, in use for every network however small."""
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path))
    monkeypatch.setattr(travel_cache, "LEAST_EDGES", 1)
    return tmp_path / "travel"


def same(one: Pairs, other: Pairs) -> bool:
    """Tell whether every array is equal to the last bit."""
    both = [(getattr(one, name), getattr(other, name)) for name in Pairs.__dataclass_fields__]
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in both)


def refuse(*_: object) -> Pairs:
    """Stand in for the search where it must not run."""
    msg = "searched again"
    raise AssertionError(msg)


def test_what_is_kept_is_what_was_found(
    asked: Asked, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time nothing is searched, and every number is the same; in minutes and in km."""
    for question in (asked, asked.but(rule=reach(minutes=None, km={"default": 2.0}))):
        plain = reach_pairs(*question.parts())
        assert len(plain.zone) > 20
        assert same(cached_pairs(*question.parts()), plain)
        with monkeypatch.context() as patch:
            patch.setattr(travel_cache, "reach_pairs", refuse)
            assert same(cached_pairs(*question.parts()), plain)
    assert len(list(folder.iterdir())) == 2


def test_any_change_makes_another_entry(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Roads, points, reach, code: each counts. Districts count where the reach is by district."""
    roads = asked.roads
    bent = roads.geometry.copy()
    bent[0] = shapely.segmentize(bent[0], 0.0001)
    changed = [
        asked.but(roads=dataclasses.replace(roads, seconds=roads.seconds * 1.0000001)),
        asked.but(roads=dataclasses.replace(roads, length_m=roads.length_m + 1e-9)),
        asked.but(roads=dataclasses.replace(roads, tail=roads.head, head=roads.tail)),
        asked.but(roads=dataclasses.replace(roads, geometry=bent)),
        asked.but(zones=asked.zones + 1e-12),
        asked.but(zones=asked.zones[:-1]),
        asked.but(zones=asked.zones[::-1]),
        asked.but(zones=asked.sites, sites=asked.zones),
        asked.but(rule=reach(minutes=5)),
        asked.but(rule=reach(access_kmh=31)),
        asked.but(rule=reach(congestion=[1.5] * 24, hour=8)),
        asked.but(rule=reach(minutes=None, km={"default": 2.0})),
        asked.but(rule=reach(minutes=None, km={"default": 2.0}), districts=["east"] * 20),
        asked.but(rule=reach(minutes=None, km={"default": 2.0}), districts=["wes", "t"] * 10),
    ]
    keys = [pairs_key(*question.parts()) for question in (asked, *changed)]
    monkeypatch.setattr(travel_cache, "_code_version", lambda: "another")
    keys.append(pairs_key(*asked.parts()))
    assert len(set(keys)) == len(keys)


def test_the_same_is_the_same(asked: Asked) -> None:
    """A copy has the same key, and districts do not count where the reach is in minutes."""
    again = asked.but(roads=dataclasses.replace(asked.roads), zones=asked.zones.copy(order="F"))
    other = asked.but(districts=["east"] * 20)
    keys = {pairs_key(*question.parts()) for question in (asked, again, other)}
    assert len(keys) == 1


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text", "other"])
def test_damaged_files_are_made_anew(asked: Asked, folder: Path, damage: str) -> None:
    """Half a file, a flipped bit, nothing, other text, another's answer: searched again."""
    plain = cached_pairs(*asked.parts())
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    broken = {
        "cut": whole[: len(whole) // 2],
        "flip": whole[:200] + bytes([whole[200] ^ 1]) + whole[201:],
        "empty": b"",
        "text": b"not a zip" * 100,
        "other": whole,
    }
    path.write_bytes(broken[damage])
    question = asked
    if damage == "other":
        question = asked.but(zones=asked.zones[:5], districts=["west"] * 5)
        path.rename(path.with_name(f"{pairs_key(*question.parts())}.pairs"))
        plain = reach_pairs(*question.parts())
    assert same(cached_pairs(*question.parts()), plain)
    (path,) = folder.iterdir()
    if damage != "other":
        assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_is_done_without(
    asked: Asked, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file where the folder should be: the answer comes all the same, and nothing is kept."""
    folder.write_text("in the way")
    assert same(cached_pairs(*asked.parts()), reach_pairs(*asked.parts()))
    monkeypatch.setattr(travel_cache, "MOST_BYTES", 10)
    folder.unlink()
    assert same(cached_pairs(*asked.parts()), reach_pairs(*asked.parts()))
    assert not folder.exists()


def test_the_oldest_make_room(asked: Asked, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for two and a half entries: of three, the one not used for longest goes.

    What a killed run left a day ago goes as well, what is being written now stays.
    """
    questions = [asked.but(rule=reach(minutes=minutes)) for minutes in (4.0, 4.001, 4.002)]
    paths = [folder / f"{pairs_key(*question.parts())}.pairs" for question in questions]
    for question, path in zip(questions[:2], paths, strict=False):
        cached_pairs(*question.parts())
        assert path.exists()
    old, new = folder / ".x.pairs.ab.part", folder / ".y.pairs.cd.part"
    for path, used in ((paths[0], 1e9), (paths[1], 1e9 + 1), (old, 1e9)):
        path.touch()
        os.utime(path, (used, used))
    new.touch()
    cached_pairs(*questions[0].parts())  # used again, so the second is the oldest now
    monkeypatch.setattr(travel_cache, "MOST_BYTES", int(2.5 * paths[0].stat().st_size))
    cached_pairs(*questions[2].parts())
    assert sorted(folder.iterdir()) == sorted([paths[0], paths[2], new])


def test_small_networks_and_straight_lines_are_not_kept(
    asked: Asked, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where searching is as fast as hashing nothing is written."""
    cached_pairs(None, *asked.parts()[1:])
    monkeypatch.setattr(travel_cache, "LEAST_EDGES", 10_000)
    cached_pairs(*asked.parts())
    assert not folder.exists()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("swapped", [False, True])
def test_a_town_equals_networkx(seed: int, *, swapped: bool) -> None:
    """Whatever is left out of the search, every pair has the minutes networkx finds.

    150 points at junctions (so that they join nodes) to 130, more than one batch, dead ends
    among them; searched from either end.
    """
    roads = town(seed)
    rng = np.random.default_rng(seed)
    starts, stops = np.arange(len(roads.lon)), rng.permutation(len(roads.lon))[:130]
    starts, stops = (stops, starts) if swapped else (starts, stops)
    place = np.column_stack([roads.lon, roads.lat])
    pairs = reach_pairs(roads, place[starts], place[stops], reach(minutes=3), ["d"] * len(starts))
    graph: nx.DiGraph[int] = nx.DiGraph()
    for tail, head, seconds in zip(roads.tail, roads.head, roads.seconds, strict=True):
        graph.add_edge(int(tail), int(head), weight=seconds / 60)
    found = {
        (int(starts[i]), int(stops[j])): minutes
        for i, j, minutes in zip(pairs.zone, pairs.site, pairs.minutes, strict=True)
    }
    expected = {
        (int(start), node): minutes
        for start in starts
        for node, minutes in nx.single_source_dijkstra_path_length(
            graph, int(start), cutoff=3
        ).items()
        if node in set(stops.tolist())
    }
    # a point may be tied to its junction a centimetre away: 1e-4 min on foot
    assert {pair for pair, minutes in found.items() if minutes < 2.999} <= expected.keys()
    assert {pair for pair, minutes in expected.items() if minutes < 2.999} <= found.keys()
    common = found.keys() & expected.keys()
    assert len(common) > 1000
    assert max(abs(found[pair] - expected[pair]) for pair in common) < 5e-4
