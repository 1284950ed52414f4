"""DXF for drawing programs: points, lines and outlines on a layer of their own, their names as text beside them.

Written in the form of release 12, which every drawing program reads: one entity after another, nothing to go back to.
Texts are GBK (code page ANSI_936), as Chinese programs expect; what GBK lacks is written as \\U+XXXX. GDAL's writer would
put no text through pyogrio.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.files.extract import Rows, plain
from geodata.files.notices import Refused
from layers.spec import Geometry

TEXT_M = 20.0  # height of letters: 2 mm on a sheet at 1:10,000
NAMES = "_NAMES"
_DIGITS = 4  # 0.1 mm
_COLOURS = (7, 8)  # of shapes and of names: black on white, grey
_FORBIDDEN = re.compile(r'[<>/\\":;?*|=,`\s]+')
Pairs = Iterable[tuple[int, object]]


def _spelled(fault: UnicodeError) -> tuple[str, int]:
    """What GBK lacks as drawing programs spell it."""
    assert isinstance(fault, UnicodeEncodeError)
    return "".join(f"\\U+{ord(one):04X}" for one in fault.object[fault.start : fault.end]), fault.end


codecs.register_error("onemap-dxf", _spelled)


def write_dxf(rows: Rows, path: Path) -> int:
    """A drawing in metres: refused in degrees and for a layer without shapes. Polygons become closed outlines, holes too."""
    if rows.layer.geometry is Geometry.NONE:
        raise Refused("export-no-shapes", layer=rows.layer.id, kind="DXF")
    if rows.wanted.coordinates.is_degrees:
        raise Refused("export-metres", kind="DXF")
    label = rows.layer.label.in_language(rows.wanted.language) if rows.wanted.language else rows.layer.id
    name, title = _FORBIDDEN.sub("_", label), rows.layer.title or rows.layer.key
    named = next((one for one in rows.fields if one.id == title), None)
    count = 0
    with path.open("w", encoding="gbk", errors="onemap-dxf", newline="\r\n") as out:
        _put(out, _head(name, rows.wanted.coordinates.said))
        for page in rows.pages():
            for one in page:
                if one.geometry is not None:
                    _put(out, _entities(one.geometry, name))
                    said = rows.value(named, one) if named else None
                    if said is not None:
                        _put(out, _text(str(plain(said)), one.geometry, name + NAMES))
                count += 1
        _put(out, [(0, "ENDSEC"), (0, "EOF")])
    return count


def _head(name: str, said: str) -> Pairs:
    yield from [(999, f"coordinates {said}, metres, x east, y north"), (0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1009"), (9, "$DWGCODEPAGE"),
                (3, "ANSI_936"), (0, "ENDSEC"), (0, "SECTION"), (2, "TABLES")]
    yield from [(0, "TABLE"), (2, "LTYPE"), (70, 1), (0, "LTYPE"), (2, "CONTINUOUS"), (70, 0), (3, "Solid line"), (72, 65), (73, 0), (40, 0.0), (0, "ENDTAB")]
    yield from [(0, "TABLE"), (2, "LAYER"), (70, 2)]
    for one, colour in zip((name, name + NAMES), _COLOURS, strict=True):
        yield from [(0, "LAYER"), (2, one), (70, 0), (62, colour), (6, "CONTINUOUS")]
    yield from [(0, "ENDTAB"), (0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES")]


def _entities(shape: BaseGeometry, layer: str) -> Iterator[tuple[int, object]]:
    for part in shapely.get_parts(shape).tolist():
        if part.geom_type == "Point":
            yield from [(0, "POINT"), (8, layer), (10, part.x), (20, part.y), (30, 0.0)]
        elif part.geom_type == "LineString":
            yield from _line(shapely.get_coordinates(part), layer, closed=False)
        else:
            for ring in shapely.get_rings(part).tolist():
                yield from _line(shapely.get_coordinates(ring)[:-1], layer, closed=True)


def _line(places: np.ndarray, layer: str, *, closed: bool) -> Iterator[tuple[int, object]]:
    yield from [(0, "POLYLINE"), (8, layer), (66, 1), (10, 0.0), (20, 0.0), (30, 0.0), (70, int(closed))]
    for x, y in places.tolist():
        yield from [(0, "VERTEX"), (8, layer), (10, x), (20, y), (30, 0.0)]
    yield from [(0, "SEQEND"), (8, layer)]


def _text(said: str, shape: BaseGeometry, layer: str) -> Pairs:
    at = shapely.point_on_surface(shape)
    return [(0, "TEXT"), (8, layer), (10, at.x), (20, at.y), (30, 0.0), (40, TEXT_M), (1, re.sub(r"[\x00-\x1f]+", " ", said).replace("%%", "% %"))]


def _put(out: TextIO, pairs: Pairs) -> None:
    out.write("".join(f"{code:3d}\n{value:.{_DIGITS}f}\n" if isinstance(value, float) else f"{code:3d}\n{value}\n" for code, value in pairs))
