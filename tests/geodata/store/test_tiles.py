"""Vector tiles: every feature is in them, none is heavy, none tells what its reader may not see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.engine import URL

from geodata.store.batch import Row
from geodata.store.spaces import Space
from geodata.store.tile_address import TileAddress
from geodata.store.tile_drawing import (
    MAX_TILE_BYTES,
    TileNotFound,
    draw,
    tile_fields,
)
from geodata.store.tiles import TileKeeper, current
from layers.catalogue import CATALOGUE
from layers.errors import Forbidden
from layers.spec import (
    OPERATOR,
    Actor,
    Family,
    Field,
    Geometry,
    Label,
    Layer,
    Role,
    Sensitivity,
    Style,
)
from tests.conftest import with_catalogue
from tests.geodata.store.mvt import read_mvt

SPOTS = Layer("spots", Label("点", "Spots"), Geometry.ANY, (
    Field("name", Label("名称", "Name")), Field("grade", Label("级", "Grade"), int), Field("phone", Label("电话", "Phone"), sensitivity=Sensitivity.PERSONAL),
), Style(Family.RESOURCE, shade_by="grade"), key="name", title="name", summary=("grade", "phone"))
VIEWER = Actor("viewer", frozenset({Role.VIEWER}))


@pytest.fixture
def space(cluster_url: URL, template: str) -> Iterator[Space]:
    secret_spots = replace(SPOTS, id="secret_spots", geometry_sensitivity=Sensitivity.SENSITIVE)
    with with_catalogue(cluster_url, template, CATALOGUE.with_layers(SPOTS, secret_spots)) as database:
        yield database.space("live")


def put(space: Space, shapes: list[Any], layer: str = "spots", **properties: Any) -> None:
    with space.transaction(OPERATOR, anywhere=True) as store:
        store.upsert(layer, [Row({"name": f"n{number}", "grade": number % 3, **properties}, shape, number) for number, shape in enumerate(shapes)])


def drawn(space: Space, address: TileAddress, layer: str = "spots", *, exact: bool = True) -> bytes:
    with space.engine.connect() as connection:
        return draw(connection, space.schema, space.catalogue.layer(layer), address, exact=exact)


def over(lon: float, lat: float, z: int) -> TileAddress:
    """The tile that holds a place, found by trying."""
    side = 2**z
    x = int((lon + 180) / 360 * side)
    return next(one for y in range(side) if (one := TileAddress(z, x, y)).box()[1] <= lat <= one.box()[3])


def test_box_of_a_tile_is_that_of_the_scheme() -> None:
    assert TileAddress(0, 0, 0).box() == pytest.approx((-180, -85.0511, 180, 85.0511), abs=1e-3)
    assert TileAddress(1, 1, 0).box() == pytest.approx((0, 0, 180, 85.0511), abs=1e-3)
    assert [TileAddress(*one).exists() for one in ((0, 0, 0), (0, 1, 0), (22, 0, 2**22 - 1), (23, 0, 0), (-1, 0, 0), (3, -1, 0))] == [True, False, True, False, False, False]


def test_tile_has_the_features_with_title_shade_and_summary_and_no_personal_field(space: Space, tmp_path: Path) -> None:
    put(space, [shapely.Point(109.8, 40.6), shapely.box(109.81, 40.6, 109.82, 40.61), shapely.LineString([(109.8, 40.6), (109.83, 40.62)])], phone="13812345678")
    assert tile_fields(SPOTS) == {"grade": "grade", "shade": "grade", "title": "name"}
    address = over(109.8, 40.6, 12)
    mvt = drawn(space, address)
    assert b"13812345678" not in mvt
    features = read_mvt(mvt, tmp_path, 12, address.x, address.y)
    assert {one["title"] for one in features} == {"n0", "n1", "n2"}
    spot = next(one for one in features if one["title"] == "n0")
    assert (spot["shade"], spot["grade"], len(spot["id"])) == (0, 0, 36)
    x, y = 109.8 / 180 * 20037508.342789244, 4954989.0
    assert spot["geometry"].x == pytest.approx(x, abs=5)
    assert spot["geometry"].y == pytest.approx(y, abs=2000)


def test_shape_below_the_tiles_resolution_is_still_a_point_on_it(space: Space, tmp_path: Path) -> None:
    put(space, [shapely.box(109.8, 40.6, 109.80001, 40.60001)])
    address = over(109.8, 40.6, 6)
    assert len(read_mvt(drawn(space, address), tmp_path, 6, address.x, address.y)) == 1


def test_crowd_is_gathered_and_every_feature_is_counted_once(space: Space, tmp_path: Path) -> None:
    put(space, [shapely.Point(109.4 + number % 100 / 160, 40.48 + number // 100 / 160) for number in range(4000)])
    address = over(109.7, 40.6, 5)
    features = read_mvt(drawn(space, address), tmp_path, 5, address.x, address.y)
    assert len(features) < 200
    assert sum(int(one.get("count") or 1) for one in features) == 4000
    seen = 0
    for x in range(over(109.4, 40.6, 9).x, over(110.1, 40.6, 9).x + 1):
        for y in range(over(109.7, 41.0, 9).y, over(109.7, 40.4, 9).y + 1):
            inside = shapely.box(*_mercator(TileAddress(9, x, y)))
            features = read_mvt(drawn(space, TileAddress(9, x, y)), tmp_path, 9, x, y)
            seen += sum(int(one.get("count") or 1) for one in features if one["geometry"].within(inside))
    assert seen == pytest.approx(4000, abs=80)  # mean positions on a seam are rounded to one side or the other


def _mercator(address: TileAddress) -> tuple[float, float, float, float]:
    half, side = 20037508.342789244, 2 * 20037508.342789244 / 2**address.z
    return address.x * side - half, half - (address.y + 1) * side, (address.x + 1) * side - half, half - address.y * side


def test_large_shapes_stay_shapes_among_a_crowd(space: Space, tmp_path: Path) -> None:
    put(space, [shapely.box(109.4, 40.48, 109.9, 40.7), *(shapely.Point(109.4 + number % 100 / 1000, 40.48 + number // 100 / 1000) for number in range(3000))])
    address = over(109.45, 40.5, 8)
    features = read_mvt(drawn(space, address), tmp_path, 8, address.x, address.y)
    assert [one["title"] for one in features if one["geometry"].geom_type.endswith("Polygon")] == ["n0"]
    assert sum(int(one.get("count") or 1) for one in features) == 3001


def test_no_tile_is_heavy(space: Space) -> None:
    lines = [shapely.LineString([(109.4 + step * 0.0005, 40.5 + (step * 7919 + number * 104729) % 997 / 4000) for step in range(800)]) for number in range(120)]
    put(space, lines)
    heavy = drawn(space, over(109.6, 40.6, 9))
    assert 10_000 < len(heavy) <= MAX_TILE_BYTES


def test_shapes_over_the_poles_and_the_whole_world_are_drawn(space: Space) -> None:
    put(space, [shapely.box(-180, -90, 180, 90), shapely.Point(0, 90), shapely.LineString([(109, -90), (109, 90)])])
    assert drawn(space, TileAddress(0, 0, 0))
    assert drawn(space, over(109.5, 40.6, 14))


def test_reader_who_may_not_see_exact_positions_gets_coarse_ones(space: Space, tmp_path: Path) -> None:
    put(space, [shapely.Point(109.8123, 40.6071)], layer="secret_spots")
    assert current(space, "secret_spots", OPERATOR).reveals
    shown = current(space, "secret_spots", VIEWER)
    assert not shown.reveals
    keeper = TileKeeper()
    address = over(109.8123, 40.6071, 14)
    exact = keeper.tile(space, "secret_spots", address, current(space, "secret_spots", OPERATOR)).mvt
    coarse = [one for dx in (-1, 0, 1) for dy in (-1, 0, 1) for one in read_mvt(
        keeper.tile(space, "secret_spots", TileAddress(14, address.x + dx, address.y + dy), shown).mvt, tmp_path, 14, address.x + dx, address.y + dy)]
    (there,) = read_mvt(exact, tmp_path, 14, address.x, address.y)
    assert coarse
    assert all(one["geometry"].distance(there["geometry"]) > 100 for one in coarse)


@pytest.mark.parametrize(("layer", "actor"), [("spots", OPERATOR), ("secret_spots", VIEWER)])
def test_filtered_tile_holds_and_counts_only_what_was_chosen(space: Space, tmp_path: Path, layer: str, actor: Actor) -> None:
    put(space, [shapely.Point(109.8 + number % 60 * 1e-3, 40.6 + number // 60 * 1e-3) for number in range(3600)], layer=layer)
    keeper, address = TileKeeper(), over(109.83, 40.63, 8)

    def counted(filter_text: str | None) -> int:
        return sum(one.get("count") or 1 for one in read_mvt(keeper.tile(space, layer, address, current(space, layer, actor, filter_text)).mvt, tmp_path, 8, address.x, address.y))

    assert [counted(one) for one in (None, "grade = 1", "grade = 2 AND name LIKE 'n1%'", None)] == [3600, 1200, len([n for n in range(3600) if n % 3 == 2 and str(n)[0] == "1"]), 3600]
    assert keeper.drawn == 3, "and each filter's tile is kept by itself"
    with space.transaction(OPERATOR) as store:
        store.insert(layer, {"name": "new", "grade": 1}, shapely.Point(109.83, 40.63))
    assert [counted(None), counted("grade = 1")] == [3601, 1201]


def test_tile_is_drawn_again_only_where_something_changed(space: Space) -> None:
    put(space, [shapely.Point(109.8, 40.6), shapely.Point(109.5, 40.5)])
    keeper, here, there = TileKeeper(), over(109.8, 40.6, 12), over(109.5, 40.5, 12)

    def ask(address: TileAddress) -> bytes:
        return keeper.tile(space, "spots", address, current(space, "spots", OPERATOR)).mvt

    first, other = ask(here), ask(there)
    assert keeper.drawn == 2
    put(space, [shapely.Point(109.8, 40.6), shapely.Point(109.5001, 40.5)])  # n1 moved within its tile
    assert (ask(here), keeper.drawn) == (first, 2)
    assert ask(there) != other
    put(space, [shapely.Point(109.8, 40.6), shapely.Point(109.8001, 40.6)])  # n1 left its tile and came to the other
    assert ask(here) != first
    assert ask(there) != other
    assert keeper.drawn == 5


def test_tiles_of_another_history_are_drawn_again(space: Space) -> None:
    """A restored database may reuse a version number; its token tells."""
    put(space, [shapely.Point(109.8, 40.6)])
    keeper, address, before = TileKeeper(), over(109.8, 40.6, 12), current(space, "spots", OPERATOR)
    keeper.tile(space, "spots", address, before)
    with space._owner.begin() as connection:
        connection.execute(text("UPDATE onemap.layer_state SET token = gen_random_uuid() WHERE layer = 'spots'"))
        connection.execute(text("ALTER TABLE onemap.commit_log DISABLE TRIGGER a_keep_record"))
        connection.execute(text("UPDATE onemap.commit_log c SET token = s.token FROM onemap.layer_state s WHERE c.layer = 'spots' AND s.layer = 'spots' AND c.version = s.version"))
        connection.execute(text("ALTER TABLE onemap.commit_log ENABLE TRIGGER a_keep_record"))
    after = current(space, "spots", OPERATOR)
    assert (after.version, after.token == before.token) == (before.version, False)
    keeper.tile(space, "spots", address, after)
    assert keeper.drawn == 2


def test_a_load_of_more_than_can_be_named_has_every_tile_drawn_again(space: Space) -> None:
    put(space, [shapely.Point(109.8, 40.6)])
    keeper, address = TileKeeper(), over(100.0, 30.0, 12)
    keeper.tile(space, "spots", address, current(space, "spots", OPERATOR))
    put(space, [shapely.Point(109.8, 40.6 + number / 1e4) for number in range(300)])
    keeper.tile(space, "spots", address, current(space, "spots", OPERATOR))
    assert keeper.drawn == 2


def test_keeper_holds_no_more_than_its_room(space: Space) -> None:
    put(space, [shapely.Point(109.8, 40.6)])
    keeper, shown = TileKeeper(2_000), current(space, "spots", OPERATOR)  # five empty tiles
    for x in range(10):
        keeper.tile(space, "spots", TileAddress(8, x, 0), shown)
    for x in range(5, 10):
        keeper.tile(space, "spots", TileAddress(8, x, 0), shown)
    assert keeper.drawn == 10
    keeper.tile(space, "spots", TileAddress(8, 0, 0), shown)
    assert keeper.drawn == 11


def test_refusals(space: Space) -> None:
    with pytest.raises(TileNotFound):
        drawn(space, TileAddress(3, 8, 0))
    with pytest.raises(TileNotFound):
        drawn(space, TileAddress(0, 0, 0), next(one.id for one in CATALOGUE.values() if one.geometry is Geometry.NONE))
    with pytest.raises(Forbidden):
        current(space, "spots", Actor("audit", frozenset({Role.AUDIT_ADMIN})))
