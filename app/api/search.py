"""Search by name in Chinese or pinyin, by code, by what the values say, by road and chainage, or by coordinates."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from pydantic import Field

from app.api.chainage_words import chainage_result
from app.api.operation import Parameters, operation
from app.api.rendering import answer
from app.language import language_of
from app.security import current_actor, requires
from app.spaces import current_space
from geodata.datum import Datum
from geodata.queries.chainage import locate
from geodata.queries.position import Reading, forms, readings
from geodata.queries.search import Found, NameIndex
from geodata.store.wording import Match
from layers.chainage import read_chainage
from layers.district import JIUYUAN
from layers.spec import Action, Label, Layer
from layers.spec import Field as LayerField

blueprint = Blueprint("search", __name__, url_prefix="/api/v1/search")

names = NameIndex()


class SearchParameters(Parameters):
    q: str = Field(max_length=200, description="A name, pinyin initials, a code, words that values or choices hold (all of them), road and chainage (G6 K512+300), or coordinates (degrees in decimals or with minutes and seconds, Gauss-Kruger metres)")
    limit: int = Field(20, ge=1, le=50)


@blueprint.get("")
@requires(Action.READ)
@operation(tag="questions", summary=Label("按名称、拼音首字母、编号、属性、道路桩号或坐标查找", "Find by name, pinyin initials, code, attributes, road and chainage or coordinates"), query=SearchParameters,
           answers={200: "SearchAnswer"}, problems=(400, 401, 403))
def search(query: SearchParameters) -> Response:
    space, language = current_space(), language_of(request)
    found = names.search(space, query.q, current_actor(), query.limit)
    results = [_place(one, language) for one in readings(query.q, JIUYUAN)]
    features, unsearched = list(found), found.unsearched
    asked = read_chainage(query.q) if not results else None
    if asked:
        results = [chainage_result(one, language) for one in locate(space, asked, current_actor())]
        if results and asked.line:  # the line itself, too
            features += names.search(space, asked.line, current_actor(), query.limit)
    results += [_feature(one, space.catalogue.layer(one.feature.layer), language) for one in {one.feature.id: one for one in features}.values()]
    return answer({"results": results[:query.limit], "unsearched": unsearched})


class PositionParameters(Parameters):
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)


@blueprint.get("/forms")
@requires(Action.READ)
@operation(tag="questions", summary=Label("一个位置的各种写法，供复制", "A place in every form, to be copied"), query=PositionParameters, answers={200: "PositionForms"}, problems=(400, 401, 403))
def position_forms(query: PositionParameters) -> Response:
    language = language_of(request)
    return answer({"forms": [{"form": one.form, "text": one.text, "label": _FORMS[one.form].in_language(language).format(meridian=one.meridian_deg)} for one in forms(query.lon, query.lat)]})


_FORMS = {
    "decimal": Label("十进制度，CGCS2000", "Decimal degrees, CGCS2000"), "dms": Label("度分秒，CGCS2000", "Degrees, minutes, seconds, CGCS2000"),
    "gauss-kruger": Label("高斯坐标，CGCS2000 三度带，中央经线 {meridian}°", "Gauss-Kruger, CGCS2000 3-degree zone, meridian {meridian}°"),
    "gcj02": Label("高德、腾讯地图用（GCJ-02，已偏移）", "for Amap, Tencent (GCJ-02, shifted)"), "bd09": Label("百度地图用（BD-09，已偏移）", "for Baidu (BD-09, shifted)"),
}
_HERE = Label("CGCS2000 / WGS84", "CGCS2000 / WGS84")
_DATUMS = {Datum.GCJ02: Label("高德、腾讯 GCJ-02，已换算", "Amap, Tencent GCJ-02, converted"), Datum.BD09: Label("百度 BD-09，已换算", "Baidu BD-09, converted")}
_ZONED = Label("CGCS2000 高斯坐标，中央经线 {meridian}°", "CGCS2000 Gauss-Kruger, central meridian {meridian}°")
_ASSUMED = Label("未写带号：若中央经线为 {meridian}°（请核对）", "No zone given: if the central meridian is {meridian}° (please check)")
_SWAPPED = Label("已按先纬后经读取", "read as latitude first")
_OUTSIDE = Label("不在本区范围内", "outside the district")


def _place(one: Reading, language: str) -> dict[str, Any]:
    lon, lat = round(one.lon, 9), round(one.lat, 9)
    system = _system(one).in_language(language).format(meridian=one.meridian_deg)
    notes = [_SWAPPED] * (one.swapped and one.epsg is None) + [_OUTSIDE] * (not one.in_district)
    datum = "as given" if one.datum is Datum.WGS84 else one.datum.value if one.datum else f"EPSG:{one.epsg}"
    return {"kind": "coordinate", "layer": None, "id": None, "title": f"{lon:.6f}, {lat:.6f}", "subtitle": " · ".join([system, *(note.in_language(language) for note in notes)]),
            "lon": lon, "lat": lat, "bbox": None, "datum": datum, "system": system, "swapped": one.swapped, "in_district": one.in_district}


def _system(one: Reading) -> Label:
    """What the numbers are taken to be."""
    if one.datum is None:
        return _ZONED if one.zoned else _ASSUMED
    return _DATUMS.get(one.datum, _HERE)


def _feature(found: Found, layer: Layer, language: str) -> dict[str, Any]:
    words = [layer.label.in_language(language)]
    words += [_said(field, found.feature.properties.get(field.id), language) for one in layer.summary if (field := layer.field(one))]
    lon, lat = found.place or (None, None)
    return {"kind": "feature", "layer": layer.id, "id": found.feature.id, "title": found.title, "subtitle": " · ".join(one for one in words if one),
            "lon": lon, "lat": lat, "bbox": found.bbox, "matches": [_match(one, language) for one in found.matches], "parts": found.parts}


def _match(one: Match, language: str) -> dict[str, str]:
    """A field that answered beside the name, and its value, in words."""
    return {"field": one.field.id, "label": one.field.label.in_language(language), "value": _said(one.field, one.value, language)}


def _said(field: LayerField, value: Any, language: str) -> str:
    """A value in words: the label of a choice, nothing for an unknown."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "、".join(_said(field, one, language) for one in value)
    choice = field.choice(value)
    if choice:
        return choice.label.in_language(language)
    return value.date().isoformat() if hasattr(value, "date") else str(value)
