"""A load looked at closely: how it was read and why, what would become of each row, its problem rows as a table to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, request

from app.api.operation import operation
from app.api.rendering import answer
from app.language import language_of
from app.security import current_actor, requires
from app.services import services
from app.spaces import current_space
from geodata.files.rehearsal import ROWS_WITH_PROBLEMS
from geodata.store import loads as records
from geodata.store.commit_diff import Step, commit_diff
from geodata.store.loads import REHEARSAL, LoadNotFound, LoadRecord
from layers.errors import LayerNotFound
from layers.spec import Action, Label, Layer

blueprint = Blueprint("load_details", __name__, url_prefix="/api/v1/loads")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for a formula (OWASP, CSV injection)
_OPS = {"insert": "new", "update": "changed", "delete": "retired"}
_MORE = {"zh": ("另有 {n} 条没有列出", "改正所列各条后再预演一次"), "en": ("{n} more are not listed", "Correct those listed and rehearse again")}
_HEADS = {"zh": ("行号", "字段", "值", "问题", "怎么办", "程度", "代码"), "en": ("row", "field", "value", "problem", "remedy", "severity", "code")}
_SEVERITIES = {"error": Label("没有装载", "not loaded"), "warning": Label("请核对", "to be checked"), "note": Label("说明", "note")}
_PLACE = Label("位置", "place")


@blueprint.get("/<uuid:load_id>/rehearsal")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("装载预演：识别依据、候选坐标系、逐行去向", "A load rehearsed: how it was read, candidate systems, the fate of each row"), answers={200: "object"})
def rehearsal(load_id: UUID) -> Response:
    record = _here(load_id)
    report: dict[str, Any] = dict(record.report or {})
    seen = {name: value for name, value in report.get(REHEARSAL, {}).items() if name != ROWS_WITH_PROBLEMS}
    return answer({"state": record.state, "stage": report.get("stage"), "commit": record.commit, **seen})


@blueprint.get("/<uuid:load_id>/diff")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("一次已写入的导入改了什么，逐要素", "What a committed load did, feature by feature"), answers={200: "object"})
def diff(load_id: UUID) -> Response:
    record = _here(load_id)
    if record.commit is None:
        return answer({"counts": None, "former": None, "rows": {"type": "FeatureCollection", "features": []}})
    try:
        with current_space().reading(current_actor()) as store:
            found = commit_diff(store, record.layer, record.commit)
    except LayerNotFound:  # a built-in layer of an earlier version
        return answer({"counts": None, "former": None, "rows": {"type": "FeatureCollection", "features": []}})
    former = found.former and {"label": found.former.label, "fields": [{"id": one.id, "label": one.label} for one in found.former.all_fields]}
    return answer({"counts": {_OPS[op]: n for op, n in found.counts.items()}, "former": former, "rows": {"type": "FeatureCollection", "features": [_step(one) for one in found.steps]}})


def _step(one: Step) -> dict[str, Any]:
    """As a row of a rehearsal, so that one page shows both."""
    shape = None if one.lon is None or one.lat is None else {"type": "Point", "coordinates": [round(one.lon, 6), round(one.lat, 6)]}
    changes = [{"field": name, "before": before, "after": after} for name, before, after in one.fields]
    return {"type": "Feature", "geometry": shape, "properties": {"op": _OPS[one.op], "row": None, "id": one.id, "key": one.key, "title": one.title, "changes": changes, "moved_m": one.moved_m}}


@blueprint.get("/<uuid:load_id>/problems.csv")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("有问题的行（CSV）", "The problem rows (CSV)"), answers={200: None})
def problems(load_id: UUID) -> Response:
    record = _here(load_id)
    language = language_of(request)
    report = (record.report or {}).get(language) or {}
    name = quote(f"{record.file}-problems.csv")
    found = report.get("problems", ())
    layer = current_space().catalogue.get(record.layer)
    as_read = (record.report or {}).get(REHEARSAL, {}).get(ROWS_WITH_PROBLEMS) or {}
    return Response("\ufeff" + problem_table(found, language, layer, as_read, more=report.get("problems_total", 0) - len(found)), content_type="text/csv; charset=utf-8",
                    headers={"Content-Disposition": f"attachment; filename=problems.csv; filename*=UTF-8''{name}"})


def problem_table(found: Any, language: str, layer: Layer | None, as_read: Mapping[str, Any], more: int = 0) -> str:
    """Problems as CSV for a spreadsheet: no value of the file can act as a formula there. Rows by the number a person finds them under.

    Behind each stands its row as the file has it (`as_read`: its columns and the values of each row, while the load has not ended).
    `more` problems that the report counts but does not hold are told in the last line.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    rows = as_read.get("rows", {})
    writer.writerow([*_HEADS[language], *map(_safe, as_read.get("columns", ()) if rows else ())])
    for one in found:
        row = one.get("line") or one.get("row")
        told = (row, _field_named(one["field"], language, layer), one.get("value"), one["message"], one["remedy_on_page"], _SEVERITIES[one["severity"]].in_language(language), one["code"])
        writer.writerow([_safe(value) for value in (*told, *rows.get(str(one.get("row")), ()))])
    if more > 0:
        writer.writerow(("", "", "", *(one.format(n=more) for one in _MORE[language]), _SEVERITIES["note"].in_language(language), "more"))
    return out.getvalue()


def _field_named(name: str | None, language: str, layer: Layer | None) -> str | None:
    """A field by its label; a column of the file by its own name."""
    if name == "geometry":
        return _PLACE.in_language(language)
    field = layer.field(name) if layer and name else None
    return field.label.in_language(language) if field else name


def _safe(value: Any) -> Any:
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text


def _here(load_id: UUID) -> LoadRecord:
    record = records.get(services().database.engine, load_id)
    if record.space != current_space().id:
        raise LoadNotFound(id=load_id)
    return record
