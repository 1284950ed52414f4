"""Our own files are kept by browsers for good, and are never old: their address changes with their content."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.assets import SiteWithAssets, is_packed, start_of, version_of

STATIC = Path(__file__).resolve().parents[2] / "app" / "static"


def address(app: Flask, path: str) -> str:
    with app.test_request_context():
        return app.url_for("static", filename=path)


def test_a_file_under_its_version_is_kept_for_good_by_anyone(app: Flask, client: FlaskClient) -> None:
    answer = client.get(address(app, "js/main.js"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Cookie" not in answer.headers.get("Vary", ""), "who one is does not change it"


def test_modules_import_one_another_below_the_same_version(app: Flask) -> None:
    version = address(app, "").rstrip("/")
    assert re.fullmatch(r"/static/[0-9a-f]{12}", version)
    imports = re.findall(r'from "([^"]+)"', (STATIC / "js" / "main.js").read_text())
    assert imports and all(one.startswith("./") for one in imports), "a relative address stays below the version"


def test_a_page_opened_before_an_upgrade_still_gets_its_files_but_keeps_none(client: FlaskClient) -> None:
    answer = client.get("/static/000000000000/symbols/shelter.svg")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_text_comes_packed_to_those_who_read_it(app: Flask, client: FlaskClient) -> None:
    whole = (STATIC / "js" / "main.js").read_bytes()
    packed = client.get(address(app, "js/main.js"), headers={"Accept-Encoding": "gzip, deflate"})
    plain = client.get(address(app, "js/main.js"))
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.data) == whole
    assert plain.data == whole and "Content-Encoding" not in plain.headers
    assert packed.headers["ETag"] != plain.headers["ETag"] and packed.vary and plain.vary
    assert packed.headers["Content-Type"].startswith("text/javascript")
    again = client.get(address(app, "js/main.js"), headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["../site.py", "js/../../site.py", "%2e%2e/site.py", "nothing.js"])
def test_nothing_else_is_given_away(app: Flask, client: FlaskClient, path: str) -> None:
    for version in (address(app, "").split("/")[2], "x"):
        assert client.get(f"/static/{version}/{path}", headers={"Accept-Encoding": "gzip"}).status_code == 404


@pytest.mark.parametrize("change", ["content", "name", "another"])
def test_any_change_of_the_files_changes_every_address(tmp_path: Path, change: str) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        (folder / "static").mkdir(parents=True)
        (folder / "static" / "a.js").write_text("1")
    if change == "content":
        (second / "static" / "a.js").write_text("2")
    elif change == "name":
        (second / "static" / "a.js").rename(second / "static" / "b.js")
    else:
        (second / "static" / "b.js").write_text("")
    assert SiteWithAssets("one", first).version != SiteWithAssets("two", second).version
    (first / "static" / "a.js").touch()
    assert version_of.__wrapped__(first / "static") == version_of(first / "static"), "a new date alone changes nothing"


def test_pages_start_with_one_file_made_of_the_modules_as_they_are(app: Flask) -> None:
    """Set-up has made it, and counted the digest as we do."""
    assert is_packed(STATIC)
    for page in ("main.js", "wall/main.js", "wall/entry.js", "office/main.js"):
        script = (STATIC / start_of(STATIC, page)).read_text()
        assert start_of(STATIC, page) == f"packed/{page}" and not re.search(r"^import\b|\bimport\(", script, re.M), "it asks for nothing more"


def test_what_was_made_of_other_modules_is_not_served(tmp_path: Path) -> None:
    """Nobody ran set-up after a change: the modules themselves are right, only slower."""
    (tmp_path / "js" / "map").mkdir(parents=True)
    (tmp_path / "packed").mkdir()
    for name in ("map/a.js", "map.js"):
        (tmp_path / "js" / name).write_text(name)
    assert start_of(tmp_path, "main.js") == "js/main.js", "nothing was made"
    is_packed.cache_clear()
    (tmp_path / "packed" / "of").write_text(version_of(tmp_path / "js"))
    assert start_of(tmp_path, "main.js") == "packed/main.js"
    (tmp_path / "js" / "map.js").write_text("changed")
    is_packed.cache_clear()
    version_of.cache_clear()
    assert start_of(tmp_path, "main.js") == "js/main.js"
    is_packed.cache_clear()
    version_of.cache_clear()
