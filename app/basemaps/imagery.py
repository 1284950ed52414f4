"""Imagery placed as a background: a GeoTIFF made into tiles once, or a file of tiles as it is, with the date of what it shows."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from app.basemaps.archive import Archive, opened
from app.basemaps.sources import PLACED
from geodata.files.projection import usable
from layers.errors import FileRefused, NotFound, StaleVersion
from layers.messages import Sentence, declare
from layers.spec import Label

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BANDS = (1, 3, 4)  # grey or a palette, red green blue, the same with transparency
_OVERVIEWS = [2, 4, 8, 16, 32, 64]
_DRAFTS = ".draft-"
_LEFT_S = 86_400  # what a killed process left is nobody's after a day: the largest picture takes hours
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
        Label("腾出空间，或取消不用的影像（onemap imagery remove）", "Make room, or remove imagery that nobody uses (onemap imagery remove)"),
        Label("取消不用的影像，或请系统管理员腾出磁盘空间", "Remove imagery that nobody uses, or ask the system administrator for room")),
    "imagery-twice": Sentence(
        Label("{file} 已经放过，标识 {id}", "{file} is placed already, as {id}"), Label("要换日期或名称，先 onemap imagery remove {id}", "To change its date or name: onemap imagery remove {id} first"),
        Label("要换日期或名称，在影像列表里改", "Change its date or name in the list of imagery")),
    "no-imagery": Sentence(Label("没有标识为 {id} 的影像", "No imagery {id} was placed"), Label("onemap imagery list 列出已有的", "onemap imagery list tells what there is"),
        Label("可能已被取消，刷新列表", "It may have been taken away; look at the list again")),
})


@dataclass(frozen=True)
class Placed:
    """One background as its JSON tells it: `date` YYYY-MM-DD, or empty where nothing says it; `by` empty where a command placed it."""

    id: str
    label: dict[str, str]
    kind: str
    file: str
    date: str
    version: int = 1
    by: str = ""
    at: str = ""


class Imagery:
    """The folder of an installation for it; every process of a running service sees at once what is placed and removed."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = home / PLACED

    def all(self) -> tuple[Placed, ...]:
        """What is placed, the newest pictures first."""
        told = (json.loads(path.read_text(encoding="utf-8")) for path in self._folder.glob("*.json"))
        known = ({name: value for name, value in one.items() if name in Placed.__dataclass_fields__} for one in told)
        return tuple(sorted((Placed(**one) for one in known), key=lambda one: (one.date, one.id), reverse=True))

    def one(self, id_: str) -> Placed:
        """Raises NoImagery."""
        placed = next((one for one in self.all() if one.id == id_), None)
        if placed is None:
            raise NoImagery(id=id_[:40])
        return placed

    def size(self, placed: Placed) -> int:
        """The bytes of its tiles."""
        try:
            return (self._folder / placed.file).stat().st_size
        except FileNotFoundError:
            return 0

    def place(self, path: Path, *, name: str | None = None, day: date | None = None) -> Placed:
        """Place a file under a name (else the file's own) and a date (else that of its tags or its name). Nothing is left of one that is refused.

        Raises ImageryRefused; Refused for a reference system of an older datum.
        """
        placed = self.make(path, name=name, day=day)
        self.offer(placed)
        return placed

    def make(self, path: Path, *, name: str | None = None, day: date | None = None, tell: Callable[[str], object] = lambda stage: None) -> Placed:
        """The tiles alone, which are not on the map before they are offered. `tell` hears `judging`, `tiling`, `zooming`. Raises as `place` does."""
        tell("judging")
        id_ = "imagery-" + _hash(path)[:8]
        if any(one.id == id_ for one in self.all()):
            raise ImageryRefused("imagery-twice", path, id=id_)
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._drafts() as drafts:
            draft = drafts / f"{id_}.mbtiles"
            tagged = _tiled(path, draft, tell) if path.open("rb").read(4) in _TIFF else _copied(path, draft)
            kind = "mbtiles" if draft.open("rb").read(6) == b"SQLite" else "pmtiles"
            found = day.isoformat() if day else tagged or _day(path.stem)
            placed = Placed(id_, {"zh": name or path.stem, "en": name or path.stem}, kind, f"{id_}.{kind}", found)
            self._put(draft, placed.file)
        return placed

    def offer(self, placed: Placed) -> None:
        """From now on it can be chosen on the map; of one that is offered already, the name and the date."""
        with self._drafts() as drafts:
            told = drafts / f"{placed.id}.json"
            told.write_text(json.dumps(asdict(placed), ensure_ascii=False), encoding="utf-8")
            self._put(told, told.name)

    def change(self, id_: str, version: int, *, name: str, day: date | None) -> Placed:
        """Another name and date. Raises NoImagery, StaleVersion."""
        before = self.current(id_, version)
        placed = replace(before, label={"zh": name, "en": name}, date=day.isoformat() if day else "", version=version + 1)
        self.offer(placed)
        return placed

    def current(self, id_: str, version: int) -> Placed:
        """What is placed if it is of this version. Raises NoImagery, StaleVersion."""
        placed = self.one(id_)
        if placed.version != version:
            raise StaleVersion(given=version, current=placed.version, differences=[])
        return placed

    def remove(self, id_: str) -> None:
        """Take it away, file and all. Raises NoImagery."""
        placed = self.one(id_)
        (self._folder / f"{placed.id}.json").unlink()
        (self._folder / Path(placed.file).name).unlink(missing_ok=True)  # what the JSON says leads nowhere else

    @property
    def under_way(self) -> int:
        """The bytes of tiles that are being made."""
        return sum(one.stat().st_size for one in self._folder.glob(f"{_DRAFTS}*/*.mbtiles"))

    def sweep(self) -> None:
        """Take away what processes that were killed left: drafts, and tiles that were never offered."""
        offered = {one.file for one in self.all()}
        for left in (*self._folder.glob(f"{_DRAFTS}*"), *self._folder.glob("imagery-*tiles")):
            if left.name in offered or time.time() - left.stat().st_mtime < _LEFT_S:
                continue
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)

    @contextmanager
    def _drafts(self) -> Iterator[Path]:
        """A folder of this process's own. Where the tiles' folder is somebody else's (the service's, and root runs the command) it lies outside it: they could lay links there."""
        mine = self._folder.is_dir() and self._folder.stat().st_uid == os.geteuid()
        if not mine:
            self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_DRAFTS, dir=self._folder if mine else self._home) as folder:
            yield Path(folder)

    def _put(self, draft: Path, name: str) -> None:
        """Into the folder whole; a link of that name is replaced, never followed."""
        draft.chmod(0o644)
        try:
            draft.replace(self._folder / name)
        except OSError:  # on another disk
            beside = self._folder / f".{name}.{os.getpid()}"
            with draft.open("rb") as source, os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb") as out:
                shutil.copyfileobj(source, out)
            beside.replace(self._folder / name)


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


def _tiled(path: Path, draft: Path, tell: Callable[[str], object]) -> str:
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
            tell("tiling")
            rasterio.shutil.copy(source, draft, driver="MBTILES", TILE_FORMAT="WEBP", QUALITY="85", RESAMPLING="BILINEAR")
            tags = {**source.tags(), **source.tags(ns="IMAGERY")}
        tell("zooming")
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
