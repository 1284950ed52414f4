"""Shapefiles in a zip: one for each kind of shape there is, and a note of what their short column names stand for."""

from __future__ import annotations

import struct
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from geodata.files.extract import Rows
from geodata.files.notices import Refused
from geodata.files.writers.columns import MOST_TEXT_BYTES, as_text, put
from geodata.store.features import Feature
from layers.spec import Geometry

NAME_BYTES = 10
NOTE = "columns.txt"
ENCODINGS = ("UTF-8", "GBK")
_ROWS = 20_000  # looked at at once
_KINDS = {"Point": "point", "MultiPoint": "multipoint", "LineString": "line", "MultiLineString": "line", "Polygon": "area", "MultiPolygon": "area"}
_WRITTEN = {"point": "Point", "multipoint": "MultiPoint", "line": "MultiLineString", "area": "MultiPolygon"}


def write_shapefiles(rows: Rows, path: Path) -> int:
    """Refused for a layer without shapes, and in GBK where a text has a character that GBK lacks: it would be lost without a word.

    dBASE holds 254 bytes of a text: where one is longer the note says of which columns how many were cut.
    """
    encoding = rows.wanted.encoding.upper()
    if encoding not in ENCODINGS:
        raise Refused("export-encoding", encoding=rows.wanted.encoding[:40], there=", ".join(ENCODINGS))
    if rows.layer.geometry is Geometry.NONE:
        raise Refused("export-no-shapes", layer=rows.layer.id, kind="Shapefile")
    names, cuts, count = short_names([one.id for one in rows.fields]), Counter[str](), 0
    with TemporaryDirectory(dir=path.parent) as folder:
        for page in rows.pages():
            cuts += _long(rows, page, encoding)
            for kind, features in _by_kind(page).items():
                file = Path(folder) / f"{rows.layer.id}_{kind}.shp"
                put(file, "ESRI Shapefile", rows, features, names, append=file.exists(), layer=file.stem, dbase=encoding, kind=_WRITTEN[kind])
            count += len(page)
        for table in Path(folder).glob("*.dbf"):
            _blank(table)
        (Path(folder) / NOTE).write_text(_note(rows, names, cuts), encoding="utf-8-sig")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(Path(folder).iterdir()):
                packed.write(file, file.name)
    return count


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Each name in at most ten bytes, all different: cut, and numbered where cutting made two alike."""
    made: dict[str, str] = {}
    for name in names:
        short, number = name[:NAME_BYTES], 1
        while short in made.values():
            short = f"{name[:NAME_BYTES - 1 - len(str(number))]}_{number}"
            number += 1
        made[name] = short
    return made


def _by_kind(page: Sequence[Feature]) -> dict[str, list[Feature]]:
    kinds: dict[str, list[Feature]] = {}
    for one in page:
        kinds.setdefault(_KINDS[one.geometry.geom_type] if one.geometry is not None else "point", []).append(one)
    return kinds


def _long(rows: Rows, page: Sequence[Feature], encoding: str) -> Counter[str]:
    """How many texts of each column are cut. Raises Refused at the first that the encoding cannot hold."""
    found = Counter[str]()
    for field in rows.fields:
        if field.type in (int, float, bool) and not field.many:
            continue
        for one in page:
            text = as_text(one.properties.get(field.id))
            try:
                found[field.id] += len(text.encode(encoding)) > MOST_TEXT_BYTES
            except UnicodeEncodeError as error:
                raise Refused("export-not-held", encoding=encoding, sign=text[error.start], text=text[:30]) from None
    return found


def _blank(table: Path) -> None:
    """Empty cells for numbers that are not known: GDAL fills them with stars, by which dBASE means a number too long for its column."""
    with table.open("r+b") as file:
        count, head, width = struct.unpack("<IHH", file.read(12)[4:])
        file.seek(32)
        columns = [one for one in (file.read(32) for _ in range(32, head - 1, 32)) if len(one) == 32]
        for first in range(0, count, _ROWS):
            file.seek(head + first * width)
            cells = np.frombuffer(bytearray(file.read(min(_ROWS, count - first) * width)), dtype=np.uint8).reshape(-1, width)
            at = 1
            for column in columns:
                if column[11:12] in (b"N", b"F"):
                    part = cells[:, at : at + column[16]]
                    part[(part == ord("*")).all(axis=1)] = ord(" ")
                at += column[16]
            file.seek(head + first * width)
            file.write(cells.tobytes())


def _note(rows: Rows, names: Mapping[str, str], cuts: Mapping[str, int]) -> str:
    where = rows.wanted.coordinates
    lines = [
        f"{rows.layer.id} {rows.layer.label.zh} {rows.layer.label.en}",
        f"坐标 Coordinates: {where.said}" + ("（偏移坐标，不是真实位置 · shifted, not true positions）" if where.mark else ""),
        f"文字编码 Encoding of texts: {rows.wanted.encoding.upper()}", "",
        "列名 Column\t字段 Field\t含义 Meaning",
    ]
    for one in rows.fields:
        said = f"\t{cuts[one.id]} 条文字超过 254 字节，已截断 · texts cut at 254 bytes: {cuts[one.id]}" if cuts[one.id] else ""
        lines.append(f"{names[one.id]}\t{one.id}\t{one.label.zh} {one.label.en}{said}")
    return "\n".join(lines) + "\n"
