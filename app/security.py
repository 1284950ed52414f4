"""Who may call what: permissions declared per view and checked before it, CSRF, and the headers of every answer."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request

from app.command.pictures import MAY
from app.people import Credential
from app.problems import CsrfRefused, PasswordOld, Undeclared
from app.services import services
from app.spaces import current_space
from layers.errors import Forbidden, NotSignedIn
from layers.spec import DEFAULT_ACCESS, Action, Actor, Role

View = TypeVar("View", bound=Callable[..., Any])
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER, CSRF_FIELD = "X-CSRF-Token", "csrf_token"
UNATTENDED_HEADER = "X-Unattended"  # a wall asks by itself: that is nobody's activity, and keeps no session open


class Permission(StrEnum):
    """What may be done beside reading and writing layers (those are `layers.spec.Action`)."""

    PUBLIC = "public"  # anyone, signed in or not
    MACHINE = "machine"  # this machine itself, or a system administrator
    SIGNED_IN = "signed_in"
    MAP = "map"  # everyone who may see map data: not the three administrators
    DRILLS = "drills"
    OPERATIONS = "operations"
    PEOPLE = "people"  # see who has an account: those who make them and those who give them roles
    ACCOUNTS = "accounts"  # make accounts and their first passwords, without any right
    ROLES = "roles"  # give roles, lock, end sessions and tokens
    AUDIT = "audit"
    IMAGERY = "imagery"  # place pictures under everybody's map


ROLES: Mapping[Permission, frozenset[Role]] = {
    Permission.MACHINE: frozenset({Role.SYSTEM_ADMIN}),
    Permission.SIGNED_IN: frozenset(Role),
    Permission.MAP: DEFAULT_ACCESS[Action.READ],
    Permission.DRILLS: frozenset({Role.DRILL_CONTROLLER}),
    Permission.OPERATIONS: frozenset({Role.SYSTEM_ADMIN}),
    Permission.PEOPLE: frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}),
    Permission.ACCOUNTS: frozenset({Role.SYSTEM_ADMIN}),
    Permission.ROLES: frozenset({Role.SECURITY_ADMIN}),
    Permission.AUDIT: frozenset({Role.AUDIT_ADMIN}),
    Permission.IMAGERY: MAY,
}


def requires(*needs: Action | Permission) -> Callable[[View], View]:
    """Declare what a caller of the view must be allowed: one of `needs`. A view without this is refused to everyone.

    An Action needs a role that may do it on some layer of the space; which layer, the store checks.
    """

    def declare(view: View) -> View:
        view.requires = needs  # type: ignore[attr-defined]
        return view

    return declare


def declared(app: Flask, endpoint: str) -> tuple[Action | Permission, ...]:
    """What the endpoint's view declares; empty where it declares nothing."""
    if endpoint == "static":
        return (Permission.PUBLIC,)  # Flask's own view: our style sheets, scripts and symbols
    return getattr(app.view_functions.get(endpoint), "requires", ())


def allowed(needs: tuple[Action | Permission, ...], roles: frozenset[Role]) -> bool:
    """Whether a caller with these roles has one of `needs` in the space of this request."""
    return any(_has(need, roles) for need in needs)


def _has(need: Action | Permission, roles: frozenset[Role]) -> bool:
    if isinstance(need, Permission):
        return need in (Permission.PUBLIC, Permission.SIGNED_IN) or bool(ROLES[need] & roles)
    return any(layer.allows(need, roles) for layer in current_space().catalogue.values())


def current_credential() -> Credential | None:
    """What this request came with, unchecked."""
    if "credential" not in g:
        g.credential = services().people.credential(request)
    return g.credential


def known_actor() -> Actor | None:
    """Who this request comes from, or None for a visitor."""
    if "actor" not in g:
        credential = current_credential()
        actor = services().people.actor(credential, use=UNATTENDED_HEADER not in request.headers) if credential else None
        g.actor = actor and replace(actor, address=request.remote_addr or "")
    return g.actor


def current_actor() -> Actor:
    """Who this request comes from. Raises NotSignedIn."""
    actor = known_actor()
    if actor is None:
        raise NotSignedIn
    return actor


def csrf_token() -> str:
    """The token that this session's pages send with their writes; empty for a visitor."""
    credential = current_credential()
    return credential.csrf if credential else ""


def csp_nonce() -> str:
    """The nonce of this answer's own scripts and styles."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return g.nonce


def from_this_machine() -> bool:
    """Whether the caller is on loopback and no proxy stands between."""
    try:
        near = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    return near and not any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))


def install(app: Flask) -> None:
    """Guard every view and dress every answer."""
    app.before_request(guard)
    app.after_request(dress)
    app.jinja_env.globals.update(csp_nonce=csp_nonce, csrf_token=csrf_token)


def guard() -> None:
    """Refuse what is undeclared (Undeclared), unknown (NotSignedIn), not allowed (Forbidden) or forged (CsrfRefused)."""
    if request.endpoint is None:
        return  # no such address or method: the router's own refusal follows
    needs = declared(current_app, request.endpoint)
    if not needs:
        raise Undeclared
    if Permission.PUBLIC in needs or (Permission.MACHINE in needs and from_this_machine()):
        return
    actor = current_actor()
    if not allowed(needs, actor.roles):
        if not actor.roles and services().people.must_change_password(actor):
            raise PasswordOld(action=needs[0].value)
        raise Forbidden(action=needs[0].value)
    if request.method not in SAFE_METHODS:
        check_reads_only(needs)
        check_csrf()


def check_reads_only(needs: tuple[Action | Permission, ...]) -> None:
    """A wall shows; whoever sits at its keyboard changes nothing by it."""
    credential = current_credential()
    if credential and credential.kind == "wall":
        raise Forbidden(action=needs[0].value)


def check_csrf() -> None:
    """A browser sends its cookie with anyone's form; only our pages know the token. A bearer token nobody else sends."""
    credential = current_credential()
    if credential is None or credential.kind == "token":
        return
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD) or ""
    if not hmac.compare_digest(given.encode(), credential.csrf.encode()):
        raise CsrfRefused


def dress(response: Response) -> Response:
    """The security headers; a view that set one of them keeps its own."""
    headers = {**HEADERS, "Content-Security-Policy": policy(g.get("nonce"))}
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    if response.status_code == 401 and (request.blueprint or "").removeprefix("space_") in _OF_DESKTOP_PROGRAMS:
        response.headers.add("WWW-Authenticate", 'Basic realm="onemap", charset="UTF-8"')
    if "Cookie" not in (vary := response.headers.get("Vary", "")) and request.endpoint != "static":
        response.headers["Vary"] = f"{vary}, Accept-Language, Cookie, Authorization".lstrip(", ")
    return response


# Programs that ask for a name and a password wait for this challenge. Our own pages fetch none of these addresses: a browser
# would show a window of its own over the map.
_OF_DESKTOP_PROGRAMS = frozenset({"ogc", "ogc_items"})

HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)",
}


def policy(nonce: str | None) -> str:
    """The content security policy: our own files and what carries this answer's nonce; no eval, no inline, no other host."""
    own = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return (
        f"default-src 'none'; script-src {own}; style-src {own}; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
