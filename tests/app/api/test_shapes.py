"""Work on shapes over HTTP: figures with units in their names, refusals that point at the shape at fault."""

from __future__ import annotations

from shapely.geometry import box, mapping, shape

from tests.app.api.conftest import Program

SQUARE = mapping(box(109.6, 40.5, 109.7, 40.6))
BLADE = {"type": "LineString", "coordinates": [[109.65, 40.4], [109.65, 40.7]]}


def test_a_size_says_how_far_it_moved_and_whether_it_lies_in_the_district(planner_program: Program) -> None:
    asked = planner_program.post("/api/v1/shapes/size", {"geometry": {"type": "Point", "coordinates": [109.61, 40.5]},
                                                         "before": {"type": "Point", "coordinates": [109.6, 40.5]}})
    assert asked.status_code == 200
    assert 845 < asked.json["moved"]["distance_m"] < 850 and 89 < asked.json["moved"]["bearing_deg"] < 91
    assert asked.json["in_district"] is True
    assert planner_program.post("/api/v1/shapes/size", {"geometry": {"type": "Point", "coordinates": [116.4, 39.9]}}).json["in_district"] is False


def test_split_merge_and_cut_answer_shapes_with_their_sizes(planner_program: Program) -> None:
    halves = planner_program.post("/api/v1/shapes/split", {"geometry": SQUARE, "blade": BLADE}).json
    assert len(halves["geometries"]) == 2 and all(one["area_m2"] > 0 for one in halves["sizes"])
    again = planner_program.post("/api/v1/shapes/merge", {"geometries": halves["geometries"]}).json
    assert shape(again["geometries"][0]).equals(shape(SQUARE))
    hole = mapping(box(109.62, 40.52, 109.64, 40.54))
    cut = planner_program.post("/api/v1/shapes/cut", {"geometry": SQUARE, "hole": hole}).json
    assert len(cut["geometries"][0]["coordinates"]) == 2


def test_a_refusal_names_the_shape_and_what_to_do(planner_program: Program, viewer_program: Program) -> None:
    missed = planner_program.post("/api/v1/shapes/split", {"geometry": SQUARE, "blade": {"type": "LineString", "coordinates": [[110, 40.4], [110, 40.7]]}})
    assert missed.status_code == 422
    assert [(one["pointer"], one["code"]) for one in missed.json["errors"]] == [("/blade", "split-misses")]
    assert missed.json["errors"][0]["remedy"]
    crossed = {"type": "Polygon", "coordinates": [[[109, 40], [110, 41], [110, 40], [109, 41], [109, 40]]]}
    broken = planner_program.post("/api/v1/shapes/merge", {"geometries": [SQUARE, crossed]})
    assert (broken.status_code, broken.json["errors"][0]["pointer"]) == (422, "/geometries/1")
    assert viewer_program.post("/api/v1/shapes/size", {"geometry": SQUARE}).status_code == 403
