"""Accounts: made by the system administrator, given roles and locked by the security administrator, each with its own password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from pydantic import Field

from app.api.operation import Body, operation
from app.api.rendering import answer
from app.command import accounts
from app.people import password_rules
from app.security import Permission, current_actor, current_credential, requires
from app.services import services
from geodata.store.accounts import Account
from layers.spec import Label, Role

blueprint = Blueprint("accounts", __name__, url_prefix="/api/v1")

_ONE = "/accounts/<name>"


class AccountBody(Body):
    name: str = Field(min_length=1, max_length=64)
    display: str = Field("", max_length=60)


class RolesBody(Body):
    roles: list[Role] = Field(min_length=1, max_length=len(Role))
    reason: str | None = Field(None, max_length=500)


class ReasonBody(Body):
    reason: str | None = Field(None, max_length=500)


class PasswordBody(Body):
    present: str = Field(max_length=200)
    new: str = Field(max_length=200)


@blueprint.get("/accounts")
@requires(Permission.PEOPLE)
@operation(tag="accounts", summary=Label("全部账号", "Every account"), problems=(401, 403))
def all_accounts() -> Response:
    people = services().people
    return answer({"accounts": [described(one) for one in accounts.everyone(people, current_actor())], "rules": password_rules(services().settings)})


@blueprint.post("/accounts")
@requires(Permission.ACCOUNTS)
@operation(tag="accounts", summary=Label("新建账号（无任何角色，初始口令只显示一次）", "Make an account without any role; its first password is told once"), body=AccountBody,
           answers={201: "object"}, problems=(400, 401, 403, 409, 413, 415, 422))
def make(body: AccountBody) -> Response:
    account, password = accounts.make(services().people, body.name, body.display, current_actor())
    return answer({**described(account), "password": password}, 201)


@blueprint.post(f"{_ONE}/password")
@requires(Permission.ACCOUNTS)
@operation(tag="accounts", summary=Label("重设他人口令（只显示一次）", "A password instead of a forgotten one, told once"))
def reset_password(name: str) -> Response:
    return answer({"name": name, "password": accounts.reset_password(services().people, name, current_actor())})


@blueprint.put(f"{_ONE}/roles")
@requires(Permission.ROLES)
@operation(tag="accounts", summary=Label("授予角色", "Give roles"), body=RolesBody, problems=(400, 401, 403, 404, 413, 415, 422))
def set_roles(name: str, body: RolesBody) -> Response:
    return answer(described(accounts.set_roles(services().people, name, frozenset(body.roles), body.reason, current_actor())))


@blueprint.post(f"{_ONE}/lock")
@requires(Permission.ROLES)
@operation(tag="accounts", summary=Label("锁定账号", "Lock an account"), body=ReasonBody, problems=(400, 401, 403, 404, 413, 415, 422))
def lock(name: str, body: ReasonBody) -> Response:
    return answer(described(accounts.lock(services().people, name, body.reason, current_actor())))


@blueprint.post(f"{_ONE}/unlock")
@requires(Permission.ROLES)
@operation(tag="accounts", summary=Label("解锁账号", "Open a locked account again"), body=ReasonBody, problems=(400, 401, 403, 404, 413, 415, 422))
def unlock(name: str, body: ReasonBody) -> Response:
    return answer(described(accounts.lock(services().people, name, body.reason, current_actor(), undo=True)))


@blueprint.post("/me/password")
@requires(Permission.SIGNED_IN)
@operation(tag="accounts", summary=Label("更换自己的口令", "Change the own password"), body=PasswordBody, answers={204: None}, problems=(400, 401, 403, 404, 413, 415, 422))
def change_password(body: PasswordBody) -> Response:
    credential = current_credential()
    assert credential is not None
    accounts.change_own_password(services().people, body.present, body.new, current_actor(), credential.hash)
    return Response(status=204)


def described(account: Account) -> dict[str, Any]:
    """An account as its administrators read it."""
    shown = {name: getattr(account, name) for name in ("name", "display", "demo", "created_at", "disabled_at", "password_set_at")}
    return shown | {"roles": sorted(account.roles)}
