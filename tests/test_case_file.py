"""case.toml that cannot be used: unknown keys, wrong values, bad TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from siting.data.load import load_case
from siting.errors import CaseError
from tests.small_case import layer_toml, write_case

if TYPE_CHECKING:
    from pathlib import Path

WGS = 'crs = "EPSG:4326"\n'
TITLE = 'title = "Two districts"\n'


def told(folder: Path) -> list[str]:
    """Return the faults of a case folder, a line each."""
    with pytest.raises(CaseError) as caught:
        load_case(folder)
    return [str(fault) for fault in caught.value.faults]


def test_no_case_file(tmp_path: Path) -> None:
    """A folder without case.toml says what a case is."""
    assert told(tmp_path) == [
        f"{tmp_path / 'case.toml'}: is missing. A case is a folder with a case.toml."
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"title = Two", "is not TOML: Invalid value (at line 1, column 9)"),
        (b'path = "C:\\data"', "is not TOML: "),
        ("title = '深圳'".encode("gb18030"), "is not UTF-8 text (byte 10)"),
    ],
)
def test_bad_toml(tmp_path: Path, text: bytes, what: str) -> None:
    """What is not TOML is told with line and column; what is not UTF-8 with the byte."""
    (tmp_path / "case.toml").write_bytes(text)
    (line,) = told(tmp_path)
    assert line.startswith(f"{tmp_path / 'case.toml'}: {what}")


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (f'{TITLE}lable = "x"\n', 'case.toml, lable: unknown key. Did you mean "label"?'),
        ("", "case.toml, title: is missing. Add title = ..."),
        ("title = 5\n", "case.toml, title: 5 does not fit: input should be a valid string."),
    ],
)
def test_keys_at_the_top(tmp_path: Path, head: str, line: str) -> None:
    """Unknown, missing and wrong keys are named."""
    (fault,) = told(write_case(tmp_path, head=head))
    assert fault.startswith(line)


def test_unknown_layer_and_key_of_a_layer(tmp_path: Path) -> None:
    """Both are told with the nearest right name."""
    folder = write_case(
        tmp_path,
        layers={
            "stations": layer_toml("station", "fuel.csv"),
            "fuel": layer_toml("fuel", "fuel.csv", f'{WGS}colums = {{ id = "x" }}'),
        },
    )
    assert sorted(told(folder)) == [
        'case.toml, layers.fuel.colums: unknown key. Did you mean "columns"?',
        'case.toml, layers.station: unknown key. Did you mean "stations"?',
    ]


def test_missing_layer_and_source(tmp_path: Path) -> None:
    """A required layer and a layer's source must be there."""
    zones = layer_toml("zones", "zones.csv").replace('source = "by hand"\n', "")
    folder = write_case(tmp_path, layers={"fuel": "", "zones": zones})
    assert told(folder) == [
        "case.toml, layers.zones.source: is missing. Add source = ...",
        (
            "case.toml, layers.fuel: is missing. Add a table [layers.fuel] with path, source, "
            "licence, date: fuel stations, the measure of the ratio."
        ),
    ]


@pytest.mark.parametrize(
    ("layer", "more", "line"),
    [
        (
            "zones",
            'columns = { demnd = "x" }',
            'case.toml, layers.zones.columns: zones has no column "demnd". Did you mean "demand"?',
        ),
        (
            "sites",
            'constants = { hots = "x" }',
            'case.toml, layers.sites.constants: sites has no column "hots". Did you mean "host"?',
        ),
        (
            "sites",
            'columns = { host = "x" }\nconstants = { host = "y" }',
            'case.toml, layers.sites: "host" stands in columns and in constants. Keep one.',
        ),
        ("sites", "cell_m = 500", "case.toml, layers.sites.cell_m: only zones are split. Remove"),
        ("fuel", "h3_resolution = 8", "case.toml, layers.fuel.h3_resolution: only zones are split"),
        (
            "zones",
            'cells = "h3"',
            'case.toml, layers.zones.cells: cells = "h3" has no size. Add h3_',
        ),
        (
            "zones",
            'cells = "h3"\nh3_resolution = 8\ncell_m = 500',
            'case.toml, layers.zones.cell_m: goes with square cells. Write cells = "square", or',
        ),
        (
            "zones",
            'cells = "hex"',
            'case.toml, layers.zones.cells: "hex" does not fit: input should',
        ),
        (
            "sites",
            "bbox = [22.5, 114.0, 22.6, 114.1]",
            (
                "case.toml, layers.sites.bbox: [22.5, 114.0, 22.6, 114.1] is not west, south, "
                "east, north in degrees. Write the smaller longitude and latitude first."
            ),
        ),
        (
            "sites",
            "bbox = [114.0, 22.5]",
            "case.toml, layers.sites.bbox: [114.0, 22.5] does not fit: tuple should have at",
        ),
        (
            "sites",
            'format = "osm"',
            'case.toml, layers.sites.format: "osm" is a format for roads only. Name a table',
        ),
        ("sites", 'format = "xls"', 'case.toml, layers.sites.format: "xls" does not fit: input'),
    ],
)
def test_values_that_make_no_sense(tmp_path: Path, layer: str, more: str, line: str) -> None:
    """What a layer's keys cannot mean is told with the key."""
    table = layer_toml(layer, f"{layer}.csv", WGS + more)
    (fault,) = told(write_case(tmp_path, layers={layer: table}))
    assert fault.startswith(line)


def test_layers_or_generator(tmp_path: Path) -> None:
    """Neither and both are refused."""
    (tmp_path / "case.toml").write_text(TITLE, encoding="utf-8")
    line = "case.toml: needs either [layers.*] tables or a [generator] table. Add one of them,"
    assert told(tmp_path)[0].startswith(line)
    write_case(tmp_path, head=f'{TITLE}generator = {{ kind = "stylised" }}\n')
    assert told(tmp_path)[0].startswith(line)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:0", "EPSG:2263"])
def test_metric_crs_must_be_metric(tmp_path: Path, crs: str) -> None:
    """Degrees, feet and codes that do not exist measure no metres."""
    folder = write_case(tmp_path, head=f'{TITLE}metric_crs = "{crs}"\n')
    assert told(folder) == [
        (
            f'case.toml, metric_crs: "{crs}" is no projected CRS in metres. '
            "Leave it out: the UTM zone of the zones serves then."
        )
    ]


def test_a_date_without_quotation_marks(tmp_path: Path) -> None:
    """A bare TOML date or year is a date too."""
    for date in ("2025-01-31", "2025"):
        zones = layer_toml("zones", "zones.csv").replace('"2025-01"', date)
        case = load_case(write_case(tmp_path, layers={"zones": zones}))
        assert case.layers[0].date == date
