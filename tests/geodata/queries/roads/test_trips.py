"""Times and lengths by road are those of an independent search, whatever closes, binds or limits."""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely

from geodata.queries.engine import QueryEngine
from geodata.store import past
from geodata.store.batch import Row
from geodata.store.spaces import Space
from layers.errors import Forbidden, InvalidInput
from layers.spec import OPERATOR, Actor
from tests.geodata.queries.roads.conftest import GEOD, NETWORK, PROFILES, Twin, block, draw, length_m, road
from tests.geodata.store.test_past import at_a_full_second

A, B, C, D = (109.80, 40.60), (109.82, 40.60), (109.82, 40.62), (109.80, 40.62)
KMH = {"motorway": 80, "national": 60, "provincial": 50, "county": 45, "village": 30, "street": 35}  # of a fire engine


def square(space: Space, **east: object) -> None:
    """A ring of four roads A-B-C-D; `east` is about B-C."""
    draw(space, road("AB", A, B), road("BC", B, C, **east), road("CD", C, D), road("DA", D, A))


def seconds(*places: tuple[float, float], kmh: float = 45) -> float:
    return length_m(*places) / (kmh / 3.6)


def test_a_random_network_is_searched_as_the_twin_searches_it(space: Space, engine: QueryEngine) -> None:
    rng = np.random.default_rng(20)
    places = [(float(x), float(y)) for x, y in np.round(np.column_stack([rng.uniform(109.7, 109.9, 150), rng.uniform(40.5, 40.7, 150)]), 7)]
    twin, rows, classes = Twin(), [], list(KMH)
    for number in range(420):
        one, two = (places[int(each)] for each in rng.choice(150, 2))
        bend = (float(rng.uniform(109.7, 109.9)), float(rng.uniform(40.5, 40.7)))
        road_class, one_way, own = classes[int(rng.integers(6))], bool(rng.random() < 0.3), [None, 20.0, 110.0][int(rng.integers(3))]
        rows.append(road(f"R{number}", one, bend, two, road_class=road_class, one_way=one_way, speed_kmh=own))
        twin.add([one, bend, two], min(KMH[road_class], own or 999), one_way=False)  # a fire engine is not bound by one-way roads
    draw(space, *rows)
    roads = engine.roads(space)
    found = roads.trips(places, places[:40], "fire_engine")
    expected = np.array([[twin.time(one, two) for two in places[:40]] for one in places])
    reached = np.isfinite(expected)
    assert (np.isfinite(found.duration_s) == reached).all() and reached.mean() > 0.9
    assert found.duration_s[reached] == pytest.approx(expected[reached], rel=1e-9, abs=1e-6)
    assert not np.isnan(found.length_m).any() and (np.isfinite(found.length_m) == reached).all()
    for one, two in ((3, 20), (77, 5), (120, 39)):
        route = roads.route(places[one], places[two], "fire_engine")
        assert route.found and route.duration_s == found.duration_s[one, two]
        assert route.length_m == pytest.approx(found.length_m[one, two])
        assert GEOD.geometry_length(route.shape) == pytest.approx(route.length_m, rel=1e-6)
        assert route.shape.coords[0] == pytest.approx(places[one], abs=1e-6) and route.shape.coords[-1] == pytest.approx(places[two], abs=1e-6)
    assert roads.trips(places[:10], places, "fire_engine").duration_s[:, :40] == pytest.approx(found.duration_s[:10], abs=1e-6)  # searched from the other side


