"""Imagery placed as a background: each pixel where it was taken, with its date; what would lie wrongly is refused and leaves nothing."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from PIL import Image
from pmtiles.tile import TileType
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.transform import from_origin

from app.basemaps.imagery import Imagery, ImageryRefused, NoImagery
from app.basemaps.service import Basemaps, NoTile
from app.cli import main
from geodata.files.notices import Refused
from tests.app.basemaps.tiles import archive

SIDE, METRES = 64, 5.0
WEST, NORTH = 385_000.0, 4_497_000.0  # in the district, EPSG:4546
QUARTERS = ((220, 30, 30), (30, 200, 30), (30, 30, 220), (230, 220, 40))  # north-west, north-east, south-west, south-east


def photo(path: Path, *, epsg: int | None = 4546, bands: int = 3, kind: str = "uint8", tags: dict[str, str] | None = None, placed: bool = True) -> Path:
    """A GeoTIFF of four quarters, each of one colour."""
    rows, columns = np.indices((SIDE, SIDE)) // (SIDE // 2)
    colours = np.array([[*one, 255, 255, 255] for one in QUARTERS], kind)[rows * 2 + columns]
    where: dict[str, Any] = {"transform": from_origin(WEST, NORTH, METRES, METRES)} if placed else {}
    with rasterio.open(path, "w", driver="GTiff", height=SIDE, width=SIDE, count=bands, dtype=kind, crs=CRS.from_epsg(epsg) if epsg else None, **where) as file:
        file.write(np.moveaxis(colours, 2, 0)[:bands])
        file.update_tags(**(tags or {}))
    return path


def colour_at(basemaps: Basemaps, id_: str, east: float, north: float) -> tuple[int, ...]:
    """What the map shows at a place of EPSG:4546, at the greatest zoom."""
    lon, lat = Transformer.from_crs(4546, 4490, always_xy=True).transform(east, north)
    z = next(one for one in basemaps.described("zh") if one["id"] == id_)["max_zoom"]
    x = (lon + 180) / 360 * 2**z
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**z
    tile = basemaps.tile(id_, z, int(x), int(y))
    with Image.open(BytesIO(tile.content)) as image:
        pixel: Any = image.convert("RGBA").getpixel((int(x % 1 * 256), int(y % 1 * 256)))
    return tuple(pixel)


@pytest.mark.parametrize("quarter", range(4))
def test_each_pixel_lies_where_it_was_taken(tmp_path: Path, quarter: int) -> None:
    """Within two of its pixels of the corner where all four colours meet; tiles whose rows were counted from the wrong end would show another."""
    placed = Imagery(tmp_path).place(photo(tmp_path / "航拍.tif"))
    basemaps = Basemaps(tmp_path)
    east, south = quarter % 2, quarter // 2
    half = SIDE / 2 * METRES
    at = WEST + half + (2 * east - 1) * 2 * METRES, NORTH - half - (2 * south - 1) * 2 * METRES
    shown = colour_at(basemaps, placed.id, *at)
    assert shown[3] == 255 and np.abs(np.subtract(shown[:3], QUARTERS[quarter])).max() < 40
    beyond = WEST + 2 * half * east + (2 * east - 1) * 3 * METRES, NORTH - 2 * half * south - (2 * south - 1) * -3 * METRES
    assert colour_at(basemaps, placed.id, *beyond)[3] == 0, "what was not taken is not painted over"


@pytest.mark.parametrize(("name", "tags", "day", "told"), [
    ("a.tif", {"TIFFTAG_DATETIME": "2026:06:12 10:30:00"}, None, "2026-06-12"),
    ("九原_20250903_航拍.tif", {}, None, "2025-09-03"),
    ("九原_20250903.tif", {"TIFFTAG_DATETIME": "2026:06:12 10:30:00"}, date(2024, 2, 29), "2024-02-29"),
    ("GF2_20261399.tif", {"TIFFTAG_DATETIME": "0000:00:00 00:00:00"}, None, ""),
    ("123456789012.tif", {}, None, ""),
])
def test_its_date_is_what_is_said_else_what_the_file_tells_else_unknown(tmp_path: Path, name: str, tags: dict[str, str], day: date | None, told: str) -> None:
    placed = Imagery(tmp_path).place(photo(tmp_path / name, tags=tags), day=day)
    assert placed.date == told
    (said,) = Basemaps(tmp_path).described("zh")
    assert (said["date"], said["whole"], said["state"], said["label"].zh) == (told or None, False, "ready", Path(name).stem)


def test_a_running_service_sees_what_is_placed_and_removed(tmp_path: Path) -> None:
    basemaps, imagery = Basemaps(tmp_path), Imagery(tmp_path)
    assert basemaps.described("zh") == []
    older = imagery.place(photo(tmp_path / "a.tif"), name="去年", day=date(2025, 5, 1))
    newer = imagery.place(photo(tmp_path / "b.tif", bands=1), name="今年", day=date(2026, 5, 1))
    assert [one["id"] for one in basemaps.described("zh")] == [newer.id, older.id], "the newest first"
    with pytest.raises(ImageryRefused) as refused:
        imagery.place(photo(tmp_path / "again.tif"))
    assert (refused.value.code, refused.value.values["id"]) == ("imagery-twice", older.id)
    imagery.remove(older.id)
    assert [one["id"] for one in basemaps.described("zh")] == [newer.id]
    assert sorted(one.name for one in (tmp_path / "basemaps").iterdir()) == [f"{newer.id}.json", newer.file]
    with pytest.raises(NoTile):
        basemaps.tile(older.id, 16, 0, 0)
    with pytest.raises(NoImagery):
        imagery.remove(older.id)


def test_it_says_where_it_is_so_that_no_tile_is_asked_for_beyond(tmp_path: Path) -> None:
    Imagery(tmp_path).place(photo(tmp_path / "a.tif"))
    (said,) = Basemaps(tmp_path).described("zh")
    lon, lat = Transformer.from_crs(4546, 4490, always_xy=True).transform([WEST, WEST + SIDE * METRES], [NORTH - SIDE * METRES, NORTH])
    assert said["bounds"] == pytest.approx((lon[0], lat[0], lon[1], lat[1]), abs=2e-4), "to twenty metres: a system turns a little against another"
    archive(tmp_path / "b.pmtiles")  # says nothing
    Imagery(tmp_path).place(tmp_path / "b.pmtiles", day=date(2020, 1, 1))
    assert Basemaps(tmp_path).described("zh")[0]["bounds"] is None


def test_a_root_that_runs_the_command_follows_no_link_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is the service's own: what it laid there under the names of our drafts or files leads nowhere."""
    folder, treasure = tmp_path / "basemaps", tmp_path / "treasure"
    folder.mkdir()
    treasure.write_text("untouched")
    path = photo(tmp_path / "a.tif")
    id_ = "imagery-" + hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    (folder / f"{id_}.mbtiles").symlink_to(treasure)
    (folder / f".{id_}.mbtiles").symlink_to(treasure)
    monkeypatch.setattr("app.basemaps.imagery.os.geteuid", lambda: folder.stat().st_uid + 1)  # not the folder's owner
    placed = Imagery(tmp_path).place(path)
    assert treasure.read_text() == "untouched" and not (folder / placed.file).is_symlink()
    assert not list(tmp_path.glob(".draft-*"))


