"""What is not JSON, or too much of it, is refused before any value is built."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from app.api.body import MAX_DEPTH, MAX_VERTICES, parse
from app.api.refusals import MalformedRequest
from layers.errors import TooLarge
from tests.app.api.conftest import Program, post

POSTS = "/api/v1/layers/posts/features"


@pytest.mark.parametrize("body", [
    b"", b"{", b"{]", b"nul", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":1e400}', b'{"a":-1e999}', b'{"a":1' + b"0" * 400 + b"}",
    b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"a":"\x00"}', b'{"a":"\xff"}', b"[1] [2]", b"'a'", b'{"a":' + b"9" * 5000 + b"}",
])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse(body)


@pytest.mark.parametrize(("body", "value"), [
    (b"\xef\xbb\xbf[1]", [1]), (b'{"a":"\\u4e2d\\ud83d\\ude00"}', {"a": "中😀"}), (b'"\\\\u0000"', "\\u0000"), (b'"[[[[{{{{"', "[[[[{{{{"), (b"1e308", 1e308),
    (b'{"a":"]]]\\""}', {"a": ']]]"'}),
])
def test_what_is_json_is_read(body: bytes, value: Any) -> None:
    assert parse(body) == value


def test_depth_counts_objects_and_arrays_but_not_brackets_in_text() -> None:
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    for body in (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), b'{"a":' * 40 + b"1" + b"}" * 40, b"[" * 5_000_000):
        with pytest.raises(TooLarge):
            parse(body)


def _ring(vertices: int) -> dict[str, Any]:
    positions = [[109 + number * 1e-6, 40 + (number % 2) * 1e-6] for number in range(vertices)]
    return {"type": "LineString", "coordinates": positions}


@pytest.mark.parametrize(("make", "status"), [
    (lambda: json.dumps(post(name="x" * 10_500_000)), 413),
    (lambda: '{"type":"Feature","properties":{"name":"x","a":' + "[" * 40 + "]" * 40 + "}}", 413),
    (lambda: json.dumps({**post(), "geometry": _ring(MAX_VERTICES + 1)}), 413),
    (lambda: '{"type":"Feature","properties":{"share":NaN}}', 400),
    (lambda: '{"type":"Feature","properties":{"share":1e400}}', 400),
    (lambda: '{"type":"Feature","geometry":{"type":"Point","coordinates":[1e400,1]},"properties":{}}', 400),
    (lambda: '{"type":"Feature","properties":{"share":"Infinity","name":"x"},"geometry":{"type":"Point","coordinates":[1,1]}}', 422),
])
def test_too_much_and_not_a_number_are_refused_over_http(planner_program: Program, make: Callable[[], str], status: int) -> None:
    body = make()
    for method, path, headers in (("POST", POSTS, {}), ("POST", "/ogc/collections/posts/items", {}), ("POST", "/api/v1/exposure", {})):
        answer = planner_program.ask(method, path, body, **headers)
        assert answer.status_code in (status, 422 if path.endswith("exposure") else status), answer.text[:300]
        assert answer.mimetype == "application/problem+json"


def test_refusal_comes_before_the_work() -> None:
    began = time.process_time()
    with pytest.raises(TooLarge):
        parse(json.dumps(_ring(MAX_VERTICES + 1)).encode())
    assert time.process_time() - began < 5  # bars.md E2 says 1 s of one request; this only tells linear from quadratic


def test_chunked_body_without_a_length_is_bounded(planner_program: Program) -> None:
    environ = create_environ(POSTS, method="POST", content_type="application/json", headers={"Authorization": f"Bearer {planner_program.token}"})
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"wsgi.input": _Endless(), "wsgi.input_terminated": True}
    _, status, _ = run_wsgi_app(planner_program.client.application, environ)
    assert status.startswith("413")


class _Endless:
    """A body that never ends."""

    def read(self, size: int = -1) -> bytes:
        return b" " * (size if size > 0 else 1 << 20)

    def readline(self, size: int = -1) -> bytes:
        return self.read(size)


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
def test_body_of_another_type_is_415(planner_program: Program, media: str) -> None:
    answer = planner_program.ask("POST", POSTS, json.dumps(post()), Content_Type=media)
    assert answer.status_code == 415
