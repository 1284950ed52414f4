"""Where the browser of a wall is given its token, once."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from app.answers import ENTRY
from app.api.body import read_json
from app.people import SESSION_COOKIE, WALL_COOKIE
from app.problems import WallRefused
from app.security import Permission, current_credential, known_actor, requires
from app.services import services
from layers.errors import InvalidInput, Problem

blueprint = Blueprint("wall_entry", __name__)

KEPT_S = 3650 * 86_400  # as long as a token may last; the token itself ends earlier


@blueprint.get(ENTRY)
@requires(Permission.PUBLIC)
def page() -> str:
    """The form. What follows `#` in its address is the token, which so comes into no log."""
    return render_template("wall_entry.html")


@blueprint.post(ENTRY)
@requires(Permission.PUBLIC)
def enter() -> Response:
    """Take a token for this browser, in place of whoever was signed in. JSON only, which no other site can send. Raises WallRefused."""
    given = read_json()
    token = given.get("token") if isinstance(given, dict) else None
    if not isinstance(token, str):
        raise InvalidInput(problems=[Problem("/token", "required", {"field": "token"})])
    if services().people.wall(token.strip()) is None:
        raise WallRefused
    before, actor = current_credential(), known_actor()
    if before and actor and before.kind == "session":
        services().people.sign_out(before, actor)
    response = jsonify({"wall": "/wall"})
    response.delete_cookie(SESSION_COOKIE)
    response.set_cookie(WALL_COOKIE, token.strip(), httponly=True, samesite="Strict", secure=request.is_secure, path="/", max_age=KEPT_S)
    return response
