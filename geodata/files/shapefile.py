"""An ESRI Shapefile: shapes through GDAL by record number, attributes from our own dBASE reader, never out of step."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geodata.columns import ShapeColumn
from geodata.files.dbf import Dbf, read_dbf
from geodata.files.gdal import read_shapes
from geodata.files.notices import Notice, Refused
from geodata.files.packing import Part
from geodata.files.sniffing import Source
from geodata.files.sublayers import kinds_in_order
from geodata.files.table import Column, Table

_TYPES = {
    0: "Null",
    1: "Point",
    3: "PolyLine",
    5: "Polygon",
    8: "MultiPoint",
    11: "PointZ",
    13: "PolyLineZ",
    15: "PolygonZ",
    18: "MultiPointZ",
    21: "PointM",
    23: "PolyLineM",
    25: "PolygonM",
    28: "MultiPointM",
    31: "MultiPatch",
}


def read_shapefile(source: Source, *, encoding: str | None, work: Path) -> Table:
    """All live records. Raises Refused for MultiPatch, missing .shp or .dbf, truncated parts, an unknown encoding."""
    size = source.main.path.stat().st_size
    kind = struct.unpack("<i", source.main.head(100)[32:36])[0]
    if kind not in _TYPES:
        raise Refused("content-differs", path=source.main.name, promised=source.format)
    if kind == 31:
        raise Refused("shape-kind-unsupported", kind="MultiPatch")
    if size == 100:
        raise Refused("empty-layer", layer=source.name)
    if "dbf" not in source.beside:
        raise Refused("part-missing", part=".dbf", there=", ".join(sorted(one.name for one in source.beside.values())))
    notices: list[Notice] = []
    index = _index(source, notices)
    _link(source.main, index, work)
    cpg = source.beside["cpg"].read() if "cpg" in source.beside else None
    dbf = read_dbf(_mapped(source.beside["dbf"]), given=encoding, cpg=cpg)
    shapes, has_z, has_m = read_shapes(work / "shapes.shp", count=len(index))
    if has_z or has_m or kind > 10:
        notices.append(Notice("zm-dropped", {"kind": _TYPES[kind]}))
    return _joined(source, dbf, shapes, notices)


def _mapped(part: Part) -> bytes | mmap:
    """The bytes of a part, read as they are looked at. An empty file cannot be mapped."""
    with part.path.open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ) if part.path.stat().st_size else b""


def read_dbase(source: Source, *, encoding: str | None) -> Table:
    """All live records of a .dbf that has no shapes beside it."""
    cpg = source.beside["cpg"].read() if "cpg" in source.beside else None
    dbf = read_dbf(_mapped(source.main), given=encoding, cpg=cpg)
    if not dbf.count:
        raise Refused("empty-layer", layer=source.name)
    return replace(_joined(source, dbf, ShapeColumn.nothing(dbf.count), []), shapes=None, crs_text=None, crs_source=None)


def counted(source: Source) -> tuple[int | None, tuple[str, ...]]:
    """Records (by the size of .shx, None without one) and kind, from the heads alone."""
    kind = struct.unpack("<i", source.main.head(100)[32:36])[0]
    count = (source.beside["shx"].path.stat().st_size - 100) // 8 if "shx" in source.beside else None
    plain = {"PolyLine": "LineString"}
    name = _TYPES.get(kind, "").removesuffix("Z").removesuffix("M")
    return count, kinds_in_order([plain.get(name, name)])


def _index(source: Source, notices: list[Notice]) -> NDArray[np.int64]:
    """(offset, length) of each record in bytes, from .shx where that is sound, else found by walking the .shp. Raises Refused where the two contradict each other."""
    size = source.main.path.stat().st_size
    if "shx" not in source.beside:
        notices.append(Notice("shx-rebuilt", {"why": "missing"}))
        return _walked(source.main, size)
    entries = _listed(source.beside["shx"].read(), size)
    if entries is not None:
        end = int(entries.sum(axis=1).max()) + 8
        whole = end == size or len(_behind(source.main, size)) <= len(entries)
        if whole and (_points_at_records(source.main, entries) or not len(_behind(source.main, size))):
            return entries
    notices.append(Notice("shx-rebuilt", {"why": "damaged"}))
    return _walked(source.main, size)


def _listed(raw: bytes, size: int) -> NDArray[np.int64] | None:
    """The entries of a .shx; None where it is no index of a file of this size."""
    if len(raw) < 100 or raw[:4] != b"\x00\x00\x27\x0a":
        return None
    entries = np.frombuffer(raw[100 : 100 + (len(raw) - 100) // 8 * 8], dtype=">i4").reshape(-1, 2).astype(np.int64) * 2
    if not len(entries) or (entries[:, 0] < 100).any() or int(entries.sum(axis=1).max()) + 8 > size:
        return None
    return entries


def _points_at_records(main: Part, entries: NDArray[np.int64]) -> bool:
    """Whether each entry points at the head of a record of its length, each at another. Raises Refused where their order is not that of the records' own numbers.

    A program that lengthens a record moves it to the end of the .shp: the order of the file is then no longer that of the rows, and number and index agree on it.
    """
    with main.path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        heads = np.frombuffer(data, np.uint8)[entries[:, :1] + np.arange(8)].view(">i4").astype(np.int64)
    if (heads[:, 1] * 2 != entries[:, 1]).any() or len(np.unique(entries[:, 0])) < len(entries):
        return False
    if (np.diff(entries[:, 0]) < 0).any() and (heads[:, 0] != np.arange(1, len(entries) + 1)).any():
        raise Refused("shx-contradicts", path=main.name)
    return True


def _behind(main: Part, size: int) -> NDArray[np.int64]:
    """The records that the .shp itself has, for an index that ends before it does; none where they cannot be walked."""
    try:
        return _walked(main, size)
    except Refused:
        return np.zeros((0, 2), dtype=np.int64)


def _walked(main: Part, size: int) -> NDArray[np.int64]:
    found: list[tuple[int, int]] = []
    place = 100
    stated = struct.unpack(">i", main.head(100)[24:28])[0] * 2
    with main.path.open("rb") as file:
        while place + 8 <= size:
            file.seek(place)
            _, words = struct.unpack(">ii", file.read(8))
            if found and place == stated and words < 2:  # what a transfer filled the file up with
                break
            if words < 2 or place + 8 + words * 2 > size:
                raise Refused("file-truncated", part=".shp", stated=place + 8 + max(words, 0) * 2, there=size)
            found.append((place, words * 2))
            place += 8 + words * 2
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _link(main: Part, index: NDArray[np.int64], work: Path) -> None:
    """Lay the .shp beside a sound .shx, alone: without a .dbf GDAL skips no record, so numbers stay those of the file."""
    os.symlink(main.path.resolve(), work / "shapes.shp")
    words = 50 + 4 * len(index)
    head = bytearray(main.head(100))
    head[24:28] = struct.pack(">i", words)
    (work / "shapes.shx").write_bytes(bytes(head) + (index // 2).astype(">i4").tobytes())


def _words(raw: bytes) -> str:
    """A .prj is ASCII; where somebody wrote it by hand it is shown as they wrote it, also in UTF-16 with its mark."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw[: len(raw) // 2 * 2].decode("utf-16", errors="replace").strip("\x00 \r\n\t")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    return text.strip("\ufeff\x00 \r\n\t")


