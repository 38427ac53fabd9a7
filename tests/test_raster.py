"""A raster of inhabitants, summed over zones: a border through a cell shares it by area."""

from __future__ import annotations

import builtins
import itertools
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from siting.data.findings import Findings
from siting.data.load import load_case
from siting.data.raster import raster_people
from siting.errors import CaseError, InputError
from tests.small_case import layer_toml, write_case

if TYPE_CHECKING:
    from pathlib import Path

STEP = 0.01
WEST, NORTH = 114.0, 22.6


def _write(path: Path, values: np.ndarray, *, crs: str | None = "EPSG:4326") -> Path:
    """Write a raster whose cells are 0.01 degree wide, its north-west corner at 114.0, 22.6."""
    rasterio = pytest.importorskip("rasterio", reason="the extra raster is not installed")
    pytest.importorskip("exactextract", reason="the extra raster is not installed")
    rows, columns = values.shape
    grid = rasterio.transform.Affine(STEP, 0, WEST, 0, -STEP, NORTH)
    shape = {"height": rows, "width": columns, "count": 1, "dtype": "float64"}
    with rasterio.open(
        path, "w", driver="GTiff", crs=crs, transform=grid, nodata=-1, **shape
    ) as out:
        out.write(values, 1)
    return path


def _zones(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Return zones drawn in raster cells: west, south, east, north, from the north-west corner."""
    shapes = [
        shapely.box(WEST + w * STEP, NORTH - s * STEP, WEST + e * STEP, NORTH - n * STEP)
        for w, s, e, n in boxes
    ]
    ids = [f"z{n}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"id": ids}, geometry=shapes, crs="EPSG:4326")


def test_cells_are_shared_by_area(tmp_path: Path) -> None:
    """A zone of one and a half cells: 10 + 20 / 2 = 20; the rest of the row is 10 + 30 = 40."""
    path = _write(tmp_path / "p.tif", np.array([[10.0, 20.0, 30.0]]))
    zones = _zones((0, 1, 1.5, 0), (1.5, 1, 3, 0))
    found = raster_people(path, zones, "p.tif", Findings())
    assert found == pytest.approx([20.0, 40.0])


def test_no_data_counts_for_nobody(tmp_path: Path) -> None:
    """A cell without data holds nobody, and a zone of such cells is empty."""
    path = _write(tmp_path / "p.tif", np.array([[10.0, -1.0]]))
    found = raster_people(path, _zones((0, 1, 2, 0), (1, 1, 2, 0)), "p.tif", Findings())
    assert found == pytest.approx([10.0, 0.0])


def test_zones_are_brought_to_the_raster_s_crs(tmp_path: Path) -> None:
    """The raster in UTM, 1 km cells of 100 each: a zone of 2 by 3 km in their midst holds 600."""
    rasterio = pytest.importorskip("rasterio", reason="the extra raster is not installed")
    pytest.importorskip("exactextract", reason="the extra raster is not installed")
    path = tmp_path / "utm.tif"
    grid = rasterio.transform.Affine(1000, 0, 200_000, 0, -1000, 2_510_000)
    shape = {"height": 9, "width": 9, "count": 1, "dtype": "float64"}
    with rasterio.open(path, "w", driver="GTiff", crs="EPSG:32650", transform=grid, **shape) as out:
        out.write(np.full((9, 9), 100.0), 1)
    plane = gpd.GeoDataFrame(
        {"id": ["z"]}, geometry=[shapely.box(202_300, 2_503_500, 204_300, 2_506_500)], crs=32650
    )
    found = raster_people(path, plane.to_crs(4326), "utm.tif", Findings())
    assert found == pytest.approx([600.0], rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_zones_side_by_side_add_up(tmp_path: Path, seed: int) -> None:
    """However a city is cut, its zones hold what the raster holds, to seven digits."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(0, 100, (6, 8))
    path = _write(tmp_path / "p.tif", values)
    cuts = [0.0, *sorted(rng.uniform(0, 8, 4).tolist()), 8.0]
    strips = [(a, 6.0, b, 0.0) for a, b in itertools.pairwise(cuts)]
    found = raster_people(path, _zones(*strips), "p.tif", Findings())
    assert found.sum() == pytest.approx(values.sum(), rel=1e-7)


def _case(folder: Path, values: np.ndarray, **write: Any) -> Path:  # noqa: ANN401 - passed on
    _write(folder / "people.tif", values, **write)
    ring = "114.00 22.50, 114.10 22.50, 114.10 22.60, 114.00 22.60, 114.00 22.50"
    layers = {
        "zones": layer_toml("zones", "z.csv", 'crs = "EPSG:4326"\nwkt = "shape"\ncell_m = 5000'),
        "raster": layer_toml("raster", "people.tif", ""),
    }
    files: dict[str, str | bytes] = {"z.csv": f'id,shape,demand\nz1,"POLYGON (({ring}))",30\n'}
    return write_case(folder, layers=layers, files=files)


def test_a_case_holds_the_sums(tmp_path: Path) -> None:
    """100 cells of 5 people under one zone: 500 in all, cell by cell of the split zone."""
    case = load_case(_case(tmp_path, np.full((10, 10), 5.0)))
    assert len(case.zones) > 1
    assert case.zones["raster_people"].sum() == pytest.approx(500, rel=1e-3)
    info = {layer.layer: layer for layer in case.layers}["raster"]
    assert (info.file, info.source) == ("people.tif", "by hand")
    assert any("inhabitants, summed over the zones" in note for note in case.notes)


@pytest.mark.parametrize(
    ("values", "write", "words"),
    [
        (np.full((10, 4), 5.0), {}, "does not cover"),
        (np.full((10, 10), -5.0), {}, "sums to less than 0"),
        (np.full((10, 10), 5.0), {"crs": None}, "has no CRS"),
    ],
)
@pytest.mark.filterwarnings("ignore::Warning")
def test_a_raster_that_does_not_fit(
    tmp_path: Path, values: np.ndarray, write: dict[str, Any], words: str
) -> None:
    """A raster that is too small, negative or nowhere is refused in plain words."""
    folder = _case(tmp_path, values, **write)
    with pytest.raises(CaseError) as caught:
        load_case(folder)
    assert words in str(caught.value)


def test_what_is_no_raster_is_refused(tmp_path: Path) -> None:
    """Text called .tif, and a table as a raster, are told apart."""
    folder = _case(tmp_path, np.full((10, 10), 5.0))
    (folder / "people.tif").write_text("people", encoding="utf-8")
    with pytest.raises(CaseError, match="cannot be read"):
        load_case(folder)
    text = (folder / "case.toml").read_text(encoding="utf-8").replace("people.tif", "z.csv")
    (folder / "case.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CaseError, match="Save it as a GeoTIFF"):
        load_case(folder)


def test_without_the_packages_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever gives a raster without the packages learns what to install."""
    there = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:  # noqa: ANN401 - as the built-in
        if name == "rasterio":
            raise ImportError(name)
        return there(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(InputError, match=r'pip install "siting\[raster\]"'):
        raster_people(tmp_path / "p.tif", _zones((0, 1, 1, 0)), "p.tif", Findings())