def test_what_killed_processes_left_is_swept_and_what_is_offered_stays(tmp_path: Path) -> None:
    imagery = Imagery(tmp_path)
    kept = imagery.place(photo(tmp_path / "a.tif"))
    folder = tmp_path / "basemaps"
    (folder / ".draft-x").mkdir()
    (folder / ".draft-x/y.mbtiles").touch()
    (folder / "imagery-00000000.mbtiles").touch()
    imagery.sweep()
    assert len(list(folder.iterdir())) == 4, "it may still be at work"
    for one in folder.iterdir():
        os.utime(one, (0, 0))
    imagery.sweep()
    assert sorted(one.name for one in folder.iterdir()) == sorted([kept.file, f"{kept.id}.json"])


def test_files_of_tiles_are_placed_as_they_are(tmp_path: Path) -> None:
    archive(tmp_path / "区域2026-05-01.pmtiles", zoom=9, xs=(411,), ys=(192,))
    pmtiles = Imagery(tmp_path).place(tmp_path / "区域2026-05-01.pmtiles")
    mbtiles = Imagery(tmp_path).place(tiles(tmp_path / "卫星.mbtiles", "png"))
    basemaps = Basemaps(tmp_path)
    assert (pmtiles.kind, pmtiles.date, basemaps.tile(pmtiles.id, 9, 411, 192).kind) == ("pmtiles", "2026-05-01", "image/png")
    assert (mbtiles.kind, basemaps.tile(mbtiles.id, 9, 411, 192).kind) == ("mbtiles", "image/png")
    with pytest.raises(NoTile):
        basemaps.tile(mbtiles.id, 9, 411, 2**9 - 1 - 192)


