"""Help: a guide for each kind of user, with the pictures that the tests took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import (
    Blueprint,
    Response,
    redirect,
    render_template,
    request,
    send_from_directory,
)
from markupsafe import escape
from werkzeug.wrappers import Response as AnyResponse

from app.guides import ADDRESS, GUIDES, PICTURES, REFERENCES, guide, guide_of
from app.language import language_of
from app.pages.map import TITLE, configuration
from app.pages.office import home_of
from app.pages.shell import script_json
from app.security import Permission, current_actor, requires
from layers.spec import Label

blueprint = Blueprint("help", __name__, url_prefix="/help")

KEPT_S = 3600  # a picture changes with an upgrade only


@blueprint.get("")
@requires(Permission.SIGNED_IN)
def first() -> AnyResponse:
    """The guide of whoever asks."""
    return redirect(f"/help/{guide_of(current_actor().roles)}")


@blueprint.get("/<name>")
@requires(Permission.SIGNED_IN)
def page(name: str) -> str:
    """One guide, or a reference that the guides point to."""
    language = language_of(request)
    shown = guide(name, language)
    shown = replace(shown, html=shown.html.replace(ADDRESS, escape(request.url_root.rstrip("/"))))
    return render_template("help.html", page="help", guide=shown, guides=_listed(GUIDES, language), references=_listed(REFERENCES, language), home=home_of(current_actor()),
                           title=TITLE.in_language(language), config=script_json(configuration(language)))


@blueprint.get("/pictures/<name>")
@requires(Permission.SIGNED_IN)
def picture(name: str) -> Response:
    """A picture of the guides."""
    response = send_from_directory(PICTURES, name, max_age=KEPT_S)
    response.headers["Cache-Control"] = f"private, max-age={KEPT_S}"
    return response


def _listed(pages: Mapping[str, Label], language: str) -> list[tuple[str, str]]:
    return [(name, label.in_language(language)) for name, label in pages.items()]
