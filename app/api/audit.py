"""The audit as its administrator reads it: searched, taken away as CSV, and verified."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Literal

from flask import Blueprint, Response
from pydantic import AwareDatetime, Field

from app.api.operation import Parameters, operation
from app.api.rendering import answer, as_json
from app.security import Permission, current_actor, requires
from app.services import services
from geodata.files.formulas import harmless
from geodata.store.anchors import AnchorsBroken
from geodata.store.audit import MAX_PAGE, AuditPage, Entry, Question, record
from geodata.store.audit_chain import verify
from layers.spec import Label

blueprint = Blueprint("audit", __name__, url_prefix="/api/v1/audit")


class AuditParameters(Parameters):
    """What to look for; what is left out does not narrow."""

    who: str | None = Field(None, max_length=100)
    action: str | None = Field(None, max_length=60, description="a whole action or its first word: session, session.open")
    object: str | None = Field(None, max_length=200, description="an account, a layer, or layer/feature id")
    text: str | None = Field(None, max_length=100, description="part of anything that is written in the row")
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: int = Field(100, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(None, max_length=200, description="`next` of the page before")
    format: Literal["json", "csv"] = "json"

    def question(self) -> Question:
        return Question(self.who, self.action, self.object, self.text, self.since, self.until)


@blueprint.get("")
@requires(Permission.AUDIT)
@operation(tag="audit", summary=Label("查询审计记录，新的在前", "Search the audit, newest first"), query=AuditParameters, problems=(400, 401, 403, 422))
def search(query: AuditParameters) -> Response:
    people, actor = services().people, current_actor()
    found = people.audit.search(query.question(), actor, limit=query.limit, cursor=query.cursor)
    if query.format == "json":
        return answer({"entries": found.entries, "next": found.next_cursor})
    asked = {name: value for name, value in query.model_dump(mode="json").items() if value is not None}
    record(services().database.engine, actor, "audit.export", "audit", rows=len(found.entries), asked=asked)
    return _csv(found)


@blueprint.post("/verification")
@requires(Permission.AUDIT)
@operation(tag="audit", summary=Label("核验审计链", "Verify the audit's chains"), problems=(401, 403))
def verification() -> Response:
    people, engine = services().people, services().database.engine
    try:
        anchors, anchors_whole = people.anchors.all(), True
    except AnchorsBroken:
        anchors, anchors_whole = [], False
    found = verify(engine, anchors)
    record(engine, current_actor(), "audit.verify", "audit", outcome="done" if found.whole else "broken", rows=found.rows, flawed=found.flawed)
    told = {name: getattr(found, name) for name in ("at", "rows", "chains", "oldest", "flaws", "flawed", "anchored")}
    return answer({**told, "whole": found.whole and anchors_whole, "anchors_whole": anchors_whole})


def _csv(page: AuditPage) -> Response:
    """UTF-8 with a mark, so that Excel reads it; formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out)
    names = list(Entry.__dataclass_fields__)
    writer.writerow(names)
    for one in page.entries:
        writer.writerow(_cell(getattr(one, name)) for name in names)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "X-Next": page.next_cursor or ""}
    return Response("\ufeff" + out.getvalue(), 200, headers, content_type="text/csv; charset=utf-8")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return harmless(value if isinstance(value, str) else as_json(value))
