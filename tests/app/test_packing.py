"""Long JSON answers are packed for those who read that, and only then."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest
from flask import Flask, Response

from app.packing import LONG, pack
from layers.spec import Role
from tests.app.conftest import SignedIn

SignIn = Callable[[Role], SignedIn]


def test_a_long_answer_comes_packed_and_says_the_same(sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER).client
    plain = client.get("/api/v1/layers")
    packed = client.get("/api/v1/layers", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert json.loads(gzip.decompress(packed.data)) == plain.json
    assert len(packed.data) < len(plain.data) / 4 and int(packed.headers["Content-Length"]) == len(packed.data)
    assert "Accept-Encoding" in plain.headers["Vary"] and "Cookie" in plain.headers["Vary"]


def test_a_page_with_its_secret_is_never_packed(sign_in: SignIn) -> None:
    page = sign_in(Role.VIEWER).client.get("/", headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
    assert len(page.data) > LONG / 2 and "Content-Encoding" not in page.headers


@pytest.mark.parametrize("made", [
    Response("[" + " " * LONG + "]", mimetype="application/json", headers={"ETag": '"1"'}),
    Response(iter(["[", " " * LONG, "]"]), mimetype="application/json"),
    Response("[]", mimetype="application/json"),
    Response("x" * LONG, mimetype="application/vnd.mapbox-vector-tile"),
], ids=["tagged", "streamed", "short", "other"])
def test_what_is_left_as_it_is(app: Flask, made: Response) -> None:
    with app.test_request_context(headers={"Accept-Encoding": "gzip"}):
        assert "Content-Encoding" not in pack(made).headers
