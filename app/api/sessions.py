"""Sessions and tokens: one's own, and for the security administrator everybody's; what is ended ends within a second."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import Field

from app.api.operation import Body, Parameters, operation
from app.api.rendering import answer
from app.command import accounts
from app.security import Permission, current_actor, current_credential, requires
from app.services import services
from geodata.store.sessions import SessionRecord, Token, session_id
from layers.spec import Label, Role

blueprint = Blueprint("sessions", __name__, url_prefix="/api/v1")


class SessionsParameters(Parameters):
    account: str | None = Field(None, max_length=64)


class TokenBody(Body):
    """A name that history will show, what it may do of what oneself may, and how many days it lasts."""

    name: str = Field(min_length=1, max_length=40, pattern=r"^[\w][\w .\-]*$")
    roles: list[Role] = Field(min_length=1, max_length=len(Role))
    days: int = Field(90, ge=1, le=365)


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


@blueprint.get("/me/tokens")
@requires(Permission.MAP)
@operation(tag="sessions", summary=Label("自己的程序令牌", "One's own tokens for programs"), problems=(401, 403))
def own_tokens() -> Response:
    return answer({"tokens": [_token(one) for one in accounts.own_tokens(services().people, current_actor())]})


@blueprint.post("/me/tokens")
@requires(Permission.MAP)
@operation(tag="sessions", summary=Label("新建自己的程序令牌（只显示一次）", "Make a token for a program of one's own; it is told once"), body=TokenBody, answers={201: "object"}, problems=(400, 401, 403, 409, 413, 415, 422))
def make_own_token(body: TokenBody) -> Response:
    made, secret = accounts.make_token(services().people, body.name, frozenset(body.roles), body.days, current_actor())
    return answer({**_token(made), "token": secret}, 201)


@blueprint.delete("/me/tokens/<name>")
@requires(Permission.MAP)
@operation(tag="sessions", summary=Label("吊销自己的程序令牌", "End a token of one's own"), answers={204: None}, problems=(400, 401, 403, 404))
def end_own_token(name: str) -> Response:
    accounts.end_own_token(services().people, name, current_actor())
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


def _token(one: Token) -> dict[str, Any]:
    return {"name": one.name, "roles": sorted(one.roles), "created_at": one.created_at, "expires_at": one.expires_at, "used_at": one.used_at, "revoked_at": one.revoked_at}
