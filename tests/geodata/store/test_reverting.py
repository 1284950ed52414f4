"""Going back: to a version of one feature, or over a whole commit, never over what came after it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from shapely.geometry import Point, box
from sqlalchemy import text

from geodata.store.batch import Row
from geodata.store.reverting import CommitNotFound, MovedOn
from geodata.store.spaces import Space
from layers.errors import FeatureNotFound, Forbidden, StaleVersion, VersionRequired
from layers.spec import OPERATOR, Actor, Role
from tests.conftest import actor


def made(space: Space, planner: Actor, name: str = "甲", **properties: Any) -> Any:
    with space.transaction(planner, "登记") as store:
        return store.insert("shelters", {"name": name, "capacity": 100, "suits": ["earthquake", "flood"], "verified_at": "2026-01-02T03:04:05.678901+08:00",
                                         "area_m2": 1234.5678901234, **properties}, Point(109.6, 40.6))


def last_token(space: Space, layer: str = "shelters") -> Any:
    with space.reading(OPERATOR) as store:
        return store.commits(layers=[layer], limit=1)[0].token


def everything(space: Space, layer: str = "shelters") -> list[Any]:
    """Rows without what every write changes."""
    with space.reading(OPERATOR) as store:
        return [(one.id, dict(one.properties), one.geometry.wkb if one.geometry else None, one.created_at, one.created_by) for one in store.page(layer, limit=1000).features]


def test_a_feature_goes_back_to_a_version_as_a_new_one(space: Space, planner: Actor) -> None:
    feature = made(space, planner)
    with space.transaction(planner) as store:
        store.patch("shelters", feature.id, {"capacity": 7, "suits": None}, version=1, geometry=Point(109.7, 40.7))
    with space.transaction(actor(Role.PLANNER, name="乙"), "看错了") as store:
        again = store.revert("shelters", feature.id, 1, version=2)
    assert (again.version, again.updated_by) == (3, "乙")
    assert (again.properties, again.geometry) == (feature.properties, feature.geometry), "every value to its last digit"
    with space.reading(planner) as store:
        assert [(one.op, one.reason) for one in store.history("shelters", feature.id)] == [("insert", "登记"), ("update", None), ("update", "看错了")]


def test_going_back_needs_the_present_version(space: Space, planner: Actor, viewer: Actor) -> None:
    feature = made(space, planner)
    with space.transaction(planner) as store:
        store.patch("shelters", feature.id, {"capacity": 7}, version=1)
    for version, refusal in ((None, VersionRequired), (1, StaleVersion)):
        with pytest.raises(refusal), space.transaction(planner) as store:
            store.revert("shelters", feature.id, 1, version=version)
    with pytest.raises(FeatureNotFound), space.transaction(planner) as store:
        store.revert("shelters", feature.id, 9, version=2)
    with pytest.raises(Forbidden), space.transaction(viewer) as store:
        store.revert("shelters", feature.id, 1, version=2)


def test_a_deleted_feature_comes_back_under_its_id_and_its_versions_go_on(space: Space, planner: Actor) -> None:
    feature = made(space, planner)
    with space.transaction(planner) as store:
        store.delete("shelters", feature.id, version=1, reason="重复")
    with space.transaction(actor(Role.PLANNER, name="乙"), "误删") as store:
        back = store.revert("shelters", feature.id, 1, version=None)
    assert (back.id, back.properties, back.created_by, back.created_at) == (feature.id, feature.properties, feature.created_by, feature.created_at)
    assert back.version == 2, "version 1 again would let an old entity tag pass"
    with pytest.raises(StaleVersion), space.transaction(planner) as store:
        store.patch("shelters", feature.id, {"capacity": 9}, version=1)


def test_without_its_last_version_a_stale_write_would_pass(space: Space, planner: Actor) -> None:
    """The wrong build that the test above must catch: a feature that comes back at version 1."""
    feature = made(space, planner)
    with space.transaction(planner) as store:
        store.patch("shelters", feature.id, {"capacity": 5}, version=1)
        store.delete("shelters", feature.id, version=2, reason="重复")
    with space.transaction(planner) as store:
        store.connection.execute(text("INSERT INTO onemap.shelters (id, name, geom) VALUES (:id, '甲', ST_SetSRID(ST_MakePoint(109.6, 40.6), 4490))"), {"id": feature.id})
    with space.transaction(planner) as store:
        assert store.patch("shelters", feature.id, {"capacity": 9}, version=1).version == 2


def test_a_commit_is_undone_whole(space: Space, planner: Actor) -> None:
    kept, changed, gone = (made(space, planner, name) for name in "甲乙丙")
    before = everything(space)
    with space.transaction(planner, "批量") as store:
        new = store.insert("shelters", {"name": "丁"}, Point(109.9, 40.6))
        store.patch("shelters", changed.id, {"capacity": 1}, version=1)
        store.patch("shelters", changed.id, {"capacity": 2}, version=2)
        store.delete("shelters", gone.id, version=1, reason="批量")
    with space.transaction(planner, "撤销批量") as store:
        done = store.undo(last_token(space))
    assert [(one.layer, one.restored, one.changed, one.removed) for one in done] == [("shelters", 1, 1, 1)]
    assert everything(space) == before
    with space.reading(planner) as store:
        assert store.history("shelters", new.id)[-1].op == "delete", "what was made and undone stays in the history"
        assert store.get("shelters", kept.id).version == 1, "what the commit did not touch is not touched"
        newest = store.commits(limit=1)[0]
    assert (newest.reason, newest.by) == ("撤销批量", planner.name)
    with space.transaction(planner, "又撤销") as store:
        store.undo(newest.token)
    with space.reading(planner) as store:
        assert store.get("shelters", changed.id).properties["capacity"] == 2, "an undo can be undone"


def test_what_was_changed_since_is_not_undone_and_nothing_else_is(space: Space, planner: Actor) -> None:
    one, other = made(space, planner), made(space, planner, "乙")
    with space.transaction(planner) as store:
        for each in (one, other):
            store.patch("shelters", each.id, {"capacity": 1}, version=1)
    token = last_token(space)
    with space.transaction(planner) as store:
        store.patch("shelters", other.id, {"capacity": 2}, version=2)
    before = everything(space)
    with pytest.raises(MovedOn) as refused, space.transaction(planner) as store:
        store.undo(token)
    assert refused.value.values["count"] == 1
    (lost,) = refused.value.values["features"]
    assert {name: lost[name] for name in ("layer", "id", "title", "op", "by")} == {"layer": "shelters", "id": str(other.id), "title": "乙", "op": "update", "by": planner.name}
    assert everything(space) == before


def test_a_parent_and_its_lines_go_and_come_back_together(space: Space, planner: Actor) -> None:
    with space.transaction(planner) as store:
        depot = store.insert("depots", {"name": "库"}, Point(109.6, 40.6))
        store.insert("supplies", {"depot": str(depot.id), "name": "沙袋", "quantity": 5}, None)
    made_by = last_token(space, "depots")
    with space.transaction(planner) as store:
        store.undo(made_by)
    assert not everything(space, "depots") and not everything(space, "supplies")
    with space.transaction(planner) as store:
        store.undo(last_token(space, "depots"))
    assert len(everything(space, "depots")) == len(everything(space, "supplies")) == 1


def test_a_whole_load_is_undone(space: Space) -> None:
    staff = actor(Role.GIS_STAFF)
    with space.transaction(staff, "装载一") as store:
        store.upsert("fire_zones", [Row({"code": f"F{i}", "name": f"区{i}"}, box(109.5 + i / 1000, 40.7, 109.501 + i / 1000, 40.701)) for i in range(500)])
    before = everything(space, "fire_zones")
    with space.transaction(staff, "装载二") as store:
        store.upsert("fire_zones", [Row({"code": f"F{i}", "name": f"新{i}"}, box(109.5, 40.6, 109.6, 40.7)) for i in range(250, 750)])
    with space.transaction(staff, "撤销装载") as store:
        done = store.undo(last_token(space, "fire_zones"))
    assert [(one.changed, one.removed) for one in done] == [(250, 250)]
    assert everything(space, "fire_zones") == before


def test_undoing_needs_the_rights_of_what_it_does(space: Space, planner: Actor, viewer: Actor) -> None:
    made(space, planner)
    token = last_token(space)
    with pytest.raises(Forbidden), space.transaction(viewer) as store:
        store.undo(token)
    with pytest.raises(CommitNotFound), space.transaction(planner) as store:
        store.undo(uuid4())


def test_commits_are_listed_newest_first_with_what_they_did(space: Space, planner: Actor, viewer: Actor) -> None:
    one = made(space, planner)
    with space.transaction(planner, "核实") as store:
        store.patch("shelters", one.id, {"capacity": 3}, version=1)
        store.insert("depots", {"name": "库"}, Point(109.6, 40.6))
    with space.reading(viewer) as store:
        newest, first = store.commits(limit=2)
        assert (newest.reason, first.reason, first.by) == ("核实", "登记", planner.name)
        assert [(each.layer, each.inserted, each.updated, each.deleted) for each in newest.layers] == [("depots", 1, 0, 0), ("shelters", 0, 1, 0)]
        assert [each.token for each in store.commits(before=newest.at, limit=1)] == [first.token]
        assert store.commits(by="nobody") == []
        assert [each.layers[0].layer for each in store.commits(layers=["depots"])] == ["depots"]