def test_one_way_roads_bind_a_truck_in_the_direction_towards_the_incident(space: Space, engine: QueryEngine) -> None:
    draw(space, *(road(code, one, two, road_class="county", one_way=True) for code, one, two in (("AB", A, B), ("BC", B, C), ("CD", C, D), ("DA", D, A))))
    roads = engine.roads(space)
    there, back = roads.trips([A], [B], "truck"), roads.trips([B], [A], "truck")
    assert there.duration_s[0, 0] == pytest.approx(seconds(A, B, kmh=40)) and back.duration_s[0, 0] == pytest.approx(seconds(B, C, D, A, kmh=40))
    both = roads.trips([A, C], [B], "truck")  # many to one: searched against the direction of driving
    assert both.duration_s[:, 0] == pytest.approx([seconds(A, B, kmh=40), seconds(C, D, A, B, kmh=40)])
    assert roads.trips([B], [A], "fire_engine").duration_s[0, 0] == pytest.approx(seconds(A, B))
    half = ((A[0] + B[0]) / 2, A[1])
    assert roads.trips([half], [A], "truck").length_m[0, 0] == pytest.approx(length_m(half, B, C, D, A), rel=1e-6)
    assert roads.route(half, A, "truck").shape.coords[1] == pytest.approx(B)


def test_a_bridge_that_is_closed_too_weak_or_blocked_is_gone_round_at_once(space: Space, engine: QueryEngine) -> None:
    square(space)
    direct, around = seconds(B, C), seconds(B, A, D, C)

    def asked(profile: str = "fire_engine", *barriers: shapely.Geometry) -> float:
        return float(engine.roads(space).trips([B], [C], profile, barriers).duration_s[0, 0])

    assert asked() == pytest.approx(direct)
    square(space, closed=True)
    assert asked() == pytest.approx(around)
    square(space, closed=False, max_weight_t=20.0)
    assert asked() == pytest.approx(direct) and asked("truck") == pytest.approx(seconds(B, A, D, C, kmh=40))
    middle = shapely.Point(B[0] + 0.0001, (B[1] + C[1]) / 2)  # 8 m beside the road
    assert asked("fire_engine", middle) == pytest.approx(around)
    assert asked("fire_engine", shapely.Point(B[0] + 0.001, B[1] + 0.01)) == pytest.approx(direct)  # 85 m beside it
    assert asked("fire_engine", shapely.box(109.819, 40.605, 109.821, 40.606)) == pytest.approx(around)
    now = datetime.now(UTC)
    block(space, middle, "past", now - timedelta(hours=3), now - timedelta(hours=1))
    block(space, middle, "later", now + timedelta(hours=1))
    assert asked() == pytest.approx(direct)
    block(space, middle, "now", now - timedelta(hours=1))
    assert asked() == pytest.approx(around)
    assert math.isinf(asked("fire_engine", shapely.LineString([(109.81, 40.59), (109.81, 40.63)])))
    with space.transaction(OPERATOR, "test") as store:
        for one in store.page("road_blocks").features:
            store.delete("road_blocks", one.id, version=one.version, reason="test")
    assert asked() == pytest.approx(direct)


def test_what_a_barrier_leaves_of_a_road_is_still_gone_from_its_end(space: Space, engine: QueryEngine) -> None:
    square(space)
    roads = engine.roads(space)
    third, two_thirds = ((A[0], A[1] + share * 0.02) for share in (1 / 3, 2 / 3))
    slide = shapely.box(109.799, 40.6095, 109.801, 40.6105)  # across D-A in its middle
    found = roads.trips([third, two_thirds], [A, D], "fire_engine", [slide])
    assert found.duration_s[0] == pytest.approx([seconds(third, A), seconds(third, A, B, C, D)], rel=1e-5)
    assert found.duration_s[1] == pytest.approx([seconds(two_thirds, D, C, B, A), seconds(two_thirds, D)], rel=1e-5)
    across = roads.trips([third], [two_thirds], "fire_engine", [slide])
    assert across.length_m[0, 0] == pytest.approx(length_m(third, A, B, C, D, two_thirds), rel=1e-5)
    assert roads.trips([third], [two_thirds], "fire_engine").length_m[0, 0] == pytest.approx(length_m(third, two_thirds), rel=1e-6)
    inside = (109.8, 40.61)
    assert np.isinf(roads.trips([A], [inside], "fire_engine", [slide]).duration_s).all(), "who stands in the barrier is not reached"


