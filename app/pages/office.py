"""The pages beside the map: accounts, sessions, the audit, one's own password."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template, request

from app.language import language_of
from app.pages.map import TITLE, configuration
from app.pages.shell import script_json
from app.security import ROLES, Permission, current_actor, requires
from layers.spec import Actor, Label

blueprint = Blueprint("office", __name__)

TITLES: Mapping[str, Label] = {
    "accounts": Label("账号", "Accounts"), "sessions": Label("会话", "Sessions"), "audit": Label("审计", "Audit"), "password": Label("更换口令", "Change password"),
}


@blueprint.get("/accounts")
@requires(Permission.PEOPLE)
def accounts() -> str:
    """Who has an account, and what each may do."""
    return _page("accounts")


@blueprint.get("/sessions")
@requires(Permission.SIGNED_IN)
def sessions() -> str:
    """Where one is signed in; for the security administrator, where everybody is."""
    return _page("sessions")


@blueprint.get("/audit")
@requires(Permission.AUDIT)
def audit() -> str:
    """Who did what."""
    return _page("audit")


@blueprint.get("/password")
@requires(Permission.SIGNED_IN)
def password() -> str:
    """One's own password."""
    return _page("password")


def home_of(actor: Actor) -> str:
    """The page that this person begins with: the map, or for administrators their own."""
    if ROLES[Permission.MAP] & actor.roles:
        return "/"
    if ROLES[Permission.AUDIT] & actor.roles:
        return "/audit"
    return "/accounts" if ROLES[Permission.PEOPLE] & actor.roles else "/sessions"


def _page(name: str) -> str:
    language = language_of(request)
    config = configuration(language)
    return render_template("office.html", page=name, home=home_of(current_actor()), heading=TITLES[name].in_language(language), title=TITLE.in_language(language),
                           config=script_json(config))
