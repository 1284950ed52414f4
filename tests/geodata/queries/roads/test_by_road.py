"""nearest by road: ranked by travel time, the straight distance beside it, and nobody dropped for want of a road."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import shapely

from geodata.queries.engine import QueryEngine
from geodata.queries.nearest import MAX_K, ByRoad, LayerRanking, NearestQuestion
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.errors import InvalidInput
from layers.spec import OPERATOR
from tests.conftest import SECRET
from tests.geodata.queries.conftest import PLOTS, SPOTS, codes, put, strewn
from tests.geodata.queries.roads.conftest import GEOD, draw, length_m, road

NORTH, SOUTH = 40.602, 40.598  # the banks of a river along 40.6
WEST, HERE, EAST = 109.80, 109.82, 109.85


def river(space: Space, **bridge: Any) -> None:
    """A road on either bank, and one bridge in the east."""
    draw(space, road("north", (WEST, NORTH), (HERE, NORTH), (EAST, NORTH)), road("south", (WEST, SOUTH), (EAST, SOUTH)),
         road("bridge", (EAST, NORTH), (EAST, SOUTH), bridge=True, **bridge))


def asked(engine: QueryEngine, space: Space, layer: str = SPOTS.id, at: tuple[float, float] = (HERE, NORTH), profile: str = "", barriers: tuple[Any, ...] = (),
          **more: Any) -> LayerRanking:
    return engine.nearest(space, NearestQuestion(*at, (layer,), by_road=ByRoad(profile, barriers), **more), OPERATOR).layers[0]


def ranks(space: Space, ranking: LayerRanking) -> list[tuple[str, int | None]]:
    code = codes(space, ranking.layer)
    return [(code[one.id], one.rank) for one in ranking.ranked]


def test_across_the_river_counts_by_bridge_and_a_closed_one_at_once(three: Space, engine: QueryEngine) -> None:
    river(three)
    put(three, SPOTS.id, [shapely.Point(HERE, SOUTH), shapely.Point(WEST, NORTH)])  # 0 across the river, 1 along the bank
    straight = engine.nearest(three, NearestQuestion(HERE, NORTH, (SPOTS.id,)), OPERATOR).layers[0]
    found = asked(engine, three)
    assert ranks(three, straight) == [("0", 1), ("1", 2)] and ranks(three, found) == [("1", 1), ("0", 2)]
    along, across = (one.driven for one in found.ranked)
    assert along and along.length_m == pytest.approx(length_m((WEST, NORTH), (HERE, NORTH)), rel=1e-6)
    assert across and across.length_m == pytest.approx(length_m((HERE, SOUTH), (EAST, SOUTH), (EAST, NORTH), (HERE, NORTH)), rel=1e-6)
    assert across.duration_s == pytest.approx(across.length_m / (45 / 3.6)) and across.route is not None
    assert across.route.coords[0] == pytest.approx((HERE, SOUTH)) and across.route.coords[-1] == pytest.approx((HERE, NORTH))
    assert GEOD.geometry_length(across.route) == pytest.approx(across.length_m, rel=1e-6)
    assert found.ranked[1].distance_m == straight.ranked[0].distance_m, "the straight distance stays beside it"
    river(three, closed=True)
    closed = asked(engine, three)
    assert ranks(three, closed) == [("1", 1), ("0", None)], "listed last, never dropped"
    assert closed.ranked[1].driven and (closed.ranked[1].driven.duration_s, closed.ranked[1].driven.why.code) == (None, "no-road")  # type: ignore[union-attr]
    assert closed.road and closed.road.version.version == 2 and found.road and found.road.version.version == 1


def test_a_ranking_by_time_is_that_of_all_trips(three: Space, database: Database) -> None:
    engine, by_postgis = (QueryEngine(database, indexed=indexed, road_access_m=20_000) for indexed in (True, False))
    rng = np.random.default_rng(5)
    grid = [(109.6 + 0.02 * column, 40.5 + 0.015 * row) for column in range(12) for row in range(12)]
    draw(three, *(road(f"{one}-{two}", grid[one], grid[two], road_class=str(rng.choice(["village", "county", "national"])), one_way=bool(rng.random() < 0.2))
                  for one in range(144) for two in (one + 1, one + 12) if two < 144 and (two == one + 12 or two % 12) and rng.random() < 0.8))
    shapes = strewn(three, SPOTS.id, 120, 9)
    code = codes(three, SPOTS.id)
    roads, whole = engine.roads(three), 0
    for _ in range(5):
        lon, lat = grid[int(rng.integers(144))]
        at = (lon + float(rng.uniform(-0.004, 0.004)), lat + float(rng.uniform(-0.004, 0.004)))
        barrier = shapely.box(at[0] + 0.01, at[1] - 0.03, at[0] + 0.012, at[1] + 0.01)
        mine, theirs = (asked(one, three, at=at, k=6, profile="truck", barriers=(barrier,)) for one in (engine, by_postgis))
        assert (mine.ranked, mine.left_out, mine.road) == (theirs.ranked, theirs.left_out, theirs.road)
        left_out = {code[one.id] for one in asked(engine, three, at=at, k=200, profile="truck").left_out}
        admitted = [place for place in range(120) if str(place) not in left_out]
        spent = roads.trips([(shapes[place].x, shapes[place].y) for place in admitted], [at], "truck", [barrier]).duration_s[:, 0]
        ranked = [one for one in mine.ranked if one.rank]
        assert [one.driven.duration_s for one in ranked] == pytest.approx(sorted(spent[np.isfinite(spent)])[:6])  # type: ignore[union-attr]
        assert len(mine.ranked) - len(ranked) == (~np.isfinite(spent)).sum() <= 100
        farthest = max(one.distance_m for one in ranked)
        whole += len(ranked) == 6
        assert len(ranked) < 6 or all(one.distance_m <= farthest for one in mine.left_out)
    assert whole >= 3


def test_what_is_not_covered_says_how_far_the_nearest_road_is(three: Space, engine: QueryEngine) -> None:
    river(three)
    put(three, SPOTS.id, [shapely.Point(HERE, NORTH + 0.002), shapely.Point(HERE, NORTH + 0.03)])
    near, far = (one.driven for one in asked(engine, three).ranked)
    assert near and near.off_m == pytest.approx(222.1, abs=0.5) and near.duration_s == pytest.approx(0.0, abs=0.01)
    assert far and far.why and (far.why.code, far.duration_s) == ("not-covered", None) and far.off_m == pytest.approx(3_331, abs=1)
    off = asked(engine, three, at=(HERE, NORTH + 0.05))
    assert off.road and (off.road.covered, off.road.barred) == (False, False) and off.road.off_m == pytest.approx(5_552, abs=2)
    assert [one.rank for one in off.ranked] == [None, None] and [one.distance_m for one in off.ranked] == sorted(one.distance_m for one in off.ranked)
    inside = asked(engine, three, barriers=(shapely.Point(HERE, NORTH).buffer(0.001),))
    assert inside.road and inside.road.barred and all(one.rank is None for one in inside.ranked)


def test_an_area_is_reached_where_it_is_nearest_to_a_road(three: Space, engine: QueryEngine) -> None:
    river(three)
    put(three, PLOTS.id, [shapely.box(WEST, NORTH + 0.001, WEST + 0.005, NORTH + 0.01), shapely.box(WEST + 0.01, NORTH - 0.001, WEST + 0.012, NORTH + 0.001)])
    found = asked(engine, three, PLOTS.id)
    assert [round(one.driven.off_m) for one in found.ranked] == [0, 111]  # type: ignore[union-attr,arg-type]


def test_of_a_large_layer_it_says_whether_one_farther_off_might_be_sooner(three: Space, engine: QueryEngine) -> None:
    river(three)
    put(three, SPOTS.id, [shapely.Point(HERE + 0.000001 * place, NORTH) for place in range(MAX_K + 5)])
    found = asked(engine, three, k=2)
    assert found.road and not found.road.complete
    with three.transaction(OPERATOR, "test") as store:
        for one in list(codes(three, SPOTS.id))[:10]:
            store.delete(SPOTS.id, one, version=1, reason="test")
    assert (few := asked(engine, three, k=2)).road and few.road.complete  # type: ignore[union-attr]


def test_a_profile_that_is_not_there_is_named(three: Space, engine: QueryEngine) -> None:
    river(three)
    put(three, SPOTS.id, [shapely.Point(HERE, NORTH)])
    with pytest.raises(InvalidInput) as refused:
        asked(engine, three, profile="boat")
    assert refused.value.problems[0].pointer == "/profile"


def test_the_demonstration_has_a_place_whose_nearest_team_by_air_is_across_the_river(database: Database, space: Space, engine: QueryEngine, database_url: Any) -> None:
    """West of the Kundulun river: by air the road crew on the other bank is nearest, by road the gas guard on this one; all by its bridges."""
    from app.command.demo.district import demonstration

    drawn = demonstration(datetime(2026, 11, 23, tzinfo=UTC))
    with space.transaction(OPERATOR, "test") as store:
        for layer in ("roads", "vehicle_profiles"):
            store.upsert(layer, drawn[layer])
        store.upsert("rescue_teams", [row for row in drawn["rescue_teams"] if row.properties["name"] in ("九原公路抢通队", "麻池钢铁煤气防护站")])
        for one in store.page("rescue_teams").features:
            store.patch("rescue_teams", one.id, {"duty": "on_duty", "position_at": datetime.now(UTC), "verified_at": datetime.now(UTC)}, version=one.version)
    kundulun = next(row.geometry for row in drawn["rivers"] if row.properties["name"] == "昆都仑河")
    at = (109.763, 40.606)

    def said(ranking: LayerRanking) -> list[tuple[str, int | None]]:
        with space.reading(OPERATOR) as store:
            return [(str(store.get("rescue_teams", one.id).properties["name"]), one.rank) for one in ranking.ranked]

    straight = engine.nearest(space, NearestQuestion(*at, ("rescue_teams",)), OPERATOR).layers[0]
    found = asked(engine, space, "rescue_teams", at)
    assert said(straight) == [("九原公路抢通队", 1), ("麻池钢铁煤气防护站", 2)] and said(found) == [("麻池钢铁煤气防护站", 1), ("九原公路抢通队", 2)]
    before = found.ranked[1].driven
    assert before and before.route and before.duration_s and before.route.crosses(kundulun) and not found.ranked[0].driven.route.crosses(kundulun)  # type: ignore[union-attr]
    other = Database(database_url.render_as_string(hide_password=False), SECRET)
    with other.space().transaction(OPERATOR, "断桥") as store:
        gone = [one for one in store.page("roads", filter="bridge = true", limit=200).features if one.geometry is not None and one.geometry.intersection(before.route).length > 1e-6]
        over = [one for one in gone if one.geometry is not None and one.geometry.intersects(kundulun)]
        assert over, "the way runs over a bridge of the river"
        for one in over:
            store.patch("roads", one.id, {"closed": True}, version=one.version)
    other.dispose()
    after = asked(engine, space, "rescue_teams", at).ranked[1].driven
    assert after and after.duration_s and after.duration_s > before.duration_s + 20 and after.route != before.route, "another way over, which takes longer"
    assert database


def test_a_zone_is_driven_around_unless_the_place_lies_in_it_and_the_only_way_through_it_is_said(three: Space, engine: QueryEngine) -> None:
    river(three)
    put(three, SPOTS.id, [shapely.Point(HERE, SOUTH), shapely.Point(WEST, NORTH)])  # 0 comes over the bridge only, 1 along the bank
    over_the_bridge = shapely.box(EAST - 0.001, 40.5995, EAST + 0.001, 40.6005)
    found = asked(engine, three, zone=over_the_bridge)
    assert ranks(three, found) == [("1", 1), ("0", None)]
    assert found.ranked[1].driven and found.ranked[1].driven.why and found.ranked[1].driven.why.code == "through-zone"
    around_the_place = shapely.box(HERE - 0.001, NORTH - 0.001, HERE + 0.001, NORTH + 0.001)
    assert ranks(three, asked(engine, three, zone=around_the_place)) == [("1", 1), ("0", 2)], "its roads are the way there"
