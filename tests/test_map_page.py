"""The map as a file: self-contained, small, safe whatever the data contain."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from shapely import MultiPolygon, Point, box

from siting.errors import PlanError
from siting.maps import MapView, leaflet, render_map
from siting.maps.compare import SCRIPTS as COMPARE_SCRIPTS
from siting.maps.geometry import points, polygons
from siting.maps.page import MONEY_SCRIPT, SCRIPTS, TILES_SCRIPT
from siting.maps.strings import STRINGS
from siting.maps.text import escaped, json_block, well_formed
from tests.map_cases import bare, small_case, small_plan
from tests.map_city import large_case, large_plan
from tests.map_hostile import hostile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from siting.maps.audience import Audience

MAPS = Path(leaflet.__file__).parent


def block(page: str, name: str) -> Any:  # noqa: ANN401 - whatever the block holds
    """Read a data block of a page back."""
    found = re.search(
        rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL
    )
    assert found is not None, name
    return json.loads(found[1])


def test_one_file_that_fetches_nothing() -> None:
    """The page names no address to fetch, and its policy forbids fetching."""
    page = render_map(small_plan(small_case()), small_case())
    assert "default-src 'none'" in page
    assert not re.search(r"<(?:link|img|iframe|script[^>]*\ssrc)", page)
    assert "url(images" not in page
    assert "sourceMappingURL" not in page


def test_policy_has_the_hash_of_every_script_and_style() -> None:
    """Each inline script and style is allowed by its own hash, and no other is."""
    page = render_map(small_plan(small_case()), small_case())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    inline = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", page, re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline}
    assert hashes == set(re.findall(r"'sha256-([^']+)'", policy[1]))
    assert "unsafe" not in policy[1]


def test_same_plan_same_page() -> None:
    """Nothing random or dated is in the page: two renderings are equal."""
    assert render_map(small_plan(small_case()), small_case()) == render_map(
        small_plan(small_case()), small_case()
    )


DECLARED = re.compile(
    r"^(?:async )?(?:function\*?|const|let|var|class) +(\{[^}]*\}|\[[^\]]*\]|[\w$]+)", re.MULTILINE
)
"""Names declared at the beginning of a line: those of a script's outermost scope."""


def _twice(texts: Iterable[str]) -> list[str]:
    """Return the names that scripts joined into one declare more than once."""
    found = [re.findall(r"[\w$]+", name) for text in texts for name in DECLARED.findall(text)]
    counts = Counter(name for names in found for name in names)
    return sorted(name for name, count in counts.items() if count > 1)


@pytest.mark.parametrize(
    "scripts",
    [(*SCRIPTS, MONEY_SCRIPT, TILES_SCRIPT), COMPARE_SCRIPTS],
    ids=["map", "compare"],
)
def test_scripts_of_a_page_share_no_name(scripts: tuple[str, ...]) -> None:
    """They are joined into one scope, where a name declared twice leaves the page blank."""
    texts = [(MAPS / name).read_text(encoding="utf-8") for name in scripts]
    assert sum(len(DECLARED.findall(text)) for text in texts) > 100
    assert _twice(texts) == []


def test_a_name_in_two_scripts_is_found() -> None:
    """A function and a constant, one of several taken apart; one within a function is its own."""
    one = "function far(a) {\n  const near = 1;\n}\nconst [east, west] = pair;\n"
    assert _twice([one, "const near = 2;\nlet west = 0;\nasync function far() {}\n"]) == [
        "far",
        "west",
    ]


def test_leaflet_is_the_tested_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Leaflet with another content is refused, not inlined."""
    monkeypatch.setitem(leaflet._SHA256, "leaflet.css", "0" * 64)
    leaflet.leaflet_file.cache_clear()
    with pytest.raises(RuntimeError, match=r"not the tested 1\.9\.3"):
        leaflet.leaflet_file("leaflet.css")


def test_leaflet_comes_with_its_notice() -> None:
    """Leaflet's licence travels with every map, as its second condition asks."""
    page = render_map(small_plan(small_case()), small_case())
    notice = block(page, "siting-licence")
    assert "Volodymyr Agafonkin" in notice
    assert "THIS SOFTWARE IS PROVIDED" in notice