def test_a_place_whose_own_road_is_closed_is_not_reached_by_the_next_one(space: Space, engine: QueryEngine) -> None:
    """The next road may lie across a river: a wrong build that takes the nearest open road would say that it is reached."""
    draw(space, road("near", A, B, closed=True), road("far", (109.80, 40.605), (109.82, 40.605)), road("link", (109.80, 40.605), A))
    roads = engine.roads(space)
    place = (109.81, 40.601)
    assert np.isinf(roads.trips([(109.82, 40.605)], [place], "fire_engine").duration_s).all()
    assert roads.trips([(109.82, 40.605)], [place], "fire_engine").destinations_off_m[0] == pytest.approx(length_m(place, (109.81, 40.6)), abs=0.05)
    assert np.isfinite(roads.trips([(109.82, 40.605)], [A], "fire_engine").duration_s).all(), "at its end the other roads are reached"


def test_the_distance_to_the_road_is_said_and_beyond_the_limit_it_is_not_covered(space: Space, engine: QueryEngine) -> None:
    square(space)
    roads = engine.roads(space)
    near, far = (109.81, 40.599), (109.81, 40.58)
    found = roads.trips([near, far], [C], "fire_engine")
    assert found.origins_off_m[0] == pytest.approx(GEOD.inv(*near, 109.81, 40.6)[2], abs=0.02) and math.isinf(found.origins_off_m[1])
    assert found.origins_away_m[1] == pytest.approx(GEOD.inv(*far, 109.81, 40.6)[2], abs=0.05) and found.destinations_off_m == pytest.approx([0.0], abs=1e-6)
    assert np.isfinite(found.duration_s[0, 0]) and np.isinf(found.duration_s[1, 0]) and np.isinf(found.length_m[1, 0])
    wide = QueryEngine(engine.database, road_access_m=5_000)
    assert np.isfinite(wide.roads(space).trips([far], [C], "fire_engine").duration_s).all()


def test_motorways_and_bridges_are_come_upon_at_their_ends_alone(space: Space, engine: QueryEngine) -> None:
    draw(space, road("G6", A, B, road_class="motorway"), road("BC", B, C), road("bridge", C, D, bridge=True))
    roads = engine.roads(space)
    beside, on_it = (109.81, 40.602), (109.81, 40.6001)
    assert roads.covered([beside, on_it], "fire_engine").away_m == pytest.approx([length_m(beside, (109.82, 40.602)), 11.1], abs=0.5)
    assert roads.covered([on_it], "on_foot").away_m == pytest.approx([length_m(on_it, (109.82, 40.6001))], abs=0.5), "no motorway on foot"
    assert roads.trips([on_it], [C], "truck").length_m[0, 0] == pytest.approx(length_m((109.81, 40.6), B, C), rel=1e-5)
    assert roads.covered([(109.81, 40.6195)], "fire_engine").away_m[0] == pytest.approx(length_m((109.81, 40.6195), (109.82, 40.6195)), abs=0.5)


def test_lines_that_cross_pass_over_one_another_and_ends_within_the_tolerance_meet(space: Space, engine: QueryEngine) -> None:
    draw(space, road("AC", A, C), road("BD", B, D))
    assert np.isinf(engine.roads(space).trips([A], [B], "fire_engine").duration_s).all()
    draw(space, road("BD", B, (D[0] + 4e-6, D[1])), road("DA", D, A))  # 0.34 m beside D
    assert np.isfinite(engine.roads(space).trips([A], [B], "fire_engine").duration_s).all()
    draw(space, road("BD", B, (D[0] + 9e-6, D[1])))  # 0.76 m
    assert np.isinf(engine.roads(space).trips([A], [B], "fire_engine").duration_s).all()


