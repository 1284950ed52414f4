"""A shelter plan says who is inside and by which count, where they go and why not elsewhere, and leaves nothing unsaid."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
import shapely

from geodata.crs import GEOD
from geodata.queries.costs import Straight, Ways
from geodata.queries.shelter_plan import Added, ShelterAnswer, ShelterQuestion
from geodata.queries.sheltering import shelter_plan
from geodata.queries.standards import share_people
from geodata.store.database import Database
from geodata.store.past import space_id_of
from geodata.store.spaces import Space
from layers.errors import Forbidden, InvalidInput, LayerNotFound, TooLarge
from layers.spec import OPERATOR, Actor, Family, Field, Geometry, Label, Layer, Measure, Role, Style
from tests.conftest import actor
from tests.geodata.queries.planned import ZONE, add, shelter, tables, village
from tests.geodata.store.test_past import at_a_full_second


def planned(space: Space, who: Actor = OPERATOR, costs: Any = None, **asked: Any) -> ShelterAnswer:
    return shelter_plan(space, ShelterQuestion(**{"zone": ZONE, "hazard": "flood", **asked}), who, costs or Straight())


def pointers(refused: Any) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in refused.value.problems]


@pytest.fixture
def district(space: Space) -> dict[str, UUID]:
    """Two villages inside, one outside; two shelters east of the zone."""
    tables(space)
    return {
        "east": village(space, "东村", 109.88, 40.6, 301), "west": village(space, "西村", 109.72, 40.6, 500), "out": village(space, "外村", 109.99, 40.6, 999),
        "near": shelter(space, "近所", 109.91, 40.6, 200), "far": shelter(space, "远所", 109.95, 40.6, 150, people_now=50, status="standby"),
    }


def test_the_shortfall_is_need_less_room_and_all_sums_agree(space: Space, district: dict[str, UUID]) -> None:
    answer = planned(space)
    plan = answer.plan
    assert (answer.people.total, answer.people.unknown, answer.people.shared) == (801, 0, 0)
    assert (plan.need, plan.placed, plan.short) == (151 + 250, 300, 101)  # half of 301 is 151 people
    assert [(one.place.name, one.need, one.placed, one.unplaced) for one in plan.groups] == [("西村", 250, 149, 101), ("东村", 151, 151, 0)]
    assert [(one.name, one.room, one.placed, one.left, one.to_open) for one in plan.fills] == [("近所", 200, 200, 0, False), ("远所", 100, 100, 0, True)]
    assert plan.room == 300 and sum(one.people for one in plan.ways) == plan.placed
    for at, group in enumerate(plan.groups):
        assert sum(one.people for one in plan.ways if one.group == at) == group.placed
    for at, fill in enumerate(plan.fills):
        assert sum(one.people for one in plan.ways if one.fill == at) == fill.placed <= fill.room
    way = next(one for one in plan.ways if plan.groups[one.group].place.id == district["east"])
    fill = plan.fills[way.fill]
    assert way.length_m == pytest.approx(GEOD.inv(109.88, 40.6, fill.lon, fill.lat)[2], abs=1e-3) and way.duration_s is None
    assert set(answer.versions) == {"villages", "shelters", "shelter_shares", "need_standards"}


def test_the_count_names_its_basis_and_the_share_where_it_stands(space: Space, district: dict[str, UUID]) -> None:
    answer = planned(space)
    assert [(one.basis, one.as_of, one.places, one.people) for one in answer.people.portions] == [("户籍", date(2025, 6, 30), 2, 801)]
    assert (answer.share.percent, answer.share.basis, answer.share.source) == (50.0, "本地预案 2026", "测试")
    add(space, "shelter_shares", None, name="洪水二", hazard="flood", share_percent=80.0)
    assert (planned(space).share.percent, planned(space).share.others) == (80.0, (50.0,))  # the safe one counts, both are told
    given = planned(space, share_percent=10.0)
    assert (given.share.id, given.plan.need) == (None, 31 + 50)


def test_needs_are_those_of_the_people_placed(space: Space, district: dict[str, UUID]) -> None:
    water, tents, medicine = planned(space).plan.needs
    assert (water.article, water.quantity, water.unit, water.daily, water.basis) == ("饮水", 900.0, "L", True, "2026 版")
    assert (tents.quantity, tents.daily) == (75.0, False)
    assert medicine.quantity is None  # the table does not say how much
    assert [one.quantity for one in planned(space, days=3).plan.needs] == [2700.0, 75.0, None]


def test_people_whom_nobody_counted_are_unknown_and_never_nobody(space: Space, district: dict[str, UUID]) -> None:
    unknown = village(space, "新村", 109.8, 40.55, None)
    answer = planned(space)
    group = next(one for one in answer.plan.groups if one.place.id == unknown)
    assert (answer.people.unknown, answer.plan.unknown, group.need, group.place.people) == (1, 1, None, None)
    assert answer.people.total == 801


def test_a_zone_of_which_no_village_says_its_people_has_no_total(space: Space) -> None:
    tables(space)
    village(space, "新村", 109.8, 40.55, None)
    assert planned(space).people.total is None
    assert planned(space, zone=shapely.box(109.0, 40.0, 109.1, 40.1)).people.total == 0  # nobody lives there: that is known


def test_of_a_village_partly_inside_the_part_by_area_counts_and_that_is_said(space: Space) -> None:
    tables(space)
    village(space, "跨界村", 0, 0, 1000, shape=shapely.box(109.88, 40.55, 109.92, 40.60))
    village(space, "贴边村", 0, 0, 1000, shape=shapely.box(109.90, 40.61, 109.92, 40.62))  # touches only
    answer = planned(space)
    (group,) = answer.plan.groups
    assert group.place.fraction == pytest.approx(0.5, abs=1e-6) and group.place.whole == 1000
    assert group.place.people in (500, 501) and group.need == share_people(group.place.people, 50.0) and answer.people.shared == 1
    assert 109.88 < group.place.lon < 109.90  # they set out from the part inside


def test_a_share_is_reckoned_in_decimals_and_rounded_up() -> None:
    assert [share_people(*one) for one in ((100, 7.0), (101, 7.0), (0, 50.0), (3, 33.3), (1000, 0.1))] == [7, 8, 0, 1, 1]


def test_nobody_is_sent_where_it_is_not_safe_open_suited_or_known_and_every_reason_is_told(space: Space, district: dict[str, UUID]) -> None:
    cases: dict[str, tuple[UUID, list[str]]] = {}

    def case(name: str, reasons: list[str], lon: float = 109.93, **more: Any) -> None:
        cases[name] = (shelter(space, name, lon, 40.6, more.pop("capacity", 5000), **more), reasons)

    case("区内", ["in-zone"], lon=109.85)
    case("边上", ["in-zone"], lon=109.90)
    case("停用", ["closed"], status="closed")
    case("满员", ["full"], status="full", people_now=5000)
    case("超员", ["full"], people_now=6000)
    case("不适用", ["not-suited"], suits=["earthquake"])
    case("容量未知", ["capacity-unknown"], capacity=None)
    case("人数未知", ["occupancy-unknown"], people_now=None)
    case("状态未知", ["status-unknown"], status=None)
    case("灾种未知", ["suits-unknown"], suits=None)
    case("样样不行", ["closed", "in-zone", "not-suited"], lon=109.8, status="closed", suits=["earthquake"])
    plan = planned(space).plan
    assert {one.id for one in plan.fills} == {district["near"], district["far"]}
    assert {one.id: sorted(reason.code for reason in one.reasons) for one in plan.unused} == {one: sorted(reasons) for one, reasons in cases.values()}
    trusting = planned(space, use_uncertain=True).plan
    trusted = {one.name: [reason.code for reason in one.doubts] for one in trusting.fills if one.doubts}
    assert trusted == {"状态未知": ["status-unknown"], "灾种未知": ["suits-unknown"]}  # room that is not known is never counted on


def test_a_shelter_that_reaches_into_the_zone_is_not_safe(space: Space, district: dict[str, UUID]) -> None:
    into = shelter(space, "跨界所", 0, 0, 900, shape=shapely.box(109.899, 40.6, 109.92, 40.61))
    unused = {one.id: [reason.code for reason in one.reasons] for one in planned(space).plan.unused}
    assert unused == {into: ["in-zone"]}
    assert {one.id for one in planned(space, zone=ZONE, buffer_m=2_000.0).plan.unused} == {into, district["near"]}


def test_with_and_without_a_shelter_are_compared_and_nothing_is_written(space: Space, database: Database, district: dict[str, UUID]) -> None:
    before = space.versions()
    answer = planned(space, without=(district["near"],))
    assert answer.plan == planned(space).plan and answer.trial and answer.difference
    assert (answer.plan.short, answer.trial.short, answer.difference.short) == (101, 301, 200)
    assert [reason.code for one in answer.trial.unused for reason in one.reasons] == ["excluded"]
    assert dict(answer.difference.fills) == {"近所": -200}
    more = planned(space, added=(Added("体育馆", 109.905, 40.6, 400),))
    assert more.difference and (more.difference.short, more.trial.short) == (-101, 0)  # type: ignore[union-attr]
    assert next(one for one in more.trial.fills if one.name == "体育馆").id is None  # type: ignore[union-attr]
    assert space.versions() == before


def test_a_shelter_that_is_tried_in_the_zone_is_not_safe_either(space: Space, district: dict[str, UUID]) -> None:
    inside = planned(space, added=(Added("区内", 109.85, 40.6, 400), Added("边上", 109.9, 40.6, 400)))
    assert inside.trial and inside.difference and inside.difference.short == 0
    assert [(one.name, [reason.code for reason in one.reasons]) for one in inside.trial.unused] == [("区内", ["in-zone"]), ("边上", ["in-zone"])]


def test_a_second_population_is_a_second_figure(space: Space, district: dict[str, UUID]) -> None:
    grid = Layer("grid", Label("人口格网", "Grid"), Geometry.POLYGON, (Field("souls", Label("人数", "Souls"), int, unit="persons", counts_as=Measure.PEOPLE),), Style(Family.BASE))
    space.create_layer(grid, OPERATOR)
    add(space, "grid", shapely.box(109.72, 40.55, 109.73, 40.56), souls=40, source="遥感", source_date=date(2024, 1, 1))
    first = planned(space)
    assert (first.people.layer, first.others) == ("villages", ())  # a layer nobody declared is not taken for a population
    chosen = planned(space, population="grid")
    assert (chosen.people.total, [one.basis for one in chosen.people.portions]) == (40, ["遥感"])
    assert [(one.layer, one.total) for one in chosen.others] == [("villages", 801)]


class OneRoad:
    """By road: only the far shelter has one, at 60 km/h and twice as long as the crow flies."""

    mode = "road"
    profile = "truck"

    def between(self, origins: Any, destinations: Any) -> Ways:
        length_m = 2.0 * Straight().between(origins, destinations).length_m
        length_m[:, [at[0] < 109.92 for at in destinations]] = np.inf
        return Ways(length_m, length_m / (60 / 3.6))


def test_a_shelter_without_a_road_is_left_out_for_that_and_durations_come_with_the_ways(space: Space, district: dict[str, UUID]) -> None:
    plan = planned(space, costs=OneRoad()).plan
    assert [(one.id, [reason.code for reason in one.reasons]) for one in plan.unused] == [(district["near"], ["no-way"])]
    assert (plan.placed, plan.room) == (100, 100) and all(one.duration_s == pytest.approx(one.length_m / (60 / 3.6)) for one in plan.ways)


def test_a_way_that_is_too_long_is_none(space: Space, district: dict[str, UUID]) -> None:
    plan = planned(space, max_way_m=5_000.0).plan  # from the western village every shelter is farther
    assert {plan.groups[one.group].place.id for one in plan.ways} == {district["east"]} and plan.longest_way_m is not None and plan.longest_way_m < 5_000
    assert (plan.placed, plan.short) == (151, 250)


@pytest.mark.parametrize(("asked", "pointer", "code"), [
    ({"hazard": "meteor"}, "/hazard", "hazard-unknown"),
    ({"hazard": "health"}, "/hazard", "share-unknown"),
    ({"share_percent": 101.0}, "/share_percent", "question-range"),
    ({"population": "roads"}, "/population", "population-unknown-layer"),
    ({"without": (uuid4(),)}, "/without/0", "refuge-unknown"),
    ({"added": (Added("x", 200.0, 40.0, 5),)}, "/added/0/lon", "question-range"),
    ({"days": 0}, "/days", "question-range"),
    ({"zone": shapely.LineString(np.c_[np.linspace(109, 110, 200_001), np.full(200_001, 40.5)])}, "/zone", "zone-too-large"),
    ({"zone": shapely.Polygon([(109, 40), (110, 41), (110, 40), (109, 41)])}, "/zone", "zone-not-valid"),
])
def test_what_is_wrong_is_named(space: Space, district: dict[str, UUID], asked: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        planned(space, **asked)
    assert pointers(refused) == [(pointer, code)]


def test_permission_is_asked_below_the_interface(space: Space, district: dict[str, UUID]) -> None:
    admin = actor(Role.SECURITY_ADMIN)
    with pytest.raises(Forbidden):
        planned(space, admin)
    with pytest.raises(Forbidden):
        planned(space, admin, population="villages")
    with pytest.raises(LayerNotFound):
        planned(space, population="nowhere")
    assert planned(space, actor(Role.VIEWER)).plan == planned(space).plan


def test_more_ways_than_can_be_weighed_are_refused_and_not_begun(space: Space, monkeypatch: pytest.MonkeyPatch, district: dict[str, UUID]) -> None:
    monkeypatch.setattr("geodata.queries.sheltering.MAX_PAIRS", 3)
    with pytest.raises(TooLarge, match="too-large"):
        planned(space)


def test_drills_and_the_past_have_plans_of_their_own(space: Space, database: Database, district: dict[str, UUID]) -> None:
    then = at_a_full_second(database)
    drill = database.space(database.open_drill("演练", OPERATOR).id)
    with drill.transaction(OPERATOR, "test") as store:
        store.delete("shelters", district["near"], version=1, reason="演练")
    assert (planned(drill).plan.short, planned(space).plan.short) == (301, 101)
    shelter(space, "后来的", 109.96, 40.6, 1000)
    assert planned(space).plan.short == 0
    past = database.space(space_id_of(then))
    assert planned(past).plan.short == 101
