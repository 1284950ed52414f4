"""What a write says beside its body: the version it was made from, and the key under which it is done once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from flask import Response, request

from app.api.refusals import MalformedRequest
from geodata.store.features import Store
from geodata.store.idempotency import Answered
from layers.errors import Problem, VersionRequired

_VERSION = re.compile(r'^(?:W/)?"(\d{1,9})"$')  # a proxy that compresses makes our tag weak; the version is the same
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
_KEPT_HEADERS = ("Location", "ETag", "Content-Type")




def given_version() -> int:
    """The version in If-Match. VersionRequired without one, also for `*`, which names none."""
    given = request.headers.get("If-Match", "").strip()
    if given in ("", "*"):
        raise VersionRequired()
    match = _VERSION.match(given)
    if not match:
        raise MalformedRequest(problems=[Problem("/header/If-Match", "request-not-understood", {"name": "If-Match", "expected": 'one version, e.g. "3"'})])
    return int(match[1])


def once(transaction: AbstractContextManager[Store], act: Callable[[Store], Response]) -> Response:
    """Do `act` in the transaction; under an Idempotency-Key seen before, give the first answer again instead.

    Key, act and answer are committed together, so an answer that got lost on its way is found again. A refused act
    leaves no key behind.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.match(key):
        raise MalformedRequest(problems=[Problem("/header/Idempotency-Key", "request-not-understood",
                                                 {"name": "Idempotency-Key", "expected": "1-200 visible ASCII characters"})])
    with transaction as store:
        if key is None:
            return act(store)
        before = store.claim(key, _digest())
        if before is not None:
            return Response(before.body, before.status, {**before.headers, "Idempotency-Replayed": "true"})
        made = act(store)
        headers = {name: made.headers[name] for name in _KEPT_HEADERS if name in made.headers}
        store.settle(key, Answered(made.status_code, made.get_data(as_text=True), headers))
        return made


def _digest() -> str:
    parts = (request.method.encode(), request.full_path.encode(), request.get_data())
    return hashlib.sha256(b"\x00".join(parts)).hexdigest()
