"""What a search says of a chainage: its place with the basis, or why it has none and what is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geodata.queries.chainage import TOLERANCE, Located, Stretch, Unlocated
from layers.chainage import write_chainage
from layers.spec import Label

_BASIS = Label("在 {start}–{end} 之间按图上线长 {length} m（椭球面）内插", "interpolated between {start} and {end} on the drawn length of {length} m (ellipsoid)")
_DIFFERS = Label("桩号差 {span} m，与图上线长不符，请核对", "the chainage spans {span} m, which is not the drawn length: please check")
_DRAWN = Label("起点取图形起点，没有相邻段可核对方向", "the start is taken where the drawing starts: no neighbour confirms the direction")
_KNOWN = Label("已知 {stretches}；不外推", "known: {stretches}; nothing is extrapolated")
_REASONS = {
    Unlocated.NOT_KEPT: Label("「{layer}」图层不记桩号，不能定位", "the layer “{layer}” keeps no chainage: no place can be given"),
    Unlocated.NOT_KNOWN: Label("这条线没有桩号资料，不能定位", "no chainage of this line is known: no place can be given"),
    Unlocated.OUTSIDE: Label("{chainage} 不在已知桩号之内", "{chainage} is on no stretch whose chainage is known"),
    Unlocated.IN_PARTS: Label("图形分成几段不相连，不能按长度内插", "the drawing is in parts that do not join: nothing can be interpolated on its length"),
    Unlocated.DIRECTION: Label("图形绘制方向与相邻段桩号相反，哪端是起点不能确定", "the drawing runs against the chainage of its neighbours: which end is the start is not certain"),
    Unlocated.NO_LINE: Label("没有叫「{line}」的道路、河流或堤段", "no road, river or dike is called “{line}”"),
}


def chainage_result(one: Located, language: str) -> dict[str, Any]:
    """One result of a search; without a place `lon` and `lat` are null and `why` has the code."""
    lon, lat = (round(part, 9) for part in one.place) if one.place else (None, None)
    chainage = write_chainage(one.asked.metres)
    title = " ".join(part for part in (one.line, chainage) if part)
    said = _basis(one) if one.place else _refusal(one, chainage, language)
    words = [one.layer.label if one.layer else None, one.stretch.title if one.stretch else None, *said]
    return {"kind": "chainage", "layer": one.layer.id if one.layer else None, "id": one.feature_id, "title": title,
            "subtitle": " · ".join(_words(part, language) for part in words if part), "lon": lon, "lat": lat, "bbox": None,
            "why": one.why.value if one.why else None, "known": [[part.start_m, part.end_m] for part in one.known]}


def _basis(one: Located) -> list[str | Label]:
    assert one.stretch and one.length_m is not None
    span_m = abs(one.stretch.end_m - one.stretch.start_m)
    said: list[str | Label] = [_filled(_BASIS, start=write_chainage(one.stretch.start_m), end=write_chainage(one.stretch.end_m), length=f"{one.length_m:,.0f}")]
    if abs(span_m - one.length_m) > TOLERANCE * span_m:
        said.append(_filled(_DIFFERS, span=f"{span_m:,.0f}"))
    return said if one.confirmed else [*said, _DRAWN]


def _refusal(one: Located, chainage: str, language: str) -> list[str | Label]:
    assert one.why
    said: list[str | Label] = [_filled(_REASONS[one.why], chainage=chainage, line=one.line, layer=one.layer.label.in_language(language) if one.layer else "")]
    return [*said, _filled(_KNOWN, stretches=_stretches(one.known))] if one.known else said


def _stretches(known: Sequence[Stretch]) -> str:
    return ", ".join(f"{write_chainage(one.start_m)}–{write_chainage(one.end_m)}" for one in known)


def _filled(words: Label, **values: str) -> Label:
    return Label(words.zh.format(**values), words.en.format(**values))


def _words(part: str | Label, language: str) -> str:
    return part.in_language(language) if isinstance(part, Label) else part
