"""The style that QGIS gets of every layer: its colours are the page's."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from app.printing.inks import family_colour, ink
from app.qgis import qml
from layers.catalogue import CATALOGUE
from layers.spec import Geometry, Layer

SHAPED = [one for one in CATALOGUE.values() if one.geometry is not Geometry.NONE]


def rgba(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


@pytest.mark.parametrize("layer", SHAPED, ids=lambda one: one.id)
def test_every_shaped_layer_has_a_style_of_its_kind_of_shape(layer: Layer) -> None:
    text = qml(layer)
    assert text is not None and text.startswith("<!DOCTYPE qgis")
    root = ET.fromstring(text)
    kinds = {"0": "marker", "1": "line", "2": "fill"}
    symbols = root.findall("renderer-v2/symbols/symbol")
    assert {one.get("type") for one in symbols} == {kinds[root.findtext("layerGeometryType") or ""]}
    categories = root.findall("renderer-v2/categories/category")
    assert {one.get("symbol") for one in categories} <= {one.get("name") for one in symbols} and len(symbols) == max(1, len(categories))
    titled = root.find("labeling/settings/text-style")
    assert (titled.get("fieldName") if titled is not None else None) == layer.title


def test_a_point_has_the_colour_of_its_family() -> None:
    layer = next(one for one in SHAPED if one.geometry is Geometry.POINT)
    options = {one.get("name"): one.get("value") for one in ET.fromstring(qml(layer) or "").findall(".//Option[@type='QString']")}
    assert (options["color"], options["outline_color"]) == (rgba(family_colour(layer.style.family)), rgba(ink("m-halo")))


def test_a_layer_without_shapes_has_none() -> None:
    assert qml(next(one for one in CATALOGUE.values() if one.geometry is Geometry.NONE)) is None
