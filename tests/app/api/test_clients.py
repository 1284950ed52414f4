"""Programs of others against the running service: GDAL of the system, GDAL of pyogrio's wheel, owslib, QGIS where it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyogrio
import pyproj
import pytest
from owslib.ogcapi.features import Features

from layers.spec import Geometry
from tests.app.api.conftest import Program, post
from tests.app.conftest import Served

ITEMS = "/ogc/collections/posts/items"


@pytest.fixture
def posts(planner_program: Program) -> list[dict[str, Any]]:
    """Seven posts in a row, and a line."""
    planner_program.post("/ogc/collections/works/items", {"type": "Feature", "properties": {"name": "堤"}, "geometry": {
        "type": "LineString", "coordinates": [[109.5, 40.5], [109.6, 40.5]]}})
    return [planner_program.post(ITEMS, post(109.5 + n / 100, code=f"P{n}", name=f"哨所{n}", people=n)).json for n in range(7)]


def environment(token: str) -> dict[str, str]:
    """What GDAL wants of a bearer token: the last for those before 3.9."""
    return {**os.environ, "GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token, "GDAL_HTTP_HEADERS": f"Authorization: Bearer {token}", "no_proxy": "127.0.0.1"}


def ogrinfo(program: Program, *arguments: str) -> str:
    run = subprocess.run(["ogrinfo", "-ro", *arguments], capture_output=True, text=True, env=environment(program.token), timeout=120, check=False)
    assert run.returncode == 0 and "ERROR" not in run.stderr, run.stderr
    return run.stdout


def python(program: Program, script: str) -> Any:
    """What a script prints, as JSON; in a process of its own, for GDAL waits for an answer with Python held."""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment(program.token), timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="gdal-bin of the system is not installed")
def test_gdal_of_the_system_lists_and_reads_every_layer(served: Served, planner_program: Program, posts: list[dict[str, Any]]) -> None:
    source = f"OAPIF:{served.base}/ogc/"
    listed = ogrinfo(planner_program, source)
    catalogue = planner_program.client.application.extensions["onemap"].database.catalogue
    for layer in catalogue.values():
        assert f": {layer.id} " in listed or f"{layer.id}" in listed
    read = ogrinfo(planner_program, "-al", "-oo", "PAGE_SIZE=3", source, "posts")
    assert "Feature Count: 7" in read
    assert "(109.56 40.6)" in read
    assert "哨所6" in read
    for layer in catalogue.values():
        so = ogrinfo(planner_program, "-so", source, layer.id)
        assert f"Layer name: {layer.id}" in so
        if layer.geometry is not Geometry.NONE and layer.id in ("posts", "works"):
            assert "Extent: (109.5" in so
    filtered = ogrinfo(planner_program, "-al", "-where", "people > 4", source, "posts")
    assert "哨所5" in filtered and "哨所4" not in filtered
    boxed = ogrinfo(planner_program, "-al", "-spat", "109.515", "40", "109.535", "41", source, "posts")
    assert "哨所2" in boxed and "哨所4" not in boxed


def test_gdal_of_the_wheel_reads_by_pages_in_any_system_and_by_box_and_filter(served: Served, planner_program: Program, posts: list[dict[str, Any]]) -> None:
    found = python(planner_program, f"""
import json, pyogrio
def told(**asked):
    df = pyogrio.read_dataframe("OAPIF:{served.base}/ogc", layer="posts", **asked)
    return [df.crs.to_authority()[1], dict(zip(df["code"], map(list, zip(df.geometry.x, df.geometry.y))))]
print(json.dumps([told(PAGE_SIZE=3), told(CRS="EPSG:4545", PAGE_SIZE=2), told(CRS="EPSG:3857"), told(CRS="EPSG:4545", bbox=(627_000, 4_490_000, 629_000, 4_500_000)),
                  told(where="people > 4 AND name LIKE '哨%'")]))
""")
    degrees = {f"P{n}": [109.5 + n / 100, 40.6] for n in range(7)}
    zone = pyproj.Transformer.from_crs(4490, 4545, always_xy=True)
    for (epsg, there), system, codes in zip(found, (4490, 4545, 3857, 4545, 4490), ("0123456", "0123456", "0123456", "12", "56"), strict=True):
        way = zone if system == 4545 else pyproj.Transformer.from_crs(4326, 3857, always_xy=True)
        assert int(epsg) == system and set(there) == {f"P{code}" for code in codes}
        for code, place in there.items():
            expected = degrees[code] if system == 4490 else way.transform(*degrees[code])
            assert place == pytest.approx(expected, abs=1e-9 if system == 4490 else 6e-5, rel=0)


def test_gdal_reads_the_tiles_by_their_own_description(served: Served, planner_program: Program, posts: list[dict[str, Any]]) -> None:
    found = python(planner_program, f"""
