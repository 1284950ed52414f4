"""The store reads and writes every layer alike: versions, history, permission, one answer for a stale edit."""

from __future__ import annotations

import json
from contextlib import nullcontext
from itertools import pairwise
from uuid import RFC_4122, UUID, uuid4

import pytest
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text

from geodata.store.batch import Row
from geodata.store.bulk import UpsertCounts
from geodata.store.database import Database
from geodata.store.features import Change
from geodata.store.spaces import Space
from layers.errors import Conflict, FeatureNotFound, Forbidden, InvalidInput, StaleVersion, TooMany, VersionRequired
from layers.spec import OPERATOR, Actor, Role, Sensitivity
from tests.conftest import actor

SQUARE = Polygon([(109.8, 40.6), (109.81, 40.6), (109.81, 40.61), (109.8, 40.61)])


def shelter(code: str = "S1", **more: object) -> dict[str, object]:
    return {"code": code, "name": f"{code} 号避难场所", "capacity": 500, "phone": "000-12345678", "source": "演示数据", **more}


def put(space: Space, properties: dict[str, object], shape: object = Point(109.8, 40.6), layer: str = "shelters", who: Actor = OPERATOR) -> UUID:
    with space.transaction(who, "测试") as store:
        return store.insert(layer, properties, shape).id  # type: ignore[arg-type]


def test_what_is_inserted_is_read_back_exactly(space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter(verified_at="2026-11-01T08:00:00+08:00"), SQUARE)
    with space.reading(planner) as store:
        feature = store.get("shelters", feature_id)
    assert feature.version == 1 and feature.properties["capacity"] == 500 and feature.created_by == "operator"
    assert feature.geometry is not None and shapely.equals_exact(feature.geometry, SQUARE, 0.0)
    assert feature.properties["verified_at"].isoformat() == "2026-11-01T00:00:00+00:00"


def test_geojson_from_postgis_says_the_same_as_the_feature(space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter())
    with space.reading(planner) as store:
        version, body = store.get_json("shelters", feature_id)
        page = store.page_json("shelters")
    read = json.loads(body)
    assert version == 1 and read["id"] == str(feature_id) and read["type"] == "Feature"
    assert read["geometry"] == {"type": "Point", "coordinates": [109.8, 40.6]}
    assert read["properties"]["name"] == "S1 号避难场所" and read["properties"]["version"] == 1
    assert json.loads(f"[{page.features}]") == [read] and (page.matched, page.returned, page.next_cursor) == (1, 1, None)


def test_ids_sort_by_time_of_making(space: Space) -> None:
    first = put(space, shelter("S1"))
    second = put(space, shelter("S2"))
    assert first < second and first.version == 7 and first.variant == RFC_4122


def test_ids_of_one_load_sort_as_its_rows(space: Space) -> None:
    with space.transaction(OPERATOR) as store:
        store.upsert("shelters", [Row(shelter(f"S{n:03}"), Point(109.8, 40.6)) for n in range(300)])
        codes = [feature.properties["code"] for feature in store.page("shelters", limit=1000).features]
    steps = sum(one > another for one, another in pairwise(codes))
    assert steps < 30, "only rows made in one microsecond may stand the other way round"


def test_stale_edit_is_refused_and_changes_nothing(space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter())
    with space.transaction(planner, "扩容") as store:
        store.patch("shelters", feature_id, {"capacity": 800}, version=1)
    with pytest.raises(StaleVersion) as refused, space.transaction(planner) as store:
        store.patch("shelters", feature_id, {"capacity": 900}, version=1)
    assert refused.value.values["current"] == 2
    assert {"field": "capacity", "yours": 900, "theirs": 800} in refused.value.values["differences"]
    with space.reading(planner) as store:
        assert store.get("shelters", feature_id).properties["capacity"] == 800


