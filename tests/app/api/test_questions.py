"""Nearest, exposure and search over HTTP: GeoJSON answers that say what was asked, of which version, and why others are left out."""

from __future__ import annotations

from typing import Any

import pytest
from pyproj import Geod

from layers.spec import Role
from tests.app.api.conftest import Program, post

GEOD = Geod(ellps="GRS80")
PLACES = [(109.80, 40.60), (109.81, 40.60), (109.82, 40.60), (109.85, 40.65)]


@pytest.fixture
def posts(planner_program: Program) -> list[str]:
    """Four posts east of each other, the second not open; their ids."""
    names = ["沙河哨所", "麻池哨所", "哈林格尔哨所", "Far post"]
    made = [planner_program.post("/api/v1/layers/posts/features", post(*place, code=f"SH-{n}", name=names[n], people=10 * n, level=1 + n % 2, open=n != 1,
                                                                      phone="13812345678", source="核查")) for n, place in enumerate(PLACES)]
    assert [one.status_code for one in made] == [201] * 4
    return [one.json["id"] for one in made]


def nearest(program: Program, **asked: Any) -> Any:
    query = "&".join(f"{name}={value}" for name, value in {"lon": 109.799, "lat": 40.6, "layers": "posts", **asked}.items())
    return program.get(f"/api/v1/nearest?{query}")


def test_nearest_ranks_by_geodesic_distance_and_says_why_one_is_left_out(planner_program: Program, posts: list[str]) -> None:
    answer = nearest(planner_program, k=2)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/geo+json"
    whole = answer.json
    assert [one["id"] for one in whole["features"]] == [posts[0], posts[2]]
    first = whole["features"][0]["properties"]
    assert first["distance_m"] == pytest.approx(GEOD.inv(109.799, 40.6, 109.80, 40.6)[2], abs=1e-3)
    assert (first["layer"], first["rank"], first["name"], first["people"]) == ("posts", 1, "沙河哨所", 0)
    assert 89 < first["bearing_deg"] < 91
    layer = whole["layers"][0]
    assert (layer["layer"], layer["returned"]) == ("posts", 2)
    assert [(one["feature"], [reason["code"] for reason in one["reasons"]]) for one in layer["left_out"]] == [(posts[1], ["closed"])]
    assert layer["left_out"][0]["reasons"][0]["label"] == {"zh": "未开放", "en": "Not open"}
    assert whole["asked"]["k"] == 2
    assert layer["version"] == planner_program.get("/api/v1/layers/posts").json["version"]


def test_nearest_takes_filter_distance_and_zone(planner_program: Program, posts: list[str]) -> None:
    assert [one["id"] for one in nearest(planner_program, filter="people%20%3E%205").json["features"]] == posts[2:]
    assert [one["id"] for one in nearest(planner_program, max_distance_m=200).json["features"]] == posts[:1]
    zone = {"type": "Polygon", "coordinates": [[[109.79, 40.59], [109.805, 40.59], [109.805, 40.61], [109.79, 40.61], [109.79, 40.59]]]}
    answer = planner_program.post("/api/v1/nearest", {"lon": 109.799, "lat": 40.6, "layers": ["posts"], "k": 1, "zone": zone})
    assert [one["id"] for one in answer.json["features"]] == [posts[2]], answer.text
    codes = {one["feature"]: [reason["code"] for reason in one["reasons"]] for one in answer.json["layers"][0]["left_out"]}
    assert codes == {posts[0]: ["in-zone"], posts[1]: ["closed"]}


def test_nearest_of_no_layers_asks_those_that_are_ranked(planner_program: Program, posts: list[str]) -> None:
    whole = planner_program.get("/api/v1/nearest?lon=109.8&lat=40.6").json
    ranked = [one["id"] for one in planner_program.get("/api/v1/layers").json["layers"] if one["ranked"]]
    assert [one["layer"] for one in whole["layers"]] == ranked
    assert "posts" in ranked


