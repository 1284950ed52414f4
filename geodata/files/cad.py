"""A CAD drawing (DXF): its own layers are what one chooses from, texts and block names become columns, and it is said what became of what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.files.encodings import for_text
from geodata.files.gdal import ARC_STEP_DEG, Raw, read_raw
from geodata.files.geojson import column
from geodata.files.notices import Notice, Refused
from geodata.files.sampling import cells, sampled
from geodata.files.sniffing import CAD, Source
from geodata.files.sublayers import Sublayer, chosen, kinds_in_order
from geodata.files.table import Table
from geodata.files.xml_faults import is_number

# $INSUNITS (DXF reference, HEADER): the units that a map drawing is made in, with their metres. 0 is "not said".
_UNITS = {1: ("in", 0.0254), 2: ("ft", 0.3048), 4: ("mm", 0.001), 5: ("cm", 0.01), 6: ("m", 1.0), 7: ("km", 1000.0), 14: ("dm", 0.1)}
_ROUND = frozenset({"ARC", "CIRCLE", "ELLIPSE", "SPLINE", "BULGE"})
_NOT_READ = frozenset({"3DSOLID", "REGION", "BODY", "SURFACE", "IMAGE", "OLE2FRAME", "WIPEOUT", "ACAD_TABLE", "RAY", "XLINE"})
_GRID = (1_000_000.0, 6_000_000.0)  # northings of China in metres, from Hainan to the Amur with room
_KEPT = {"Layer": "layer", "Text": "text", "BlockName": "block", "EntityHandle": "handle", "Linetype": "linetype"}


@dataclass(frozen=True)
class _Drawing:
    """One CAD layer's entities: what GDAL gave, their places in it, and the shapes."""

    raw: Raw
    rows: list[int]
    shapes: Any
    on_paper: int = 0  # entities of the layer that belong to the sheet around the map

    def values(self, name: str) -> list[Any]:
        """A column of GDAL's, for these entities alone."""
        if name not in self.raw.names:
            return [None] * len(self.rows)
        whole = self.raw.values[self.raw.names.index(name)]
        return [whole[row] for row in self.rows]


def read_cad(source: Source, *, sublayer: str | None, encoding: str | None, work: Path) -> Table:
    """The entities of one CAD layer, in the drawing's own coordinates and no CRS. Raises Refused when several layers hold some."""
    data = source.main.read()
    text, decision = for_text(data, given=encoding)
    decision.notices[:] = [one for one in decision.notices if one.code != "not-utf8"]  # a DXF has no encoding by rule
    if not re.search(r"\n\s*0\s*\n\s*EOF$", text[-200:].replace("\r", "").rstrip("\x00\x1a \n\t")):
        raise Refused("drawing-cut", path=source.main.name)  # GDAL would look for the end until its time is up
    _refuse_no_numbers(text)
    path = work / "source.dxf"
    path.write_text(_plain(text), "utf-8")
    raw = read_raw(path, layer="entities")
    if not len(raw.shapes):
        raise Refused("empty-layer", layer=source.name)
    drawing = _chosen(raw, sublayer, source)
    notices = list(decision.notices)
    shapes = _closed(_scaled(drawing.shapes, text, notices), notices)
    layer = str(drawing.values("Layer")[0])
    _told(drawing, _entities(text, layer), notices)
    return Table(
        CAD,
        layer,
        np.arange(1, len(drawing.rows) + 1),
        _columns(drawing),
        [None if one is None else shapely.to_wkb(one) for one in shapes],
        sampled(decision, cells(data)).found,
        None,
        None,
        notices=notices,
    )


def _plain(text: str) -> str:
    """The drawing with letters that older programs spell as `\\U+4E5D` or, in GBK, `\\M+5BEC5`, written out."""
    text = re.sub(r"\\U\+([0-9A-Fa-f]{4})", lambda one: chr(int(one[1], 16)), text)
    return re.sub(r"\\M\+5([0-9A-Fa-f]{4})", lambda one: bytes.fromhex(one[1]).decode("gb18030", errors="replace"), text)


def _refuse_no_numbers(text: str) -> None:
    """Refuse where a coordinate is no number: GDAL would take what stands before the first odd letter, or 0."""
    section = kind = ""
    lines = iter(text.splitlines())
    for number, (code, value) in enumerate(zip(lines, lines, strict=False), 1):
        code, value = code.strip(), value.strip()
        if code == "0":
            kind = value
        elif code == "2" and kind == "SECTION":
            section = value
        elif section in ("ENTITIES", "BLOCKS") and len(code) == 2 and code[0] in "1234" and not is_number(value):
            raise Refused("drawing-number", line=2 * number, value=value[:40])


def _chosen(raw: Raw, wanted: str | None, source: Source) -> _Drawing:
    """The entities of the layer to read, those of the paper sheet left out."""
    parsed = np.array([None if one is None else shapely.from_wkb(one, on_invalid="ignore") for one in raw.shapes], dtype=object)
    names = raw.values[raw.names.index("Layer")]
    paper = raw.values[raw.names.index("PaperSpace")] if "PaperSpace" in raw.names else [None] * len(parsed)
    by_layer: dict[str, list[int]] = {}
    on_paper: Counter[str] = Counter(str(name) for row, name in enumerate(names) if paper[row] == 1)
    for row, name in enumerate(names):
        if parsed[row] is not None and paper[row] != 1:
            by_layer.setdefault(str(name), []).append(row)
    listed = [Sublayer(name, len(rows), kinds_in_order(one.geom_type for one in parsed[rows])) for name, rows in by_layer.items()]
    layer = chosen(listed, wanted, source.main.name)
    return _Drawing(raw, by_layer[layer], parsed[by_layer[layer]], on_paper[layer])


