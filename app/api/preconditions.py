"""What a write says beside its body: the version it was made from, and the key under which it is done once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from flask import Response, request

from app.api.refusals import MalformedRequest, OneAtATime
from geodata.store.faults import translated
from geodata.store.idempotency import Answered
from layers.errors import Problem, TooMany, VersionRequired

_VERSION = re.compile(r'^(?:W/)?"(\d{1,9})"$')  # a proxy that compresses makes our tag weak; the version is the same
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
_KEPT_HEADERS = ("Location", "ETag", "Content-Type", "Content-Crs")


def given_version() -> int:
    """The version in If-Match. VersionRequired without one, also for `*`, which names none."""
    given = request.headers.get("If-Match", "").strip()
    if given in ("", "*"):
        raise VersionRequired()
    match = _VERSION.match(given)
    if not match:
        raise MalformedRequest(problems=[Problem("/header/If-Match", "request-not-understood", {"name": "If-Match", "expected": 'one version, e.g. "3"'})])
    return int(match[1])


class Transaction(Protocol):
    """What can keep a key and its answer with what it answers for."""

    def claim(self, key: str, request_hash: str) -> Answered | None: ...

    def settle(self, key: str, answer: Answered) -> None: ...


T = TypeVar("T", bound=Transaction)


def once(transaction: AbstractContextManager[T], act: Callable[[T], Response], *, content: str | None = None) -> Response:
    """Do `act` in the transaction; under an Idempotency-Key seen before, give the first answer again instead.

    Key, act and answer are committed together, so an answer that got lost on its way is found again. A refused act
    leaves no key behind. `content` stands for a body that is not the same bytes when it is sent again (a form with files).
    """
    key = given_key()
    with transaction as held:
        if key is None:
            return act(held)
        before = _claimed(held, key, _digest(content))
        if before is not None:
            return Response(before.body, before.status, {**before.headers, "Idempotency-Replayed": "true"})
        made = act(held)
        headers = {name: made.headers[name] for name in _KEPT_HEADERS if name in made.headers}
        held.settle(key, Answered(made.status_code, made.get_data(as_text=True), headers))
        return made


def given_key() -> str | None:
    """The Idempotency-Key of the request, or None; MalformedRequest when it cannot be one."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.match(key):
        raise MalformedRequest(problems=[Problem("/header/Idempotency-Key", "request-not-understood",
                                                 {"name": "Idempotency-Key", "expected": "1-200 visible ASCII characters"})])
    return key


def _claimed(held: Transaction, key: str, digest: str) -> Answered | None:
    try:
        with translated():
            return held.claim(key, digest)
    except TooMany as waited:  # the first request of this key is still being answered
        raise OneAtATime() from waited


def _digest(content: str | None) -> str:
    body = request.get_data() if content is None else content.encode()
    return hashlib.sha256(b"\x00".join((request.method.encode(), request.full_path.encode(), body))).hexdigest()
