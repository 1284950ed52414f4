"""The wall: the map of a space for a screen that nobody touches."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from app.answers import ENTRY
from app.assets import start_of
from app.language import language_of
from app.pages.map import TITLE, configuration, static_folder, static_url
from app.pages.shell import compose
from app.security import Permission, csp_nonce, current_credential, requires
from app.services import services

blueprint = Blueprint("wall", __name__)


@blueprint.get("/wall")
@requires(Permission.MAP)
def page() -> Response:
    """The page without any data, as the map's."""
    language = language_of(request)
    title = TITLE.in_language(language)
    html = compose({**configuration(language), **_wall()}, title=title, language=language, nonce=csp_nonce(), url=static_url,
                   frame=lambda container: Markup(render_template("wall.html", container=container, title=title)),
                   main=start_of(static_folder(), "wall/main.js"), theme="wall", sheets=("wall",))
    return Response(html, mimetype="text/html")


def _wall() -> dict[str, Any]:
    """How long the screen may stay: a session's wall ends with the session, a token's with the token."""
    credential = current_credential()
    standing = credential is not None and credential.kind == "wall"
    return {"wall": {"idle_minutes": None if standing else services().settings.session_idle_minutes}, "entrance": ENTRY if standing else "/login"}