def test_numbers_are_those_of_the_plan() -> None:
    """Outcome, key figures, ratios and money in the page are the document's own."""
    case = small_case()
    plan = small_plan(case)
    data = block(render_map(plan, case), "siting-plan")
    document = plan.document.model_dump(mode="json")
    for key in ("outcome", "ratio", "kpis", "phases", "assumptions", "provenance", "unreached"):
        assert data[key] == document[key]
    assert [s["capex_cny"] for s in data["stations"]] == [2.5e6, 9.25e6, 7e6, 0.0]
    assert [s["steps"] for s in data["substations"]] == [
        s["steps"] for s in document["substations"]
    ]


def test_types_rank_by_guns() -> None:
    """S (4 guns) comes before L (16), though L is met first when sorted by name."""
    data = block(render_map(small_plan(small_case()), small_case()), "siting-plan")
    assert data["types"] == [
        {"key": "S", "guns": 4, "plain": False},
        {"key": "L", "guns": 16, "plain": False},
    ]
    assert data["stations"][2]["types"] == [0, 1]  # e1: S, then L
    assert data["stations"][3]["types"] == [0, -1]  # e2: S, then closed


def test_service_rows_point_at_stations_and_zones() -> None:
    """In 2027 s2 (station 1) serves z20, z21 and z22 (zones 2, 5, 8): 300 + 300 + 100 kWh/day."""
    data = block(render_map(small_plan(small_case()), small_case()), "siting-plan")
    flat = data["service"][1]
    rows = [tuple(flat[i : i + 4]) for i in range(0, len(flat), 4)]
    assert [row for row in rows if row[0] == 1] == [(1, 2, 300, 5), (1, 5, 300, 4), (1, 8, 100, 9)]


def test_each_street_is_drawn_once() -> None:
    """18 x 18 nodes have 2 x 18 x 17 = 612 streets, 1,224 directed edges: 612 lines are drawn."""
    page = render_map(small_plan(small_case()), small_case())
    assert sum(len(tier) for tier in block(page, "siting-roads")) == 612


def test_a_case_without_roads_names_or_substations() -> None:
    """No roads, Chinese names or substations, zones as points: the page is made all the same."""
    case, plan = bare()
    page = render_map(plan, case)
    assert block(page, "siting-roads") == [[], [], [], [], []]
    assert block(page, "siting-places")["zones"]["shape"] == [[]] * 9
    assert block(page, "siting-places")["zones"]["name_zh"] is None


def test_a_plan_for_another_case_is_refused() -> None:
    """A zone the case does not have is named, not passed over."""
    case = small_case()
    fewer = replace(case, zones=case.zones.iloc[1:].reset_index(drop=True))
    with pytest.raises(PlanError, match="'z00'"):
        render_map(small_plan(case), fewer)


@pytest.mark.parametrize("audience", ["planner", "grid", "public"])
def test_hostile_text_is_data(audience: Audience) -> None:
    """Every payload in every text column: nothing is evaluated, all is there as escaped data."""
    case, plan, payloads = hostile()
    assert len(set(payloads)) >= 60
    page = render_map(plan, case, MapView(audience=audience))
    places = block(page, "siting-places")
    shown = json.dumps([places, block(page, "siting-plan")], ensure_ascii=False)
    for payload in payloads:
        assert json.dumps(well_formed(payload), ensure_ascii=False)[1:-1][:5000] in shown
    for kind in ("fuel", "existing", "districts"):
        for column in ("name", "name_zh"):
            assert set(map(well_formed, payloads)) == set(places[kind][column])
    assert "EVALUATED" not in page
    outside = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)
    outside = re.sub(r"<title>.*?</title>", "", outside, flags=re.DOTALL)
    assert "alert(" not in outside
    page.encode("utf-8")


def test_json_block_cannot_be_left() -> None:
    """A closing tag, U+2028 and a lone surrogate in a value neither end the block nor break it."""
    text = json_block("x", {"a": "</script><script>alert(1)</script>\u2028\ud800&"})
    assert text.count("</script>") == 1
    assert json.loads(text[text.index(">") + 1 : text.rindex("<")]) == {
        "a": "</script><script>alert(1)</script>\u2028\ufffd&"
    }