def _joined(source: Source, dbf: Dbf, shapes: ShapeColumn, notices: list[Notice]) -> Table:
    count = len(shapes)
    columns = dbf.columns
    deleted = dbf.deleted
    bad = dict(dbf.bad_text)
    rejected = []
    if dbf.count != count:
        notices.append(Notice("record-counts-differ", {"shapes": count, "rows": dbf.count}))
        total = max(count, dbf.count)
        columns = [Column(one.name, one.kind, [*one.values, *[None] * (total - dbf.count)]) for one in columns]
        deleted = np.concatenate([deleted, np.zeros(total - dbf.count, bool)])
        shapes = shapes.longer(total)
    if not columns:
        notices.append(Notice("no-attributes", {"part": ".dbf"}))
    skipped = [Notice("record-deleted", {}, row=int(place) + 1) for place in np.flatnonzero(deleted)]
    for place, (name, raw) in bad.items():
        if not deleted[place]:
            rejected.append(Notice("text-undecodable", {"name": dbf.decision.found.value, "bytes": raw}, place + 1, name))
    out = deleted.copy()
    out[list(bad)] = True
    prj = source.beside.get("prj") or source.beside.get("qpj")
    crs_text = _words(prj.read()[:20_000]) if prj else None
    table = Table(
        source.format,
        source.name,
        np.arange(1, len(shapes) + 1),
        columns,
        shapes,
        dbf.decision.found,
        crs_text or None,
        f".{prj.suffix}" if prj and crs_text else None,
        skipped=skipped,
        rejected=rejected,
        notices=notices + dbf.notices + dbf.decision.notices,
    )
    return table.without(out) if out.any() else table
