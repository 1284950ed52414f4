"""Which basemaps this installation has: `basemaps.json`, read once and checked; what cannot be drawn rightly is refused in words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from layers.errors import Misconfigured
from layers.messages import Sentence, declare, message
from layers.spec import Label

FILE = "basemaps.json"
PLACED = "basemaps"  # the folder of the files placed, in the home
_ID = re.compile(r"^[a-z][a-z0-9-]{0,31}$")
_PLACES = ("z", "x", "y")
_SHIFTED_HOSTS = ("amap.com", "autonavi.com", "gtimg.com", "map.qq.com", "baidu.com", "bdimg.com")  # their tiles are in GCJ-02 or BD-09 and say so nowhere
_GEOGRAPHIC = ("EPSG:4490", "EPSG:4326")
_TIANDITU = ("https://t{{s}}.tianditu.gov.cn/{layer}_{set}/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
             "&TILEMATRIXSET={set}&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{key}}")


class BadBasemaps(Misconfigured):
    """The file of basemaps cannot be read or holds what no source has. `values`: path, what."""

    code = "bad-basemaps"


declare({
    "bad-basemaps": Sentence(
        Label("底图文件 {path} 有误：{what}", "The file of basemaps {path} is wrong: {what}"),
        Label("格式见 docs/operate.md「底图」", "Its form is in docs/operate.md, beside basemaps.json")),
    "basemap-shifted": Sentence(
        Label("来源用 {datum} 偏移坐标，叠在本局图层下会错位数百米，不予显示", "The source is in shifted {datum} coordinates: under our layers it would lie hundreds of metres off"),
        Label("改用 CGCS2000 或 WGS84 的来源", "Use a source in CGCS2000 or WGS84")),
    "basemap-matrix": Sentence(
        Label("瓦片矩阵 {matrix} 不支持", "Tile matrices in {matrix} are not supported"),
        Label("用 EPSG:3857、EPSG:4490 或 EPSG:4326", "Use EPSG:3857, EPSG:4490 or EPSG:4326")),
    "basemap-vector": Sentence(
        Label("这个文件里是 {kind} 瓦片，只支持 PNG、JPEG、WebP", "This file holds {kind} tiles; PNG, JPEG and WebP are supported"),
        Label("换栅格文件；矢量数据请作为图层导入", "Use a raster file; load vector data as layers")),
    "basemap-key": Sentence(
        Label("缺少密钥 key", "The key is missing"), Label("在 basemaps.json 中填写申请到的 key", "Put the key you were given into basemaps.json")),
})


@dataclass(frozen=True)
class Source:
    """One basemap. `template` holds {z} {x} {y} and perhaps {s} and {key}; `refused` is the code and values of why it is not shown."""

    id: str
    label: Label
    credit: str = ""
    template: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    subdomains: str = ""
    matrix: str = "EPSG:3857"
    level_offset: int = 0
    min_zoom: int = 1
    max_zoom: int = 18
    intranet: bool = False
    file: Path | None = None
    date: str = ""  # of what the pictures show, YYYY-MM-DD; empty: not known
    refused: tuple[str, Mapping[str, str]] | None = None

    @property
    def geographic(self) -> bool:
        """Whether its tiles are cut in degrees: they are drawn into Web Mercator row by row."""
        return self.matrix in _GEOGRAPHIC

    @property
    def hosts(self) -> frozenset[str]:
        """The only hosts that are ever asked for it."""
        return frozenset(urlsplit(self._filled(self.template, s=one)).hostname or "" for one in self.subdomains or "0")

    def address(self, z: int, x: int, y: int) -> str:
        """Where a tile is fetched from; the key is in it, so it goes nowhere but there."""
        turn = self.subdomains[(x + y) % len(self.subdomains)] if self.subdomains else ""
        return self._filled(self.template, z=str(z + self.level_offset), x=str(x), y=str(y), s=turn)

    def _filled(self, text: str, **values: str) -> str:
        for name, value in {**values, "key": quote(self.key, safe="")}.items():
            text = text.replace("{" + name + "}", value)
        return text

    def why_refused(self, language: str) -> str | None:
        return message(*self.refused, language) if self.refused else None


def read(path: Path, *, must: bool = False) -> tuple[Source, ...]:
    """The sources of a file, in its order; none where there is no file (BadBasemaps if it `must` be there). Raises BadBasemaps."""
    try:
        if not path.exists() and not must:
            return ()
        listed = json.loads(path.read_text(encoding="utf-8"))["basemaps"]
        sources = tuple(_source(dict(one), path) for one in listed)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadBasemaps(path=str(path), what=f"{type(error).__name__} {error}"[:200]) from None
    if len({one.id for one in sources}) != len(sources):
        raise BadBasemaps(path=str(path), what="id")
    return sources


def read_placed(folder: Path) -> tuple[Source, ...]:
    """The files that were placed in the folder, each told of by a JSON beside it, the newest pictures first. Raises BadBasemaps."""
    placed = []
    for path in sorted(folder.glob("*.json")):
        try:
            placed.append(_source(json.loads(path.read_text(encoding="utf-8")), path))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BadBasemaps(path=str(path), what=f"{type(error).__name__} {error}"[:200]) from None
    return tuple(sorted(placed, key=lambda one: one.date, reverse=True))


_KNOWN = {"id", "label", "kind", "url", "layer", "key", "subdomains", "matrix", "level_offset", "min_zoom", "max_zoom", "datum", "credit", "intranet", "file", "date", "version", "by", "at"}
_FILES = ("pmtiles", "mbtiles")


def _source(given: dict[str, Any], path: Path) -> Source:
    unknown = given.keys() - _KNOWN
    if unknown or not _ID.match(str(given.get("id", ""))):
        raise BadBasemaps(path=str(path), what=f"{given.get('id')}: {', '.join(sorted(unknown)) or 'id'}")
    kind = given.get("kind")
    if kind == "tianditu":
        given = _tianditu(given)
    elif kind in _FILES:
        given["file"] = str((path.parent / given["file"]).resolve())
    elif kind not in ("xyz", "wmts"):
        raise ValueError(f"kind {kind!r}")
    template = _template(str(given.get("url", "")), kind)
    matrix = str(given.get("matrix", "EPSG:3857"))
    label = given.get("label") or {"zh": given["id"], "en": given["id"]}
    made = Source(
        id=given["id"], label=Label(str(label["zh"]), str(label["en"])), credit=str(given.get("credit", "")), template=template, key=str(given.get("key", "")),
        subdomains=str(given.get("subdomains", "")), matrix=matrix, level_offset=int(given.get("level_offset", -1 if matrix in _GEOGRAPHIC else 0)),
        min_zoom=max(int(given.get("min_zoom", 0)), 1 if matrix in _GEOGRAPHIC else 0), max_zoom=int(given.get("max_zoom", 18)), intranet=given.get("intranet") is True,
        file=Path(given["file"]) if kind in _FILES else None, date=date.fromisoformat(given["date"]).isoformat() if given.get("date") else "")
    return _judged(made, str(given.get("datum", "")))


def _tianditu(given: dict[str, Any]) -> dict[str, Any]:
    """天地图: `layer` vec, img, ter ... with the set of its matrix, `c` (CGCS2000 degrees) or `w` (Web Mercator)."""
    matrix = given.get("matrix", "EPSG:3857")
    layer = str(given.get("layer", "vec"))
    if not re.fullmatch("[a-z]{3}", layer):
        raise ValueError(f"layer {layer!r}")
    url = _TIANDITU.format(layer=layer, set="c" if matrix in _GEOGRAPHIC else "w")
    return {"subdomains": "01234567", "level_offset": 0, "credit": "天地图", "datum": "cgcs2000", **given, "url": given.get("url", url)}


def _template(url: str, kind: str) -> str:
    """The address with our names of its places; WMTS calls them by its own."""
    if kind in _FILES:
        return ""
    for theirs, ours in (("TileMatrix", "z"), ("TileCol", "x"), ("TileRow", "y")):
        url = re.sub(r"\{" + theirs + r"\}", "{" + ours + "}", url, flags=re.IGNORECASE)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or any("{" + one + "}" not in url for one in _PLACES):
        raise ValueError("url")
    if any("{" + one + "}" in parts.netloc for one in (*_PLACES, "key")):
        raise ValueError("url: host")
    return url


def _judged(source: Source, datum: str) -> Source:
    from dataclasses import replace

    shifted = datum.upper() if datum.lower() in ("gcj02", "bd09") else ""
    if not shifted and any(host == one or host.endswith("." + one) for host in source.hosts for one in _SHIFTED_HOSTS):
        shifted = "GCJ-02/BD-09"
    if shifted:
        return replace(source, refused=("basemap-shifted", {"datum": shifted}))
    if source.matrix not in ("EPSG:3857", *_GEOGRAPHIC):
        return replace(source, refused=("basemap-matrix", {"matrix": source.matrix}))
    if "{key}" in source.template and not source.key:
        return replace(source, refused=("basemap-key", {}))
    return source
