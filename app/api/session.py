"""Signing in and out, and who one is."""

from __future__ import annotations

import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response as AnyResponse

from app.api.body import read_json
from app.language import language_of
from app.pages.office import home_of
from app.people import SESSION_COOKIE, VISIT_COOKIE, WALL_COOKIE
from app.problems import CsrfRefused, SignInLocked, SignInRefused, describe
from app.security import (
    CSRF_FIELD,
    Permission,
    csrf_token,
    current_actor,
    current_credential,
    known_actor,
    requires,
)
from app.services import services
from layers.errors import InvalidInput, Problem
from layers.spec import Actor

blueprint = Blueprint("session", __name__)


@blueprint.get("/login")
@requires(Permission.PUBLIC)
def login_page() -> AnyResponse:
    """The sign-in page; a visitor who is signed in already goes on."""
    if known_actor():
        return redirect(_first_page(known_actor(), request.args.get("next")))
    return _page()


@blueprint.post("/login")
@requires(Permission.PUBLIC)
def login() -> AnyResponse:
    """Sign in: a form from our own page gets a redirect, JSON gets who one is. The session id is always a new one."""
    if request.is_json:
        given = read_json()
        if not isinstance(given, dict) or not all(isinstance(given.get(one), str) for one in ("name", "password")):
            raise InvalidInput(problems=[Problem(f"/{one}", "required", {"field": one}) for one in ("name", "password")])
        actor, secret = _sign_in(given["name"], given["password"])
        return _signed_in(jsonify(_who(actor, services().people.csrf(secret))), secret)
    _check_visit()
    try:
        actor, secret = _sign_in(request.form.get("name", ""), request.form.get("password", ""))
    except (SignInRefused, SignInLocked) as refusal:
        return _page(refusal)
    return _signed_in(redirect(_first_page(actor, request.form.get("next")), 303), secret)


@blueprint.post("/logout")
@requires(Permission.SIGNED_IN)
def logout() -> AnyResponse:
    """End the session; its streams close within a second."""
    credential = current_credential()
    if credential and credential.kind == "session":
        services().people.sign_out(credential, current_actor())
    response: AnyResponse = Response(status=204) if request.is_json or not request.form else redirect("/login", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@blueprint.get("/api/v1/me")
@requires(Permission.SIGNED_IN)
def me() -> AnyResponse:
    """Who one is, and the token to send with writes."""
    return jsonify(_who(current_actor(), csrf_token()))


def _who(actor: Actor, csrf: str) -> dict[str, Any]:
    return {"name": actor.name, "roles": sorted(actor.roles), "language": language_of(request), "csrf": csrf}


def _sign_in(name: str, password: str) -> tuple[Actor, str]:
    people, before = services().people, current_credential()
    account, secret = people.sign_in(name, password, request.remote_addr or "")
    if before and before.kind == "session":
        people.sign_out(before, account.actor)  # whoever knew the old id must not ride on
    return account.actor, secret


def _signed_in(response: AnyResponse, secret: str) -> AnyResponse:
    response.set_cookie(SESSION_COOKIE, secret, httponly=True, samesite="Lax", secure=request.is_secure, path="/")
    response.delete_cookie(VISIT_COOKIE)
    response.delete_cookie(WALL_COOKIE)  # one browser is one thing: somebody's, or a wall
    return response


def _page(refusal: SignInRefused | SignInLocked | None = None) -> AnyResponse:
    visit = request.cookies.get(VISIT_COOKIE) or secrets.token_urlsafe(16)
    problem = describe(refusal, language_of(request)) if refusal else None
    onward = _onward(request.values.get("next"))
    name = request.form.get("name", "")
    html = render_template("login.html", problem=problem.body if problem else None, next=onward, name=name, csrf=services().people.csrf(visit))
    response = make_response(html, problem.status if problem else 200)
    if problem and "Retry-After" in problem.headers:
        response.headers["Retry-After"] = problem.headers["Retry-After"]
    response.set_cookie(VISIT_COOKIE, visit, httponly=True, samesite="Strict", secure=request.is_secure, path="/login", max_age=3600)
    return response


def _check_visit() -> None:
    """The form must be one that we gave to this browser, or another site could sign its visitors in as someone else."""
    visit = request.cookies.get(VISIT_COOKIE)
    if not visit or not hmac.compare_digest(services().people.csrf(visit).encode(), request.form.get(CSRF_FIELD, "").encode()):
        raise CsrfRefused


def _first_page(actor: Actor | None, asked: str | None) -> str:
    """Where signing in leads: the page asked for, and for those without a map their own instead of it."""
    if actor and services().people.must_change_password(actor):
        return "/password"
    onward = _onward(asked)
    return home_of(actor) if actor and onward == "/" else onward


def _onward(path: str | None) -> str:
    """A path of our own to go to after signing in; anything else is the map."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\", "/login")) or "\\" in path or any(ord(c) < 32 for c in path):
        return "/"
    parts = urlsplit(path)
    return "/" if parts.scheme or parts.netloc else path
