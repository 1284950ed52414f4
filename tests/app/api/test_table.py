"""What a table of a layer asks of the server: order by any field, sums, a rehearsal of many changes, files of what is seen."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from geodata.store.database import Database
from layers.spec import OPERATOR, Role
from tests.app.api.conftest import Program, post

POSTS = "/api/v1/layers/posts/features"
SUMMARY, EXPORT = "/api/v1/layers/posts/summary", "/api/v1/layers/posts/export"
# code, name, people, level, since: by hand, the unknown ones last whichever way
ROWS: list[tuple[str, str, int | None, int | None, str | None]] = [
    ("A", "张家", 40, 1, "2024-01-01"), ("B", "李家", None, 2, None), ("C", "阿家", 7, None, "2020-05-05"), ("D", "王家", 40, 2, "2024-01-01"), ("E", "Z hall", None, 1, "2021-01-01"),
]


@pytest.fixture
def posts(planner_program: Program) -> dict[str, dict[str, Any]]:
    """Five posts in a row from west to east, by code."""
    changes = [{"op": "insert", "layer": "posts", "geometry": {"type": "Point", "coordinates": [109.80 + place / 100, 40.6]},
                "properties": {"code": code, "name": name, "people": people, "level": level, "since": since, "phone": f"1381234567{place}"}}
               for place, (code, name, people, level, since) in enumerate(ROWS)]
    answer = planner_program.post("/api/v1/changesets", {"changes": changes})
    assert answer.status_code == 200, answer.text
    return {one["properties"]["code"]: one for one in planner_program.get(POSTS).json["features"]}


def codes(answer: Any) -> str:
    return "".join(one["properties"]["code"] for one in answer.json["features"])


@pytest.mark.parametrize(("sort", "expected"), [
    ("people", "CADBE"), ("-people", "ADCBE"), ("name", "CBDAE"), ("-name", "EADBC"), ("level,-people", "AEDBC"), ("-level,since", "DBEAC"), ("since,-code", "CEDAB"),
    ("-code", "EDCBA"), ("", "ABCDE"), ("-version,-code", "EDCBA"),
])
def test_rows_come_in_the_order_asked_for_unknown_last_and_page_by_page_the_same(planner_program: Program, posts: Any, sort: str, expected: str) -> None:
    assert codes(planner_program.get(f"{POSTS}?sort={sort}")) == expected
    found, cursor = "", ""
    while cursor is not None:
        page = planner_program.get(f"{POSTS}?sort={sort}&limit=2" + (f"&cursor={cursor}" if cursor else ""))
        found, cursor = found + codes(page), page.json["next"]
    assert found == expected
    assert codes(planner_program.get(f"{POSTS}?sort={sort}&limit=2&offset=2")) == expected[2:4]
    for place, code in enumerate(expected):
        assert planner_program.get(f"{SUMMARY}?sort={sort}&of={posts[code]['id']}").json["position"] == place


def test_a_cursor_holds_its_place_when_rows_come_change_and_go(planner_program: Program, posts: Any) -> None:
    first = planner_program.get(f"{POSTS}?sort=people&limit=2").json  # C 7, A 40
    for code in ("C", "A"):
        gone = planner_program.ask("DELETE", f"{POSTS}/{posts[code]['id']}?reason=test", If_Match='"1"')
        assert gone.status_code == 204
    planner_program.post(POSTS, post(code="F", people=3))
    planner_program.post(POSTS, post(code="G", people=50))
    assert codes(planner_program.get(f"{POSTS}?sort=people&cursor={first['next']}")) == "DGBE"


@pytest.mark.parametrize(("question", "code"), [
    ("sort=nonsense", "unknown-field"), ("sort=people,-people", "sort-twice"), ("sort=code,name,people,level", "sort-too-many"), ("sort=geom", "unknown-field"),
    ("sort=people&cursor=abc", "cursor-unknown"), ("sort=people&cursor=W10", "cursor-unknown"), ("cursor=nonsense", "cursor-unknown"),
])
def test_an_order_that_cannot_be_is_named(planner_program: Program, posts: Any, question: str, code: str) -> None:
    answer = planner_program.get(f"{POSTS}?{question}")
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json["errors"]] == [code]


@pytest.mark.parametrize("values", [["x"], [None, None], [10**30], [True], [{}], ["\x00"]])
def test_a_cursor_made_up_by_hand_is_refused(planner_program: Program, posts: Any, values: Any) -> None:
    made = base64.urlsafe_b64encode(json.dumps(["people", values, posts["A"]["id"]]).encode()).decode()
    assert planner_program.get(f"{POSTS}?sort=people&cursor={made}").status_code == 422


def test_a_cursor_of_another_order_is_refused(planner_program: Program, posts: Any) -> None:
    cursor = planner_program.get(f"{POSTS}?sort=people&limit=2").json["next"]
    assert planner_program.get(f"{POSTS}?sort=-people&cursor={cursor}").status_code == 422
    assert planner_program.get(f"{POSTS}?sort=people&cursor={cursor}&offset=2").status_code == 400


def test_what_is_masked_cannot_be_found_out_by_order(planner_program: Program, viewer_program: Program, posts: Any) -> None:
    assert codes(planner_program.get(f"{POSTS}?sort=-phone")) == "EDCBA"
    answer = viewer_program.get(f"{POSTS}?sort=-phone")
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "sort-hidden")
    assert viewer_program.get(f"{EXPORT}?format=csv&sort=phone").status_code == 422


def test_notes_stand_in_the_order_of_the_names_of_their_posts(planner_program: Program, posts: Any) -> None:
    notes = [{"op": "insert", "layer": "notes", "properties": {"text": code, "post": posts[code]["id"] if code != "0" else None}} for code in "A0CB"]
    assert planner_program.post("/api/v1/changesets", {"changes": notes}).status_code == 200
    page = planner_program.get("/api/v1/layers/notes/features?sort=post")
    assert [one["properties"]["text"] for one in page.json["features"]] == ["C", "B", "A", "0"]  # 阿, 李, 张, none


def test_sums_are_of_all_that_match_and_say_how_many_are_unknown(planner_program: Program, viewer_program: Program, posts: Any) -> None:
    for program in (planner_program, viewer_program):
        whole = program.get(SUMMARY).json
        assert (whole["count"], whole["measures"]) == (5, {"people": {"sum": 87, "unknown": 2}})
    assert planner_program.get(f"{SUMMARY}?filter=level = 2").json["measures"] == {"people": {"sum": 40, "unknown": 1}}
    assert planner_program.get(f"{SUMMARY}?bbox=109.805,40,109.815,41").json["measures"] == {"people": {"sum": None, "unknown": 1}}  # B alone: not 0
    assert planner_program.get(f"{SUMMARY}?filter=level = 9").json["measures"] == {"people": {"sum": None, "unknown": 0}}
    outside = planner_program.get(f"{SUMMARY}?filter=level = 2&of={posts['A']['id']}").json
    assert (outside["count"], outside["position"]) == (2, None)
    assert planner_program.get("/api/v1/layers/nothing/summary").status_code == 404


def test_a_rehearsal_tells_of_every_change_and_keeps_none(planner_program: Program, posts: Any, database: Database) -> None:
    def change(of: str, version: int = 1, **properties: Any) -> dict[str, Any]:
        return {"op": "patch", "layer": "posts", "id": posts[of]["id"], "version": version, "properties": properties}

    before = planner_program.get(POSTS).json
    asked = {"dry_run": True, "reason": "试", "changes": [
        change("A", people=41), change("B", people=-1, level=9), change("C", version=7, people=1), change("D", code="A"), change("E", people=5),
        {"op": "patch", "layer": "posts", "id": "00000000-0000-7000-8000-000000000000", "version": 1, "properties": {}}]}
    answer = planner_program.post("/api/v1/changesets", asked, Accept_Language="zh")
    assert answer.status_code == 200, answer.text
    results = answer.json["results"]
    assert [(one["problem"] or {}).get("status") for one in results] == [None, 422, 412, 409, None, 404]
    assert [one["version"] for one in results] == [2, None, None, None, 2, None]
    assert {one["pointer"] for one in results[1]["problem"]["errors"]} == {"/properties/people", "/properties/level"}
    assert results[2]["problem"]["current"] == 1
    assert planner_program.get(POSTS).json == before  # versions and the layer's token too
    with database.space().reading(OPERATOR) as store:
        assert len(store.history("posts", posts["A"]["id"])) == 1


def test_a_rehearsal_is_for_those_who_may_write(viewer_program: Program, program: Callable[..., Program], posts: Any) -> None:
    asked = {"dry_run": True, "changes": [{"op": "patch", "layer": "posts", "id": posts["A"]["id"], "version": 1, "properties": {"people": 1}}]}
    assert viewer_program.post("/api/v1/changesets", asked).status_code == 403
    assert program(Role.DUTY_OFFICER).post("/api/v1/changesets", asked).json["results"][0]["problem"]["status"] == 403


def rows_of(text: bytes) -> list[list[str]]:
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))


def test_a_csv_has_the_columns_and_rows_that_are_seen_in_their_order(planner_program: Program, posts: Any) -> None:
    answer = planner_program.get(f"{EXPORT}?format=csv&fields=name,people&filter=people > 1&sort=-people")
    assert answer.status_code == 200 and answer.mimetype == "text/csv" and answer.headers["X-Feature-Count"] == "3"
    assert rows_of(answer.data) == [["name", "people", "wkt (EPSG:4490)"], ["张家", "40", "POINT (109.8 40.6)"], ["王家", "40", "POINT (109.83 40.6)"], ["阿家", "7", "POINT (109.82 40.6)"]]
    words = planner_program.get(f"{EXPORT}?format=csv&fields=name,level&words=true&ids={posts['B']['id']}&lang=zh")
    assert rows_of(words.data) == [["名称", "级别", "WKT (EPSG:4490)"], ["李家", "二级", "POINT (109.81 40.6)"]]
    assert planner_program.get(f"{EXPORT}?format=csv&fields=nonsense").status_code == 422
    assert planner_program.get(f"{EXPORT}?format=exe").status_code == 400
    named = planner_program.post(EXPORT, {"format": "csv", "ids": [posts["C"]["id"]], "fields": ["code"]})
    assert rows_of(named.data)[1:] == [["C", "POINT (109.82 40.6)"]]


def test_a_file_is_masked_as_its_reader_sees_the_map(planner_program: Program, viewer_program: Program, posts: Any) -> None:
    for program, expected in ((planner_program, "138****5670"), (viewer_program, "138****5670")):  # each look at a whole one is asked for and written down
        assert rows_of(program.get(f"{EXPORT}?format=csv&fields=phone&sort=code").data)[1][0] == expected
        page = json.loads(program.get(f"{EXPORT}?format=geojson&fields=phone&sort=code").data)
        assert page["features"][0]["properties"] == {"phone": expected}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_nothing_in_a_table_is_computed_by_a_spreadsheet(planner_program: Program, text: str) -> None:
    planner_program.post(POSTS, {"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.8, 40.6]}, "properties": {"name": f"a{text}", "code": text.strip()}})
    code = rows_of(planner_program.get(f"{EXPORT}?format=csv&fields=code").data)[1][0]
    assert code == "'" + text.strip()
    book = load_workbook(io.BytesIO(planner_program.get(f"{EXPORT}?format=xlsx&fields=code").data))
    cell = book.worksheets[0]["A2"]
    assert (cell.value, cell.data_type) == ("'" + text.strip(), "s")


def test_a_workbook_has_numbers_and_dates_as_such(planner_program: Program, posts: Any) -> None:
    book = load_workbook(io.BytesIO(planner_program.get(f"{EXPORT}?format=xlsx&fields=code,people,since&words=true&sort=code&lang=zh").data))
    sheet = book.worksheets[0]
    assert sheet.title == "哨所"
    assert [cell.value for cell in sheet[1]] == ["编号", "人数", "启用", "WKT (EPSG:4490)"]
    assert (sheet["B2"].value, sheet["C2"].value.date().isoformat(), sheet["B3"].value) == (40, "2024-01-01", None)


def test_a_workbook_that_grows_too_long_is_refused_in_words(planner_program: Program, posts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geodata.files.writers.sheet.MOST_ROWS", 4)
    refused = planner_program.get(f"{EXPORT}?format=xlsx&lang=zh")
    assert (refused.status_code, refused.json["code"]) == (422, "export-too-many") and "CSV" in refused.json["remedy"]
    assert planner_program.get(f"{EXPORT}?format=xlsx&filter=level = 2").status_code == 200


def test_shapefiles_hold_each_kind_of_shape_and_say_what_their_names_stand_for(planner_program: Program, posts: Any, tmp_path: Path) -> None:
    from pyogrio import raw

    square = {"type": "Polygon", "coordinates": [[[109.8, 40.6], [109.81, 40.6], [109.81, 40.61], [109.8, 40.6]]]}
    planner_program.post(POSTS, {"type": "Feature", "geometry": square, "properties": {"name": "营区", "code": "S"}})
    answer = planner_program.get(f"{EXPORT}?format=shp&sort=code")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        packed.extractall(tmp_path)
    assert {one.name for one in tmp_path.glob("*.shp")} == {"posts_point.shp", "posts_area.shp"}
    assert "source_dat\tsource_date\t来源日期 Source date" in (tmp_path / "columns.txt").read_text(encoding="utf-8-sig")
    meta, _, shapes, columns = raw.read(tmp_path / "posts_point.shp")
    values = dict(zip(meta["fields"], columns, strict=True))
    assert list(values["name"]) == [one[1] for one in ROWS] and len(shapes) == 5
    assert "4490" in meta["crs"] or "China Geodetic" in meta["crs"]
    refused = planner_program.get("/api/v1/layers/notes/export?format=shp")
    assert (refused.status_code, refused.json["code"]) == (422, "export-no-shapes")


def test_a_geopackage_holds_all_and_a_layer_without_shapes_too(planner_program: Program, posts: Any, tmp_path: Path) -> None:
    from pyogrio import read_info

    planner_program.post("/api/v1/layers/notes/features", {"type": "Feature", "geometry": None, "properties": {"text": "t"}})
    for layer, count in (("posts", 5), ("notes", 1)):
        path = tmp_path / f"{layer}.gpkg"
        path.write_bytes(planner_program.get(f"/api/v1/layers/{layer}/export?format=gpkg").data)
        assert read_info(path, layer=layer)["features"] == count
