"""OGC API Features and Tiles as other programs see them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask

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
        alone = planner_program.get(f"/ogc/collections/{one['id']}").json
        assert ("crs" in one) == any("tilesets" in link["rel"] for link in one["links"])
        assert alone == one | ({"crs": whole["crs"]} if "crs" in one else {}), "#/crs stands for the list beside the collections"
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
    "nothing=1", "bbox=1,2,3", "bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4214", "crs=EPSG:4490", "filter=people >", "filter=people > 4) OR (people < 2", "filter=people > 4) OR (people < 2&level=1", "filter=nothing = 1", "sortby=nothing", "sortby=phone,phone", "cursor=x", "datetime=yesterday", "datetime=2024-05-01/2024-01-01", "datetime=../..", "limit=x",
    "people=many", "filter-lang=cql-text", "filter=1&filter-lang=cql2-json", "filter={&filter-lang=cql2-json", "filter-crs=x", "f=html", "since=soon", "geometry=x", "phone",
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
    assert names(planner_program.get(ITEMS + "?name=:)))&filter=name <> ':)'")) == []


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


@pytest.mark.parametrize(("sortby", "order"), [
    ("-people", "P6 P5 P4 P3 P2 P1 P0"), ("%2Bpeople", "P0 P1 P2 P3 P4 P5 P6"), ("+people", "P0 P1 P2 P3 P4 P5 P6"), ("level,-people", "P6 P4 P2 P0 P5 P3 P1"),
    ("-verified_at", "P6 P5 P4 P3 P2 P1 P0"), ("-code,created_at", "P6 P5 P4 P3 P2 P1 P0"),
])
def test_items_come_in_the_order_asked_for_across_pages(planner_program: Program, posts: list[dict[str, Any]], sortby: str, order: str) -> None:
    assert [one for page in walk(planner_program, f"{ITEMS}?limit=2&sortby={sortby}") for one in page] == order.split()


def test_sortables_are_what_sortby_takes(planner_program: Program, viewer_program: Program) -> None:
    listed = planner_program.get("/ogc/collections/posts/sortables").json["properties"]
    assert {"code", "people", "version", "updated_at"} <= set(listed)
    for name in listed:
        assert planner_program.get(f"{ITEMS}?sortby=-{name}").status_code == 200, name
    assert "phone" not in viewer_program.get("/ogc/collections/posts/sortables").json["properties"], "an order tells a masked number"
    assert viewer_program.get(f"{ITEMS}?sortby=phone").status_code == 400


def walk(program: Program, address: str, between: Callable[[int], None] = lambda page: None) -> list[list[str]]:
    """The codes on each page, by the next links; `between` acts after each page."""
    pages = []
    while address:
        page = program.get(address)
        pages.append(names(page))
        between(len(pages))
        address = next((one["href"].removeprefix("http://localhost") for one in page.json["links"] if one["rel"] == "next"), "")
    return pages


@pytest.mark.parametrize("sortby", ["", "&sortby=-people"])
def test_pages_miss_nothing_and_repeat_nothing_while_others_write(planner_program: Program, posts: list[dict[str, Any]], sortby: str) -> None:
    """Between two pages rows before, at and behind the place are added, changed and taken away: what stood all the time comes once."""
    stands = posts[1] if not sortby else posts[5]  # the row on which the first page ends

    def write(page: int) -> None:
        if page > 3:
            return
        for people in (-page % 3, 3, 40):
            planner_program.post(ITEMS, post(code=f"N{page}-{people}", people=people))
        for one in (posts[0], posts[3], posts[6]):
            there = f"{ITEMS}/{one['id']}"
            assert planner_program.ask("PATCH", there, {"properties": {"share": page}}, If_Match=planner_program.get(there).headers["ETag"]).status_code == 200
        if page == 1:
            assert planner_program.ask("DELETE", f"{ITEMS}/{stands['id']}", If_Match='"1"').status_code == 204

    seen = [one for page in walk(planner_program, f"{ITEMS}?limit=2{sortby}", write) for one in page]
    assert sorted(one for one in seen if one.startswith("P")) == [f"P{n}" for n in range(7)]
    assert len(seen) == len(set(seen))
    if not sortby:
        assert [one for one in seen if one.startswith("N")] == [f"N{page}-{people}" for page in (1, 2, 3) for people in (-page % 3, 3, 40)], "what is new comes at the end"


def test_a_program_learns_what_it_may_do(planner_program: Program, viewer_program: Program, posts: list[dict[str, Any]]) -> None:
    """As QGIS does: OPTIONS on the items and on one of them."""
    one = f"{ITEMS}/{posts[0]['id']}"
    allowed = [[set(program.ask("OPTIONS", path).headers["Allow"].split(", ")) for path in (ITEMS, one)] for program in (planner_program, viewer_program)]
    read = {"GET", "HEAD", "OPTIONS"}
    assert allowed == [[read | {"POST"}, read | {"PUT", "PATCH", "DELETE"}], [read, read]]
    assert planner_program.ask("OPTIONS", one).headers["Accept-Patch"] == "application/merge-patch+json"
    assert planner_program.client.open(ITEMS, method="OPTIONS").status_code == 401


def test_what_qgis_sends_for_a_new_feature_is_taken(planner_program: Program, posts: list[dict[str, Any]]) -> None:
    """Every field it has seen, also those that the store keeps, unknown ones as null; the axes of 4490; the system's URI bare."""
    properties = dict.fromkeys(posts[0]["properties"]) | {"name": "新哨所", "code": "QGIS"}
    body = {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [40.6, 109.9]}}
    made = planner_program.post(ITEMS, body, Content_Type="application/geo+json", Content_Crs="http://www.opengis.net/def/crs/EPSG/0/4490")
    assert made.status_code == 201, made.text
    assert made.headers["Location"].rpartition("/items/")[2] == made.json["id"]
    assert made.json["geometry"]["coordinates"] == [109.9, 40.6] and made.json["properties"]["version"] == 1


def test_a_merge_patch_changes_what_it_names_and_empties_what_is_null(planner_program: Program, viewer_program: Program, posts: list[dict[str, Any]]) -> None:
    there = f"{ITEMS}/{posts[3]['id']}"
    patch = {"properties": {"people": 30, "level": None}}
    assert planner_program.ask("PATCH", there, patch, Content_Type="application/merge-patch+json").status_code == 428, "QGIS sends no version: refused, not overwritten"
    changed = planner_program.ask("PATCH", there, patch, If_Match='"1"', Content_Type="application/merge-patch+json")
    assert changed.headers["ETag"] == '"2"'
    before = posts[3]["properties"] | {"people": 30, "level": None}
    assert {name: value for name, value in changed.json["properties"].items() if name not in ("version", "updated_at", "updated_by")} == {
        name: value for name, value in before.items() if name not in ("version", "updated_at", "updated_by")}
    assert changed.json["geometry"] == posts[3]["geometry"]
    assert planner_program.ask("PATCH", there, patch, If_Match='"1"').status_code == 412
    assert viewer_program.ask("PATCH", there, patch, If_Match='"2"').status_code == 403
    assert planner_program.ask("PATCH", there, {"geometry": None}, If_Match='"2"').status_code == 422, "a post has a place"


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
    schema = schemathesis.openapi.from_wsgi("/ogc/api", planner_program.client.application, headers={"Authorization": f"Bearer {planner_program.token}"})
    assert len([one.ok() for one in schema.get_all_operations()]) > 10
