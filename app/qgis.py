"""A layer's style as QGIS reads it (QML): the page's own colours by day, one symbol or one for each choice it is shaded by, names as labels."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from app.printing.inks import Paint, family_colour, family_paint, ground_paint, ink
from layers.spec import Geometry, Layer

_KINDS = {Geometry.POINT: ("marker", 0), Geometry.POINT_OR_POLYGON: ("marker", 0), Geometry.ANY: ("marker", 0), Geometry.LINE: ("line", 1), Geometry.POLYGON: ("fill", 2)}
_CLASSES = {"marker": "SimpleMarker", "line": "SimpleLine", "fill": "SimpleFill"}
_MARK_PX = "9"


def qml(layer: Layer) -> str | None:
    """The style; None for a layer without shapes. Where a layer has shapes of several kinds it is that of its points: QGIS takes it for no other."""
    if layer.geometry is Geometry.NONE:
        return None
    kind, number = _KINDS[layer.geometry]
    root = ET.Element("qgis", {"version": "3.28.0", "styleCategories": "Symbology|Labeling", "labelsEnabled": "1" if layer.title else "0"})
    shades = _shades(layer)
    drawn = ET.SubElement(root, "renderer-v2", {"type": "categorizedSymbol", "attr": layer.style.shade_by or ""} if shades else {"type": "singleSymbol"})
    if shades:
        listed = ET.SubElement(drawn, "categories")
        for place, (value, label) in enumerate(shades.items()):
            ET.SubElement(listed, "category", {"symbol": str(place), "value": value, "label": label, "render": "true"})
    symbols = ET.SubElement(drawn, "symbols")
    for place, shade in enumerate(shades or {"": ""}):
        _symbol(symbols, str(place), kind, _paint(layer, shade), family_colour(layer.style.family))
    if layer.title:
        _labels(root, layer.title)
    ET.SubElement(root, "layerGeometryType").text = str(number)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def _shades(layer: Layer) -> Mapping[str, str]:
    """The choices by which context is shaded, with their words, and at last all others; empty where one symbol does."""
    field = layer.field(layer.style.shade_by) if layer.style.paint and layer.style.shade_by else None
    if field is None or not field.choices:
        return {}
    return {str(one.value): one.label.zh for one in field.choices} | {"": "其他"}


def _paint(layer: Layer, shade: str) -> Paint:
    return ground_paint(layer.style.paint, shade) if layer.style.paint else family_paint(layer.style.family)


def _symbol(symbols: ET.Element, name: str, kind: str, paint: Paint, colour: str) -> None:
    symbol = ET.SubElement(symbols, "symbol", {"type": kind, "name": name, "alpha": "1", "clip_to_extent": "1"})
    line = paint.line or paint.fill or colour
    if kind == "line" and paint.casing:
        _part(symbol, kind, {"line_color": _rgba(paint.casing), "line_width": str(paint.casing_width), "line_width_unit": "Pixel", "capstyle": "round"})
    _part(symbol, kind, {
        "marker": {"name": "circle", "color": _rgba(colour), "outline_color": _rgba(ink("m-halo")), "size": _MARK_PX, "size_unit": "Pixel",
                   "outline_width": "1.5", "outline_width_unit": "Pixel"},
        "line": {"line_color": _rgba(line), "line_width": str(paint.width), "line_width_unit": "Pixel", "capstyle": "round",
                 **({"use_custom_dash": "1", "customdash": ";".join(map(str, paint.dash)), "customdash_unit": "Pixel"} if paint.dash else {})},
        "fill": {"color": _rgba(paint.fill or line, paint.alpha if paint.fill else 0.0), "style": "solid", "outline_color": _rgba(line),
                 "outline_style": "solid" if paint.line else "no", "outline_width": str(paint.width), "outline_width_unit": "Pixel"},
    }[kind])


def _part(symbol: ET.Element, kind: str, options: Mapping[str, str]) -> None:
    part = ET.SubElement(symbol, "layer", {"class": _CLASSES[kind], "enabled": "1", "pass": "0", "locked": "0"})
    held = ET.SubElement(part, "Option", {"type": "Map"})
    for name, value in options.items():
        ET.SubElement(held, "Option", {"type": "QString", "name": name, "value": value})


def _labels(root: ET.Element, title: str) -> None:
    settings = ET.SubElement(ET.SubElement(root, "labeling", {"type": "simple"}), "settings", {"calloutType": "simple"})
    style = ET.SubElement(settings, "text-style", {"fieldName": title, "isExpression": "0", "fontFamily": "Noto Sans CJK SC", "fontSize": "9", "fontSizeUnit": "Point",
                                                   "textColor": _rgba(ink("m-text")), "textOpacity": "1"})
    ET.SubElement(style, "text-buffer", {"bufferDraw": "1", "bufferSize": "1", "bufferSizeUnits": "MM", "bufferColor": _rgba(ink("m-halo"))})
    ET.SubElement(settings, "placement", {"placement": "6", "dist": "1"})


def _rgba(colour: str, alpha: float = 1.0) -> str:
    """`#RRGGBB` as QGIS writes it."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{round(alpha * 255)}"