def test_json_block_refuses_nan() -> None:
    """NaN is no JSON: it is refused rather than written."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_block("x", [float("nan")])


def test_well_formed_keeps_pairs() -> None:
    """A pair of surrogates is one character and stays; a lone one becomes U+FFFD."""
    assert well_formed("\ud83d\udd0c \udc00") == "\U0001f50c \ufffd"


def test_escaped_leaves_no_markup() -> None:
    """Angle brackets, quotes, ampersands and control characters are made harmless."""
    assert (
        escaped("<b a='1' c=\"2\">&\x00") == "&lt;b a=&#x27;1&#x27; c=&quot;2&quot;&gt;&amp;\ufffd"
    )


def test_every_string_stands_in_both_languages() -> None:
    """No text is empty, placeholders agree, and the Chinese ones are Chinese."""
    for key, (english, chinese) in STRINGS.items():
        assert english, key
        assert re.search("[\u4e00-\u9fff]", chinese) or key in {
            "list_comma",
            "of_limit",
            "switch_language",
        }, key
        filled = [set(re.findall(r"\{(\w+?)(?:_zh)?\}", text)) for text in (english, chinese)]
        assert filled[0] == filled[1], key


def test_every_string_is_used_and_every_used_string_is_there() -> None:
    """Keys in our scripts and modules are in the catalogue; keys in it are used somewhere."""
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in MAPS.glob("*.js"))
    modules = "\n".join(
        path.read_text(encoding="utf-8") for path in MAPS.glob("*.py") if path.name != "strings.py"
    )
    asked = set(re.findall(r'\bt\("(\w+)"', scripts)) | set(
        re.findall(r'\b(?:both|inline|section)\("(\w+)"', modules)
    )
    assert asked <= set(STRINGS)
    prefixes = (
        {"colour_", "shade_"}
        | set(re.findall(r"`(\w+_)\$\{", scripts))
        | set(re.findall(r'f"(\w+_)\{', modules))
    )
    text = scripts + modules
    unused = {key for key in STRINGS if not re.search(rf"['\"]{key}['\"]|\.{key}\b", text)}
    assert {
        key for key in unused if not any(key.startswith(prefix) for prefix in prefixes)
    } == set()


def test_city_sized_page_is_small() -> None:
    """300 stations, 3,000 zones, 5,100 streets, 20,000 points, four phases: at most 2.5 MB."""
    case = large_case()
    page = render_map(large_plan(case), case)
    assert len(block(page, "siting-places")["pois"]["weight"]) == 20_000
    assert sum(len(tier) for tier in block(page, "siting-roads")) == 5_100
    assert len(page.encode("utf-8")) <= 2_500_000


def test_very_long_names_are_cut() -> None:
    """A name of 20,000 characters goes in with 12,000 and an ellipsis."""
    case = small_case()
    fuel = case.fuel.assign(name=pd.Series(["n" * 20_000, "b", "c"], dtype=object))
    places = block(render_map(small_plan(case), replace(case, fuel=fuel)), "siting-places")
    assert len(places["fuel"]["name"][0]) == 12_001


def test_places_are_steps_of_a_hundred_thousandth_of_a_degree() -> None:
    """Two points at one place stay two: (1, 2), a step of (0, 0), then (0.1, -0.1) degrees."""
    twins = np.array([Point(1, 2), Point(1, 2), Point(1.1, 1.9)])
    assert points(twins) == [100_000, 200_000, 0, 0, 10_000, -10_000]


def test_rings_keep_their_holes_apart() -> None:
    """A square with a hole and a two-part area: rings by polygon, polygons by feature."""
    holed = box(0, 0, 1, 1).difference(box(0.25, 0.25, 0.5, 0.5))
    two = MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)])
    shapes = polygons(np.array([holed, two, Point(0, 0)]))
    assert [[len(polygon) for polygon in shape] for shape in shapes] == [[2], [1, 1], []]
