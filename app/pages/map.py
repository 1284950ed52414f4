"""The map, of the live space and of each drill."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, url_for
from markupsafe import Markup

from app.assets import is_packed, start_of
from app.language import LANGUAGES, language_of
from app.pages.shell import compose
from app.people import password_rules
from app.security import Permission, csp_nonce, csrf_token, current_actor, requires
from app.services import services
from app.spaces import current_space
from geodata.files.packing import MOST_UNPACKED
from geodata.queries.exposure import MAX_BUFFER_M
from layers.district import JIUYUAN
from layers.spec import Label

blueprint = Blueprint("map", __name__)

TITLE = Label("九原应急一张图", "Jiuyuan emergency map")
VERSION = "0.1.0"


@blueprint.get("/")
@requires(Permission.MAP)
def page() -> Response:
    """The page without any data: our modules fetch what the reader may see."""
    language = language_of(request)
    title = TITLE.in_language(language)
    html = compose(configuration(language), title=title, language=language, nonce=csp_nonce(), url=static_url,
                   frame=lambda container: Markup(render_template("frame.html", container=container, title=title, language=language)),
                   main=start_of(static_folder(), "main.js"), modules=_modules(static_folder()))
    return Response(html, mimetype="text/html")


def configuration(language: str) -> dict[str, Any]:
    """What the modules need to know before they ask for anything."""
    space, actor = current_space(), current_actor()
    root = f"/spaces/{space.id}" if space.is_drill or space.is_past else ""
    return {
        "space": {"id": space.id, "drill": space.is_drill, "past": space.is_past, "as_of": space.record.as_of.isoformat() if space.is_drill or space.is_past else None},
        "user": {"name": actor.name, "roles": sorted(actor.roles)},
        "csrf": csrf_token(),
        "upload_bytes": MOST_UNPACKED,
        "password": asdict(password_rules(services().settings)),
        "wall": None,
        "entrance": "/login",
        "language": language,
        "languages": list(LANGUAGES),
        "api": f"{root}/api/v1",
        "ogc": f"{root}/ogc",
        "static": static_url(""),
        "district": {"bbox": list(JIUYUAN.bbox), "adcode": JIUYUAN.adcode, "label": _words(JIUYUAN.label),
                     "neighbours": [{"label": _words(one.label), "lon": one.lon, "lat": one.lat} for one in JIUYUAN.neighbours]},
        "version": VERSION,
        "symbols": list(_symbols(static_folder())),
        "time_zone": "Asia/Shanghai",
        "max_buffer_m": MAX_BUFFER_M,
    }


def _words(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


def static_url(path: str) -> str:
    """The address of one of our own files."""
    return url_for("static", filename=path)


def static_folder() -> Path:
    """Where our own files are."""
    return Path(str(current_app.static_folder))


@cache
def _modules(folder: Path) -> tuple[str, ...]:
    """What the map's first module leads to, unless it has all in itself."""
    if is_packed(folder):
        return ()
    return tuple(sorted(one.relative_to(folder).as_posix() for one in (folder / "js").rglob("*.js") if one.parent.name not in ("office", "wall")))


@cache
def _symbols(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(one.stem for one in (folder / "symbols").glob("*.svg")))
