"""Which language a reader gets: what was asked for, then what the browser says, then Chinese."""

from __future__ import annotations

from werkzeug.wrappers import Request

LANGUAGES = ("zh", "en")
COOKIE = "lang"


def language_of(request: Request) -> str:
    """`zh` or `en`: by `?lang=`, cookie, Accept-Language; Chinese where none of them says."""
    for asked in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if asked and asked[:2] in LANGUAGES:
            return asked[:2]
    return request.accept_languages.best_match(LANGUAGES, default="zh") or "zh"
