"""A warning in the Common Alerting Protocol 1.2: each area that it names, with what is warned of, how badly and until when."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import shapely

from geodata.crs import GEOD
from geodata.files.geojson import column
from geodata.files.notices import Notice, Refused
from geodata.files.sniffing import ALERT, Source
from geodata.files.sublayers import Sublayer, chosen
from geodata.files.table import Table
from geodata.files.xml_faults import is_number
from geodata.files.xml_tree import Element, read_tree

_OF_ALERT = ("identifier", "sender", "sent", "status", "msgType", "scope", "references", "note")
_OF_INFO = (
    "language", "category", "event", "responseType", "urgency", "severity", "certainty", "audience", "effective", "onset", "expires",
    "senderName", "headline", "description", "instruction", "web", "contact",
)  # fmt: skip
_CIRCLE_POINTS = 72  # a side is then 0.1 % of the radius inside of the arc at most


def read_alert(source: Source, *, sublayer: str | None, encoding: str | None) -> Table:
    """A row for each area of each `info`; circles become polygons. Raises Refused when it is in several languages and none is chosen."""
    root, decision = read_tree(source, encoding=encoding)
    infos = list(root.every("info"))
    if not infos:
        raise Refused("empty-layer", layer=source.name)
    by_language: dict[str, list[Element]] = {}
    for info in infos:
        by_language.setdefault(info.said("language") or "en-US", []).append(info)  # CAP 1.2, 3.2.2: none said means en-US
    listed = [Sublayer(name, sum(len(list(one.every("area"))) or 1 for one in some)) for name, some in by_language.items()]
    language = chosen(listed, sublayer, source.main.name)
    rows: list[dict[str, Any]] = []
    shapes: list[bytes | None] = []
    rejected: list[Notice] = []
    circles = 0
    for info in by_language[language]:
        for area in list(info.every("area")) or [Element("area", {})]:
            rows.append(_values(root, info, area))
            circles += len(list(area.every("circle")))
            try:
                shape = _shape(area)
                shapes.append(None if shape is None else shapely.to_wkb(shape))
            except ValueError as error:
                shapes.append(None)
                rejected.append(Notice("cap-area-not-read", {"value": str(error)[:60]}, len(rows), "geometry"))
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [column(name, [row.get(name) for row in rows]) for name in names]
    notices = list(decision.notices)
    status, kind = root.said("status") or "Actual", root.said("msgType") or "Alert"
    if status != "Actual":
        notices.append(Notice("warning-not-actual", {"status": status[:20]}))
    if kind in ("Cancel", "Ack", "Error"):
        notices.append(Notice("warning-taken-back", {"kind": kind}))
    if circles:
        notices.append(Notice("circles-as-polygons", {"count": circles, "points": _CIRCLE_POINTS}))
    label = language if len(by_language) > 1 else source.name
    table = Table(ALERT, label, np.arange(1, len(rows) + 1), columns, shapes, decision.found, "EPSG:4326", ALERT, rejected=rejected, notices=notices)
    out = np.zeros(len(rows), bool)
    out[[one.row - 1 for one in rejected if one.row]] = True
    return table.without(out) if out.any() else table


def _values(alert: Element, info: Element, area: Element) -> dict[str, Any]:
    found: dict[str, Any] = {name: alert.said(name) for name in _OF_ALERT if alert.said(name)}
    for name in _OF_INFO:
        several = [one.text.strip() for one in info.every(name) if one.text.strip()]
        if several:
            found[name] = "、".join(several)
    for one in info.every("parameter"):
        if one.said("valueName"):
            found.setdefault(str(one.said("valueName")), one.said("value"))
    if described := area.said("areaDesc"):
        found["areaDesc"] = described
    if codes := [f"{one.said('valueName')}={one.said('value')}" for one in area.every("geocode")]:
        found["geocode"] = "、".join(codes)
    return found | {name: area.said(name) for name in ("altitude", "ceiling") if area.first(name)}


def _shape(area: Element) -> shapely.Geometry | None:
    """All polygons and circles of an area as one shape, None when it has neither. ValueError for one that cannot be read."""
    parts = [_polygon(one.text) for one in area.every("polygon")] + [_circle(one.text) for one in area.every("circle")]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(shapely.make_valid(parts)) if all(one.area for one in parts) else shapely.GeometryCollection(parts)


def _polygon(text: str) -> shapely.Geometry:
    places = [_place(one) for one in re.sub(r"\s*,\s*", ",", text).split()]
    if len(places) < 4:
        raise ValueError(text.strip())
    return shapely.Polygon(places if places[0] == places[-1] else [*places, places[0]])


def _circle(text: str) -> shapely.Geometry:
    """`latitude,longitude radius` with the radius in kilometres; one of no radius is its middle."""
    pieces = re.sub(r"\s*,\s*", ",", text).split()
    if len(pieces) != 2 or not re.fullmatch(r"\d+(\.\d+)?", pieces[1]):
        raise ValueError(text.strip())
    lon, lat = _place(pieces[0])
    radius_m = float(pieces[1]) * 1000
    if not radius_m:
        return shapely.Point(lon, lat)
    bearings = np.linspace(0, 360, _CIRCLE_POINTS, endpoint=False)
    many = np.ones_like(bearings)
    xs, ys, _ = GEOD.fwd(lon * many, lat * many, bearings, radius_m * many)
    return shapely.Polygon(list(zip(xs.tolist(), ys.tolist(), strict=True)))


def _place(text: str) -> tuple[float, float]:
    """CAP writes latitude first."""
    pieces = text.split(",")
    if len(pieces) != 2 or not all(map(is_number, pieces)):
        raise ValueError(text)
    lat, lon = map(float, pieces)
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        raise ValueError(text)
    return lon, lat