def test_a_write_is_seen_by_the_next_question(planner_program: Program, posts: list[str]) -> None:
    nearest(planner_program)
    planner_program.post("/api/v1/layers/posts/features", post(109.7991, 40.6, code="new", name="新"))
    assert nearest(planner_program, k=1).json["features"][0]["properties"]["name"] == "新"
    planner_program.ask("DELETE", f"/api/v1/layers/posts/features/{posts[0]}?reason=x", If_Match='"1"')
    assert posts[0] not in {one["id"] for one in nearest(planner_program).json["features"]}


@pytest.mark.parametrize(("query", "status", "named"), [
    ("lat=40", 400, "lon"), ("lon=nan&lat=40", 400, "lon"), ("lon=inf&lat=40", 400, "lon"), ("lon=181&lat=40", 400, "lon"), ("lon=109&lat=-90.1", 400, "lat"),
    ("lon=109&lat=40&k=0", 400, "k"), ("lon=109&lat=40&k=1001", 400, "k"), ("lon=109&lat=40&k=1.5", 400, "k"), ("lon=109&lat=40&max_distance_m=-1", 400, "max_distance_m"),
    ("lon=109&lat=40&radius=3", 400, "radius"), ("lon=109&lat=40&mode=fly", 400, "mode"), ("lon=109&lat=40&profile=truck", 422, "profile"),
    ("lon=109&lat=40&incident=7", 422, "incident"), ("lon=1e400&lat=40", 400, "lon"), ("lon=%00&lat=40", 400, "lon"), ("lon=109&lat=40&lon=110", 400, "lon"),
])
def test_a_question_that_cannot_be_answered_names_the_parameter(planner_program: Program, query: str, status: int, named: str) -> None:
    answer = planner_program.get(f"/api/v1/nearest?{query}")
    assert answer.status_code == status, answer.text
    assert answer.json["errors"][0]["pointer"] == f"/query/{named}"
    assert answer.json["errors"][0]["message"]


def test_unknown_layer_and_bad_filter_are_named(planner_program: Program) -> None:
    assert nearest(planner_program, layers="nothing").status_code == 404
    assert nearest(planner_program, filter="people%20%3E").status_code == 422
    assert nearest(planner_program, layers="notes").status_code == 422


def test_exposure_counts_and_sums_with_the_basis(planner_program: Program, posts: list[str]) -> None:
    answer = planner_program.post("/api/v1/exposure", {"geometry": {"type": "Point", "coordinates": [109.81, 40.6]}, "buffer_m": 900, "layers": ["posts"]})
    assert answer.status_code == 200, answer.text
    layer = answer.json["layers"][0]
    assert (layer["layer"], layer["count"]) == ("posts", 3)
    assert (layer["measures"]["people"]["sum"], layer["measures"]["people"]["unknown"], layer["measures"]["people"]["unit"]) == (30, 0, "persons")
    assert layer["basis"]["sources"] == ["核查"]
    assert {one["id"] for one in answer.json["features"]} == set(posts[:3])
    assert answer.json["zone"]["type"] in ("Polygon", "MultiPolygon")
    assert answer.json["features"][0]["properties"]["layer"] == "posts"
    fewer = planner_program.post("/api/v1/exposure", {"geometry": {"type": "Point", "coordinates": [109.81, 40.6]}, "buffer_m": 900, "layers": ["posts"],
                                                      "features": False}).json
    assert (fewer["features"], fewer["layers"][0]["count"]) == ([], 3)


def test_a_state_that_is_not_known_is_said_and_the_zone_has_its_area(planner_program: Program, posts: list[str]) -> None:
    assert [one["properties"]["uncertain"] for one in nearest(planner_program, k=1).json["features"]] == [[]]
    answer = planner_program.post("/api/v1/exposure", {"geometry": {"type": "Point", "coordinates": PLACES[0]}, "buffer_m": 3000, "layers": ["posts"]}).json
    assert answer["zone_area_m2"] == pytest.approx(28_274_334, rel=1e-5)


