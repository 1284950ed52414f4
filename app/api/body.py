"""The JSON body of a request, read strictly: what JSON does not have, or what is too much, is refused fast."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import numpy as np
from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from app.api.refusals import MalformedRequest, UnsupportedMedia
from layers.errors import Problem, TooLarge

MAX_BODY_BYTES = 10_000_000  # bars.md E2
MAX_DEPTH = 32  # bars.md E2; a MultiPolygon in a Feature in a collection is 9 deep
MAX_VERTICES = 200_000  # bars.md E2

JSON_TYPES = ("application/json", "application/geo+json", "application/merge-patch+json", "application/vnd.geo+json")

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OPENING, _CLOSING = np.zeros(256, np.int8), np.zeros(256, np.int8)
_OPENING[[ord("["), ord("{")]] = 1
_CLOSING[[ord("]"), ord("}")]] = 1


def read_json() -> Any:
    """The request's body as Python values.

    Raises TooLarge (bytes, depth, vertices), UnsupportedMedia, and MalformedRequest for what is not JSON: NaN,
    Infinity, a number past the range of a double, a name given twice, half a surrogate, a NUL.
    """
    if request.mimetype not in JSON_TYPES:
        raise UnsupportedMedia(given=request.mimetype or "-", accepted="application/json, application/geo+json")
    return parse(_bytes())


def parse(body: bytes) -> Any:
    """The values in a JSON text; refusals as in `read_json`."""
    _measure(body)
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole, object_pairs_hook=_once)
    except UnicodeDecodeError:
        _refuse("not UTF-8")
    except RecursionError:
        raise TooLarge(what="depth", limit=MAX_DEPTH) from None
    except ValueError as error:
        _refuse(str(error))
    if "\\u" in text:
        _check_text(value)
    elif "\x00" in text:
        _refuse("NUL")
    return value


def _bytes() -> bytes:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise TooLarge(what="body", limit="10 MB")
    # A chunked body tells no length beforehand, and werkzeug ends it at the limit without a word: one byte more shows it.
    request.max_content_length = MAX_BODY_BYTES + 1
    try:
        return request.get_data()
    except RequestEntityTooLarge:
        raise TooLarge(what="body", limit="10 MB") from None


def _measure(body: bytes) -> None:
    """Refuse by depth and by the count of innermost arrays before building any value."""
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(what="body", limit="10 MB")
    marks = np.frombuffer(_STRINGS.sub(b"", body), np.uint8)
    opening, closing = _OPENING[marks], _CLOSING[marks]
    brackets = np.flatnonzero(opening | closing)
    steps = opening[brackets].astype(np.int64) - closing[brackets]
    if steps.size and steps.cumsum().max() > MAX_DEPTH:
        raise TooLarge(what="depth", limit=MAX_DEPTH)
    kinds = marks[brackets]
    innermost = np.count_nonzero((kinds[:-1] == ord("[")) & (kinds[1:] == ord("]")))
    if innermost > MAX_VERTICES:
        raise TooLarge(what="vertices", limit=MAX_VERTICES)


def _refuse(why: str) -> NoReturn:
    raise MalformedRequest(problems=[Problem("", "request-not-json", {"why": why})])


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is past the range of a double")
    return number


def _whole(text: str) -> int:
    if len(text) > 309:  # the digits of the largest double
        raise ValueError(f"{text[:20]}... is past the range of a double")
    return int(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"a name is given twice: {next(name for name in names if names.count(name) > 1)[:50]!r}")
    return value


def _check_text(value: Any) -> None:
    """Escapes may spell what UTF-8 and PostgreSQL cannot hold."""
    whole = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in whole.replace("\\\\", ""):
        _refuse("NUL")
    try:
        whole.encode()
    except UnicodeEncodeError:
        _refuse("half a surrogate pair")
