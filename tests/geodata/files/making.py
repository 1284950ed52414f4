"""Small files made for the tests: shapefiles byte by byte, so that every damage can be done to them."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

CGCS2000 = (
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
HERE = ((109.80, 40.60), (109.85, 40.62), (109.90, 40.64))
FIELDS = (("编号", "C", 10), ("名称", "C", 20), ("容纳人数", "N", 8))
ROWS = (("B001", "九原区第一中学", 500), ("B002", "沙河街道广场", 1200), ("B003", "麻池镇体育场", 3000))


def dbf(
    rows: Iterable[Sequence[Any]] = ROWS,
    fields: Sequence[tuple[str, str, int]] = FIELDS,
    *,
    encoding: str = "gbk",
    language: int = 0,
    deleted: Sequence[int] = (),
) -> bytes:
    """A dBASE III table; a value given as bytes goes in as it is."""
    rows = list(rows)
    head = b"".join(
        name.encode(encoding)[:10].ljust(11, b"\0") + kind.encode() + bytes(4) + bytes([width, 0]) + bytes(14)
        for name, kind, width in fields
    )
    length = 1 + sum(width for *_, width in fields)
    out = bytearray(
        struct.pack("<B3BIHH", 3, 124, 1, 1, len(rows), 33 + len(head), length) + bytes(17) + bytes([language, 0, 0]) + head + b"\r"
    )
    for number, row in enumerate(rows, 1):
        out += b"*" if number in deleted else b" "
        for value, (_, kind, width) in zip(row, fields, strict=True):
            raw = value if isinstance(value, bytes) else ("" if value is None else str(value)).encode(encoding)
            out += raw[:width].rjust(width) if kind == "N" else raw[:width].ljust(width)
    return bytes(out) + b"\x1a"


def shp(points: Sequence[tuple[float, float] | None]) -> tuple[bytes, bytes]:
    """The .shp and .shx of points; None is a null shape."""
    records = [struct.pack("<i", 0) if one is None else struct.pack("<idd", 1, *one) for one in points]
    return _files(1, records)


def polygon_shp(rings: Sequence[Sequence[tuple[float, float]]]) -> tuple[bytes, bytes]:
    """The .shp and .shx of polygons of one ring each."""
    records = [
        struct.pack(
            "<i4dii i", 5, min(x for x, _ in one), min(y for _, y in one), max(x for x, _ in one), max(y for _, y in one), 1, len(one), 0
        )
        + b"".join(struct.pack("<dd", *place) for place in one)
        for one in rings
    ]
    return _files(5, records)


def _files(kind: int, records: Sequence[bytes]) -> tuple[bytes, bytes]:
    body, index, place = b"", b"", 50
    for number, record in enumerate(records, 1):
        words = len(record) // 2
        body += struct.pack(">ii", number, words) + record
        index += struct.pack(">ii", place, words)
        place += 4 + words

    def head(size: int) -> bytes:
        return struct.pack(">i5ii", 9994, 0, 0, 0, 0, 0, size // 2) + struct.pack("<ii8d", 1000, kind, *([0.0] * 8))

    return head(100 + len(body)) + body, head(100 + len(index)) + index


def shapefile(
    folder: Path,
    *,
    name: str = "shelters",
    points: Sequence[tuple[float, float] | None] = HERE,
    table: bytes | None = None,
    prj: str | None = CGCS2000,
    cpg: str | None = None,
    without: Sequence[str] = (),
) -> Path:
    """A shapefile in a folder; gives the path of its .shp."""
    folder.mkdir(parents=True, exist_ok=True)
    shapes, index = shp(points)
    parts: Mapping[str, bytes | None] = {
        "shp": shapes,
        "shx": index,
        "dbf": dbf() if table is None else table,
        "prj": prj.encode() if prj else None,
        "cpg": cpg.encode() if cpg is not None else None,
    }
    for suffix, content in parts.items():
        if content is not None and suffix not in without:
            (folder / f"{name}.{suffix}").write_bytes(content)
    return folder / f"{name}.shp"


def zipped(path: Path, members: Mapping[str, bytes], *, flags: int = 0) -> Path:
    """A zip of members by name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def parts_of(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name."""
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir())}


def geojson(path: Path, features: Sequence[tuple[Any, Mapping[str, Any]]], **members: Any) -> Path:
    """A FeatureCollection of (geometry, properties)."""
    listed = [{"type": "Feature", "geometry": geometry, "properties": dict(properties)} for geometry, properties in features]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed, **members}, ensure_ascii=False))
    return path


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]], *, merge: Sequence[str] = ()) -> Path:
    """An .xlsx of sheets by name; `merge` are ranges merged in each."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        for one in merge:
            sheet.merge_cells(one)
    out = io.BytesIO()
    book.save(out)
    path.write_bytes(out.getvalue())
    return path


def by_gdal(
    path: Path,
    driver: str,
    shapes: Sequence[Any],
    values: Mapping[str, Sequence[Any]],
    *,
    crs: str | None = "EPSG:4490",
    layer: str | None = None,
    geometry_type: str | None = None,
    append: bool = False,
    **options: Any,
) -> Path:
    """A file that GDAL's own driver writes; options are the driver's (`ENCODING`)."""
    import numpy as np
    import shapely
    from pyogrio import raw

    kind = geometry_type or shapes[0].geom_type
    columns = [np.array(list(one), dtype=object if isinstance(one[0], str) else None) for one in values.values()]
    wkb = np.array([shapely.to_wkb(one) for one in shapes], dtype=object)
    more = {"layer": layer} if layer else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a number that becomes another kind of number, and of a file without a system
        raw.write(str(path), wkb, columns, list(values), geometry_type=kind, crs=crs, driver=driver, append=append, **more, **options)
    return path


def dxf(path: Path, entities: Sequence[Sequence[tuple[int, Any]]], *, units: int | None = 6, codepage: str = "ANSI_936", encoding: str = "gbk",
        blocks: Sequence[Sequence[tuple[int, Any]]] = ()) -> Path:  # fmt: skip
    """A drawing as CAD programs of 2000 write it; each entity is its pairs of group code and value."""

    def written(pairs: Sequence[tuple[int, Any]]) -> str:
        return "".join(f"{code:>3}\r\n{value}\r\n" for code, value in pairs)

    head = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1015"), (9, "$DWGCODEPAGE"), (3, codepage)]
    head += [(9, "$INSUNITS"), (70, units)] if units is not None else []
    text = written([*head, (0, "ENDSEC")])
    if blocks:
        text += written([(0, "SECTION"), (2, "BLOCKS"), *(pair for one in blocks for pair in one), (0, "ENDSEC")])
    text += written([(0, "SECTION"), (2, "ENTITIES"), *(pair for one in entities for pair in one), (0, "ENDSEC"), (0, "EOF")])
    path.write_bytes(text.encode(encoding))
    return path


def polyline(layer: str, places: Sequence[tuple[float, float]], *, closed: bool = False, bulge: float = 0.0) -> list[tuple[int, Any]]:
    """A LWPOLYLINE; `bulge` bends its first side."""
    found: list[tuple[int, Any]] = [(0, "LWPOLYLINE"), (100, "AcDbEntity"), (8, layer), (100, "AcDbPolyline"), (90, len(places)), (70, int(closed))]
    for place, (x, y) in enumerate(places):
        found += [(10, x), (20, y)]
        found += [(42, bulge)] if bulge and not place else []
    return found
