"""Figures, dates and values as the page on the screen writes them, and the words of the sheet in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from layers.spec import Field, Label, Layer
from layers.units import unit_label

LOCAL = ZoneInfo("Asia/Shanghai")
_WINDS = {"zh": ["北", "东北", "东", "东南", "南", "西南", "西", "西北"], "en": ["N", "NE", "E", "SE", "S", "SW", "W", "NW"]}
_SHORT = {"m": "m", "km": "km", "m2": "m²", "m3": "m³", "t": "t", "ha": "ha"}  # as the screen writes them

WORDS: Mapping[str, Label] = {
    "unknown": Label("未知", "unknown"),
    "unnamed": Label("未命名{layer}", "Unnamed {layer}"),
    "yes": Label("是", "yes"), "no": Label("否", "no"),
    "comma": Label("、", ", "),
    "legend": Label("图例", "Legend"),
    "legend.more": Label("另有 {n} 项，见「资料来源」", "{n} more: see “Sources”"),
    "legend.place": Label("所查位置", "Place asked about"),
    "legend.cluster": Label("圆内数字：此处要素个数", "In a disc: how many are here"),
    "legend.rank": Label("名次，与「最近资源」表一致", "Rank, as in the table"),
    "legend.out": Label("更近但未列，原因见表", "Nearer but left out, see table"),
    "legend.coarse": Label("位置概略到约 1 km", "positions to about 1 km"),
    "verified": Label("核实 {when}", "verified {when}"),
    "unverified": Label("未核实", "never verified"),
    "unverified.n": Label("{n} 处未核实", "{n} never verified"),
    "no-source": Label("来源未注明", "source not given"),
    "made": Label("制图 {when}", "Made {when}"),
    "by": Label("打印：{who}", "Printed by {who}"),
    "page": Label("第 {n} / {all} 页", "Page {n} of {all}"),
    "scale": Label("比例尺 1 : {n}", "Scale 1 : {n}"),
    "paper": Label("（{paper} 纸，勿缩放打印）", "({paper}; print without scaling)"),
    "projection": Label("CGCS2000 高斯-克吕格 3° 带，中央经线 {meridian}°E（EPSG:{epsg}）", "CGCS2000 Gauss-Kruger 3°, central meridian {meridian}°E (EPSG:{epsg})"),
    "credit": Label("底图：本局 · 未经审核的内部用图，不得公开", "Ground: the bureau's own · internal, not for publication"),
    "north": Label("北", "N"),
    "drill": Label("演练", "DRILL"),
    "drill.not-real": Label("{name} · 不是真实情况", "{name} · this is not real"),
    "nearest": Label("最近资源", "Nearest resources"),
    "nearest.head": Label("自 {place} 直线距离 · {when} 算", "Straight distance from {place} · worked out {when}"),
    "nearest.head-road": Label("到 {place} 按道路（{profile}）· {when} 算", "By road to {place} ({profile}) · worked out {when}"),
    "legend.route": Label("到得最快者的路线", "Way of the soonest of each kind"),
    "road.minutes": Label("{n} 分", "{n} min"),
    "road.far": Label("道路 {length}，直线 {straight}", "{length} by road, {straight} by air"),
    "nearest.outside": Label("，绕开影响区", ", outside the zone"),
    "nearest.needed": Label("，需：{needs}", ", needed: {needs}"),
    "nearest.all": Label("无更近者被略过", "no nearer one left out"),
    "nearest.left": Label("更近 {n} 处未列", "{n} nearer not listed"),
    "nearest.left-more": Label("更近的 {n} 处以上未列", "more than {n} nearer not listed"),
    "nearest.none": Label("没有可用的{layer}", "None available: {layer}"),
    "supply.head": Label("调集 {article} {asked}", "{article}, {asked} wanted"),
    "supply.met": Label("已够", "enough"),
    "supply.short": Label("已落实 {met}，尚缺 {short}", "{met} met, {short} still short"),
    "supply.take": Label("出 {quantity}", "gives {quantity}"),
    "supply.line": Label("{code} {quantity}（有效期 {expires}）", "{code} {quantity} (expires {expires})"),
    "supply.lies": Label("有 {quantity}", "has {quantity}"),
    "rank": Label("名次", "Rank"), "name": Label("名称", "Name"), "about": Label("状况", "About"), "distance": Label("距离", "Distance"),
    "bearing": Label("方位", "Bearing"), "age": Label("核实", "Verified"), "reasons": Label("未列原因", "Why left out"),
    "off-frame": Label("图幅外", "off the map"),
    "zone": Label("影响区内", "Inside the zone"),
    "zone.circle": Label("影响区 半径 {radius}", "Zone, radius {radius}"),
    "zone.drawn": Label("影响区（手绘范围）", "Zone as drawn"),
    "zone.head": Label("{zone} · {when} 算 · 半径须按处置依据核定", "{zone} · worked out {when} · the radius must follow the rule book"),
    "zone.what": Label("对象", "What"), "zone.count": Label("数量", "Count"), "zone.sum": Label("合计", "Sum"), "zone.basis": Label("依据", "Basis"),
    "zone.unknown": Label("{n} 处未知", "{n} unknown"),
    "zone.none": Label("区内没有：{layers}", "None inside: {layers}"),
    "zone.nothing": Label("区内没有登记的对象", "Nothing on record lies inside"),
    "zone.more": Label("等 {n} 处", "and more: {n} in all"),
    "sources": Label("资料来源", "Sources"),
    "sources.layer": Label("图层", "Layer"), "sources.count": Label("图幅内", "In the frame"), "sources.from": Label("来源", "Source"),
    "sources.dates": Label("来源日期", "Source dates"), "sources.age": Label("核实时间", "Verified"),
    "too-many": Label("未印 {layer}：图幅内超过 {n} 个，缩小范围再印", "Not printed: {layer}, over {n} in the frame; print a smaller view"),
    "apart": Label("打印时数据正在改动：图与表可能相差一次改动", "Data were being changed while this was made: map and tables may differ by a change"),
    "glyphs": Label("〓 表示字库没有的字", "〓 stands for a character that the font lacks"),
}


def say(key: str, language: str, **values: Any) -> str:
    """The words for a key with its places filled."""
    return WORDS[key].in_language(language).format(**values)


def number(value: float) -> str:
    """With thousands; two decimals at most, none from a thousand on."""
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{floor(value + 0.5):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def distance(metres: float) -> str:
    """`850 m`, `12.3 km`, `123 km`."""
    if metres < 1000:
        return f"{floor(metres + 0.5):,} m"
    return f"{metres / 1000:.{1 if metres < 100_000 else 0}f} km"


def area(square_metres: float) -> str:
    """m2 below a hectare, hectares below a square kilometre."""
    if square_metres < 10_000:
        return f"{number(floor(square_metres + 0.5))} m²"
    if square_metres < 1e6:
        return f"{number(square_metres / 1e4)} ha"
    return f"{number(square_metres / 1e6)} km²"


def bearing(degrees: float | None, language: str) -> str:
    """One of eight winds and the degrees from north."""
    if degrees is None:
        return ""
    return f"{_WINDS[language][round(degrees / 45) % 8]} {round(degrees) % 360}°"


def moment(when: datetime, seconds: bool = False) -> str:
    """Date and time of day where the bureau is."""
    return when.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def day(when: date | datetime) -> str:
    """The date where the bureau is."""
    return (when.astimezone(LOCAL) if isinstance(when, datetime) else when).strftime("%Y-%m-%d")


def unit(name: str | None, language: str) -> str:
    if not name:
        return ""
    return _SHORT.get(name) or unit_label(name).in_language(language)


def value(field: Field, given: Any, language: str) -> str:
    """A value as read: choices by label, numbers with their unit; empty where unknown."""
    if given is None or given == "" or given == []:
        return ""
    if isinstance(given, (list, tuple)):
        return say("comma", language).join(filter(None, (value(field, one, language) for one in given)))
    choice = field.choice(given)
    if choice:
        return choice.label.in_language(language)
    if isinstance(given, bool):
        return say("yes" if given else "no", language)
    if isinstance(given, datetime):
        return moment(given)
    if isinstance(given, date):
        return day(given)
    if isinstance(given, (int, float)):
        return f"{number(given)} {unit(field.unit, language)}".strip()
    return str(given)


def title(layer: Layer, properties: Mapping[str, Any], language: str) -> str:
    """The feature's name, its key, or that it has none."""
    for name in (layer.title, layer.key):
        if name and properties.get(name):
            return str(properties[name])
    return say("unnamed", language, layer=layer.label.in_language(language))


def about(layer: Layer, properties: Mapping[str, Any], language: str) -> str:
    """The layer's summary fields in one line."""
    fields = [field for field in map(layer.field, layer.summary) if field]
    return " · ".join(filter(None, (value(one, properties.get(one.id), language) for one in fields)))


def span(dates: Sequence[date]) -> str:
    """One day, or the first and the last; empty of none."""
    days = list(dict.fromkeys(day(one) for one in dates))
    return " – ".join(days if len(days) < 2 else (days[0], days[-1]))


def now() -> datetime:
    return datetime.now(UTC)
