"""Which language a reader gets - what was asked for, then what the browser says, then Chinese - and the words of our templates in it."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response
from flask import request as current_request
from flask_babel import Babel, Domain, get_locale
from werkzeug.wrappers import Request

LANGUAGES = ("zh", "en")
COOKIE = "lang"
KEPT_S = 31_536_000
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
SOURCE = "zh"  # templates are written in it, so it has no catalogue


def language_of(request: Request) -> str:
    """`zh` or `en`: by `?lang=`, cookie, Accept-Language; Chinese where none of them says."""
    for asked in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if asked and asked[:2] in LANGUAGES:
            return asked[:2]
    return request.accept_languages.best_match(LANGUAGES, default="zh") or "zh"


def install(app: Flask) -> None:
    """Templates say `_("…")` and get the reader's language; a language asked for in a page's address is kept."""
    app.config.update(BABEL_DEFAULT_LOCALE=LOCALES[SOURCE], BABEL_DEFAULT_TIMEZONE="Asia/Shanghai")
    babel = Babel(app, locale_selector=lambda: LOCALES[language_of(current_request)])
    babel.domain_instance = Words(Path(app.root_path) / "locale")
    app.jinja_env.globals["get_locale"] = get_locale
    app.after_request(keep)


def keep(response: Response) -> Response:
    """Whoever turns to a language on the sign-in page finds the map in it."""
    asked = (current_request.args.get("lang") or "")[:2]
    if asked in LANGUAGES and response.mimetype == "text/html":
        response.set_cookie(COOKIE, asked, max_age=KEPT_S, samesite="Lax", secure=current_request.is_secure, path="/")
    return response


class Words(Domain):  # type: ignore[misc]  # Flask-Babel comes without types
    """The catalogues as they are written: read from the .po files, so that no compiled copy can be missing or old."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return catalogue(self.folder, locale.language) if locale else NullTranslations()


@cache
def catalogue(folder: Path, language: str) -> NullTranslations:
    """The words of one language; those of the templates themselves for the source language."""
    if language == SOURCE:
        return NullTranslations()
    packed = BytesIO()
    with (folder / language / "LC_MESSAGES" / "messages.po").open("rb") as written:
        write_mo(packed, read_po(written, locale=language))
    packed.seek(0)
    return Translations(packed)
