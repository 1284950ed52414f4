"""What lies far from the district is stopped below every way in, unless the layer or the writer says that it is meant to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shapely import Point, box
from shapely.geometry.base import BaseGeometry

from geodata.store.batch import Row
from geodata.store.features import Change
from geodata.store.spaces import Space
from geodata.whereabouts import NEAR_M, misplaced
from layers.district import JIUYUAN
from layers.errors import InvalidInput
from layers.messages import message
from layers.spec import OPERATOR
from tests.geodata.store.test_features import put, shelter
from tests.geodata.store.test_migration import WELLS

FAR = [(Point(0, 0), "far-from-district"), (Point(40.6, 89.8), "far-from-district"), (Point(12, 40), "far-from-district"), (Point(40.6, 80), "far-from-district"),
       (Point(109.7, 41.3), "far-from-district")]
WEST, SOUTH, EAST, NORTH = JIUYUAN.bbox


@pytest.mark.parametrize(("shape", "code"), FAR)
def test_a_feature_far_away_is_refused_with_its_distance(space: Space, shape: BaseGeometry, code: str) -> None:
    before = space.versions()["shelters"]
    feature_id = put(space, shelter())
    for act in (lambda store: store.insert("shelters", shelter("F"), shape), lambda store: store.patch("shelters", feature_id, {}, version=1, geometry=shape),
                lambda store: store.replace("shelters", feature_id, shelter(), shape, version=1),
                lambda store: store.upsert("shelters", [Row(shelter("F"), shape, 1)]), lambda store: store.apply([Change("insert", "shelters", properties=shelter("F"), geometry=shape)])):
        with pytest.raises(InvalidInput) as refused, space.transaction(OPERATOR) as store:
            act(store)
        found = refused.value.problems[0]
        assert found.code == code and found.pointer.endswith("/geometry") and found.values["distance_km"] > 50
    assert space.versions()["shelters"].version == before.version + 1


def test_longitude_and_latitude_the_wrong_way_round_are_named(space: Space) -> None:
    """Only where the exchange is possible: a latitude cannot be 109. This district's own pairs cannot be exchanged at all."""
    turned = replace(JIUYUAN, bbox=(40.0, 50.0, 41.0, 51.0))
    problem = misplaced(Point(50.5, 40.5), turned)
    assert problem is not None and problem.code == "axes-look-swapped" and "写反" in message(problem.code, problem.values, "zh")
    other = misplaced(Point(70, 40.5), turned)
    assert other is not None and other.code == "far-from-district"


def test_the_distance_is_the_geodesic_one() -> None:
    problem = misplaced(Point(EAST, NORTH + 1), JIUYUAN)
    assert problem is not None and problem.values["distance_km"] == 111
    assert "包头市九原区以外约 111 公里" in message(problem.code, problem.values, "zh") and "Jiuyuan" in message(problem.code, problem.values, "en")


def test_near_is_to_touch_the_fifty_kilometres(space: Space) -> None:
    edge = NORTH + NEAR_M / 111_320
    assert misplaced(Point(109.7, edge - 1e-6), JIUYUAN) is None and misplaced(Point(109.7, edge + 1e-6), JIUYUAN) is not None
    assert misplaced(box(109.7, edge - 0.001, 120, 50), JIUYUAN) is None, "a shape that only reaches out is let be"


def test_who_says_so_may_and_the_reason_tells(space: Space) -> None:
    with space.transaction(OPERATOR, "外地支援", anywhere=True) as store:
        far = store.insert("shelters", shelter("F"), Point(12, 40))
        store.insert("shelters", shelter("N"), Point(109.8, 40.6))
    with space.reading(OPERATOR) as store:
        reason = store.history("shelters", far.id)[0].reason or ""
        assert reason.startswith("外地支援；确认在区外约 ") and reason.endswith("公里 (anywhere)")
        assert store.commits(layers=("shelters",), before=None, by=None, limit=1)[0].reason == reason
    with space.transaction(OPERATOR, "更名") as store:
        store.patch("shelters", far.id, {"name": "乙"}, version=1)
        store.patch("shelters", far.id, {"name": "丙"}, version=2, geometry=Point(12, 40))
    with pytest.raises(InvalidInput), space.transaction(OPERATOR) as store:
        store.patch("shelters", far.id, {}, version=3, geometry=Point(12, 41))
    near = put(space, shelter("O"))
    with space.transaction(OPERATOR, "照常", anywhere=True) as store:
        store.patch("shelters", near, {"name": "丁"}, version=1)
        store.delete("shelters", far.id, version=3, reason="撤")
    with space.reading(OPERATOR) as store:
        assert [one.reason for one in store.history("shelters", near)] == ["测试", "照常"]


def test_the_reason_of_a_changeset_keeps_what_was_confirmed(space: Space) -> None:
    old = put(space, shelter("O"))
    with space.transaction(OPERATOR, "迁址", anywhere=True) as store:
        made = store.apply([Change("insert", "shelters", properties=shelter("F"), geometry=Point(12, 40)), Change("delete", "shelters", old, 1)], "迁址")
    with space.reading(OPERATOR) as store:
        for one in (made[0].id if made[0] else old, old):
            assert (store.history("shelters", one)[-1].reason or "").startswith("迁址；确认在区外约 ")


def test_a_far_reaching_layer_takes_them(space: Space) -> None:
    space.create_layer(replace(WELLS, far_reaching=True), OPERATOR)
    with space.transaction(OPERATOR) as store:
        store.insert("wells", {"code": "1"}, Point(12, 40))
        store.upsert("wells", [Row({"code": "2"}, Point(0, 0), 1)])
    space.create_layer(replace(WELLS, id="other_wells"), OPERATOR)
    with pytest.raises(InvalidInput), space.transaction(OPERATOR) as store:
        store.upsert("other_wells", [Row({"code": "1"}, Point(109.8, 40.6), 7), Row({"code": "2"}, Point(0, 0), 8)])
    with space.transaction(OPERATOR) as store:
        store.upsert("other_wells", [Row({"code": "2"}, Point(0, 0), 8)], anywhere=True)
