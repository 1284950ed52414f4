"""An answer is one moment: while others write, figures, ranks and the features beside them are of the same version."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from pyproj import Geod
from shapely.geometry import Point

from geodata.queries.engine import QueryEngine
from geodata.queries.nearest import LayerRanking, NearestQuestion
from geodata.queries.showing import Show
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.rows import Feature
from geodata.store.spaces import Space
from layers.spec import OPERATOR
from tests.app.api.conftest import Program
from tests.meanwhile import meanwhile

GEOD = Geod(ellps="GRS80")
HERE = (109.8, 40.6)
QUESTIONS = 25


def _place(rng: random.Random) -> Point:
    return Point(HERE[0] + rng.uniform(-0.02, 0.02), HERE[1] + rng.uniform(-0.02, 0.02))


def _write(space: Space, rng: random.Random, mine: list[Feature]) -> None:
    """Move one of a client's posts, or take it away and make another, as clients do."""
    place = rng.randrange(len(mine))
    one = mine[place]
    with space.transaction(OPERATOR, "writing") as store:
        if rng.random() < 0.3:
            store.delete("posts", one.id, version=one.version, reason="gone")
            mine[place] = store.insert("posts", {"name": "新", "people": 1}, _place(rng))
        else:
            mine[place] = store.patch("posts", one.id, {"people": rng.randrange(100)}, version=one.version, geometry=_place(rng))


@contextmanager
def _writers(database: Database, count: int) -> Iterator[None]:
    """So many clients that write without a pause."""
    with database.space("live").reading(OPERATOR) as store:
        posts = store.page("posts", limit=1000).features
    with meanwhile(*(partial(_write, database.space("live"), random.Random(one), list(posts[one::count])) for one in range(count))):
        yield


@pytest.fixture
def busy_posts(database: Database) -> Database:
    rng = random.Random(7)
    with database.space("live").transaction(OPERATOR, "test") as store:
        store.upsert("posts", [Row({"code": str(n), "name": f"哨所{n}", "people": n}, _place(rng), n) for n in range(40)])
    return database


def test_each_ranked_feature_is_there_and_its_distance_fits_the_shape_shown(busy_posts: Database, planner_program: Program) -> None:
    with _writers(busy_posts, 3):
        for _ in range(QUESTIONS):
            answer = planner_program.get(f"/api/v1/nearest?lon={HERE[0]}&lat={HERE[1]}&layers=posts&k=20").json
            layer = answer["layers"][0]
            assert len(answer["features"]) == layer["returned"] == 20
            for one in answer["features"]:
                away = GEOD.inv(*HERE, *one["geometry"]["coordinates"])[2]
                assert one["properties"]["distance_m"] == pytest.approx(away, abs=0.01), layer


@pytest.mark.parametrize("filter_text", [None, "people >= 0"])
def test_count_and_sum_are_those_of_the_features_shown(busy_posts: Database, planner_program: Program, filter_text: str | None) -> None:
    asked = {"geometry": {"type": "Point", "coordinates": HERE}, "buffer_m": 1200, "layers": ["posts"], **({"filter": filter_text} if filter_text else {})}
    with _writers(busy_posts, 3):
        for _ in range(QUESTIONS):
            answer = planner_program.post("/api/v1/exposure", asked).json
            layer = answer["layers"][0]
            assert len(answer["features"]) == layer["count"]
            assert sum(one["properties"]["people"] for one in answer["features"]) == (layer["measures"]["people"]["sum"] or 0)


def test_layers_of_one_answer_are_of_one_moment(busy_posts: Database, engine_of: Callable[[Database], QueryEngine]) -> None:
    """Posts and works are made in pairs, one transaction each: no answer has one without the other."""
    space, engine = busy_posts.space("live"), engine_of(busy_posts)
    show = Show[LayerRanking](named=lambda one: [each.id for each in one.ranked], read=lambda store, layer, ids: store.by_ids(layer, ids))
    question = NearestQuestion(*HERE, ("posts", "works"), 1000)

    def pair() -> None:
        with space.transaction(OPERATOR, "pair") as store:
            store.insert("posts", {"name": "对"}, Point(HERE))
            store.insert("works", {"name": "对"}, Point(HERE))

    with meanwhile(pair):
        for _ in range(QUESTIONS):
            posts, works = engine.nearest(space, question, OPERATOR, show).layers
            assert len(posts.ranked) == len(works.ranked) + 40
            assert set(posts.shown) == {one.id for one in posts.ranked}


def test_an_index_that_names_what_is_not_there_gives_way_to_postgis(busy_posts: Database, engine_of: Callable[[Database], QueryEngine]) -> None:
    """The wrong build: an index that lost a change but says that it has it."""
    space, engine = busy_posts.space("live"), engine_of(busy_posts)
    engine.warm(space, ["posts"])
    show = Show[LayerRanking](named=lambda one: [each.id for each in one.ranked], read=lambda store, layer, ids: store.by_ids(layer, ids))
    question = NearestQuestion(*HERE, ("posts",), 5)
    first = engine.nearest(space, question, OPERATOR, show).layers[0]
    assert first.answered_by == "index"
    with space.transaction(OPERATOR, "test") as store:
        gone = store.get("posts", first.ranked[0].id)
        store.delete("posts", gone.id, version=gone.version, reason="gone")
    index: Any = engine.index(space, "posts")
    index.version = space.versions()["posts"]
    found = engine.nearest(space, question, OPERATOR, show).layers[0]
    assert found.answered_by == "postgis"
    assert gone.id not in found.shown and len(found.shown) == len(found.ranked) == 5


@pytest.fixture
def engine_of() -> Iterator[Callable[[Database], QueryEngine]]:
    made: list[QueryEngine] = []

    def engine(database: Database) -> QueryEngine:
        made.append(QueryEngine(database))
        return made[-1]

    yield engine
    for one in made:
        one.close()
