"""GeoJSON geometry in a request, turned into a shape that is safe to hand on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from app.pointers import under
from geodata.queries import refusals
from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Label

TYPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
MAX_BARRIERS = 100  # of one question; what stays closed is drawn as a block
_CRS84 = ("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "OGC:CRS84")

declare({
    "geometry-unreadable": Sentence(
        Label("图形无法读取：{reason}", "The geometry cannot be read: {reason}"),
        Label("发送 RFC 7946 GeoJSON 的点、线、面", "Send a point, line or polygon of RFC 7946 GeoJSON"),
    ),
    "crs-not-accepted": Sentence(
        Label("GeoJSON 只接受经纬度（CRS84），不接受坐标系 {given}", "GeoJSON is longitude and latitude (CRS84); {given} is not accepted"),
        Label("先转换为经纬度，或用文件导入", "Convert to longitude and latitude, or load it as a file"),
    ),
})


def read_geometry(value: Any, pointer: str = "/geometry") -> BaseGeometry | None:
    """The shape (2D) of a GeoJSON geometry; None of null. InvalidInput at `pointer` for what is none.

    Finite coordinates, range, type and validity for a layer are judged by the store.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping) or value.get("type") not in TYPES:
        raise _refused(pointer, "geometry-unreadable", reason=f"type: {' | '.join(TYPES)}")
    refuse_other_crs(value, pointer)
    try:
        return shapely.force_2d(shapely.from_geojson(json.dumps({"type": value["type"], "coordinates": value.get("coordinates")})))
    except GEOSException as error:
        raise _refused(pointer, "geometry-unreadable", reason=str(error).splitlines()[0][:120]) from None


def read_zone(value: Any, pointer: str = "/geometry") -> BaseGeometry:
    """A shape to ask about; what it must be beyond that, the question checks."""
    shape = read_geometry(value, pointer)
    if shape is None:
        raise _refused(pointer, "request-missing", name=pointer.strip("/"))
    return shape


def read_barriers(values: Sequence[Any], root: str = "") -> tuple[BaseGeometry, ...]:
    """Shapes that close roads; InvalidInput at `root`/barriers/n for what is none."""
    shapes = []
    for place, value in enumerate(values):
        pointer = f"{root}/barriers/{place}"
        shape = read_zone(value, pointer)
        with under(f"{root}/barriers", {"barrier": str(place)}):
            shapes.append(refusals.zone("barrier", shape))
    return tuple(shapes)


def refuse_other_crs(value: Mapping[str, Any], pointer: str) -> None:
    """Old GeoJSON may carry a `crs`: taken for CRS84, such data would land elsewhere."""
    crs = value.get("crs")
    if crs is None:
        return
    name = crs.get("properties", {}).get("name") if isinstance(crs, Mapping) and isinstance(crs.get("properties"), Mapping) else crs
    if name not in _CRS84:
        raise _refused(pointer, "crs-not-accepted", given=str(name)[:80])


def _refused(pointer: str, code: str, **values: object) -> InvalidInput:
    return InvalidInput(problems=[Problem(pointer, code, values)])
