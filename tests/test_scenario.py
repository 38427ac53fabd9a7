"""Scenario files: what loads, what is refused, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from siting.errors import ScenarioError
from siting.scenario import Scenario
from siting.scenario_io import (
    assumptions,
    load_scenario,
    override,
    resolve_toml,
    scenario_schema_rows,
    shipped_scenarios,
)

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = [item.name for item in shipped_scenarios()]

CHILD = """
extends = "common"
title = "A child"
title_zh = "子"
[objective]
kind = "served"
[[phases]]
name = "one"
date = 2025-12-31
ratio = 1.0
base_load_growth = 1.0
"""


def _write(folder: Path, text: str, name: str = "child.toml") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def _faults(source: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(source)
    return [str(fault) for fault in caught.value.faults]


def test_fourteen_scenarios_ship() -> None:
    """The fourteen questions ship; the base they share is not one of them."""
    assert SHIPPED == [
        "central",
        "coverage",
        "fleets-2025",
        "flow",
        "least-cost",
        "market",
        "one-to-one",
        "p-center",
        "p-median",
        "ratio-2025",
        "ratio-2030",
        "replay-2023",
        "robust-2025",
        "set-cover",
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_resolved_toml_loads_back_to_an_equal_scenario(name: str, tmp_path: Path) -> None:
    """What a plan folder keeps as scenario.toml is the very scenario that made the plan."""
    scenario = load_scenario(name)
    back = load_scenario(_write(tmp_path, resolve_toml(scenario), "scenario.toml"))
    assert back == scenario
    assert back.name == name
    assert assumptions(back) == assumptions(scenario)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_source_every_number(name: str) -> None:
    """No number of a shipped scenario is without a source; M and X are listed as assumptions."""
    rows = assumptions(load_scenario(name))
    assert rows
    assert {row.confidence for row in rows} <= {"M", "X"}
    assert not [row for row in rows if row.source == "no source given"]
    assert not [row for row in rows if row.source.startswith("set in scenario")]


def test_ratio_2030_asks_for_a_thousand_stations() -> None:
    """3.205128 x 312 fuel stations = 999.99994, and the target is rounded up: 1000."""
    phase = load_scenario("ratio-2030").phases[-1]
    assert 999 < phase.ratio * 312 - 1e-9 <= 1000


def test_template_costs_add_up() -> None:
    """M: 1440 kW x 700 + 2 x 40k + 10 x 12k + 1600 kVA x 350 + 12 x 25k + 150k = 2.218 M."""
    scenario = load_scenario("ratio-2025")
    assert scenario.cost_cny("M") == pytest.approx(2_218_000)
    assert scenario.cost_cny("S") == pytest.approx(1_254_000)
    assert scenario.cost_cny("L") == pytest.approx(4_286_000)


def test_a_child_keeps_what_it_does_not_change(tmp_path: Path) -> None:
    """Tables merge key by key: a new price leaves the other prices alone."""
    source = _write(tmp_path, CHILD + "[prices]\ndesign = 1.0\n")
    scenario = load_scenario(source)
    common = load_scenario("ratio-2025")
    assert scenario.prices.design == 1.0
    assert scenario.prices.pool_per_kw == common.prices.pool_per_kw
    assert scenario.name == "child"


def test_an_override_without_a_source_is_an_assumption(tmp_path: Path) -> None:
    """A child's own number does not inherit the parent's source."""
    scenario = load_scenario(_write(tmp_path, CHILD + "[service]\nsession_kwh = 40\n"))
    source = scenario.sources["service.session_kwh"]
    assert (source.confidence, source.source) == ("X", "set in scenario child")
    [row] = [row for row in assumptions(scenario) if row.key == "service.session_kwh"]
    assert (row.value, row.unit) == ("40", "kWh")


def test_an_override_with_a_source_is_believed(tmp_path: Path) -> None:
    """Both spellings of a [sources] key are read."""
    text = CHILD + (
        "[service]\nsession_kwh = 40\nmax_wait_min = 2\n[sources]\n"
        '"service.session_kwh" = { confidence = "A", source = "meter" }\n'
        'service.max_wait_min = { confidence = "B", source = "survey" }\n'
    )
    scenario = load_scenario(_write(tmp_path, text))
    assert scenario.sources["service.session_kwh"].source == "meter"
    assert scenario.sources["service.max_wait_min"].source == "survey"
    assert "service.session_kwh" not in {row.key for row in assumptions(scenario)}


def test_one_type_may_differ_in_source_from_the_others(tmp_path: Path) -> None:
    """stations.S.pool_kw is set by the child; M, L and F keep the common source."""
    scenario = load_scenario(_write(tmp_path, CHILD + "[stations.S]\npool_kw = 960\n"))
    rows = {row.key: row.value for row in assumptions(scenario)}
    assert rows["stations.S.pool_kw"] == "960"
    assert rows["stations.pool_kw"] == "M: 1440; L: 2880; F: 600"


def test_phases_replace_the_inherited_ones_whole(tmp_path: Path) -> None:
    """A list is not merged: the child's one phase is all there is, without the parent's sources."""
    text = CHILD.replace('"common"', '"ratio-2025"')
    scenario = load_scenario(_write(tmp_path, text))
    assert [phase.name for phase in scenario.phases] == ["one"]
    assert scenario.sources["phases.ratio"].confidence == "X"
    assert "phases.2024.ratio" not in scenario.sources


def test_reach_by_km_takes_back_the_inherited_minutes(tmp_path: Path) -> None:
    """Minutes and km exclude each other, so a child need not delete what it replaces."""
    scenario = load_scenario(_write(tmp_path, CHILD + "[reach]\nkm = { default = 2.0 }\n"))
    assert scenario.reach.minutes is None
    assert scenario.reach.km == {"default": 2.0}
    assert "reach.minutes" not in scenario.sources


BUSY = f"""
[reach]
congestion = {[1.0] * 8 + [1.5] * 16}
hour = 18
"""


def test_congestion_is_off_unless_asked_for(tmp_path: Path) -> None:
    """No shipped scenario has it; a file's own hour counts, and survives the round trip."""
    assert all(load_scenario(name).reach.slowdown == 1 for name in SHIPPED)
    scenario = load_scenario(_write(tmp_path, CHILD + BUSY))
    assert scenario.reach.slowdown == 1.5
    assert load_scenario(_write(tmp_path, CHILD + BUSY.replace("18", "7"))).reach.slowdown == 1
    back = load_scenario(_write(tmp_path, resolve_toml(scenario), "child.toml"))
    assert back == scenario
    assert {item.key for item in assumptions(scenario)} >= {"reach.congestion", "reach.hour"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[1.0, ", "[", "reach.congestion: holds 23 values"),
        ("[1.0, ", "[0.9, ", "reach.congestion.0: 0.9 must be 1 or more"),
        ("hour = 18", "hour = 24", "reach.hour: 24 must be 23 or less"),
        ("congestion", "congestions", "reach.congestions: unknown key. Did you mean 'congestion'?"),
        (BUSY.splitlines()[2], "", "reach: hour needs congestion"),
    ],
)
def test_congestion_that_makes_no_sense_is_refused(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    """24 factors of 1 or more, an hour of the day, and no hour without factors."""
    (fault, *_) = _faults(_write(tmp_path, CHILD + BUSY.replace(old, new, 1)))
    assert words in fault


def test_a_number_without_a_source_counts_as_assumed(tmp_path: Path) -> None:
    """Where nobody names a source, the value is listed as X."""
    text = resolve_toml(load_scenario("central")).split("[sources]")[0]
    rows = {row.key: row for row in assumptions(load_scenario(_write(tmp_path, text)))}
    assert rows["prices.design"].confidence == "X"
    assert rows["prices.design"].source == "no source given"
    assert not any(key.startswith("solve") for key in rows)


def test_a_scenario_of_the_workspace_comes_before_a_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """./models/ratio-2025.toml may extend the shipped scenario of its own name."""
    text = 'extends = "ratio-2025"\ntitle = "Ours"\n'
    _write(tmp_path, text, "models/ratio-2025.toml")
    monkeypatch.chdir(tmp_path)
    assert load_scenario("ratio-2025").title == "Ours"
    assert load_scenario("ratio-2030").title != "Ours"


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    """An unknown key, a wrong range, a wrong type and a missing key come in one report."""
    text = CHILD.replace("ratio = 1.0\n", "ratoi = 1.0\n") + (
        '[reach]\nminuets = 5\naccess_kmh = "15"\n[service]\npeak_hour_share = 1.5\n'
    )
    faults = _faults(_write(tmp_path, text))
    report = "\n".join(faults)
    assert len(faults) == 5
    assert "phases.one.ratoi: unknown key. Did you mean 'ratio'?" in report
    assert "reach.minuets: unknown key. Did you mean 'minutes'?" in report
    assert "phases.one.ratio: is missing. Add it: city-wide target" in report
    assert "reach.access_kmh: '15' must be a number, without quotation marks" in report
    assert "service.peak_hour_share: 1.5 must be 1 or less" in report
    assert all(str(tmp_path / "child.toml") in fault for fault in faults)


def test_a_fault_names_the_file_that_holds_it(tmp_path: Path) -> None:
    """A parent's slip is the parent's, not the child's."""
    _write(tmp_path, CHILD + "[limits]\nspacing_m = -1\n", "base.toml")
    child = _write(tmp_path, 'extends = "base"\n[prices]\ndesign = -2\n')
    first, second = _faults(child)
    assert first.startswith(str(tmp_path / "child.toml") + ", prices.design: -2 must be 0 or more")
    assert second.startswith(str(tmp_path / "base.toml") + ", limits.spacing_m: -1")


def test_a_key_in_the_wrong_section_is_sent_home(tmp_path: Path) -> None:
    """time_limit_s at the top is known elsewhere."""
    [fault] = _faults(_write(tmp_path, "time_limit_s = 5\n" + CHILD))
    assert "time_limit_s: unknown key. Did you mean solve.time_limit_s?" in fault


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[solve]\nthreads = 0", "solve.threads: 0 must be 1 or more"),
        ("[solve]\nseed = 1.5", "solve.seed: 1.5 must be a whole number"),
        ("[solve]\ngap = nan", "solve.gap: nan must be"),
        ("[solve]\ngap = true", "solve.gap: true must be a number"),
        ("[grid]\nenforce = 1", "grid.enforce: 1 must be true or false"),
        ("[grid]\nbase_profile = [1.0]", "grid.base_profile: holds 1 values"),
        ("[ratio]\nform = 'station'", "ratio.form: 'station' must be one of 'stations' or 'guns'"),
        ("[existing]\ndefault_type = 'Q'", "'Q' is not one of"),
        ("[sources]\n'reach.minuets' = {confidence = 'A', source = 'x'}", "names no value"),
        ("[sources]\n'reach.minutes' = {confidence = 'Z', source = 'x'}", "'Z' must be one of"),
        ("[sources]\n'reach.minutes' = 'A'", "must be a table"),
        ("[sources]\n'reach.minutes' = {confidence = 'A'}", "source: is missing"),
        ("[solver]\nname = 'highs'", "solver: unknown key. Did you mean"),
    ],
)
def test_a_slip_is_told_in_plain_words(line: str, words: str, tmp_path: Path) -> None:
    """Each kind of slip gives one fault with key, value and mend."""
    [fault] = _faults(_write(tmp_path, CHILD + line + "\n"))
    assert words in fault


