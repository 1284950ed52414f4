"""The page on connecting other programs: it shows this server's address, and the examples it shows run as they stand."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from shapely.geometry import Point

from app.guides import ADDRESS
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Role
from tests.app.conftest import Served

_EXAMPLE = re.compile(r'<pre><code class="language-(sh|python)">(.*?)</code></pre>', re.DOTALL)


@pytest.fixture
def shelters(space: Space) -> None:
    with space.transaction(OPERATOR) as store:
        for n, capacity in enumerate((300, 150, 900)):
            store.insert("shelters", {"code": f"S{n}", "name": f"示例避难场所{n}", "capacity": capacity}, Point(109.645 + n / 100, 40.612))


def fetch(address: str, method: str = "GET", body: Any = None, **headers: str) -> Any:
    return urlopen(Request(address, method=method, data=body and json.dumps(body).encode(), headers=headers), timeout=30)


def page(served: Served, language: str) -> str:
    return fetch(f"{served.base}/help/connect?lang={language}", **served.token(Role.VIEWER)).read().decode()


def run(kind: str, text: str, token: str, folder: Path) -> str:
    environment = {**os.environ, "TOKEN": token, "no_proxy": "127.0.0.1"}
    command = ["bash", "-ec", text] if kind == "sh" else [sys.executable, "-c", text]
    done = subprocess.run(command, check=False, env=environment, cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_example_shown_runs_as_it_stands(served: Served, shelters: None, tmp_path: Path) -> None:
    shown = [(kind, html.unescape(text)) for kind, text in _EXAMPLE.findall(page(served, "zh"))]
    assert shown == [(kind, html.unescape(text)) for kind, text in _EXAMPLE.findall(page(served, "en"))]
    expected = (["示例避难场所2", '"capacity":900'], ["Feature Count: 3"], ["示例避难场所2 900 [109.665, 40.612]\n示例避难场所0 300 [109.645, 40.612]\n"], ["'shelters'", "示例避难场所0 300"],
                ["Gauss-Kruger CM 111E 3 POINT (385"], ['350 "2"'])
    token = served.token(Role.PLANNER)["Authorization"].removeprefix("Bearer ")
    assert len(shown) == len(expected)
    for (kind, text), wanted in zip(shown, expected, strict=True):
        if "ogrinfo" in text and shutil.which("ogrinfo") is None:
            continue  # gdal-bin of the system is not installed; the wheel's GDAL runs the fifth
        said = run(kind, text, token, tmp_path)
        assert all(one in said for one in wanted), (text, said)
        assert "150" not in said or kind == "sh", "the filter holds"
    if shutil.which("ogrinfo"):
        assert "Feature Count: 3" in run("sh", "ogrinfo -so -al shelters.gpkg", token, tmp_path)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_this_servers_address_and_no_other(served: Served, language: str) -> None:
    text = page(served, language)
    assert ADDRESS not in text
    assert f"{served.base}/ogc/" in text
    assert {found.rstrip("/") for found in re.findall(r"https?://[^/\s<\"&]+", re.sub(r"<(script|link)[^>]*>", "", text))} <= {served.base}


def test_a_program_that_knows_only_passwords_reads_with_the_token_as_one(served: Served, shelters: None) -> None:
    """As ArcGIS Pro and QGIS do: they wait for the challenge, then send name and password."""
    token = served.token(Role.PLANNER)["Authorization"].removeprefix("Bearer ")
    named = {"Authorization": "Basic " + base64.b64encode(f"anybody:{token}".encode()).decode()}
    for path in ("/ogc/", "/ogc/collections", "/ogc/collections/shelters/items"):
        with pytest.raises(HTTPError) as refused:
            fetch(served.base + path)
        assert refused.value.code == 401
        assert [one.split()[0] for one in refused.value.headers.get_all("WWW-Authenticate")] == ["Bearer", "Basic"]
        assert fetch(served.base + path, **named).status == 200
    found = json.load(fetch(f"{served.base}/ogc/collections/shelters/items?limit=1", **named))["features"][0]
    there = f"{served.base}/ogc/collections/shelters/items/{found['id']}"
    for method, body in (("DELETE", None), ("PATCH", {"properties": {"capacity": 1}})):
        with pytest.raises(HTTPError) as refused:  # a browser would send a password along with anybody's form
            fetch(there, method, body, **named, **{"If-Match": '"1"', "Content-Type": "application/json"})
        assert refused.value.code == 401
    assert json.load(fetch(there, **named))["properties"] == found["properties"]
    with pytest.raises(HTTPError) as refused:
        fetch(f"{served.base}/api/v1/layers", **named)
    assert refused.value.code == 401, "no other address takes it"
    for wrong in ("anybody:", "anybody:om_wrong", token):
        with pytest.raises(HTTPError):
            fetch(f"{served.base}/ogc/", Authorization="Basic " + base64.b64encode(wrong.encode()).decode())


def test_our_own_pages_are_never_asked_for_a_password_by_the_browser(served: Served) -> None:
    for path in ("/ogc/collections/shelters/tiles/WebMercatorQuad/0/0/0", "/api/v1/layers", "/ogc/api"):
        with pytest.raises(HTTPError) as refused:
            fetch(served.base + path)
        assert refused.value.headers.get_all("WWW-Authenticate") == ['Bearer realm="onemap"']
