"""The pyramid of a large layer counts each feature once at every zoom, whatever is written, and its tiles are light."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ProgrammingError

from geodata.store import past, pyramid
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.features import Change
from geodata.store.spaces import Space
from geodata.store.tile_address import TileAddress
from geodata.store.tile_drawing import MAX_TILE_BYTES, draw
from geodata.store.tiles import TileKeeper, count_in_view, current, keep_pyramids
from layers.catalogue import CATALOGUE
from layers.spec import (
    OPERATOR,
    Actor,
    Choice,
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
from tests.geodata.store.test_past import at_a_full_second

CROWD = Layer("crowd", Label("众", "Crowd"), Geometry.ANY, (
    Field("code", Label("编号", "Code"), required=True), Field("name", Label("名称", "Name")), Field("words", Label("说明", "Words")),
    Field("grade", Label("级", "Grade"), int, choices=(Choice(1, Label("一", "1")), Choice(2, Label("二", "2")))),
), Style(Family.RESOURCE, shade_by="grade"), key="code", title="name", summary=("words",))
SECRET_CROWD = replace(CROWD, id="secret_crowd", geometry_sensitivity=Sensitivity.SENSITIVE)
WEST, SOUTH, EAST, NORTH = 109.4, 40.48, 110.0, 40.72


@pytest.fixture
def database(cluster_url: URL, template: str) -> Iterator[Database]:
    with with_catalogue(cluster_url, template, CATALOGUE.with_layers(CROWD, SECRET_CROWD)) as database:
        yield database


@pytest.fixture
def space(database: Database) -> Space:
    return database.space("live")


def points(count: int, seed: int = 7) -> list[shapely.Point]:
    dice = Random(seed)
    return [shapely.Point(dice.uniform(WEST, EAST), dice.uniform(SOUTH, NORTH)) for _ in range(count)]


def put(space: Space, shapes: list[Any], layer: str = "crowd", **properties: Any) -> None:
    with space.transaction(OPERATOR) as store:
        store.upsert(layer, [Row({"code": f"c{number}", "name": f"n{number}", "grade": 1 + number % 2, **properties}, shape, number)
                             for number, shape in enumerate(shapes)])


def kept(space: Space, layer: str = "crowd", **sizes: int) -> pyramid.Pyramid | None:
    with space.engine.connect() as connection:
        return pyramid.keep(connection, space.schema, space.catalogue.layer(layer), **sizes)


def content(space: Space, layer: str) -> list[Any]:
    """All that the pyramid holds; a cell that came to nothing is nothing."""
    queries = ("SELECT z, x, y, c, shade, n, lon_sum, lat_sum FROM {0}._pyramid_cell WHERE layer = :layer AND (n, lon_sum, lat_sum) <> (0, 0, 0) ORDER BY 1, 2, 3, 4, 5",
               "SELECT id, z, size, ST_AsText(box) FROM {0}._pyramid_shape WHERE layer = :layer ORDER BY id",
               "SELECT x, y, shade, n FROM {0}._pyramid_coarse WHERE layer = :layer AND n <> 0 ORDER BY 1, 2, 3",
               "SELECT detail, n FROM {0}._pyramid_state WHERE layer = :layer")
    with space.engine.connect() as connection:
        return [connection.execute(text(query.format(space.schema)), {"layer": layer}).all() for query in queries]


def made_anew(database: Database, space: Space, layer: str, **sizes: int) -> list[Any]:
    with database.owner.begin() as connection:
        connection.execute(text(f'DELETE FROM "{space.schema}"._pyramid_state'))
    kept(space, layer, **sizes)
    return content(space, layer)


def tiles_over(z: int) -> Iterator[TileAddress]:
    def column(lon: float) -> int:
        return int((lon + 180) / 360 * 2**z)

    def row(lat: float) -> int:
        return int((0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)) * 2**z)

    yield from (TileAddress(z, x, y) for x in range(column(WEST - 0.01), column(EAST + 0.01) + 1) for y in range(row(NORTH + 0.01), row(SOUTH - 0.01) + 1))


def drawn(space: Space, address: TileAddress, layer: str = "crowd", *, exact: bool = True) -> bytes:
    with space.engine.connect() as connection:
        return draw(connection, space.schema, space.catalogue.layer(layer), address, exact=exact)


def own(mvt: bytes, folder: Path, address: TileAddress) -> list[dict[str, Any]]:
    """Features of the tile that lie on it, not on its margin, as the page takes them."""
    half, size = 20037508.342789244, 2 * 20037508.342789244 / 2**address.z
    west, north = address.x * size - half, half - address.y * size
    return [one for one in read_mvt(mvt, folder, address.z, address.x, address.y)
            if west <= one["geometry"].x + size / 16384 < west + size and north >= one["geometry"].y - size / 16384 > north - size]


def test_a_small_layer_has_none(space: Space) -> None:
    put(space, points(50))
    assert kept(space) is None
    assert kept(space, large=50) is not None


SIZES = {"large": 100, "densest": 20}


def write_at_random(space: Space, layer: str, dice: Random, ids: list[UUID], turn: int) -> None:
    """One commit of several acts: new, moved, reshaped, regraded, taken away, some of them the same feature twice."""

    def shape() -> Any:
        place = shapely.Point(dice.uniform(WEST, EAST), dice.uniform(SOUTH, NORTH))
        return place.buffer(10 ** dice.uniform(-5, -1), 4) if dice.random() < 0.5 else place

    with space.transaction(OPERATOR) as store:
        for number in range(dice.randrange(1, 4)):
            act = dice.random()
            if act < 0.35:
                ids.append(store.insert(layer, {"code": f"t{turn}-{number}", "grade": dice.choice((1, 2, None))}, shape()).id)
                continue
            one = dice.choice(ids)
            version = store.get(layer, one).version
            if act < 0.6:
                store.patch(layer, one, {}, version=version, geometry=shape())
            elif act < 0.8:
                store.patch(layer, one, {"grade": dice.choice((1, 2, None))}, version=version)
            else:
                store.apply([Change("delete", layer, one, version)], "gone")
                ids.remove(one)


def in_step(database: Database, space: Space, layer: str) -> bool:
    """Whether a pyramid kept through 40 commits holds what one made anew holds."""
    dice, ids = Random(3), []
    with space.transaction(OPERATOR) as store:
        ids = [store.insert(layer, {"code": f"c{number}", "grade": 1}, shape).id for number, shape in enumerate(points(400))]
    assert (first := kept(space, layer, **SIZES))
    for turn in range(40):
        write_at_random(space, layer, dice, ids, turn)
        if turn % 3 == 0:
            now = kept(space, layer, **SIZES)
            assert now and now.version == space.versions([layer])[layer]
    last = kept(space, layer, **SIZES)
    assert last and last.count == len(ids) and last.detail == first.detail
    step = content(space, layer)
    assert step[0] and step[1]
    return step == made_anew(database, space, layer, **SIZES)


@pytest.mark.parametrize("layer", ["crowd", "secret_crowd"])
def test_kept_in_step_it_holds_what_one_made_anew_holds(database: Database, space: Space, layer: str) -> None:
    assert in_step(database, space, layer)


def test_the_comparison_finds_a_pyramid_that_forgets_what_was(database: Database, space: Space) -> None:
    with database.owner.begin() as connection:
        definition = connection.scalar(text("SELECT pg_get_functiondef('onemap_control.shift_pyramid'::regproc)"))
        assert "(-1, h.before, h.geom_before)" in definition
        connection.exec_driver_sql(definition.replace("(-1, h.before, h.geom_before), ", "").replace("%", "%%"))
    with pytest.raises(AssertionError):
        assert in_step(database, space, "crowd")


def test_it_is_made_anew_when_it_does_not_know_how_it_came_to_lag(database: Database, space: Space) -> None:
    put(space, points(300))
    kept(space, **SIZES)
    with database.owner.begin() as connection:  # as after a restore of an older backup: rows and token are others
        connection.execute(text("UPDATE onemap._pyramid_state SET token = gen_random_uuid()"))
        connection.execute(text("DELETE FROM onemap._pyramid_cell WHERE z = 3"))
    put(space, [*points(300), shapely.Point(109.5, 40.5)])
    now = kept(space, **SIZES)
    assert now and now.count == 301
    assert content(space, "crowd") == made_anew(database, space, "crowd", **SIZES)


def test_many_at_once_make_it_once(space: Space) -> None:
    put(space, points(3_000))
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(kept(space, **SIZES))) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 4 and len(set(found)) == 1


def test_a_drill_has_its_own_and_cannot_touch_the_one_of_live(database: Database, space: Space) -> None:
    put(space, points(300))
    kept(space, **SIZES)
    before = content(space, "crowd")
    drill = database.space(database.open_drill("演练", Actor("c", frozenset({Role.DRILL_CONTROLLER}))).id)
    mine = kept(drill, **SIZES)
    assert mine and mine.count == 300
    with drill.transaction(OPERATOR) as store:
        store.insert("crowd", {"code": "new"}, shapely.Point(109.5, 40.5))
    assert (mine := kept(drill, **SIZES)) and mine.count == 301
    assert content(space, "crowd") == before
    with drill.engine.connect() as connection, pytest.raises(ProgrammingError, match="does not write to the space"):
        pyramid.keep(connection, space.schema, space.catalogue.layer("crowd"), **SIZES)


def test_every_zoom_counts_every_feature_once(space: Space, tmp_path: Path) -> None:
    put(space, points(21_000))
    assert (found := kept(space)) and found.count == 21_000
    for z in (5, 9, 11, 12):
        seen = [one for address in tiles_over(z) for one in own(drawn(space, address), tmp_path, address)]
        assert sum(int(one.get("count") or 1) for one in seen) == 21_000, z
        assert z > 9 or len(seen) < 600
        gathered = [one for one in seen if one.get("count")]
        assert all(sum(json.loads(one["shades"]).values()) == one["count"] for one in gathered)
        assert all(one["title"] for one in seen if not one.get("count")), "one that stands alone is itself"
    with space.transaction(OPERATOR) as store:
        store.insert("crowd", {"code": "new"}, shapely.Point(109.5, 40.5))
    address = next(tiles_over(5))
    assert sum(int(one.get("count") or 1) for one in own(drawn(space, address), tmp_path, address)) == 21_001


def test_reader_who_may_not_reveal_gets_counts_of_the_coarse_grid(space: Space, tmp_path: Path) -> None:
    put(space, points(21_000), layer="secret_crowd")
    for z in (6, 11, 13):
        seen = [one for address in tiles_over(z) for one in own(drawn(space, address, "secret_crowd", exact=False), tmp_path, address)]
        assert sum(int(one.get("count") or 1) for one in seen) == 21_000
        if z == 13:  # a cell of 16 px holds one place of the grid: its corner, to a unit of the tile
            lons = [one["geometry"].x / 20037508.342789244 * 180 for one in seen]
            assert max(abs(lon * 100 - round(lon * 100)) for lon in lons) < 0.002


def nasty(dice: Random) -> Any:
    """A comb with many teeth, or a sieve, or a long line, somewhere over the district."""
    lon, lat = dice.uniform(WEST, EAST - 0.3), dice.uniform(SOUTH, NORTH - 0.1)
    if dice.random() < 0.5:
        return shapely.LineString([(lon + step * 0.002, lat + dice.random() * 0.1) for step in range(300)])
    holes = [shapely.box(lon + x / 100, lat + y / 100, lon + x / 100 + 0.006, lat + y / 100 + 0.006).exterior for x in range(20) for y in range(5)]
    return shapely.Polygon(shapely.box(lon - 0.01, lat - 0.01, lon + 0.21, lat + 0.06).exterior, holes)


def test_no_tile_is_heavy_and_one_that_leaves_out_says_so(space: Space, tmp_path: Path) -> None:
    dice = Random(11)
    put(space, [nasty(dice) for _ in range(1_200)], words="甲" * 500)
    put(space, [nasty(dice) for _ in range(10)], layer="secret_crowd", words="乙" * 500)
    with space.transaction(OPERATOR) as store:
        store.upsert("crowd", [Row({"code": f"w{number}", "words": f"{number}" + "丙" * 400}, shape, number) for number, shape in enumerate(points(2_000))])
    for z in (0, 6, 8, 9, 10, 12):
        for address in list(tiles_over(z))[:6]:
            mvt = drawn(space, address)
            assert len(mvt) <= MAX_TILE_BYTES, address
            if z <= 9 and mvt:
                said = read_mvt(mvt, tmp_path, z, address.x, address.y, layer="thinned")
                assert said and said[0]["drawn"] + said[0]["counted"] >= 1_000


def test_count_within_a_box_is_that_of_every_single_feature(space: Space) -> None:
    dice = Random(5)
    shapes = [one if dice.random() < 0.8 else one.buffer(10 ** dice.uniform(-5, -1.3), 4) for one in points(21_000)]
    put(space, shapes)
    bounds = shapely.bounds(shapes)
    for _ in range(60):
        west, south, half = dice.uniform(WEST, EAST), dice.uniform(SOUTH, NORTH), 10 ** dice.uniform(-3, 0.3)
        box = (west - half, south - half * dice.random(), west + half, south + half)
        meets = (bounds[:, 0] <= box[2]) & (bounds[:, 2] >= box[0]) & (bounds[:, 1] <= box[3]) & (bounds[:, 3] >= box[1])
        with space.engine.connect() as connection:
            assert pyramid.count_within(connection, space.schema, space.catalogue.layer("crowd"), box) == meets.sum(), box


def test_count_for_a_reader_who_may_not_reveal_goes_by_the_places_shown(space: Space) -> None:
    places = points(21_000)
    put(space, places, layer="secret_crowd")
    snapped = [(round(one.x * 100) / 100, round(one.y * 100) / 100) for one in places]
    box = (109.5951, 40.5551, 109.7049, 40.6149)
    with space.engine.connect() as connection:
        found = pyramid.count_within(connection, space.schema, space.catalogue.layer("secret_crowd"), box, exact=False)
    assert found == sum(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in snapped)


@pytest.mark.parametrize("layer", ["crowd", "secret_crowd"])
def test_a_past_moment_answers_from_the_features_and_keeps_no_pyramid(database: Database, space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layer: str) -> None:
    monkeypatch.setattr(pyramid.keep, "__kwdefaults__", {"large": 100, "densest": 20})
    put(space, points(1500), layer)
    moment = at_a_full_second(database)
    put(space, points(30, seed=8), layer)
    old = database.space(past.space_id_of(moment))
    keep_pyramids(old)
    reader = Actor("viewer", frozenset({Role.VIEWER}))
    shown = current(old, layer, reader)
    for address in tiles_over(6):
        mine = own(TileKeeper().tile(old, layer, address, shown).mvt, tmp_path, address)
        assert sum(one.get("count") or 1 for one in mine) == 1500
    assert count_in_view(old, layer, (WEST - 1, SOUTH - 1, EAST + 1, NORTH + 1), shown) == 1500
    wanted = sum((one.x if shown.reveals else round(one.x, 2)) <= 109.705 for one in points(1500))
    assert count_in_view(old, layer, (WEST - 1, SOUTH - 1, 109.705, NORTH + 1), shown) == wanted
    with database.owner.connect() as connection:
        assert not connection.scalar(text("SELECT count(*) FROM pg_class WHERE relnamespace = CAST(:schema AS regnamespace) AND starts_with(relname, '_pyramid')"), {"schema": old.schema})