def test_text_that_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    """A missing quotation mark is found in line 2."""
    [fault] = _faults(_write(tmp_path, 'title = "x"\ncase = "shenzhen\n'))
    assert "not valid TOML" in fault
    assert "line 2" in fault


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """A file saved in another encoding is told to be saved as UTF-8; a byte order mark is fine."""
    path = tmp_path / "child.toml"
    path.write_bytes('title = "深圳"'.encode("gbk"))
    assert "Save it as UTF-8" in _faults(str(path))[0]
    path.write_bytes(b"\xef\xbb\xbf" + CHILD.encode())
    assert load_scenario(str(path)).title == "A child"


def test_circles_of_extends_are_refused(tmp_path: Path) -> None:
    """File a extends b extends a: neither can be first."""
    source = _write(tmp_path, 'extends = "b"\n', "a.toml")
    _write(tmp_path, 'extends = "a"\n', "b.toml")
    [fault] = _faults(source)
    assert "extends itself" in fault
    assert "a.toml -> " in fault


@pytest.mark.parametrize("extends", ['"comon"', "7", '""', '"no/such.toml"'])
def test_an_unknown_parent_is_refused(extends: str, tmp_path: Path) -> None:
    """The fault names the known ones."""
    [fault] = _faults(_write(tmp_path, f"extends = {extends}\n"))
    assert "is no scenario" in fault
    assert "common" in fault