def test_the_quicker_of_two_roads_between_the_same_junctions_is_taken_and_the_other_when_it_is_closed(space: Space, engine: QueryEngine) -> None:
    over = (109.81, 40.605)
    draw(space, road("straight", A, B), road("over", A, over, B), road("ring", B, (109.83, 40.6), (109.83, 40.61), B))
    roads = engine.roads(space)
    assert roads.trips([A], [B], "fire_engine").duration_s[0, 0] == pytest.approx(seconds(A, B))
    ring = roads.trips([(109.83, 40.605)], [A], "fire_engine")
    assert ring.length_m[0, 0] == pytest.approx(min(length_m((109.83, 40.605), (109.83, 40.61), B, A), length_m((109.83, 40.605), (109.83, 40.6), B, A)), rel=1e-5)
    draw(space, road("straight", A, B, closed=True))
    assert engine.roads(space).trips([A], [B], "fire_engine").duration_s[0, 0] == pytest.approx(seconds(A, over, B))


def test_profiles_are_those_of_the_table_once_it_has_any(space: Space, engine: QueryEngine) -> None:
    square(space)
    assert list(engine.roads(space).profiles) == ["fire_engine", "truck", "on_foot"]
    with space.transaction(OPERATOR, "test") as store:
        store.upsert(PROFILES.id, [Row({"code": "boat", "name": "橡皮艇", "county_kmh": 9.0}, None)])
    roads = engine.roads(space)
    assert roads.trips([A], [B], "boat").duration_s[0, 0] == pytest.approx(seconds(A, B, kmh=9))
    with pytest.raises(InvalidInput) as refused:
        roads.trips([A], [B], "fire_engine")
    assert refused.value.problems[0].pointer == "/profile" and refused.value.problems[0].values["known"] == "boat"


def test_a_road_of_unknown_class_is_gone_at_the_least_speed_and_the_own_speed_only_slows(space: Space, engine: QueryEngine) -> None:
    draw(space, road("AB", A, B, road_class=None), road("BC", B, C, speed_kmh=20.0), road("CD", C, D, speed_kmh=140.0))
    found = engine.roads(space).trips([A, B, C], [B, C, D], "fire_engine").duration_s.diagonal()
    assert found == pytest.approx([seconds(A, B, kmh=30), seconds(B, C, kmh=20), seconds(C, D, kmh=45)])


def test_another_process_that_writes_is_followed_and_a_build_by_version_alone_would_not_be(space: Space, engine: QueryEngine, database_url) -> None:  # type: ignore[no-untyped-def]
    from geodata.store.database import Database
    from tests.conftest import SECRET

    square(space)
    first = engine.roads(space)
    other = Database(database_url.render_as_string(hide_password=False), SECRET)
    draw(other.space(), road("BC", B, C, closed=True))
    assert engine.roads(space).trips([B], [C], "fire_engine").duration_s[0, 0] == pytest.approx(seconds(B, A, D, C))
    assert first.trips([B], [C], "fire_engine").duration_s[0, 0] == pytest.approx(seconds(B, C)), "what was read never changes"
    block(other.space(), shapely.Point(A))
    assert np.isinf(engine.roads(space).trips([B], [C], "fire_engine").duration_s).all()
    assert engine._roads[space.id].built == 1, "what roads say of themselves and blocks need no new graph"
    other.dispose()


def test_a_graph_that_only_says_other_things_of_its_roads_answers_as_one_built_anew(space: Space, engine: QueryEngine) -> None:
    square(space)
    built = []
    for step in ({"closed": True}, {"closed": None, "max_weight_t": 20.0}, {"max_weight_t": None, "one_way": True}, {"one_way": False, "road_class": "motorway"},
                 {"road_class": "county", "bridge": True}, {"speed_kmh": 12.0}):
        square(space, **step)
        here, anew = engine.roads(space), QueryEngine(engine.database).roads(space)
        for profile in ("fire_engine", "truck", "on_foot"):
            places = [A, B, C, (109.82, 40.61), (109.823, 40.612)]
            mine, theirs = (one.trips(places, places, profile) for one in (here, anew))
            assert mine.duration_s.tolist() == theirs.duration_s.tolist() and mine.origins_off_m.tolist() == theirs.origins_off_m.tolist()
        built.append(engine._roads[space.id].built)
    assert built == [1] * 6
    draw(space, road("BC", B, (109.825, 40.61), C, speed_kmh=45.0, bridge=False))
    assert engine.roads(space).trips([B], [C], "fire_engine").length_m[0, 0] == pytest.approx(length_m(B, (109.825, 40.61), C))
    assert engine._roads[space.id].built == 2, "drawn anew, it is built anew"
    with space.transaction(OPERATOR, "test") as store:
        first = store.page(NETWORK.id).features[0]
        store.delete(NETWORK.id, first.id, version=first.version, reason="test")
    assert len(engine.roads(space).graph) == 3 and engine._roads[space.id].built == 3