@pytest.mark.parametrize("body", [
    {}, {"geometry": None}, {"geometry": {"type": "Point", "coordinates": [1]}}, {"geometry": {"type": "Point", "coordinates": [200, 40]}},
    {"geometry": {"type": "Point", "coordinates": [109, 40]}, "buffer_m": -1}, {"geometry": {"type": "Point", "coordinates": [109, 40]}, "buffer_m": 1e9},
    {"geometry": {"type": "Point", "coordinates": [109, 40]}, "buffer_m": "far"}, {"geometry": {"type": "Point", "coordinates": [109, 40]}, "radius": 1},
    {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}}, {"geometry": {"type": "Polygon", "coordinates": []}},
    [], '"x"', 1,
])
def test_exposure_refuses_what_is_no_zone(planner_program: Program, body: Any) -> None:
    assert planner_program.post("/api/v1/exposure", body).status_code == 422


@pytest.mark.parametrize("asked", ["沙河", "沙河哨所", "shss", "SHSS", "shahe", "SH-0", "sh-0", "ｓｈ－０", " 沙 河 "])
def test_search_finds_by_name_pinyin_and_code(planner_program: Program, posts: list[str], asked: str) -> None:
    results = planner_program.get("/api/v1/search", ).status_code, planner_program.client.get("/api/v1/search", query_string={"q": asked}, headers={
        "Authorization": f"Bearer {planner_program.token}"}).json["results"]
    assert results[0] == 400  # without q
    assert results[1][0]["id"] == posts[0]
    assert (results[1][0]["kind"], results[1][0]["layer"], results[1][0]["lon"]) == ("feature", "posts", 109.8)
    assert "哨所" in results[1][0]["subtitle"]


def test_search_follows_changes_and_hides_what_may_not_be_read(planner_program: Program, posts: list[str], program: Any) -> None:
    def find(asked: str) -> list[str]:
        return [one["id"] for one in planner_program.get(f"/api/v1/search?q={asked}").json["results"]]

    assert find("SH-3") == [posts[3]]
    planner_program.ask("PATCH", f"/api/v1/layers/posts/features/{posts[3]}", {"properties": {"name": "梅力更", "code": "M-1"}}, If_Match='"1"')
    assert find("mlg") == [posts[3]]
    assert find("SH-3") == []
    planner_program.ask("DELETE", f"/api/v1/layers/posts/features/{posts[3]}?reason=x", If_Match='"2"')
    assert find("mlg") == []
    assert len(find("SH&limit=2")) == 2
    assert program(Role.AUDIT_ADMIN).get("/api/v1/search?q=SH").status_code == 403


@pytest.mark.parametrize("asked", ["109.83,40.65", "40.65 109.83", "１０９.８３，４０.６５", "东经109°49′48″ 北纬40°39′", "N40°39' E109°49'48\""])
def test_search_reads_coordinates_and_guesses_no_datum(planner_program: Program, asked: str) -> None:
    answer = planner_program.client.get("/api/v1/search", query_string={"q": asked}, headers={"Authorization": f"Bearer {planner_program.token}"})
    first = answer.json["results"][0]
    assert (first["kind"], first["datum"], first["in_district"]) == ("coordinate", "as given", True)
    assert (first["lon"], first["lat"]) == (pytest.approx(109.83), pytest.approx(40.65))
    assert [one["datum"] for one in answer.json["results"]] == ["as given", "gcj02", "bd09"], "each is offered, none is chosen"


def test_search_reads_metres_and_says_what_they_were_taken_for(planner_program: Program) -> None:
    def ask(written: str) -> list[dict[str, Any]]:
        query = {"q": written, "lang": "zh"}
        return planner_program.client.get("/api/v1/search", query_string=query, headers={"Authorization": f"Bearer {planner_program.token}"}).json["results"]

    (zoned,), (unzoned,) = ask("37412000 4500000"), ask("412000 4500000")
    assert zoned["datum"] == "EPSG:4525" and "中央经线 111°" in zoned["subtitle"]
    assert (unzoned["lon"], unzoned["lat"]) == (zoned["lon"], zoned["lat"]) and "未写带号" in unzoned["subtitle"] and "请核对" in unzoned["subtitle"]


