"""OGC API Features and Tiles as other programs see them."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from layers.spec import Geometry
from tests.app.api.conftest import Program, post

ITEMS = "/ogc/collections/posts/items"


@pytest.fixture
def posts(planner_program: Program) -> list[dict[str, Any]]:
    """Seven posts in a row."""
    return [planner_program.post("/api/v1/layers/posts/features", post(109.5 + n / 100, code=f"P{n}", name=f"哨所{n}", people=n, level=1 + n % 2, open=n > 2,
                                 share=n / 4, since=f"2024-01-0{n + 1}", verified_at=f"2024-0{n + 1}-01T00:00:00Z" if n else None)).json for n in range(7)]


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["properties"]["code"] for one in answer.json["features"]]


def test_landing_page_leads_to_everything(planner_program: Program) -> None:
    links = planner_program.get("/ogc/").json["links"]
    assert {"self", "service-desc", "service-doc", "conformance", "data"} <= {one["rel"] for one in links}
    for one in links:
        assert planner_program.get(one["href"].removeprefix("http://localhost")).status_code == 200, one


def test_every_layer_is_a_collection_and_every_link_of_it_answers(planner_program: Program) -> None:
    whole = planner_program.get("/ogc/collections").json
    assert {one["id"] for one in whole["collections"]} == set(planner_program.client.application.extensions["onemap"].database.catalogue)
    for one in whole["collections"]:
        assert planner_program.get(f"/ogc/collections/{one['id']}").json == one
        for link in one["links"]:
            assert planner_program.get(link["href"].removeprefix("http://localhost")).status_code == 200, link


def test_next_links_walk_through_all_items_once(planner_program: Program, posts: list[dict[str, Any]]) -> None:
    seen, address = [], ITEMS + "?limit=3&level=1"
    while address:
        page = planner_program.get(address)
        seen += names(page)
        assert (page.json["numberMatched"], page.json["numberReturned"]) == (4, len(page.json["features"]))
        address = next((one["href"].removeprefix("http://localhost") for one in page.json["links"] if one["rel"] == "next"), "")
    assert seen == ["P0", "P2", "P4", "P6"]


def test_limit_past_the_greatest_is_cut_and_no_limit_is_100(planner_program: Program, posts: list[dict[str, Any]]) -> None:
    assert len(names(planner_program.get(ITEMS + "?limit=1000000"))) == 7
    assert planner_program.get(ITEMS + "?limit=0").status_code == 400


@pytest.mark.parametrize(("query", "found"), [
    ("bbox=109.515,40,109.535,41", "P2 P3"), ("bbox=109.515,40,0,109.535,41,9", "P2 P3"), ("code=P3", "P3"), ("level=2", "P1 P3 P5"), ("open=true", "P3 P4 P5 P6"),
    ("open=是&level=2", "P3 P5"), ("people=4", "P4"), ("share=0.75", "P3"), ("since=2024-01-02", "P1"), ("name=哨所5", "P5"),
    ("filter=people > 4", "P5 P6"), ("filter=people BETWEEN 1 AND 2&filter-lang=cql2-text", "P1 P2"), ("filter=name LIKE '%255'", "P5"),
    ("filter=code IN ('P1','P6') AND open = true", "P6"), ("filter=open IS NOT NULL AND NOT (people < 6)", "P6"),
    ("datetime=2024-06-01T00:00:00Z/..", "P0 P5 P6"), ("datetime=../2024-02-15", "P0 P1"), ("datetime=2024-03-01T00:00:00Z", "P0 P2"),
    ("datetime=2024-03-01/2024-04-30", "P0 P2 P3"), ("datetime=2024-03-01T08:00:00%2B08:00", "P0 P2"),
])
def test_items_are_chosen(planner_program: Program, posts: list[dict[str, Any]], query: str, found: str) -> None:
    assert names(planner_program.get(f"{ITEMS}?{query}")) == found.split()


@pytest.mark.parametrize("query", [
    "nothing=1", "bbox=1,2,3", "bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4547", "datetime=yesterday", "datetime=2024-05-01/2024-01-01", "datetime=../..", "limit=x",
    "people=many", "filter-lang=cql2-json", "filter-crs=x", "f=html", "since=soon", "geometry=x", "phone",
])
def test_what_cannot_be_read_is_400(planner_program: Program, query: str) -> None:
    if query != "phone":
        assert planner_program.get(f"{ITEMS}?{query}").status_code == 400


def test_personal_field_is_no_queryable_for_a_viewer(planner_program: Program, viewer_program: Program) -> None:
    assert viewer_program.get(ITEMS + "?phone=13812345678").status_code == 400
    assert "phone" not in viewer_program.get("/ogc/collections/posts/queryables").json["properties"]
    assert "phone" not in planner_program.get("/ogc/collections/posts/queryables").json["properties"], "a filter would tell it without a record"


def test_a_filter_with_quotes_is_text_not_syntax(planner_program: Program) -> None:
    planner_program.post("/api/v1/layers/posts/features", post(name="O'Neil' OR '1'='1", code="Q"))
    found = planner_program.client.get(ITEMS, query_string={"name": "O'Neil' OR '1'='1"}, headers={"Authorization": f"Bearer {planner_program.token}"})
    assert names(found) == ["Q"]
    assert names(planner_program.get(ITEMS + "?name=' OR ''='")) == []


def test_item_is_read_made_replaced_and_deleted(planner_program: Program) -> None:
    made = planner_program.post(ITEMS, post(code="N"), Content_Type="application/geo+json")
    assert made.status_code == 201
    address = made.headers["Location"]
    assert address.startswith(ITEMS + "/")
    read = planner_program.get(address)
    assert {one["rel"] for one in read.json["links"]} == {"self", "collection"}
    assert read.headers["ETag"] == '"1"'
    assert planner_program.ask("PUT", address, post(name="乙")).status_code == 428
    assert planner_program.ask("PUT", address, post(name="乙"), If_Match='"1"').json["properties"]["name"] == "乙"
    assert planner_program.ask("DELETE", address, If_Match='"1"').status_code == 412
    assert planner_program.ask("DELETE", address, If_Match='"2"').status_code == 204
    entries = planner_program.get(address.replace("/ogc/collections/posts/items", "/api/v1/layers/posts/features") + "/history").json["entries"]
    assert "no reason given" in entries[-1]["reason"]


def test_reading_needs_a_sign_in(app: Flask, planner_program: Program) -> None:
    for path in ("/ogc/", "/ogc/collections", ITEMS, "/ogc/api", "/ogc/collections/posts/tiles/WebMercatorQuad/0/0/0", "/api/v1/openapi.json"):
        assert app.test_client().get(path).status_code == 401


@pytest.fixture
def address(app: Flask, planner_program: Program) -> Iterator[str]:
    """A real server of the application on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def ogrinfo(program: Program, *arguments: str) -> str:
    environment = {**os.environ, "GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": program.token, "GDAL_HTTP_HEADERS": f"Authorization: Bearer {program.token}"}
    run = subprocess.run(["ogrinfo", "-ro", *arguments], capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert run.returncode == 0 and "ERROR" not in run.stderr, run.stderr
    return run.stdout


def test_gdal_lists_and_reads_every_layer(address: str, planner_program: Program, posts: list[dict[str, Any]]) -> None:
    planner_program.post("/api/v1/layers/works/features", {"type": "Feature", "properties": {"name": "堤"}, "geometry": {
        "type": "LineString", "coordinates": [[109.5, 40.5], [109.6, 40.5]]}})
    listed = ogrinfo(planner_program, f"OAPIF:{address}/ogc/")
    catalogue = planner_program.client.application.extensions["onemap"].database.catalogue
    for layer in catalogue.values():
        assert f": {layer.id} " in listed or f"{layer.id}" in listed
    read = ogrinfo(planner_program, "-al", "-oo", "PAGE_SIZE=3", f"OAPIF:{address}/ogc/", "posts")
    assert "Feature Count: 7" in read
    assert "POINT (109.56 40.6)" in read
    assert "哨所6" in read
    for layer in catalogue.values():
        so = ogrinfo(planner_program, "-so", f"OAPIF:{address}/ogc/", layer.id)
        assert f"Layer name: {layer.id}" in so
        if layer.geometry is not Geometry.NONE and layer.id in ("posts", "works"):
            assert "Extent: (109.5" in so
    filtered = ogrinfo(planner_program, "-al", "-where", "people > 4", f"OAPIF:{address}/ogc/", "posts")
    assert "哨所5" in filtered and "哨所4" not in filtered
    boxed = ogrinfo(planner_program, "-al", "-spat", "109.515", "40", "109.535", "41", f"OAPIF:{address}/ogc/", "posts")
    assert "哨所2" in boxed and "哨所4" not in boxed


def test_both_openapi_documents_hold_together(planner_program: Program) -> None:
    for path, version in (("/api/v1/openapi.json", "3.1."), ("/ogc/api", "3.0.")):
        document = planner_program.get(path).json
        assert document["openapi"].startswith(version)
        text = json.dumps(document)
        referred = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
        assert referred <= set(document["components"]["schemas"])
        if version == "3.0.":
            assert '"null"' not in text
            assert "/ogc/collections/{layer_id}/items" in document["paths"]
    assert "3.0.3" in planner_program.get("/ogc/api").text
