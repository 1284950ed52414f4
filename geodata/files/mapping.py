"""Which column of a file carries which field of a layer, by its names in Chinese, English, pinyin initials or cut to ten."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from geodata.files.notices import Refused
from layers.spec import Field, Layer

_DBF_BYTES = 10  # a dBASE field name holds no more


@dataclass(frozen=True)
class Mapped:
    """One column with the field that it fills, and how that was told (given, remembered, id, label, name, initials, cut)."""

    column: str
    field: str
    by: str


@dataclass(frozen=True)
class ColumnMapping:
    """The columns that fill a field, in the file's order, and those that fill none."""

    mapped: tuple[Mapped, ...]
    unmatched: tuple[str, ...]


def folded(name: str) -> str:
    """A name without width, case, blanks, punctuation and a unit in brackets."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    bare = re.sub(r"[\W_]+", "", re.sub(r"[(\[{].*?[)\]}]", "", plain))
    return bare or re.sub(r"[\W_]+", "", plain)


@lru_cache(maxsize=4096)
def initials(words: str) -> str:
    """Pinyin initials of Chinese words: 可容纳人数 -> krnrs. Empty when there are none."""
    if not re.search(r"[\u4e00-\u9fff]", words):
        return ""
    return folded("".join(lazy_pinyin(words, style=Style.FIRST_LETTER)))


@lru_cache(maxsize=4096)
def pinyin(words: str) -> str:
    """Full pinyin of Chinese words, other letters kept."""
    return folded("".join(lazy_pinyin(words)))


def map_columns(columns: Iterable[str], layer: Layer, given: Mapping[str, str] | None = None, remembered: Mapping[str, str] | None = None) -> ColumnMapping:
    """Which column fills which field. `given` (column -> field, an empty field for none) goes first, then what is `remembered`.

    A column that two fields could claim in the same way, and a second column for one field, stay unmatched. Raises Refused
    for a given column or field that is not there.
    """
    columns = list(columns)
    taken: dict[str, Mapped] = {}
    ignored: set[str] = set()
    said = [("remembered", *one) for one in (remembered or {}).items() if one[0] in columns] + [("given", *one) for one in (given or {}).items()]
    for by, column, field_id in said:  # what is given comes last, and so takes the place of what is remembered
        real = _column(column, columns)
        if field_id in ("", "-"):
            ignored.add(real)
            continue
        field = _field(field_id, layer)
        taken[field.id] = Mapped(real, field.id, by)
    for by, names in _ways():
        claims: dict[str, list[str]] = {}
        for column in columns:
            if column in ignored or any(one.column == column for one in taken.values()):
                continue
            fields = layer.fields if by == "exact" else layer.all_fields
            fitting = [field.id for field in fields if field.id not in taken and names(column, field)]
            if len(fitting) == 1:
                claims.setdefault(fitting[0], []).append(column)
        for field_id, claimants in claims.items():
            taken[field_id] = Mapped(claimants[0], field_id, by)
    by_column = {one.column: one for one in taken.values()}
    return ColumnMapping(
        tuple(by_column[one] for one in columns if one in by_column), tuple(one for one in columns if one not in by_column)
    )


def carries(column: str, field: Field) -> bool:
    """Whether a column is called as the field is, in any of the ways that fill one."""
    return any(names(column, field) for _, names in _ways())


def _ways() -> tuple[tuple[str, Callable[[str, Field], bool]], ...]:
    return (
        ("exact", lambda column, field: column in field.read_from),
        ("id", lambda column, field: folded(column) == folded(field.id)),
        ("label", lambda column, field: folded(column) in (folded(field.label.zh), folded(field.label.en))),
        ("name", lambda column, field: folded(column) in {folded(one) for one in field.read_from}),
        ("pinyin", lambda column, field: folded(column) == pinyin(field.label.zh) and folded(column) != ""),
        ("initials", lambda column, field: len(folded(column)) > 1 and folded(column) == initials(field.label.zh)),
        ("cut", _is_cut),
    )


def _is_cut(column: str, field: Field) -> bool:
    """Whether the column is one of the field's names cut to what dBASE holds, in GBK or UTF-8."""
    raw = unicodedata.normalize("NFKC", column).casefold()
    return any(raw == cut for name in (field.id, field.label.zh, field.label.en, *field.read_from) for cut in _cuts(name))


@lru_cache(maxsize=8192)
def _cuts(name: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKC", name).casefold()
    cuts = set()
    for codec in ("gbk", "utf-8"):
        try:
            raw = plain.encode(codec)
        except UnicodeEncodeError:
            continue
        if len(raw) > _DBF_BYTES:
            cuts.add(raw[:_DBF_BYTES].decode(codec, errors="ignore"))
    return frozenset(cuts)


def _column(name: str, columns: list[str]) -> str:
    found = [one for one in columns if one == name] or [one for one in columns if folded(one) == folded(name)]
    if not found:
        raise Refused("map-no-column", about="map", column=name, there=", ".join(columns[:40]))
    return found[0]


def _field(name: str, layer: Layer) -> Field:
    found = [one for one in layer.all_fields if name in (one.id, one.label.zh, one.label.en)]
    if not found:
        raise Refused("map-no-field", about="map", field=name, there=", ".join(one.id for one in layer.all_fields))
    return found[0]
