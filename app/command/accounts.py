"""Accounts as their administrators keep them: one makes them, another gives them rights, and a third looks on."""

from __future__ import annotations

from datetime import timedelta

from app.people import People, new_password
from geodata.store.accounts import ADMINISTRATORS, Account
from geodata.store.sessions import SessionRecord, Token, may_give
from layers.errors import Forbidden
from layers.messages import Sentence, declare
from layers.spec import Actor, Label, Role

declare({
    "administrator-password": Sentence(
        Label("管理员的口令只能在服务器上重设", "An administrator's password is set anew on the server only"),
        Label("在服务器上运行 onemap user password", "On the server, run onemap user password")),
})


class AdministratorPassword(Forbidden):
    """Who could set another administrator's password could act as that one."""

    code = "administrator-password"


def everyone(people: People, by: Actor) -> list[Account]:
    """Every account by name, for those who make them and those who give them roles."""
    _only(by, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
    return people.accounts.all()


def make(people: People, name: str, display: str, by: Actor) -> tuple[Account, str]:
    """An account without any right, and its first password, told once and changed at the first sign-in (system administrator)."""
    _only(by, Role.SYSTEM_ADMIN)
    password = new_password()
    return people.accounts.add(name, display, password, frozenset(), by, given=True), password


def reset_password(people: People, name: str, by: Actor) -> str:
    """A password instead of a forgotten one, told once; all sessions end (system administrator). Not for administrators."""
    _only(by, Role.SYSTEM_ADMIN)
    account = people.accounts.get(name)
    if account.roles & ADMINISTRATORS:
        raise AdministratorPassword(action="accounts")
    password = new_password()
    people.accounts.set_password(account.name, password, by, given=True)
    people.sessions.end_all(account.name, by, reason="password")
    people.forget()
    return password


def set_roles(people: People, name: str, roles: frozenset[Role], reason: str | None, by: Actor) -> Account:
    """Other roles; sessions with the old ones end (security administrator)."""
    _only(by, Role.SECURITY_ADMIN)
    account = people.accounts.get(name)
    people.accounts.set_roles(account.name, roles, by, reason)
    people.sessions.end_all(account.name, by, reason=reason or "roles")
    people.forget()
    return people.accounts.get(name)


def lock(people: People, name: str, reason: str | None, by: Actor, *, undo: bool = False) -> Account:
    """Lock an account, which ends its sessions, or open it again (security administrator)."""
    _only(by, Role.SECURITY_ADMIN)
    people.accounts.set_disabled(name, not undo, by, reason)
    people.forget()
    return people.accounts.get(name)


def change_own_password(people: People, present: str, new: str, by: Actor, session: bytes) -> None:
    """Another password of one's own; one's other sessions end."""
    people.accounts.change_own_password(by.name, present, new, by)
    people.sessions.end_all(by.name, by, but=session, reason="password")
    people.forget()


def sessions(people: People, by: Actor, account: str | None = None) -> list[SessionRecord]:
    """Living sessions: one's own, or anyone's (security administrator)."""
    if account != by.name:
        _only(by, Role.SECURITY_ADMIN)
    return people.sessions.all(account)


def end_session(people: People, listed: str, by: Actor, *, own: bool, reason: str | None = None) -> None:
    """End a session of one's own, or anyone's (security administrator); its streams close within a second."""
    if not own:
        _only(by, Role.SECURITY_ADMIN)
    people.sessions.end_one(listed, by, account=by.name if own else None, reason=reason)
    people.forget()


def tokens(people: People, by: Actor) -> list[Token]:
    """Every token, without its secret (security administrator)."""
    _only(by, Role.SECURITY_ADMIN)
    return people.tokens.all()


def own_tokens(people: People, by: Actor) -> list[Token]:
    """A person's own, without their secrets, the newest first."""
    return people.tokens.all(by.name)


def make_token(people: People, label: str, roles: frozenset[Role], days: int, by: Actor) -> tuple[Token, str]:
    """A token for a program of a person's own, and its secret, told once. It may do what the person chooses of what the person may.

    Not for administrators (on the server only), nor by a token. Raises Forbidden, TokenNameTaken, TooManyTokens.
    """
    if not roles or not roles <= may_give(by.roles) or not people.accounts.exists(by.name):
        raise Forbidden(action="token")
    return people.tokens.create_own(label, roles, by, timedelta(days=days))


def end_own_token(people: People, name: str, by: Actor) -> None:
    """End a token of a person's own at once. Raises TokenNotFound, also for one of somebody else."""
    people.tokens.revoke(name, by, account=by.name)
    people.forget()


def end_token(people: People, name: str, by: Actor, reason: str | None = None) -> None:
    """End a program's token at once (security administrator)."""
    _only(by, Role.SECURITY_ADMIN)
    people.tokens.revoke(name, by, reason)
    people.forget()


def _only(actor: Actor, *roles: Role) -> None:
    if not actor.roles & frozenset(roles):
        raise Forbidden(action="accounts")
