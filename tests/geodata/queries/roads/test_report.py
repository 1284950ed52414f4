"""The report names what is odd about a network: ends that nearly meet, islands, doubled and tiny roads."""

from __future__ import annotations

import pytest
import shapely

from geodata.queries.engine import QueryEngine
from geodata.store.batch import Row
from geodata.store.spaces import Space
from layers.spec import OPERATOR
from tests.geodata.queries.roads.conftest import NETWORK, draw, length_m, road

A, B, C, D = (109.80, 40.60), (109.82, 40.60), (109.82, 40.62), (109.80, 40.62)


def codes(space: Space) -> dict[object, str]:
    with space.reading(OPERATOR) as store:
        whole = store.snapshot(NETWORK.id, ("code",))
    return dict(zip(whole.ids, whole.columns["code"], strict=True))


def test_a_sound_network_has_nothing_to_report(space: Space, engine: QueryEngine) -> None:
    draw(space, road("AB", A, B), road("BC", B, C), road("CD", C, D))
    found = engine.roads(space).report()
    assert (found.nodes, found.edges, found.ends, found.snapped_ends, found.dropped) == (4, 3, 6, 0, 0)
    assert (found.dangling_count, found.island_count, found.doubled_count, found.class_unknown) == (0, 1, 0, 0)
    assert found.length_m == pytest.approx(length_m(A, B, C, D))


def test_what_is_odd_is_named_with_its_place_and_size(space: Space, engine: QueryEngine) -> None:
    stub = (109.81, 40.6001)  # 11 m short of A-B, the end of a road from the north
    draw(space, road("AB", A, B), road("BC", B, C), road("CD", C, D), road("north", (109.81, 40.61), stub),
         road("snapped", (D[0] + 3e-6, D[1]), (109.79, 40.62)), road("AB again", (A[0], A[1]), (109.81, 40.600005), B, road_class=None),
         road("tiny", (109.70, 40.6), (109.7000001, 40.6)))
    found, code = engine.roads(space).report(), codes(space)
    assert [(code[one.feature], code[one.near]) for one in found.dangling] == [("north", "AB again")], "the nearer of the two"
    (dangling,) = found.dangling
    assert (dangling.lon, dangling.lat) == pytest.approx(stub) and dangling.away_m == pytest.approx(11.1 - 0.5, abs=0.7)
    assert [(one.nodes, one.edges, round(one.length_m)) for one in found.islands][1:] == [(2, 1, round(length_m((109.81, 40.61), stub)))]
    assert code[found.islands[1].feature] == "north" and found.island_count == 2
    assert [{code[one], code[two]} for one, two in found.doubled] == [{"AB", "AB again"}]
    assert found.snapped_ends == 2 and found.most_snapped_m == pytest.approx(0.25, abs=0.01)  # the tiny road's end, and the one at D
    assert (found.dropped, found.class_unknown) == (1, 1)


def test_a_line_in_parts_is_an_edge_for_each(space: Space, engine: QueryEngine) -> None:
    with space.transaction(OPERATOR, "test") as store:
        store.upsert(NETWORK.id, [Row({"code": "parts", "road_class": "county"}, shapely.MultiLineString([[A, B], [C, D]]))])
    found = engine.roads(space).report()
    assert (found.edges, found.island_count, found.nodes) == (2, 2, 4)


def test_the_demonstration_hangs_together(space: Space, engine: QueryEngine) -> None:
    from datetime import UTC, datetime

    from app.command.demo.district import demonstration

    with space.transaction(OPERATOR, "test") as store:
        store.upsert(NETWORK.id, demonstration(datetime(2026, 11, 23, tzinfo=UTC))[NETWORK.id])
    found = engine.roads(space).report()
    assert found.edges > 1_500 and found.island_count == 1
    assert max(found.doubled_count, found.dropped) < 10 and found.dangling_count < 50, "crumbs of its drawing, named for who mends it"
