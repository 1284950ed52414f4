"""Files over HTTP: a zone, another system, the past, what is masked; and all layers in one."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from sqlalchemy import text

from geodata.files.extract import HERE
from geodata.store.database import Database
from geodata.store.past import space_id_of
from layers.spec import Role
from tests.app.api.conftest import Program, post

POSTS, EXPORT = "/api/v1/layers/posts/features", "/api/v1/layers/posts/export"
SQUARE = {"type": "Polygon", "coordinates": [[[109.795, 40.595], [109.805, 40.595], [109.805, 40.605], [109.795, 40.605], [109.795, 40.595]]]}


@pytest.fixture
def posts(planner_program: Program) -> None:
    """Three posts from west to east, 850 m between them."""
    for place, code in enumerate("ABC"):
        made = planner_program.post(POSTS, {"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.80 + place / 100, 40.6]},
                                            "properties": {"code": code, "name": f"{code}村", "phone": "13812345678"}})
        assert made.status_code == 201, made.text


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["code"] for row in csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))]


def test_a_zone_is_widened_on_the_ground_and_goes_with_a_filter(planner_program: Program, posts: None) -> None:
    asked = {"format": "csv", "sort": "code", "zone": {"type": "Point", "coordinates": [109.8, 40.6]}}
    assert codes(planner_program.post(EXPORT, {**asked, "zone": SQUARE})) == ["A"]
    assert codes(planner_program.post(EXPORT, {**asked, "buffer_m": 845})) == ["A"]
    assert codes(planner_program.post(EXPORT, {**asked, "buffer_m": 847})) == ["A", "B"]  # 846.4 m on the ellipsoid
    assert codes(planner_program.post(EXPORT, {**asked, "buffer_m": 847, "filter": "code <> 'A'"})) == ["B"]
    assert codes(planner_program.post(EXPORT, {"format": "csv", "bbox": [109.805, 40.5, 109.815, 40.7]})) == ["B"]
    for wrong, pointer in (({"zone": {"type": "Polygon", "coordinates": []}}, "/zone"), ({"bbox": [1, 2, 3]}, "/bbox"), ({"bbox": [7, 50, 5, 40]}, "/bbox")):
        refused = planner_program.post(EXPORT, {"format": "csv", **wrong})
        assert refused.status_code in (400, 422) and refused.json["errors"][0]["pointer"] == pointer, refused.text


def test_before_a_file_is_made_its_reader_learns_how_many_and_what_is_masked(planner_program: Program, viewer_program: Program, posts: None) -> None:
    for program in (planner_program, viewer_program):
        said = program.post(f"{EXPORT}/preview", {"zone": SQUARE}).json
        assert (said["count"], said["masked"], said["coarse"]) == (1, ["phone"], False)
    assert planner_program.post(f"{EXPORT}/preview", {}).json["count"] == 3


def test_a_file_is_named_by_its_coordinates(planner_program: Program, posts: None) -> None:
    names = {asked: planner_program.get(f"{EXPORT}?format=csv&{asked}").headers["Content-Disposition"] for asked in ("", "crs=EPSG:4546", "datum=gcj02")}
    assert "_EPSG4546.csv" in names["crs=EPSG:4546"] and "_GCJ-02.csv" in names["datum=gcj02"] and "posts.csv" in names[""]
    shifted = planner_program.get(f"{EXPORT}?format=csv&datum=gcj02&fields=code&lang=zh&words=true").data.decode("utf-8-sig").splitlines()
    assert shifted[0] == "编号,WKT_gcj02,坐标基准" and shifted[1].endswith(",GCJ-02")


@pytest.mark.parametrize(("asked", "code"), [
    ("format=geojson&crs=EPSG:4546", "export-degrees"), ("format=dxf&crs=EPSG:4490&datum=gcj02", "export-metres"), ("format=csv&crs=EPSG:2435", "export-crs"),
    ("format=csv&crs=EPSG:999999", "unknown-crs"), ("format=csv&crs=EPSG:4546&datum=gcj02", "export-shifted-grid"),
])
def test_what_cannot_be_written_is_refused_in_words(planner_program: Program, posts: None, asked: str, code: str) -> None:
    refused = planner_program.get(f"{EXPORT}?{asked}&lang=zh")
    assert (refused.status_code, refused.json["code"]) == (422, code) and refused.json["remedy"]


def test_a_shapefile_may_be_in_gbk(planner_program: Program, posts: None) -> None:
    with zipfile.ZipFile(io.BytesIO(planner_program.get(f"{EXPORT}?format=shp&encoding=GBK").data)) as packed:
        assert "A村".encode("gbk") in packed.read("posts_point.dbf")


@pytest.mark.parametrize(("kind", "start"), [("kml", b"<?xml"), ("fgb", b"fgb"), ("dxf", b"999")])
def test_other_programs_formats_come_as_such(planner_program: Program, viewer_program: Program, posts: None, kind: str, start: bytes) -> None:
    answer = viewer_program.get(f"{EXPORT}?format={kind}")
    assert answer.status_code == 200 and answer.data.startswith(start) and answer.headers["X-Feature-Count"] == "3"
    assert b"13812345678" not in answer.data


def test_all_that_one_may_read_comes_as_one_file_with_its_styles(viewer_program: Program, posts: None, tmp_path: Path) -> None:
    answer = viewer_program.get("/api/v1/export")
    assert answer.status_code == 200, answer.text
    path = tmp_path / "all.gpkg"
    path.write_bytes(answer.data)
    readable = {one["id"] for one in viewer_program.get("/api/v1/layers").json["layers"]}
    assert {name for name, _ in pyogrio.list_layers(path).tolist()} == readable | {"layer_styles"}
    assert pyogrio.read_dataframe(path, layer="posts", read_geometry=False)["phone"].unique().tolist() == ["138****5678"]
    with sqlite3.connect(path) as book:
        assert "posts" in {name for (name,) in book.execute("SELECT f_table_name FROM layer_styles")}
    assert viewer_program.get("/api/v1/export?format=csv").status_code == 400


def test_whoever_may_see_no_map_gets_no_file(program: Callable[..., Program], posts: None) -> None:
    for path in ("/api/v1/export", "/api/v1/export/systems", f"{EXPORT}?format=csv"):
        assert program(Role.AUDIT_ADMIN).get(path).status_code == 403


def test_the_systems_offered_begin_with_the_districts_own(planner_program: Program) -> None:
    found = planner_program.get("/api/v1/export/systems").json
    assert [one["crs"] for one in found["degrees"]] == ["EPSG:4490", "EPSG:4326"]
    assert found["grids"][0] == {"crs": "EPSG:4546", "meridian": 111, "width": 3, "zoned": False}
    assert json.dumps(found["grids"][1]) == '{"crs": "EPSG:4525", "meridian": 111, "width": 3, "zoned": true}'


def test_a_body_without_ids_is_of_all(planner_program: Program, posts: None) -> None:
    planner_program.post(POSTS, post(code="D"))
    assert sorted(codes(planner_program.post(EXPORT, {"format": "csv"}))) == ["A", "B", "C", "D"]


def test_the_past_goes_out_as_it_was_under_the_time_that_it_is_of(planner_program: Program, viewer_program: Program, posts: None, database: Database) -> None:
    with database.owner.connect() as connection:
        connection.execute(text("SELECT pg_sleep(1.01 - mod(extract(microseconds FROM clock_timestamp()), 1000000) / 1e6)"))
    moment = datetime.now(UTC)
    gone = planner_program.get(f"{POSTS}?limit=1").json["features"][0]["id"]
    assert planner_program.ask("DELETE", f"{POSTS}/{gone}?reason=test", If_Match='"1"').status_code == 204
    assert viewer_program.get(f"{EXPORT}?format=csv").headers["X-Feature-Count"] == "2"
    then = viewer_program.get(f"/spaces/{space_id_of(moment)}{EXPORT}?format=csv&fields=phone")
    assert then.headers["X-Feature-Count"] == "3" and "138****5678" in then.data.decode()
    assert f"{moment.astimezone(HERE):%Y%m%d_%H%M}" in then.headers["Content-Disposition"]