def test_an_unknown_scenario_names_the_nearest(tmp_path: Path) -> None:
    """A typing slip, a missing file and a folder are each told."""
    assert "Did you mean 'ratio-2025'?" in _faults("ratio-205")[0]
    assert "no such scenario or file" in _faults(str(tmp_path / "none.toml"))[0]
    assert "no such scenario or file" in _faults(str(tmp_path))[0]


def test_a_base_is_not_a_scenario() -> None:
    """common.toml asks no question."""
    [fault] = _faults("common")
    assert 'extends = "common"' in fault


@pytest.mark.parametrize("name", ["../up", ".hidden", "", "a\nb", "x" * 101])
def test_a_name_that_could_not_be_a_folder_is_refused(name: str, tmp_path: Path) -> None:
    """The default plan folder bears the scenario's name, so it must not lead elsewhere."""
    source = _write(tmp_path, f"name = {name!r}\n".replace("'", '"') + CHILD)
    assert "cannot name a folder" in _faults(source)[0]


def test_override_checks_anew() -> None:
    """Limits of the command line replace the scenario's, and bad ones are refused."""
    scenario = load_scenario("central")
    changed = override(scenario, {"solve": {"gap": 0.5, "seed": None}})
    assert (changed.solve.gap, changed.solve.seed) == (0.5, scenario.solve.seed)
    assert scenario.solve.gap == 0.01
    assert override(scenario, {}) == scenario
    with pytest.raises(ScenarioError, match=r"command line, solve\.gap: -1"):
        override(scenario, {"solve": {"gap": -1}})