def test_readers_beside_a_writer_always_get_one_state_whole_and_their_own_writes_at_once(space: Space, engine: QueryEngine) -> None:
    square(space)
    direct, around = seconds(B, C), seconds(B, A, D, C)
    stop, seen, wrong = threading.Event(), set(), []

    def read() -> None:
        while not stop.is_set():
            spent = float(engine.roads(space).trips([B], [C], "fire_engine").duration_s[0, 0])
            state = next((name for name, one in (("open", direct), ("closed", around)) if spent == pytest.approx(one)), None)
            seen.add(state)
            if state is None:
                wrong.append(spent)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for one in readers:
        one.start()
    for turn in range(16):
        draw(space, road("BC", B, C, closed=turn % 2 == 0))
        found = float(engine.roads(space).trips([B], [C], "fire_engine").duration_s[0, 0])
        assert found == pytest.approx(around if turn % 2 == 0 else direct), "who wrote reads what was written"
    stop.set()
    for one in readers:
        one.join(30)
    assert not wrong and seen == {"open", "closed"}


def test_each_space_has_its_own_roads(database, space: Space, engine: QueryEngine, controller: Actor) -> None:  # type: ignore[no-untyped-def]
    square(space)
    drill = database.space(database.open_drill("桥断演练", controller).id)
    draw(drill, road("BC", B, C, closed=True))
    assert engine.roads(drill).trips([B], [C], "fire_engine").duration_s[0, 0] == pytest.approx(seconds(B, A, D, C))
    assert engine.roads(space).trips([B], [C], "fire_engine").duration_s[0, 0] == pytest.approx(seconds(B, C))


def test_the_past_has_the_roads_and_blocks_of_then(database, space: Space, engine: QueryEngine) -> None:  # type: ignore[no-untyped-def]
    square(space)
    block(space, shapely.Point(109.82, 40.61), start=datetime.now(UTC) - timedelta(hours=1), end=datetime.now(UTC) + timedelta(seconds=4))
    moment = at_a_full_second(database)
    square(space, closed=True)
    then = database.space(past.space_id_of(moment))
    with then.reading(OPERATOR) as store:
        assert not any(one.properties["closed"] for one in store.page("roads").features)
    assert engine.roads(then).trips([B], [C], "fire_engine").duration_s[0, 0] == pytest.approx(seconds(B, A, D, C)), "the block was in force"
    assert len(engine.roads(then).blocks.shapes) == 1


def test_an_empty_network_covers_nothing_and_wrong_places_are_named(space: Space, engine: QueryEngine, viewer: Actor) -> None:
    roads = engine.roads(space, viewer)
    found = roads.trips([A], [B, C], "fire_engine")
    assert found.duration_s.shape == (1, 2) and np.isinf(found.duration_s).all() and np.isinf(found.origins_away_m).all()
    assert roads.trips([], [B], "fire_engine").duration_s.shape == (0, 1)
    assert not roads.route(A, B, "fire_engine").found
    for given, pointer in (([(200.0, 40.0)], "/origins/0"), ([(109.8, math.nan)], "/origins/0"), ([A] * 20_001, "/origins")):
        with pytest.raises(InvalidInput) as refused:
            roads.trips(given, [B], "fire_engine")
        assert refused.value.problems[0].pointer == pointer
    with pytest.raises(InvalidInput) as refused:
        roads.trips([A], [B], "fire_engine", [shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])])
    assert refused.value.problems[0].pointer == "/barriers"
    with pytest.raises(Forbidden):
        engine.roads(space, Actor("nobody", frozenset()))
    assert NETWORK