import json, pyogrio
df = pyogrio.read_dataframe("OGCAPI:{served.base}/ogc/collections/posts", API="TILES", layer="Zoom level 0")
print(json.dumps([df.crs.to_epsg(), sorted(df["title"]), list(df.to_crs(4326).total_bounds)]))
""")
    assert found[:2] == [3857, [f"哨所{n}" for n in range(7)]]
    assert found[2] == pytest.approx([109.5, 40.6, 109.56, 40.6], abs=0.09)  # a unit of tile 0/0/0 is 360 degrees by 4096


QGIS_PYTHON = os.environ.get("ONEMAP_TEST_QGIS_PYTHON", "/usr/bin/python3")


def qgis_is_here() -> bool:
    return bool(shutil.which(QGIS_PYTHON)) and subprocess.run([QGIS_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not qgis_is_here(), reason="python3-qgis of the system is not installed: 180 packages, for this one test")
def test_qgis_reads_by_box_and_filter_with_the_token_as_password(served: Served, planner_program: Program, posts: list[dict[str, Any]], tmp_path: Path) -> None:
    script = f"""
import json, os
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer
QgsApplication.setPrefixPath(os.environ.get("QGIS_PREFIX_PATH", "/usr"), True)
qgis = QgsApplication([], False, {str(tmp_path)!r})
qgis.initQgis()
layer = QgsVectorLayer("username='anybody' password='{planner_program.token}' typename='posts' url='{served.base}/ogc/' pagingEnabled='true' pageSize='3'", "posts", "OAPIF")
codes = lambda *asked: [one["code"] for one in layer.getFeatures(*asked)]
told = [layer.isValid(), layer.featureCount(), {{one["code"]: [one.geometry().asPoint().x(), one.geometry().asPoint().y()] for one in layer.getFeatures()}}]
told.append(codes(QgsFeatureRequest().setFilterRect(QgsRectangle(109.515, 40, 109.535, 41))))
told += [layer.setSubsetString('"people" > 4'), codes()]
print(json.dumps(told), flush=True)
os._exit(0)  # Qt takes its time over leaving
"""
    given = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "no_proxy": "127.0.0.1"}
    run = subprocess.run([QGIS_PYTHON, "-c", script], capture_output=True, text=True, env=given, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    valid, count, places, boxed, set_filter, filtered = json.loads(run.stdout.splitlines()[-1])
    assert valid and set_filter and count == 7
    assert {code: tuple(place) for code, place in places.items()} == {f"P{n}": pytest.approx((109.5 + n / 100, 40.6), abs=1e-9) for n in range(7)}
    assert sorted(boxed) == ["P2", "P3"] and sorted(filtered) == ["P5", "P6"]


def test_gdal_only_reads(served: Served) -> None:
    """Whoever reads this after an upgrade made it write: test that it does, with If-Match."""
    assert pyogrio.list_drivers()["OAPIF"] == "r"


def test_owslib_reads_filters_and_sorts(served: Served, planner_program: Program, posts: list[dict[str, Any]]) -> None:
    api = Features(f"{served.base}/ogc/", headers={"Authorization": f"Bearer {planner_program.token}"})
    catalogue = planner_program.client.application.extensions["onemap"].database.catalogue
    assert set(api.feature_collections()) == set(catalogue)
    assert any(one.endswith("/conf/core") for one in api.conformance()["conformsTo"])
    assert api.api()["openapi"].startswith("3.0")
    assert "people" in api.collection_queryables("posts")["properties"]
    assert "people" in api.collection_schema("posts")["properties"]

    def codes(**asked: Any) -> list[str]:
        return [one["properties"]["code"] for one in api.collection_items("posts", **asked)["features"]]

    assert codes(limit=2) == ["P0", "P1"]
    assert codes(bbox=[109.515, 40, 109.535, 41]) == ["P2", "P3"]
    assert codes(filter="people > 4") == ["P5", "P6"]
    assert codes(sortby=("people", "desc"), limit=3) == ["P6", "P5", "P4"]
    assert codes(name="哨所4") == ["P4"]
    assert api.collection_item("posts", posts[2]["id"])["properties"]["name"] == "哨所2"


def test_owslib_makes_replaces_and_deletes(served: Served, planner_program: Program) -> None:
    api = Features(f"{served.base}/ogc/", headers={"Authorization": f"Bearer {planner_program.token}"})
    assert api.collection_item_create("posts", post(109.7, code="NEW"))
    (made,) = api.collection_items("posts", code="NEW")["features"]
    api.headers["If-Match"] = '"1"'
    assert api.collection_item_update("posts", made["id"], json.dumps(post(109.71, code="NEW", name="乙")))
    assert api.collection_item("posts", made["id"])["properties"]["name"] == "乙"
    with pytest.raises(RuntimeError):
        api.collection_item_delete("posts", made["id"])  # the version that was
    api.headers["If-Match"] = '"2"'
    assert api.collection_item_delete("posts", made["id"])
    assert api.collection_items("posts", code="NEW")["features"] == []


def test_what_a_client_brings_along_changes_nothing_of_ours() -> None:
    import openpyxl.xml

    assert not openpyxl.xml.LXML
