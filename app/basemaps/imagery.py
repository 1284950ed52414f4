"""Imagery placed as a background: a GeoTIFF made into tiles once, or a file of tiles as it is, with the date of what it shows."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from app.basemaps.archive import Archive, opened
from app.basemaps.sources import PLACED
from geodata.files.projection import usable
from layers.errors import FileRefused, NotFound
from layers.messages import Sentence, declare
from layers.spec import Label

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BANDS = (1, 3, 4)  # grey or a palette, red green blue, the same with transparency
_OVERVIEWS = [2, 4, 8, 16, 32, 64]
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.:]?(0[1-9]|1[0-2])[-_.:]?(0[1-9]|[12]\d|3[01])(?!\d)")


class ImageryRefused(FileRefused):
    """A file that is not placed; `code` says why. `values`: file, and what the sentence names."""

    def __init__(self, code: str, path: Path, **values: Any) -> None:
        super().__init__(file=path.name, **values)
        self.code = code


class NoImagery(NotFound):
    """Nothing of that id was placed. `values`: id."""

    code = "no-imagery"


declare({
    "imagery-unreadable": Sentence(
        Label("{file} 不是 GeoTIFF、MBTiles 或 PMTiles，或者已损坏", "{file} is no GeoTIFF, MBTiles or PMTiles, or is damaged"),
        Label("从原软件重新导出为 GeoTIFF 再试", "Export it as a GeoTIFF again")),
    "imagery-unplaced": Sentence(
        Label("{file} 里没有坐标系或位置，不知道该放在哪里", "{file} says neither its reference system nor its place"),
        Label("在原软件里配准、设好坐标系，再导出为 GeoTIFF", "Georeference it in the software it comes from and export a GeoTIFF")),
    "imagery-bands": Sentence(
        Label("{file} 有 {bands} 个 {type} 波段；底图要 8 位的灰度、RGB 或带透明的 RGBA", "{file} has {bands} bands of {type}; a background is grey, RGB or RGBA of 8 bits"),
        Label("先选好三个波段、拉伸为 8 位真彩色，再导出", "Choose three bands, stretch them to 8 bits and export again")),
    "imagery-full": Sentence(
        Label("磁盘剩 {free_mb} MB，放不下由 {file} 做成的瓦片", "{free_mb} MB are left on the disk, too little for the tiles of {file}"),
        Label("腾出空间，或取消不用的影像（onemap imagery remove）", "Make room, or remove imagery that nobody uses (onemap imagery remove)")),
    "imagery-twice": Sentence(
        Label("{file} 已经放过，标识 {id}", "{file} is placed already, as {id}"), Label("要换日期或名称，先 onemap imagery remove {id}", "To change its date or name: onemap imagery remove {id} first")),
    "no-imagery": Sentence(Label("没有标识为 {id} 的影像", "No imagery {id} was placed"), Label("onemap imagery list 列出已有的", "onemap imagery list tells what there is")),
})


@dataclass(frozen=True)
class Placed:
    """One background as its JSON tells it: `date` YYYY-MM-DD, or empty where nothing says it."""

    id: str
    label: dict[str, str]
    kind: str
    file: str
    date: str


class Imagery:
    """The folder of an installation for it; every process of a running service sees at once what is placed and removed."""

    def __init__(self, home: Path) -> None:
        self._folder = home / PLACED

    def all(self) -> tuple[Placed, ...]:
        """What is placed, the newest pictures first."""
        told = (json.loads(path.read_text(encoding="utf-8")) for path in self._folder.glob("*.json"))
        return tuple(sorted((Placed(**{name: one[name] for name in Placed.__dataclass_fields__}) for one in told), key=lambda one: (one.date, one.id), reverse=True))

    def place(self, path: Path, *, name: str | None = None, day: date | None = None) -> Placed:
        """Place a file under a name (else the file's own) and a date (else that of its tags or its name). Nothing is left of one that is refused.

        Raises ImageryRefused; Refused for a reference system of an older datum.
        """
        id_ = "imagery-" + _hash(path)[:8]
        if any(one.id == id_ for one in self.all()):
            raise ImageryRefused("imagery-twice", path, id=id_)
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._draft(id_) as draft:
            tagged = _tiled(path, draft) if path.open("rb").read(4) in _TIFF else _copied(path, draft)
            kind = "mbtiles" if draft.open("rb").read(6) == b"SQLite" else "pmtiles"
            found = day.isoformat() if day else tagged or _day(path.stem)
            placed = Placed(id_, {"zh": name or path.stem, "en": name or path.stem}, kind, f"{id_}.{kind}", found)
            draft.replace(self._folder / placed.file)
        told = self._folder / f".{id_}.json"
        told.write_text(json.dumps(asdict(placed), ensure_ascii=False), encoding="utf-8")
        told.replace(self._folder / f"{id_}.json")  # from now on it is offered
        return placed

    def remove(self, id_: str) -> None:
        """Take it away, file and all. Raises NoImagery."""
        placed = next((one for one in self.all() if one.id == id_), None)
        if placed is None:
            raise NoImagery(id=id_)
        (self._folder / f"{id_}.json").unlink()
        (self._folder / placed.file).unlink(missing_ok=True)

    @contextmanager
    def _draft(self, id_: str) -> Iterator[Path]:
        draft = self._folder / f".{id_}.mbtiles"
        try:
            yield draft
        finally:
            for left in self._folder.glob(f".{id_}.*"):
                left.unlink()


def _copied(path: Path, draft: Path) -> str:
    try:
        kind = opened(path).kind
    except (OSError, ValueError) as error:
        raise ImageryRefused("imagery-unreadable", path) from error
    if refused := Archive(path).refused:
        raise ImageryRefused(refused[0], path, kind=kind)
    _room(path, draft)
    shutil.copyfile(path, draft)
    return ""


def _tiled(path: Path, draft: Path) -> str:
    """Warp a GeoTIFF into Web Mercator tiles with all coarser zooms, by GDAL; the date its tags tell, or nothing."""
    import rasterio
    import rasterio.shutil
    from rasterio.enums import Resampling
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said in our own words
    try:
        with rasterio.Env(GDAL_CACHEMAX=128), rasterio.open(path, driver="GTiff") as source:  # by that driver alone: a file that names others is none
            _judge(path, source)
            _room(path, draft)
            rasterio.shutil.copy(source, draft, driver="MBTILES", TILE_FORMAT="WEBP", QUALITY="85", RESAMPLING="BILINEAR")
            tags = {**source.tags(), **source.tags(ns="IMAGERY")}
        with rasterio.open(draft, "r+", driver="MBTiles") as tiles:
            tiles.build_overviews(tiles.overviews(1) or _OVERVIEWS, Resampling.average)
    except RasterioError as error:
        raise ImageryRefused("imagery-unreadable", path) from error
    return _day(tags.get("ACQUISITIONDATETIME", "")) or _day(tags.get("TIFFTAG_DATETIME", ""))


def _judge(path: Path, source: Any) -> None:
    if source.crs is None or (source.transform.is_identity and not source.gcps[0]):
        raise ImageryRefused("imagery-unplaced", path)
    usable(source.crs.to_wkt())  # an older datum would lie a hundred metres off
    bands = source.count
    transparent = bands == 4 and source.colorinterp[3].name == "alpha"
    if bands not in _BANDS or (bands == 4 and not transparent) or set(source.dtypes) != {"uint8"}:
        raise ImageryRefused("imagery-bands", path, bands=bands, type=source.dtypes[0])


def _room(path: Path, draft: Path) -> None:
    """Tiles take about as much as a compressed picture; what is not compressed takes less."""
    free = shutil.disk_usage(draft.parent).free
    if free < path.stat().st_size + 200_000_000:
        raise ImageryRefused("imagery-full", path, free_mb=free // 1_000_000)


def _day(text: str) -> str:
    """The first day that a text names, as YYYY-MM-DD, or nothing."""
    found = _DAY.search(text)
    try:
        return date(*map(int, found.groups())).isoformat() if found else ""
    except ValueError:
        return ""


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