def tiles(path: Path, form: str) -> Path:
    """An MBTiles file with the one tile 9/411/192."""
    out = BytesIO()
    Image.new("RGB", (256, 256)).save(out, "PNG")
    with sqlite3.connect(path) as base:
        base.executescript("CREATE TABLE metadata (name TEXT, value TEXT); CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)")
        base.execute("INSERT INTO metadata VALUES ('format', ?)", (form,))
        base.execute("INSERT INTO tiles VALUES (9, 411, ?, ?)", (2**9 - 1 - 192, out.getvalue()))
    return path


def text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:300])
    return path


def vector(path: Path) -> Path:
    archive(path, kind=TileType.MVT)
    return path


@pytest.mark.parametrize(("made", "code"), [
    (lambda folder: text(folder / "a.tif", "no picture"), "imagery-unreadable"),
    (lambda folder: cut(photo(folder / "a.tif")), "imagery-unreadable"),
    (lambda folder: text(folder / "a.tif", f'<VRTDataset rasterXSize="1" rasterYSize="1"><SRS>EPSG:4326</SRS><!-- {photo(folder / "b.tif")} --></VRTDataset>'), "imagery-unreadable"),
    (lambda folder: photo(folder / "a.tif", epsg=None), "imagery-unplaced"),
    (lambda folder: photo(folder / "a.tif", placed=False), "imagery-unplaced"),
    (lambda folder: photo(folder / "a.tif", epsg=2435), "datum-without-parameters"),
    (lambda folder: photo(folder / "a.tif", kind="uint16"), "imagery-bands"),
    (lambda folder: photo(folder / "a.tif", bands=2), "imagery-bands"),
    (lambda folder: photo(folder / "a.tif", bands=5), "imagery-bands"),
    (lambda folder: vector(folder / "a.pmtiles"), "basemap-vector"),
    (lambda folder: tiles(folder / "a.mbtiles", "pbf"), "basemap-vector"),
], ids=["text", "cut short", "a list of other files", "no system", "no place", "Beijing 1954", "16 bits", "two bands", "five bands", "vector pmtiles", "vector mbtiles"])
def test_what_would_lie_or_look_wrong_is_refused_in_words_and_leaves_nothing(tmp_path: Path, made: Callable[[Path], Path], code: str) -> None:
    with pytest.raises((ImageryRefused, Refused)) as refused:
        Imagery(tmp_path).place(made(tmp_path))
    assert refused.value.code == code
    assert list((tmp_path / "basemaps").iterdir()) == []
    assert Basemaps(tmp_path).described("zh") == []


def test_four_bands_are_a_picture_only_with_transparency(tmp_path: Path) -> None:
    """Near infrared as the fourth band would be taken for transparency."""
    path = photo(tmp_path / "nir.tif", bands=4)
    with rasterio.open(path, "r+") as file:
        file.colorinterp = [*file.colorinterp[:3], rasterio.enums.ColorInterp.undefined]
    with pytest.raises(ImageryRefused):
        Imagery(tmp_path).place(path)
    with rasterio.open(path, "r+") as file:
        file.colorinterp = [*file.colorinterp[:3], rasterio.enums.ColorInterp.alpha]
    assert Imagery(tmp_path).place(path).kind == "mbtiles"


def test_a_full_disk_is_said_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import namedtuple

    monkeypatch.setattr("app.basemaps.imagery.shutil.disk_usage", lambda _: namedtuple("Usage", "free")(free=1_000_000))
    with pytest.raises(ImageryRefused) as refused:
        Imagery(tmp_path).place(photo(tmp_path / "a.tif"))
    assert (refused.value.code, refused.value.values["free_mb"]) == ("imagery-full", 1)


def test_the_commands(tmp_path: Path) -> None:
    def onemap(*given: str) -> Any:
        return CliRunner().invoke(main, ["--home", str(tmp_path), "imagery", *given])

    placed = onemap("place", str(photo(tmp_path / "a.tif")), "--name", "航拍", "--date", "2026-06-12")
    assert placed.exit_code == 0 and "2026-06-12  航拍" in placed.output, placed.output
    (listed,) = json.loads(onemap("list", "--json").output)
    assert (listed["date"], listed["label"]["zh"]) == ("2026-06-12", "航拍")
    refused = onemap("place", str(text(tmp_path / "b.tif", "no")))
    assert refused.exit_code == 2 and "b.tif" in refused.output
    assert onemap("remove", listed["id"]).exit_code == 0
    assert onemap("remove", listed["id"]).exit_code == 2
    assert json.loads(onemap("list", "--json").output) == []