def _scaled(shapes: Any, text: str, notices: list[Notice]) -> Any:
    """The shapes in metres: what $INSUNITS says is believed only where the numbers agree, for most drawings never had it set."""
    match = re.search(r"\$INSUNITS\s+70\s+(\d+)", text[:200_000])
    unit, factor = _UNITS.get(int(match[1]) if match else 0, ("", 1.0))
    bounds = shapely.total_bounds(shapes)
    northing = float(max(abs(bounds[1]), abs(bounds[3])))
    if not unit or factor == 1.0 or not np.isfinite(northing):
        return shapes
    if _GRID[0] <= northing * factor <= _GRID[1]:
        notices.append(Notice("cad-units-scaled", {"unit": unit, "factor": factor}))
        return shapely.transform(shapes, lambda xy: xy * factor)
    notices.append(Notice("cad-units-ignored", {"unit": unit, "sample": f"{bounds[0]:.6g}, {bounds[1]:.6g}"}))
    return shapes


def _closed(shapes: Any, notices: list[Notice]) -> Any:
    """Outlines as polygons, where all lines of the layer are closed: CAD knows an area only by its outline."""
    lines = [one for one in shapes if one.geom_type == "LineString"]
    if not lines or not all(len(one.coords) >= 4 and one.is_closed for one in lines):
        return shapes
    notices.append(Notice("cad-closed-as-polygons", {"count": len(lines)}))
    made = [shapely.Polygon(one.coords) if one.geom_type == "LineString" else one for one in shapes]
    return np.array(made, dtype=object)


def _entities(text: str, layer: str) -> Counter[str]:
    """How many entities of each kind the drawing itself has on a layer; BULGE stands for polylines that have arcs in them."""
    found: Counter[str] = Counter()
    section = kind = ""
    on_layer = bulged = False
    lines = iter(text.splitlines())
    for code, value in zip(lines, lines, strict=False):
        code, value = code.strip(), value.strip()
        if code == "0":
            found.update([kind] * on_layer + ["BULGE"] * (on_layer and bulged))
            kind, on_layer, bulged = value, False, False
        elif code == "2" and kind == "SECTION":
            section = value
        elif code == "8" and section == "ENTITIES":
            on_layer = value == layer
        elif code == "42" and kind in ("LWPOLYLINE", "VERTEX"):
            bulged = bool(value.strip("0.+-eE"))
    return found


def _told(drawing: _Drawing, entities: Counter[str], notices: list[Notice]) -> None:
    """Arcs straightened, blocks taken as their points, heights dropped, and what cannot be read."""
    if round_kinds := sorted(entities.keys() & _ROUND):
        notices.append(Notice("curves-straightened", {"kind": ", ".join(round_kinds), "step_deg": ARC_STEP_DEG}))
    if left_out := {kind: entities[kind] for kind in sorted(entities.keys() & _NOT_READ)}:
        notices.append(Notice("cad-left-out", {"count": sum(left_out.values()), "kinds": ", ".join(left_out)}))
    if drawing.on_paper:
        notices.append(Notice("cad-paper-left-out", {"count": drawing.on_paper}))
    blocks = [str(one) for one in drawing.values("BlockName") if one]
    if blocks:
        notices.append(Notice("cad-blocks-as-points", {"count": len(blocks), "names": ", ".join(dict.fromkeys(blocks))[:80]}))
    heights = [one for one in drawing.shapes if one.geom_type != "Point" and one.has_z and np.nan_to_num(shapely.get_coordinates(one, include_z=True)[:, 2]).any()]
    if heights:
        notices.append(Notice("zm-dropped", {"kind": CAD}))


def _columns(drawing: _Drawing) -> list[Any]:
    found = [column(name, [_text(one) for one in drawing.values(raw)]) for raw, name in _KEPT.items()]
    attributes = [_attributes(one) for one in drawing.values("BlockAttributes")]
    names = list(dict.fromkeys(name for row in attributes for name in row))
    found += [column(name, [row.get(name) for row in attributes]) for name in names if name not in {one.name for one in found}]
    elevations = [float(z) if shape.geom_type == "Point" and shape.has_z and (z := shape.z) else None for shape in drawing.shapes]
    found.append(column("elevation", elevations))
    return [one for one in found if any(value is not None for value in one.values)]


def _attributes(pairs: Sequence[Any] | None) -> dict[str, str | None]:
    """The attributes of a block as GDAL gives them: `TAG value`."""
    found: dict[str, str | None] = {}
    for one in () if pairs is None else pairs:
        tag, _, value = str(one).partition(" ")
        found[tag] = value.strip() or None
    return found


def _text(value: Any) -> str | None:
    return None if value is None or (isinstance(value, float) and np.isnan(value)) else str(value).strip() or None
