"""Searching by what the values say: each word in some value, the field named, nothing found out that the searcher may not see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from geodata.queries import search
from geodata.queries.search import Answer, NameIndex
from geodata.store.audit import reveals_lately
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.spaces import Space
from geodata.store.wording import words_of
from layers.spec import OPERATOR, Actor, Choice, Family, Field, Geometry, Label, Layer, Role, Sensitivity, Style
from tests.geodata.queries.conftest import EAST, NORTH, SOUTH, WEST

VIEWER, OFFICER = Actor("viewer", frozenset({Role.VIEWER})), Actor("officer", frozenset({Role.DUTY_OFFICER}))


def of(word: str) -> Label:
    return Label(word, word)


STORES = Layer(
    "stores", of("仓"), Geometry.POINT, key="code", title="name", style=Style(Family.RESOURCE),
    fields=(
        Field("code", Label("编号", "Code")), Field("name", Label("名称", "Name")), Field("address", Label("地址", "Address")),
        Field("kind", Label("用途", "Use"), choices=(Choice("flood", Label("防汛", "Flood control")), Choice("fire", Label("防火", "Fire fighting")))),
        Field("fits", Label("适用", "Suits"), many=True, choices=(Choice("quake", Label("地震", "Earthquake")), Choice("ice", Label("凌汛", "Ice flood")))),
        Field("keys_at", Label("钥匙", "Keys"), sensitivity=Sensitivity.SENSITIVE),
        Field("phone", Label("电话", "Phone"), sensitivity=Sensitivity.PERSONAL),
        Field("rooms", Label("间数", "Rooms"), int),
    ))
ROWS = (
    {"code": "A-1", "name": "麻池仓", "address": "九原区 麻池镇", "kind": "flood", "fits": ["ice"], "phone": "0000-1234567", "rooms": 12},
    {"code": "A-2", "name": "城关仓", "address": "青山区 民主路", "kind": "flood", "fits": ["quake", "ice"], "keys_at": "门卫室", "phone": "00088776655"},
    {"code": "A-3", "name": "九原仓", "address": "九原区 沙河", "kind": "fire", "phone": "000-1234-567"},
)


def filled(space: Space) -> Space:
    space.create_layer(STORES, OPERATOR)
    with space.transaction(OPERATOR, "test") as store:
        store.upsert("stores", [Row(one, shapely.Point(109.8 + place / 100, 40.6), place) for place, one in enumerate(ROWS)])
    return space


@pytest.fixture(scope="module")
def stores(database_of_module: Database) -> Space:
    """The three stores, in a database that tests only ask."""
    return filled(database_of_module.space())


@pytest.fixture
def own(space: Space) -> Space:
    """The three stores, for a test that writes."""
    return filled(space)


def titles(answer: Answer) -> list[str]:
    return [one.title for one in answer]


def fields(answer: Answer) -> list[list[str]]:
    return [[match.field.id for match in one.matches] for one in answer]


@pytest.fixture(params=[False, True], ids=["in memory", "by the database"])
def names(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> NameIndex:
    if request.param:
        monkeypatch.setattr(search, "MAX_NAMES", 0)
    return NameIndex()


@pytest.mark.parametrize(("asked", "found", "by"), [
    ("民主路", ["城关仓"], [["address"]]), ("防汛 麻池镇", ["麻池仓"], [["address", "kind"]]), ("麻池镇　防汛", ["麻池仓"], [["address", "kind"]]),
    ("Flood CONTROL", ["城关仓", "麻池仓"], [["kind"], ["kind"]]), ("地震", ["城关仓"], [["fits"]]), ("ice 青山", ["城关仓"], [["address", "fits"]]),
    ("防汛 民主路 地震", ["城关仓"], [["address", "kind", "fits"]]), ("防火 民主路", [], []), ("九原", ["九原仓", "麻池仓"], [[], ["address"]]),
])
def test_every_word_is_in_some_value_and_the_hit_says_in_which(stores: Space, names: NameIndex, asked: str, found: list[str], by: list[list[str]]) -> None:
    answer = names.search(stores, asked, VIEWER)
    assert (titles(answer), fields(answer)) == (found, by), "names first, then values; equal ones by name"
    assert answer.unsearched == ()


def test_what_is_sensitive_is_found_by_revealers_alone(stores: Space, names: NameIndex) -> None:
    assert titles(names.search(stores, "门卫室", OFFICER)) == ["城关仓"]
    assert fields(names.search(stores, "门卫室", OFFICER)) == [["keys_at"]]
    assert titles(names.search(stores, "门卫室", VIEWER)) == []
    assert titles(names.search(stores, "民主路 门卫", VIEWER)) == []


def looks(space: Space) -> int:
    with space.reading(OPERATOR) as store:
        return reveals_lately(store.connection, OFFICER)


@pytest.mark.parametrize("asked", ["00001234567", "0000 1234567", "0000-123-4567"])
def test_a_whole_number_finds_whose_it_is_for_revealers_and_is_written_down(stores: Space, names: NameIndex, asked: str) -> None:
    before = looks(stores)
    answer = names.search(stores, asked, OFFICER)
    assert (titles(answer), fields(answer)) == (["麻池仓"], [["phone"]])
    assert "*" in answer[0].matches[0].value and "1234567" not in str(answer[0].feature.properties), "the number itself stays masked"
    assert looks(stores) == before + 1
    assert titles(names.search(stores, asked, VIEWER)) == []
    assert looks(stores) == before + 1, "who may not look has not looked"


@pytest.mark.parametrize("asked", ["0000", "0000-123456", "1234567", "000-1234", "0000123456789"])
def test_a_part_of_a_number_finds_nobody(stores: Space, names: NameIndex, asked: str) -> None:
    assert titles(names.search(stores, asked, OFFICER)) == []


def test_values_follow_changes(own: Space) -> None:
    names = NameIndex()
    assert titles(names.search(own, "民主路", VIEWER)) == ["城关仓"]
    with own.transaction(OPERATOR) as store:
        one = store.page("stores", filter="code = 'A-2'").features[0]
        store.patch("stores", one.id, {"address": "东河区"}, version=one.version)
    assert titles(names.search(own, "民主路", VIEWER)) == []
    assert titles(names.search(own, "东河区", VIEWER)) == ["城关仓"]


def test_a_layer_that_takes_too_long_is_named(own: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_NAMES", 0)
    monkeypatch.setattr(search, "PATIENCE_MS", 1)
    rng = np.random.default_rng(3)
    rows = [Row({"code": f"B-{n}", "name": f"仓{n}", "address": "路" * 400}, shapely.Point(rng.uniform(WEST, EAST), rng.uniform(SOUTH, NORTH)), n) for n in range(5_000)]
    with own.transaction(OPERATOR, "test") as store:
        store.upsert("stores", rows)
    answer = NameIndex().search(own, "麻池镇", VIEWER)
    assert (titles(answer), answer.unsearched) == ([], ("stores",)), "not gone through is not the same as nothing found"


def test_values_of_a_layer_without_a_public_title_are_not_searched(space: Space) -> None:
    hidden = tuple(replace(one, sensitivity=Sensitivity.PERSONAL) if one.id == "name" else one for one in STORES.fields)
    space.create_layer(replace(STORES, id="kept", fields=hidden), OPERATOR)
    with space.transaction(OPERATOR, "test") as store:
        store.upsert("kept", [Row(ROWS[0], shapely.Point(109.8, 40.6), 0)])
    assert titles(NameIndex().search(space, "麻池", OFFICER)) == []


def test_the_words_of_a_search() -> None:
    assert words_of("防汛　 Ａbc a 红 防汛") == ["防汛", "abc", "红"]
    assert words_of("   ") == []


def test_the_pieces_of_one_road_are_found_as_one_line(space: Space) -> None:
    """A road is broken at its crossings: by its name it is one line of so many pieces, by a piece's own code that piece."""
    east = [shapely.LineString([(109.6 + n / 100, 40.6), (109.61 + n / 100, 40.6)]) for n in range(5)]
    rows = [Row({"code": f"R-{n}", "name": "滨河大道", "number": "X9"}, shape, n) for n, shape in enumerate(east)]
    rows += [Row({"code": "R-8", "name": "滨河大道", "number": "X8"}, shapely.LineString([(110.0, 40.7), (110.01, 40.7)]), 8),
             Row({"code": "R-9", "number": "X9"}, shapely.LineString([(109.9, 40.6), (109.91, 40.6)]), 9)]
    with space.transaction(OPERATOR, "test") as store:
        store.upsert("roads", rows)
    names = NameIndex()
    for asked in ("滨河大道", "bhdd", "滨河 大道"):
        found = [(one.feature.properties["number"], one.parts, one.bbox) for one in names.search(space, asked, OFFICER)]
        assert sorted(found) == [("X8", 1, (110.0, 40.7, 110.01, 40.7)), ("X9", 5, pytest.approx((109.6, 40.6, 109.65, 40.6)))], asked
    assert [(one.feature.properties["code"], one.parts) for one in names.search(space, "R-3", OFFICER)] == [("R-3", 1)]
    assert len(names.search(space, "X9", OFFICER)) == 2, "what has no name stands for itself"
    assert [one.parts for one in names.search(space, "滨河大道", OFFICER, limit=1)] in ([1], [5]), "the limit counts lines"