def find(program: Program, asked: str, lang: str = "zh") -> Any:
    answer = program.client.get("/api/v1/search", query_string={"q": asked, "lang": lang}, headers={"Authorization": f"Bearer {program.token}"})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_search_says_which_field_answered(planner_program: Program, posts: list[str]) -> None:
    found = find(planner_program, "一级 核查 哈林")
    assert [one["id"] for one in found["results"]] == [posts[2]]
    assert found["results"][0]["matches"] == [{"field": "level", "label": "级别", "value": "一级"}, {"field": "source", "label": "数据来源", "value": "核查"}]
    assert find(planner_program, "first", "en")["results"][0]["matches"][0]["value"] == "First"
    assert found["unsearched"] == []


def test_search_finds_a_chainage_says_on_what_it_rests_and_refuses_the_rest(planner_program: Program) -> None:
    section = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[109.60, 40.5], [109.62, 40.5]]},
               "properties": {"code": "RS-1", "name": "清水险工", "river": "黄河", "chainage_from_m": 248_000, "chainage_to_m": 249_000, "source": "核查"}}
    made = planner_program.post("/api/v1/layers/river_sections/features", section)
    assert made.status_code == 201, made.text
    first = find(planner_program, "黄河 248+500")["results"][0]
    assert (first["kind"], first["title"], first["layer"], first["id"]) == ("chainage", "黄河 K248+500", "river_sections", made.json["id"])
    assert (first["lon"], first["lat"]) == (pytest.approx(109.61, abs=1e-6), pytest.approx(40.5, abs=1e-5))
    assert "K248+000–K249+000" in first["subtitle"] and "桩号差 1,000 m" in first["subtitle"] and "清水险工" in first["subtitle"]
    refused = find(planner_program, "黄河 K250+000", "en")["results"]
    assert (refused[0]["lon"], refused[0]["why"], refused[0]["known"]) == (None, "chainage-outside", [[248_000, 249_000]])
    assert "nothing is extrapolated" in refused[0]["subtitle"]
    assert refused[1]["id"] == made.json["id"], "the section itself is found too"
    road = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[109.60, 40.6], [109.62, 40.6]]}, "properties": {"code": "R1", "name": "京藏高速", "number": "G6", "source": "核查"}}
    assert planner_program.post("/api/v1/layers/roads/features", road).status_code == 201
    unknown = find(planner_program, "G6 K512+300")["results"][0]
    assert (unknown["lon"], unknown["why"]) == (None, "chainage-not-known") and "不能定位" in unknown["subtitle"]
    marked = {**road, "geometry": {"type": "LineString", "coordinates": [[109.70, 40.6], [109.72, 40.6]]},
              "properties": {**road["properties"], "code": "R2", "chainage_from_m": 659_000, "chainage_to_m": 657_000}}
    assert planner_program.post("/api/v1/layers/roads/features", marked).status_code == 201
    found = find(planner_program, "G6 K658+200")["results"][0]
    assert (found["lon"], found["layer"]) == (pytest.approx(109.708, abs=1e-6), "roads"), "four tenths of the way: its chainage falls as it is drawn"


def test_a_place_is_written_in_every_form(planner_program: Program) -> None:
    written = planner_program.get("/api/v1/search/forms?lon=109.64&lat=40.61").json["forms"]
    assert [one["form"] for one in written] == ["decimal", "dms", "gauss-kruger", "gcj02", "bd09"]
    assert written[0]["text"] == "109.640000, 40.610000" and written[3]["text"].endswith("(GCJ-02)")
    for one in written[2:]:
        (meant,) = find(planner_program, one["text"])["results"]
        assert (meant["lon"], meant["lat"]) == (pytest.approx(109.64, abs=2e-6), pytest.approx(40.61, abs=2e-6))
    assert planner_program.get("/api/v1/search/forms?lon=200&lat=40.61").status_code == 400
