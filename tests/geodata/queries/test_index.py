"""The index finds what is there and nothing else, whatever was done to it, and nothing that is not finite reaches its tree."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from rtree.index import Index
from shapely.geometry.base import BaseGeometry

from geodata.queries import index as index_module
from geodata.queries.audit import differences
from geodata.queries.index import LayerIndex
from geodata.queries.rows import Rows
from geodata.store.changes import LayerVersion
from tests.meanwhile import meanwhile

VERSION = LayerVersion(1, UUID(int=1))
EVERYWHERE = [(-180.0, -90.0, 180.0, 90.0)]


def rows(shapes: dict[int, BaseGeometry]) -> Rows:
    """Features numbered by id."""
    count = len(shapes)
    kept = np.empty(count, dtype=object)
    kept[:] = list(shapes.values())
    return Rows([UUID(int=one) for one in shapes], kept, np.zeros(count, np.uint32), np.full((count, 0), np.nan), np.zeros((count, 0), np.uint64), np.full((count, 1), np.nan), [(None, None)] * count, np.full(count, np.nan))


def numbers(index: LayerIndex, slots: list[int]) -> set[int]:
    return {one.int for slot in slots if (one := index.ids[slot]) is not None}


COORDINATE = st.integers(0, 20).map(lambda one: one / 100)


class Moves(RuleBasedStateMachine):
    """Any sequence of puts, moves and removals leaves the index as a plain dictionary would be."""

    def __init__(self) -> None:
        super().__init__()
        self.index = LayerIndex(rows({}), VERSION)
        self.truth: dict[int, BaseGeometry] = {}

    @rule(number=st.integers(0, 30), x=COORDINATE, y=COORDINATE, wide=COORDINATE)
    def put(self, number: int, x: float, y: float, wide: float) -> None:
        shape = shapely.box(109 + x, 40 + y, 109 + x + wide, 40 + y + 0.01) if wide else shapely.Point(109 + x, 40 + y)
        self.truth[number] = shape
        self.index.apply(rows({number: shape}), [], VERSION)

    @rule(number=st.integers(0, 30))
    def remove(self, number: int) -> None:
        self.truth.pop(number, None)
        self.index.apply(rows({}), [UUID(int=number)], VERSION)

    @rule(gone=st.sets(st.integers(0, 30), max_size=5), come=st.dictionaries(st.integers(31, 60), st.tuples(COORDINATE, COORDINATE), max_size=5))
    def several(self, gone: set[int], come: dict[int, tuple[float, float]]) -> None:
        shapes: dict[int, BaseGeometry] = {number: shapely.Point(109 + x, 40 + y) for number, (x, y) in come.items()}
        for number in gone:
            self.truth.pop(number, None)
        self.truth.update(shapes)
        self.index.apply(rows(shapes), [UUID(int=one) for one in gone], VERSION)

    @invariant()
    def it_holds_what_it_should(self) -> None:
        assert not differences(self.index, rows(self.truth))

    @invariant()
    def windows_and_neighbours_find_it_all(self) -> None:
        assert numbers(self.index, self.index.inside(EVERYWHERE)) == set(self.truth)
        found, certain_m = self.index.nearest_boxes(109.1, 40.1, 3)
        assert len(found) == min(3, len(self.truth)) and (certain_m == float("inf")) == (len(self.truth) <= 3)


TestMoves = Moves.TestCase
TestMoves.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def strewn(count: int) -> dict[int, BaseGeometry]:
    rng = np.random.default_rng(1)
    return dict(enumerate(shapely.points(rng.uniform(109, 110, count), rng.uniform(40, 41, count))))


def test_ids_are_unique_after_ten_thousand_moves() -> None:
    shapes = strewn(200)
    index, rng = LayerIndex(rows(shapes), VERSION), np.random.default_rng(2)
    for _ in range(10_000):
        number = int(rng.integers(0, 200))
        shapes[number] = shapely.Point(rng.uniform(109, 110), rng.uniform(40, 41))
        index.apply(rows({number: shapes[number]}), [], VERSION)
    found = index.inside(EVERYWHERE)
    assert len(found) == len(set(found)) == 200 and not differences(index, rows(shapes))


def test_a_large_change_gives_the_same_index_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = strewn(300)
    one_by_one, at_once = LayerIndex(rows(shapes), VERSION), LayerIndex(rows(shapes), VERSION)
    change, gone = {number: shapely.Point(109.5, 40.5) for number in range(200)} | strewn(400), [UUID(int=one) for one in range(250, 300)]
    change = {number: shape for number, shape in change.items() if number not in range(250, 300)}
    one_by_one.apply(rows(change), gone, VERSION)
    monkeypatch.setattr(index_module, "_ONE_BY_ONE", 0)
    at_once.apply(rows(change), gone, VERSION)
    assert not differences(one_by_one, rows(change)) and not differences(at_once, rows(change))
    assert len(at_once) == len(change)


def test_a_build_that_deletes_with_moved_bounds_is_caught_by_the_audit() -> None:
    """A wrong build: the tree is told the new box when the old one goes, which it ignores in silence."""
    class Careless(LayerIndex):
        def apply(self, changed, gone, version):  # type: ignore[no-untyped-def]
            slots = self.put(changed)
            for slot in slots.tolist():
                self._tree.delete(slot, self._squeezed(self.boxes[slot]))
                self._tree.insert(slot, self._squeezed(self.boxes[slot]))

    shapes = strewn(50)
    index = Careless(rows(shapes), VERSION)
    for step in range(5):
        shapes[7] = shapely.Point(109.2 + step / 10, 40.5)
        index.apply(rows({7: shapes[7]}), [], VERSION)
    found = index.inside(EVERYWHERE)
    assert len(found) != len(set(found))  # the stale boxes are still in the tree: one id several times


def test_the_audit_finds_planted_drift() -> None:
    shapes = strewn(50)
    index = LayerIndex(rows(shapes), VERSION)
    index._tree.delete(3, index._squeezed(index.boxes[3]))
    index.shapes[4] = shapely.Point(109.5, 40.5)
    index.service[5] = 1
    truth = rows({number: shape for number, shape in shapes.items() if number != 6} | {77: shapely.Point(109.5, 40.5)})
    found = differences(index, truth)
    assert bool(found)
    assert {one.int for one in found.unfindable} == {3} and {one.int for one in found.different} == {4, 5}
    assert {one.int for one in found.missing} == {77} and {one.int for one in found.extra} == {6}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_nothing_that_is_not_finite_reaches_the_tree(bad: float) -> None:
    shapes = strewn(20)
    index = LayerIndex(rows(shapes), VERSION)
    for attempt in (lambda: index.nearest_boxes(bad, 40.0, 3), lambda: index.nearest_boxes(109.0, bad, 3), lambda: index.inside([(109.0, 40.0, bad, 41.0)]),
                    lambda: index.apply(rows({1: shapely.Point(bad, 40.0)}), [], VERSION), lambda: index.apply(rows({1: shapely.Point()}), [], VERSION),
                    lambda: LayerIndex(rows({1: shapely.Point(bad, bad)}), VERSION)):
        with pytest.raises(ValueError, match="finite"):
            attempt()
    assert not differences(index, rows(shapes))


def test_threads_reading_while_one_moves_neither_crash_nor_see_half_a_change() -> None:
    """Each change moves all of 20 features by one step; a reader that holds the lock must see all of them at one place."""
    index = LayerIndex(rows({number: shapely.Point(109.0, 40.0) for number in range(20)}), VERSION)
    halves = []

    def read() -> None:
        with index.lock:
            found = index.inside(EVERYWHERE)
            index.nearest_boxes(109.01, 40.0, 3)
            if len(found) != 20 or len(set(index.lon[found].tolist())) != 1:
                halves.append(index.lon[found].tolist())

    with meanwhile(read, read, read, read):
        for step in range(300):
            index.apply(rows({number: shapely.Point(109.0 + step / 1000, 40.0) for number in range(20)}), [], VERSION)
    assert not halves


def test_the_kept_buffers_answer_as_rtree_itself_does() -> None:
    """We call rtree's C function with memory of our own; its Python wrapper is the twin."""
    shapes = strewn(500)
    index, rng = LayerIndex(rows(shapes), VERSION), np.random.default_rng(3)
    plain = Index((np.arange(500), index.boxes[:500, :2] * [index.squeeze, 1], index.boxes[:500, 2:] * [index.squeeze, 1]))
    for _ in range(100):
        lon, lat, count = rng.uniform(108.5, 110.5), rng.uniform(39.5, 41.5), int(rng.integers(1, 300))
        found, _ = index.nearest_boxes(lon, lat, count)
        theirs = plain.nearest_v([[lon * index.squeeze, lat]], [[lon * index.squeeze, lat]], num_results=count, strict=True)[0]
        assert found == theirs.tolist()
