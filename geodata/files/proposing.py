"""A layer proposed from what a file holds: fields, types, identifiers, key, title and form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

from geodata.columns import Coded
from geodata.files.domains import choices_of
from geodata.files.mapping import folded
from geodata.files.measuring import with_measures
from geodata.files.notices import Notice, Refused
from geodata.files.table import Column, Kind, Table
from layers.spec import COMMON_FIELDS, IDENTIFIER, SYSTEM_COLUMNS, Family, Field, FieldType, Geometry, Group, Label, Layer, Style
from layers.values import MAX_INTEGER, Unreadable, reader

CONTENT_KEY = "content_key"
_CODE = re.compile(r"(code|编号|编码|代码|序号|标识码|uuid|guid|id|bm|bh|dm|no)$")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_UNSTABLE = frozenset(
    {"fid", "objectid", "oid", "gid", "ogcfid", "序号", "featureid", "shapeid", "recno"}
)  # numbers that programs give anew
_NAME = ("名称", "name", "mc", "名字", "title", "标题", "简称", "label", "单位名称", "全称", "district_name", "namezh", "namecn", "nameen")
_MAX_NAME = 40
_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_TELLING = 20  # so many numbers to one that is none: a column of numbers with a slip, not one of words
_SYMBOLS = {Geometry.POINT: "point", Geometry.LINE: "line_layer", Geometry.POLYGON: "area_layer"}


def propose(layer_id: str, table: Table, kinds: set[Geometry], measures: Mapping[str, str] | None = None, label: str = "") -> tuple[Layer, list[Notice]]:
    """The layer that this table would become, called `label` where that is given, and what its numbers are taken to count. Raises Refused for a name that cannot be an identifier.

    Columns that carry a common field (source, division code ...) fill that one when all their values can be read so. The key is
    a column of distinct codes; where there is none, `content_key` is made from the content, so that the same file again changes nothing.
    """
    if not IDENTIFIER.match(layer_id):
        raise Refused("layer-name", about="layer", name=layer_id, proposed=identifier(layer_id, set()))
    columns = [one for one in table.columns if one.name not in table.used_for_place]
    taken = {one.id for one in COMMON_FIELDS} | set(SYSTEM_COLUMNS) | {CONTENT_KEY}
    fields: list[Field] = []
    origin: dict[str, Column] = {}
    for column in columns:
        common = _common(column)
        if common and not any(folded(other.name) == folded(column.name) for other in origin.values()):
            continue
        made = _field(column, taken)
        taken.add(made.id)
        fields.append(made)
        origin[made.id] = column
    strays = [one for made in fields if made.type is str for one in _not_all(origin[made.id], table.rows)]
    key = _key(fields, origin)
    if key is None:
        fields.append(
            Field(
                CONTENT_KEY,
                Label("内容标识", "Content key"),
                max_length=80,
                description=Label(
                    "由内容算出，用于再次导入时识别同一要素", "Made from the content, to know the feature again at the next load"
                ),
            )
        )
        key = CONTENT_KEY
    fields = [replace(one, choices=()) if one.id == key else one for one in fields]  # a key is not chosen from a list
    fields, counted = with_measures(fields, origin, measures or {})
    geometry = _geometry(kinds)
    name = label or table.sublayer or layer_id
    layer = Layer(
        layer_id,
        Label(name, label if label.isascii() and label else layer_id.replace("_", " ")),
        geometry,
        tuple(fields),
        Style(Family.BASE, symbol=_SYMBOLS.get(geometry, "point"), label_zoom=12),
        Group.LOADED,
        key=key,
        title=_title(fields, origin),
    )
    return layer, counted + strays


def identifier(name: str, taken: set[str]) -> str:
    """An identifier for a name: its letters, Chinese in pinyin, not one of `taken`."""
    plain = unicodedata.normalize("NFKC", re.sub(r"[(（\[【].*?[)）\]】]", "", name) or name)
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    spoken = "_".join(lazy_pinyin(plain)) if re.search(r"[\u4e00-\u9fff]", plain) else plain
    plain = re.sub(r"[^a-z0-9]+", "_", unicodedata.normalize("NFKD", spoken).encode("ascii", "ignore").decode().lower()).strip("_")
    if not plain or not plain[0].isalpha():
        plain = f"f_{plain}".strip("_")
    plain = plain[:_MAX_NAME].strip("_")
    if plain in SYSTEM_COLUMNS or (plain in taken and plain in {one.id for one in COMMON_FIELDS} | {CONTENT_KEY}):
        plain = f"file_{plain}"
    unique, number = plain, 2
    while unique in taken:
        unique, number = f"{plain}_{number}", number + 1
    return unique


def _common(column: Column) -> Field | None:
    names = {folded(column.name)}
    for one in COMMON_FIELDS:
        if names & {folded(one.id), folded(one.label.zh), folded(one.label.en), *map(folded, one.read_from)}:
            return one if _all_read(column, one) else None
    return None


def _all_read(column: Column, wanted: Field) -> bool:
    read = reader(wanted)
    try:
        for value in column.distinct:
            read(value)
    except Unreadable:
        return False
    return True


def _field(column: Column, taken: set[str]) -> Field:
    kind = _type(column)
    unit = re.search(r"[(（\[]([^()（）\[\]]{1,12})[)）\]]\s*$", column.name)
    longest = max((len(str(one)) for one in column.distinct), default=0) if kind is str else 0
    name = column.name.strip() or "column"
    choices = choices_of(column, kind)
    return Field(
        identifier(column.name, taken),
        Label(name, name),
        kind,
        max_length=next(one for one in (500, 2_000, 10_000, 100_000, 10_000_000) if one >= longest),
        unit=unit[1].strip() if unit and kind in (int, float) else None,
        read_from=(column.name,),
        choices=choices,
    )


def _type(column: Column) -> FieldType:
    """The narrowest type that reads every value and gives back the same text: codes with leading zeros, of more than 15 digits or like 2E5, and phones stay text."""
    if column.kind is Kind.INTEGER:
        return int if all(isinstance(one, int) and abs(one) <= MAX_INTEGER for one in column.distinct) else str
    if column.kind is Kind.REAL:
        return float if all(isinstance(one, (int, float)) for one in column.distinct) else str
    if column.kind is Kind.BOOLEAN:
        return bool
    values = column.distinct
    if column.kind in (Kind.DATE, Kind.MOMENT):
        wanted: FieldType = date if column.kind is Kind.DATE else datetime
        return wanted if _reads(values, wanted) else str
    if not values:
        return str
    texts = _texts(values)
    if all(re.fullmatch(r"[+-]?(0|[1-9]\d{0,14})", one) for one in texts):
        return str if all(re.fullmatch(r"1\d{10}", one) for one in texts) or _CODE.search(folded(column.name)) else int
    if any(map(_THOUSANDS.fullmatch, texts)) and all(_THOUSANDS.fullmatch(one) or re.fullmatch(r"[+-]?(0|[1-9]\d{0,2})", one) for one in texts):
        return int
    if all(re.fullmatch(r"[+-]?(\d{1,15}(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", one) and not re.match(r"[+-]?(0\d|\d+[eE]\+?\d)", one) for one in texts):
        return float
    if len(texts) <= 6 and (set(texts) <= {"是", "否"} or {one.lower() for one in texts} <= {"true", "false"}):
        return bool
    if all(re.fullmatch(r"\d{4}([-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日)", one) for one in texts) and _reads(texts, date):
        return date
    if all(re.fullmatch(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]\d{1,2}:\d{2}.*", one) for one in texts) and _reads(texts, datetime):
        return datetime
    return str


def _not_all(column: Column, rows: NDArray[np.int64]) -> list[Notice]:
    """That a column is text only because a few of its values are no numbers or days, with which and where."""
    days = column.kind in (Kind.DATE, Kind.MOMENT)
    declared = days or column.kind in (Kind.INTEGER, Kind.REAL)
    coded = Coded.of(column.values)
    filled = [code for code, one in enumerate(coded.levels) if one not in (None, "")]
    wrong = [code for code in filled if not (_reads([coded.levels[code]], date if column.kind is Kind.DATE else datetime) if days else _NUMBER.fullmatch(str(coded.levels[code])))]
    if not wrong or len(wrong) == len(filled) or (not declared and (_CODE.search(folded(column.name)) or len(filled) < _TELLING * len(wrong))):
        return []
    places = np.flatnonzero(np.isin(coded.codes, wrong))
    if not declared and len(places) * _TELLING > len(coded):
        return []
    shown = ", ".join(map(str, rows[places[:10]].tolist())) + (" …" if len(places) > 10 else "")
    values = {"column": column.name, "count": len(places), "rows": shown, "text": str(coded.levels[wrong[0]])[:40]}
    return [Notice("days-not-all" if days else "numbers-not-all", values, field=column.name)]


def _texts(values: list[Any]) -> list[str]:
    """Distinct values as distinct texts."""
    return values if all(one.__class__ is str for one in values) else Coded.of(map(str, values)).levels


def _reads(values: Iterable[Any], kind: FieldType) -> bool:
    read = reader(Field("x", Label("x", "x"), kind))
    try:
        for one in values:
            read(one)
    except Unreadable:
        return False
    return True


def _key(fields: list[Field], origin: dict[str, Column]) -> str | None:
    ranked = sorted(enumerate(fields), key=lambda one: _rank(origin[one[1].id].name, one[0]))
    for _, one in ranked:
        name = folded(origin[one.id].name)
        values = Coded.of(origin[one.id].values)
        if not _CODE.search(name) or name in _UNSTABLE or one.type not in (str, int) or any(value in (None, "") for value in values.levels):
            continue
        if len(_texts(values.levels)) == len(values) and max(len(str(value)) for value in values.levels) <= 100:
            return one.id
    return None


def _rank(name: str, place: int) -> tuple[int, int]:
    """The plain code first, then other codes from the last (province, city, district: the last is the thing's own), then ids."""
    plain = folded(name)
    if plain in ("code", "编号", "编码", "代码", "统一编码"):
        return 0, place
    return (1, -place) if plain.endswith(("code", "编号", "编码", "代码")) else (2, place)


def _title(fields: list[Field], origin: dict[str, Column]) -> str | None:
    texts = [one for one in fields if one.type is str and one.id != CONTENT_KEY and not one.choices]
    for wanted in _NAME:
        for one in texts:
            if folded(origin[one.id].name) == folded(wanted):
                return one.id
    named = [one for one in texts if re.search(r"name|名", folded(origin[one.id].name))]
    best = named or texts
    return max(best, key=lambda one: len(origin[one.id].distinct)).id if named else (best[0].id if best else None)


def _geometry(kinds: set[Geometry]) -> Geometry:
    if len(kinds) == 1:
        return next(iter(kinds))
    return Geometry.POINT_OR_POLYGON if kinds == {Geometry.POINT, Geometry.POLYGON} else Geometry.ANY if kinds else Geometry.NONE