def test_schema_lists_every_key_with_unit_and_reason() -> None:
    """Every row is whole, and the keys the shipped scenarios use are there."""
    rows = {row.key: row for row in scenario_schema_rows()}
    assert rows["reach.minutes"].unit == "min"
    assert rows["phases[].ratio"].type == "number >= 0"
    assert rows["stations.NAME.super_guns"].default == "required"
    assert rows["ratio.form"].type == "one of stations, guns"
    assert all(row.reason and row.unit and row.type for row in rows.values())


def test_hostile_labels_survive_the_round_trip(tmp_path: Path) -> None:
    """Districts, phases and types may bear any name, dots and quotes among them."""
    text = CHILD.replace(
        'name = "one"', 'name = "1. \\"half\\""\ndistrict_ratio = { "a.b c" = 0.5 }'
    )
    text += (
        '[reach.km]\ndefault = 2\n"Bao\'an = #" = 1\n[stations."X.\\"1"]\ntitle = ""\n'
        'title_zh = ""\nsuper_guns = 1\nfast_guns = 0\npool_kw = 1\ntransformer_kva = 1\n'
    )
    scenario = load_scenario(_write(tmp_path, text))
    back = load_scenario(_write(tmp_path, resolve_toml(scenario), "back.toml"))
    assert back == scenario
    assert assumptions(back) == assumptions(scenario)
    assert back.reach.km == {"default": 2.0, "Bao'an = #": 1.0}


def test_hostile_text_survives_the_round_trip(tmp_path: Path) -> None:
    """Quotes, backslashes, controls and Chinese are escaped as TOML asks."""
    title = "\"'\\ \t\x7f\x01 ]] = # 深圳 </script> {{ x }}"
    scenario = load_scenario("central").model_copy(update={"title": title})
    assert load_scenario(_write(tmp_path, resolve_toml(scenario))).title == title
    assert isinstance(scenario, Scenario)
