"""The space that a URL names: `/spaces/<id>/...` for a drill, plain for live."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, g, url_for

from app.services import services
from geodata.store.changes import Standing
from geodata.store.spaces import LIVE, Space

PREFIX = "/spaces/<space_id>"
_IN_SPACE = "space_"  # before the names of the second registration


def register(app: Flask, blueprint: Blueprint) -> None:
    """Mount a blueprint's views twice: for the live space and under `/spaces/<space_id>`."""
    own = blueprint.url_prefix or ""
    app.register_blueprint(blueprint)
    app.register_blueprint(blueprint, url_prefix=PREFIX + own, name=_IN_SPACE + blueprint.name)


def install(app: Flask) -> None:
    """Take the space out of every URL, so that views need not name it, and put it into those they make."""

    @app.url_value_preprocessor
    def take(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.space_id = values.pop("space_id", LIVE) if values else LIVE

    @app.url_defaults
    def give(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint.startswith(_IN_SPACE) and "space_id" not in values:
            values["space_id"] = g.get("space_id", LIVE)

    app.jinja_env.globals["space_url"] = space_url


def current_space() -> Space:
    """The space of this request. Raises SpaceNotFound."""
    if "space" not in g:
        g.space, g.standing = services().database.standing(g.space_id)
    return g.space


def current_standing() -> Standing:
    """Where the layers stood when this request first looked. It had come in by then, so nothing committed before it is missing.

    For requests that write nothing: what they commit themselves is not in it. Nothing outlasts the request.
    """
    current_space()
    standing: Standing = g.standing
    return standing


def space_url(endpoint: str, **values: Any) -> str:
    """The URL of a view in the space of this request."""
    return url_for(endpoint if g.get("space_id", LIVE) == LIVE else _IN_SPACE + endpoint, **values)
