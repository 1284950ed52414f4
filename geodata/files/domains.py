"""Coded values of a File Geodatabase or a GeoPackage: the rows hold codes, and the file itself says what each code means."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geodata.columns import Coded
from geodata.files.gdal import read_raw
from geodata.files.notices import Notice, Refused
from geodata.files.table import Column, Kind
from geodata.files.xml_tree import Element, parsed
from layers.spec import Choice, Field, Label
from layers.values import Unreadable, reader

MOST_CHOICES = 200  # of a field: a longer list is a table of its own, and nobody chooses from it
_SHOWN = 6
Labels = Mapping[str, str]


def of_geodatabase(path: Path, layer: str) -> dict[str, Labels]:
    """Column -> code -> label, by the definitions that the geodatabase keeps as XML beside its layers. Nothing where it keeps none."""
    with suppress(Refused):
        items = read_raw(path, layer="GDB_Items")
        columns = dict(zip(items.names, items.values, strict=True))
        known = [(str(name), _tree(text)) for name, text in zip(columns.get("Name", ()), columns.get("Definition", ()), strict=True)]
        domains = {_said(tree, "DomainName"): _coded(tree) for _, tree in known if tree is not None and tree.name.startswith("GPCodedValueDomain")}
        for name, tree in known:
            if name == layer and tree is not None:
                listed = {field: domains[domain] for field, domain in _fields(tree) if domains.get(domain)}
                return {**subtypes(tree).labels, **listed}
    return {}


@dataclass(frozen=True)
class Subtypes:
    """The subtypes of a layer: their names as what the codes of their field mean, and the other fields whose list of codes differs from one to the next."""

    labels: dict[str, Labels]
    differing: tuple[str, ...] = ()


def subtypes(definition: Element) -> Subtypes:
    """The subtypes in the definition of a geodatabase's layer; none where it has none."""
    field, listed = definition.said("SubtypeFieldName"), definition.first("Subtypes")
    kinds = list(listed.every("Subtype")) if listed and field else []
    if not field or not kinds:
        return Subtypes({})
    names = {code: name for one in kinds if (code := one.said("SubtypeCode")) and (name := one.said("SubtypeName"))}
    by_field: dict[str, set[str]] = {}
    for one in kinds:
        infos = one.first("FieldInfos")
        for info in infos.children if infos else ():
            if (other := info.said("FieldName")) and (domain := info.said("DomainName")):
                by_field.setdefault(other, set()).add(domain)
    return Subtypes({field: names}, tuple(sorted(name for name, domains in by_field.items() if len(domains) > 1)))


def by_subtype(path: Path, layer: str) -> list[Notice]:
    """That codes of some fields mean something else in each subtype, which no list of one field can say."""
    with suppress(Refused):
        items = read_raw(path, layer="GDB_Items")
        columns = dict(zip(items.names, items.values, strict=True))
        for name, text in zip(columns.get("Name", ()), columns.get("Definition", ()), strict=True):
            tree = _tree(text) if str(name) == layer else None
            if tree is not None and (fields := subtypes(tree).differing):
                return [Notice("codes-by-subtype", {"columns": "、".join(fields)})]
    return []


def of_geopackage(connection: sqlite3.Connection, layer: str) -> dict[str, Labels]:
    """The same by the tables of the GeoPackage's extension for schemas; a value without a description says itself."""
    found: dict[str, dict[str, str]] = {}
    question = ("SELECT c.column_name, d.value, coalesce(d.description, d.value) FROM gpkg_data_columns c JOIN gpkg_data_column_constraints d "
                "ON d.constraint_name = c.constraint_name WHERE lower(c.table_name) = lower(?) AND d.constraint_type = 'enum'")
    with suppress(sqlite3.OperationalError):  # a file without them
        for column, code, label in connection.execute(question, (layer,)):
            found.setdefault(column, {})[_code(code)] = str(label).strip()
    return {column: labels for column, labels in found.items() if any(label != code for code, label in labels.items())}


def with_labels(columns: Sequence[Column], domains: Mapping[str, Labels]) -> list[Column]:
    """The columns, each with what its codes mean."""
    return [replace(one, labels=dict(domains[one.name])) if domains.get(one.name) else one for one in columns]


def told(columns: Sequence[Column]) -> Iterator[Notice]:
    """That codes were read by the file's own list, and which codes that list does not have."""
    for one in columns:
        if not one.labels:
            continue
        sample = ", ".join(f"{code} = {label}" for code, label in list(one.labels.items())[:_SHOWN]) + (" …" if len(one.labels) > _SHOWN else "")
        yield Notice("codes-named", {"column": one.name, "count": len(one.labels), "sample": sample}, field=one.name)
        strange = [_code(value) for value in one.values if value not in (None, "") and _code(value) not in one.labels]
        if strange:
            yield Notice("codes-strange", {"column": one.name, "count": len(strange), "codes": ", ".join(dict.fromkeys(strange))[:80]}, field=one.name)


def worded(column: Column, wanted: Field, *, is_key: bool) -> Column:
    """The column as a field wants it: what the codes mean goes before the codes, whose like may stand for something else in the field.

    A field with choices takes the label that is one of them, else the code that is. Other text takes the label; keys, references, numbers and dates keep the code.
    """
    if not column.labels or is_key or wanted.reference or (not wanted.choices and wanted.type is not str):
        return column
    read = reader(wanted)
    known: dict[str, Any] = {}
    for code, label in column.labels.items():
        known[code] = label
        if wanted.choices and not _reads(read, label) and _reads(read, code):
            known[code] = code
    return replace(column, kind=Kind.TEXT, values=Coded.of(column.values).mapped(lambda one: None if one is None else known.get(_code(one), one)))


def choices_of(column: Column, kind: type) -> tuple[Choice, ...]:
    """The choices of a new field: each code with its label, and codes of the rows that the list does not have with themselves. None where it is no list to choose from."""
    if not column.labels or kind not in (int, str):
        return ()
    named = dict(column.labels)
    for value in column.distinct:
        if value not in (None, ""):
            named.setdefault(_code(value), _code(value))
    twice = {label for label in named.values() if list(named.values()).count(label) > 1}
    try:
        values = {kind(code): label if label not in twice else f"{label} ({code})" for code, label in named.items()}
    except ValueError:
        return ()
    return tuple(Choice(value, Label(label, label)) for value, label in values.items()) if len(values) <= MOST_CHOICES else ()


def _reads(read: Any, value: str) -> bool:
    try:
        return read(value) is not None
    except Unreadable:
        return False


def _code(value: Any) -> str:
    """A code as the lists spell it: 1.0 of a column of reals is 1."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _tree(text: Any) -> Element | None:
    if not isinstance(text, str) or not text.lstrip().startswith("<"):
        return None
    body = text[text.index("?>") + 2 :] if text.lstrip().startswith("<?") else text
    with suppress(Refused):
        return parsed(body, "GDB_Items")
    return None


def _coded(tree: Element) -> dict[str, str]:
    listed = tree.first("CodedValues")
    pairs = ((one.said("Code"), one.said("Name")) for one in (listed.every("CodedValue") if listed else ()))
    return {code: name for code, name in pairs if code and name}


def _fields(tree: Element) -> Iterator[tuple[str, str]]:
    """Field and domain of a layer's definition, wherever its program put the field's description."""
    for one in tree.children:
        name, domain = one.said("Name"), one.said("DomainName") or _said(one.first("Domain"), "DomainName")
        if name and domain:
            yield name, domain
        yield from _fields(one)


def _said(tree: Element | None, name: str) -> str:
    return (tree.said(name) if tree else None) or ""