def test_a_write_without_version_is_refused(space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter())
    with pytest.raises(VersionRequired), space.transaction(planner) as store:
        store.patch("shelters", feature_id, {"capacity": 1}, version=None)


def test_every_problem_is_named_at_once_and_nothing_is_written(space: Space, planner: Actor) -> None:
    with pytest.raises(InvalidInput) as refused, space.transaction(planner) as store:
        store.insert("shelters", {"code": "X", "capacity": -5, "nonsense": 1}, Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    pointers = {problem.pointer for problem in refused.value.problems}
    assert {"/properties/capacity", "/properties/nonsense", "/geometry"} <= pointers
    with space.reading(planner) as store:
        assert store.count("shelters") == 0


@pytest.mark.parametrize("shape", [Point(float("nan"), 40), Point(float("inf"), 40), Point(1e200, 40), Point(), Point(181, 40)], ids=str)
def test_no_broken_position_enters_through_the_store(space: Space, planner: Actor, shape: Point) -> None:
    with pytest.raises(InvalidInput) as refused, space.transaction(planner) as store:
        store.insert("shelters", shelter(), shape)
    assert refused.value.problems[0].pointer == "/geometry"


INF, NAN = float("inf"), float("nan")
BROKEN = [Point(NAN, 40), Point(INF, 40), Point(1e200, 40), Point(), LineString([(109, 40), (110, 40)]),
          Polygon([(109, 40), (110, 41), (110, 40), (109, 41)]), Polygon([(109, 40), (110, NAN), (110, 40), (109, 40)]),
          Polygon([(INF, INF), (INF, INF), (INF, INF), (INF, INF)])]


@pytest.mark.parametrize("shape", BROKEN, ids=str)
def test_no_broken_position_enters_through_psql(database: Database, shape: BaseGeometry) -> None:
    statement = text("INSERT INTO onemap.shelters (code, name, geom) VALUES ('P', 'P', ST_GeomFromEWKB(:wkb))")
    with pytest.raises(Exception, match="ck_shelters_geometry"), database.owner.begin() as connection:
        connection.execute(statement, {"wkb": shapely.to_wkb(shapely.set_srid(shape, 4490), include_srid=True)})
    assert database.ready()


def test_history_tells_who_when_why_before_and_after(space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter())
    with space.transaction(planner, "扩容") as store:
        store.patch("shelters", feature_id, {"capacity": 800}, version=1, geometry=SQUARE)
    with space.transaction(planner) as store:
        store.delete("shelters", feature_id, version=2, reason="已拆除")
    with space.reading(planner) as store:
        steps = store.history("shelters", feature_id)
        with pytest.raises(FeatureNotFound):
            store.get("shelters", feature_id)
    assert [(step.op, step.version, step.by, step.reason) for step in steps] == [
        ("insert", 1, "operator", "测试"), ("update", 2, "planner", "扩容"), ("delete", 2, "planner", "已拆除")]
    assert steps[1].before is not None and steps[1].after is not None
    assert (steps[1].before["capacity"], steps[1].after["capacity"]) == (500, 800)
    assert steps[1].geometry_before == Point(109.8, 40.6) and steps[1].geometry_after == SQUARE
    assert steps[2].after is None and steps[2].geometry_before == SQUARE


def test_a_change_by_psql_has_history_and_version_too(database: Database, space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter())
    before = space.versions()["shelters"]
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE onemap.shelters SET capacity = 7, version = 99, created_by = 'x'"))
    with space.reading(planner) as store:
        step = store.history("shelters", feature_id)[-1]
        feature = store.get("shelters", feature_id)
    assert step.by.startswith("psql:") and step.after is not None and step.after["capacity"] == 7
    assert feature.version == 2 and feature.created_by == "operator"
    assert space.versions()["shelters"].version == before.version + 1


def test_history_cannot_be_rewritten_by_the_serving_role(space: Space) -> None:
    put(space, shelter())
    for statement in ("DELETE FROM onemap.history", "UPDATE onemap.history SET by = 'x'", "TRUNCATE onemap.shelters",
                      "DELETE FROM onemap.commit_log", "UPDATE onemap.layer_state SET version = 0"):
        with pytest.raises(Exception, match="permission denied"), space.engine.begin() as connection:
            connection.execute(text(statement))


def test_delete_wants_a_reason(space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter())
    with pytest.raises(InvalidInput), space.transaction(planner) as store:
        store.delete("shelters", feature_id, version=1, reason="  ")


def test_a_viewer_cannot_write_and_sees_phones_masked(space: Space, viewer: Actor, planner: Actor) -> None:
    feature_id = put(space, shelter())
    with pytest.raises(Forbidden), space.transaction(viewer) as store:
        store.insert("shelters", shelter("S2"), Point(109.8, 40.6))
    with space.reading(viewer) as store:
        assert store.get("shelters", feature_id).properties["phone"] == "000****5678"
        assert json.loads(store.get_json("shelters", feature_id)[1])["properties"]["phone"] == "000****5678"
        after = store.history("shelters", feature_id)[0].after
        assert after is not None and after["phone"] == "000****5678"
        with pytest.raises(InvalidInput):
            store.page("shelters", filter="phone = '000-12345678'")
    with space.reading(planner) as store:
        assert store.get("shelters", feature_id).properties["phone"] == "000****5678", "for those who may reveal it, until they ask"
        with pytest.raises(InvalidInput):
            store.page("shelters", filter="phone LIKE '000-1%'")


def stored_phone(space: Space, feature_id: UUID) -> str | None:
    with space.engine.connect() as connection:
        return connection.scalar(text("SELECT phone FROM onemap.shelters WHERE id = :id"), {"id": feature_id})


def test_a_phone_that_comes_back_masked_is_the_phone_kept(space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter())
    with space.transaction(planner) as store:
        shown = store.get("shelters", feature_id)
        store.replace("shelters", feature_id, {**shown.properties, "capacity": 700}, shown.geometry, version=1)
        store.patch("shelters", feature_id, {"phone": "000****5678"}, version=2)
        counts = store.upsert("shelters", [Row({**shelter(), "phone": "000****5678", "capacity": 800}, Point(109.8, 40.6))])
    assert (counts.updated, stored_phone(space, feature_id)) == (1, "000-12345678")


def test_another_masked_phone_is_refused(space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter())
    for wrong in ("111****5678", "1**"):
        with pytest.raises(InvalidInput) as refused, space.transaction(planner) as store:
            store.patch("shelters", feature_id, {"phone": wrong}, version=1)
        assert [one.code for one in refused.value.problems] == ["value-masked"]
    with pytest.raises(InvalidInput), space.transaction(planner) as store:
        store.insert("shelters", {**shelter("S2"), "phone": "000****5678"}, Point(109.8, 40.6))
    assert stored_phone(space, feature_id) == "000-12345678"


def test_a_stale_write_does_not_tell_the_phone(space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter())
    with pytest.raises(StaleVersion) as refused, space.transaction(planner) as store:
        store.patch("shelters", feature_id, {"phone": "000-99999999"}, version=7)
    assert refused.value.values["differences"] == [{"field": "phone", "yours": "000-99999999", "theirs": "000****5678"}]


def test_each_look_at_a_phone_is_written_down_with_it(space: Space, viewer: Actor) -> None:
    feature_id = put(space, shelter())
    officer = Actor("wang", frozenset({Role.DUTY_OFFICER}), "10.0.0.7")
    with space.transaction(officer, "核对联系人") as store:
        assert store.reveal("shelters", feature_id, ["phone"]) == {"phone": "000-12345678"}
    with space.engine.connect() as connection:
        rows = connection.execute(text("SELECT who, address, object, reason, detail FROM onemap_control.audit WHERE action = 'reveal'")).all()
    assert [tuple(row) for row in rows] == [("wang", "10.0.0.7", f"shelters/{feature_id}", "核对联系人", {"fields": ["phone"]})]
    with pytest.raises(Forbidden), space.transaction(viewer) as store:
        store.reveal("shelters", feature_id, ["phone"])
    with pytest.raises(InvalidInput), space.transaction(officer) as store:
        store.reveal("shelters", feature_id, ["capacity"])


def test_a_whole_layer_is_not_looked_at_phone_by_phone(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geodata.store.features.REVEALS_PER_HOUR", 2)
    feature_id = put(space, shelter())
    officer = actor(Role.DUTY_OFFICER)
    for allowed in (True, True, False):
        with nullcontext() if allowed else pytest.raises(TooMany), space.transaction(officer) as store:
            store.reveal("shelters", feature_id, ["phone"])


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_administrators_see_no_map_data(space: Space, role: Role) -> None:
    with pytest.raises(Forbidden), space.reading(actor(role)) as store:
        store.page("shelters")


def test_a_changeset_is_all_or_nothing(space: Space, planner: Actor) -> None:
    feature_id = put(space, shelter())
    with pytest.raises(StaleVersion), space.transaction(planner, "批量") as store:
        store.apply([Change("insert", "shelters", properties=shelter("S2"), geometry=Point(109.9, 40.6)),
                     Change("patch", "shelters", feature_id, 7, {"capacity": 1})])
    with space.reading(planner) as store:
        assert store.count("shelters") == 1


def test_a_changeset_raises_each_layers_version_once(space: Space, planner: Actor) -> None:
    before = space.versions()
    with space.transaction(planner, "批量") as store:
        store.apply([Change("insert", "shelters", properties=shelter(f"S{n}"), geometry=Point(109.9, 40.6)) for n in range(5)])
    after = space.versions()
    assert after["shelters"].version == before["shelters"].version + 1
    assert {name for name in after if after[name] != before[name]} == {"shelters"}


def test_a_doubled_key_is_a_conflict(space: Space, planner: Actor) -> None:
    put(space, shelter())
    with pytest.raises(Conflict, match="S1"), space.transaction(planner) as store:
        store.insert("shelters", shelter(), Point(109.8, 40.6))


def test_stock_names_its_depot_by_key_and_holds_it(space: Space, planner: Actor) -> None:
    depot = put(space, {"code": "D1", "name": "一号库", "source": "演示数据"}, layer="depots")
    line = {"depot_id": "D1", "code": "1010101", "name": "帐篷", "unit": "顶", "quantity": 5}
    names = set(space.catalogue["supplies"].references)
    reference = next(iter(names)).id
    line[reference] = line.pop("depot_id")
    fields = {one.id for one in space.catalogue["supplies"].all_fields}
    with space.transaction(planner) as store:
        stock = store.insert("supplies", {name: value for name, value in line.items() if name in fields}, None)
    assert stock.properties[reference] == str(depot) and stock.geometry is None
    with pytest.raises(Conflict), space.transaction(planner) as store:
        store.delete("depots", depot, version=1, reason="撤销")


def test_pages_follow_one_another_without_gap_or_double(space: Space, planner: Actor) -> None:
    with space.transaction(planner) as store:
        store.upsert("shelters", [Row(shelter(f"S{n}"), Point(109.8 + n / 1000, 40.6)) for n in range(25)])
    seen, cursor = [], None
    with space.reading(planner) as store:
        while True:
            page = store.page("shelters", limit=10, cursor=cursor, count=True)
            seen += [feature.properties["code"] for feature in page.features]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert page.matched == 25 and sorted(seen) == sorted(f"S{n}" for n in range(25))


def test_box_and_filter_choose_features(space: Space, planner: Actor) -> None:
    put(space, shelter("A", capacity=100), Point(109.80, 40.60))
    put(space, shelter("B", capacity=900), Point(109.90, 40.60))
    with space.reading(planner) as store:
        codes = lambda **question: {one.properties["code"] for one in store.page("shelters", **question).features}  # noqa: E731
        assert codes(bbox=(109.85, 40.5, 110.0, 40.7)) == {"B"}
        assert codes(bbox=(109.80, 40.60, 109.85, 40.7)) == {"A"}, "the edge of the box counts"
        assert codes(filter="capacity > 500") == {"B"}
        assert codes(filter="name LIKE 'A%' AND capacity < 500") == {"A"}
        assert store.matching_ids("shelters", "capacity > 5000") == set()


@pytest.mark.parametrize("bad", ["capacity >", "nothing_here = 1", "1; DROP TABLE shelters", "capacity > 'x'; --", "x" * 5000])
def test_a_broken_filter_is_refused_by_name(space: Space, planner: Actor, bad: str) -> None:
    with pytest.raises(InvalidInput) as refused, space.reading(planner) as store:
        store.page("shelters", filter=bad)
    assert refused.value.problems[0].pointer in ("/filter", "")


def test_loading_the_same_rows_twice_changes_nothing(space: Space, planner: Actor) -> None:
    rows = [Row(shelter(f"S{n}"), Point(109.8 + n / 1000, 40.6), n) for n in range(50)]
    with space.transaction(planner, "导入") as store:
        assert store.upsert("shelters", rows) == UpsertCounts(50, 0, 0)
    version = space.versions()["shelters"]
    with space.transaction(planner, "导入") as store:
        assert store.upsert("shelters", rows) == UpsertCounts(0, 0, 50)
    assert space.versions()["shelters"] == version
    changed = [Row(shelter("S0", capacity=1), Point(109.8, 40.6), 1), Row(shelter("S99"), Point(109.8, 40.6), 2)]
    with space.transaction(planner, "导入") as store:
        assert store.upsert("shelters", changed) == UpsertCounts(1, 1, 0)


def test_a_rehearsal_counts_and_changes_nothing(space: Space, planner: Actor) -> None:
    with space.transaction(planner) as store:
        assert store.upsert("shelters", [Row(shelter(), Point(109.8, 40.6))], dry_run=True) == UpsertCounts(1, 0, 0)
    with space.reading(planner) as store:
        assert store.count("shelters") == 0


def test_a_post_sent_twice_is_answered_once(space: Space, planner: Actor) -> None:
    from geodata.store.idempotency import Answered

    with space.transaction(planner) as store:
        assert store.claim("k1", "hash") is None
        store.settle("k1", Answered(201, "{}", {"ETag": '"1"'}))
    with space.transaction(planner) as store:
        assert store.claim("k1", "hash") == Answered(201, "{}", {"ETag": '"1"'})
    with pytest.raises(Conflict), space.transaction(planner) as store:
        store.claim("k1", "another")


def test_a_missing_feature_is_said(space: Space, planner: Actor) -> None:
    with pytest.raises(FeatureNotFound), space.reading(planner) as store:
        store.get("shelters", uuid4())


def test_a_viewer_learns_a_hazards_place_to_a_kilometre_only(space: Space, viewer: Actor, planner: Actor) -> None:
    layer = next(one for one in space.catalogue.values() if one.geometry_sensitivity is Sensitivity.SENSITIVE)
    feature_id = put(space, {"code": "H1", "name": "甲化工厂", "source": "演示数据"}, Point(109.6368, 40.6081), layer.id)
    with space.reading(viewer) as store:
        assert store.get(layer.id, feature_id).geometry == Point(109.64, 40.61)
        assert json.loads(store.get_json(layer.id, feature_id)[1])["geometry"]["coordinates"] == [109.64, 40.61]
        assert store.history(layer.id, feature_id)[0].geometry_after == Point(109.64, 40.61)
    with space.reading(planner) as store:
        assert store.get(layer.id, feature_id).geometry == Point(109.6368, 40.6081)
