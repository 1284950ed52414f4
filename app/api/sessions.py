"""Sessions and tokens: one's own, and for the security administrator everybody's; what is ended ends within a second."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import Field

from app.api.operation import Parameters, operation
from app.api.rendering import answer
from app.command import accounts
from app.security import Permission, current_actor, current_credential, requires
from app.services import services
from geodata.store.sessions import SessionRecord, session_id
from layers.spec import Label

blueprint = Blueprint("sessions", __name__, url_prefix="/api/v1")


class SessionsParameters(Parameters):
    account: str | None = Field(None, max_length=64)


class WhyParameters(Parameters):
    reason: str | None = Field(None, max_length=500, description="Why; kept in the audit")


@blueprint.get("/me/sessions")
@requires(Permission.SIGNED_IN)
@operation(tag="sessions", summary=Label("自己的会话", "One's own sessions"), problems=(401,))
def own() -> Response:
    actor = current_actor()
    return answer({"sessions": [_described(one) for one in accounts.sessions(services().people, actor, actor.name)]})


@blueprint.delete("/me/sessions/<listed>")
@requires(Permission.SIGNED_IN)
@operation(tag="sessions", summary=Label("结束自己的一个会话", "End a session of one's own"), answers={204: None}, problems=(400, 401, 404))
def end_own(listed: str) -> Response:
    accounts.end_session(services().people, listed, current_actor(), own=True)
    return Response(status=204)


@blueprint.get("/sessions")
@requires(Permission.ROLES)
@operation(tag="sessions", summary=Label("全部会话", "Everybody's sessions"), query=SessionsParameters, problems=(400, 401, 403))
def everybody(query: SessionsParameters) -> Response:
    return answer({"sessions": [_described(one) for one in accounts.sessions(services().people, current_actor(), query.account)]})


@blueprint.delete("/sessions/<listed>")
@requires(Permission.ROLES)
@operation(tag="sessions", summary=Label("结束任一会话", "End anybody's session"), query=WhyParameters, answers={204: None})
def end(listed: str, query: WhyParameters) -> Response:
    accounts.end_session(services().people, listed, current_actor(), own=False, reason=query.reason)
    return Response(status=204)


@blueprint.get("/tokens")
@requires(Permission.ROLES)
@operation(tag="sessions", summary=Label("全部程序令牌", "Every token of a program"), problems=(401, 403))
def all_tokens() -> Response:
    return answer({"tokens": accounts.tokens(services().people, current_actor())})


@blueprint.delete("/tokens/<name>")
@requires(Permission.ROLES)
@operation(tag="sessions", summary=Label("吊销程序令牌", "End a program's token"), query=WhyParameters, answers={204: None})
def end_token(name: str, query: WhyParameters) -> Response:
    accounts.end_token(services().people, name, current_actor(), query.reason)
    return Response(status=204)


def _described(one: SessionRecord) -> dict[str, Any]:
    credential = current_credential()
    here = credential is not None and credential.kind == "session" and one.id == session_id(credential.hash)
    return {"id": one.id, "account": one.account, "opened_at": one.opened_at, "used_at": one.used_at, "address": one.address, "here": here}
