"""Groups go where there is room, as many as can, by the shortest ways in sum: held to brute force, to another solver and to sums."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from geodata.queries.allocation import Allocation, allocate

NOWHERE = np.inf


def plain(people: list[int], room: list[int], cost: list[list[float]], **more: float) -> Allocation:
    return allocate(people, room, np.array(cost, dtype=float).reshape(len(people), len(room)), **more)


def brute(people: list[int], room: list[int], cost: list[list[float]]) -> tuple[int, float]:
    """(most placed, least sum of ways) by trying every whole-number table."""
    cells = [(one, other) for one in range(len(people)) for other in range(len(room)) if np.isfinite(cost[one][other])]
    best = (0, 0.0)
    for amounts in itertools.product(*(range(min(people[one], room[other]) + 1) for one, other in cells)):
        rows, columns = [0] * len(people), [0] * len(room)
        for (one, other), amount in zip(cells, amounts, strict=True):
            rows[one] += amount
            columns[other] += amount
        if any(map(int.__gt__, rows, people)) or any(map(int.__gt__, columns, room)):
            continue
        total = sum(amount * cost[one][other] for (one, other), amount in zip(cells, amounts, strict=True))
        best = min(best, (-sum(amounts), total))
    return -best[0], best[1]


ways = st.integers(1, 9).map(float) | st.just(NOWHERE)


@given(st.data())
def test_it_is_what_trying_everything_finds(data: st.DataObject) -> None:
    people, room = (data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=2)) for _ in range(2))
    cost = [[data.draw(ways) for _ in room] for _ in people]
    found = plain(people, room, cost, keep_together=0.0)
    assert (found.placed, pytest.approx(found.cost)) == brute(people, room, cost)


@given(st.integers(0, 10_000))
def test_it_is_what_another_solver_finds_and_every_sum_agrees(seed: int) -> None:
    chance = np.random.default_rng(seed)
    groups, places = chance.integers(1, 9, 2)
    people, room = chance.integers(0, 400, groups), chance.integers(0, 400, places)
    cost = chance.uniform(1.0, 9_000.0, (groups, places))
    cost[chance.random((groups, places)) < 0.3] = NOWHERE
    found = allocate(people.tolist(), room.tolist(), cost)
    placed, least = _twin(people, room, cost)
    assert (found.placed, found.least_cost) == (placed, pytest.approx(least, rel=1e-7, abs=1e-6))
    assert (found.people >= 0).all() and not found.people[~np.isfinite(cost)].any()
    assert (found.people.sum(axis=0) <= room).all()  # nobody where there is no room
    assert (found.people.sum(axis=1) + found.unplaced == people).all() and found.placed == found.people.sum()
    assert found.split <= found.split_before


def _twin(people: np.ndarray, room: np.ndarray, cost: np.ndarray) -> tuple[int, float]:
    """Dense integer programmes, with branch and bound: first the most, then the shortest."""
    groups, places = cost.shape
    rows = np.kron(np.eye(groups), np.ones(places))
    columns = np.kron(np.ones(groups), np.eye(places))
    most = np.where(np.isfinite(cost), np.minimum(people[:, None], room[None, :]), 0).ravel()
    limits = [LinearConstraint(rows, -np.inf, people), LinearConstraint(columns, -np.inf, room)]
    whole, span = np.ones(cost.size), Bounds(0, most)
    placed = round(-milp(-whole, constraints=limits, integrality=whole, bounds=span).fun)
    shortest = milp(np.where(np.isfinite(cost), cost, 0.0).ravel(), constraints=[*limits, LinearConstraint(whole[None, :], placed, placed)],
                    integrality=whole, bounds=span, options={"mip_rel_gap": 0.0})
    return placed, float(shortest.fun)


def test_whoever_has_no_way_or_no_room_is_left_over_and_said() -> None:
    found = plain([10, 20, 30], [25, 0], [[5.0, 1.0], [NOWHERE, 1.0], [7.0, NOWHERE]])
    assert found.people.tolist() == [[10, 0], [0, 0], [15, 0]] and found.unplaced.tolist() == [0, 20, 15]


def test_no_group_and_no_place_are_answers_too() -> None:
    assert plain([], [5], []).placed == 0 and plain([5], [], [[]]).unplaced.tolist() == [5]


def test_as_many_as_can_be_placed_are_though_the_ways_grow() -> None:
    """A greedy plan, nearest first, would leave ten without a place: the group that can only go to the first finds it taken."""
    found = plain([10, 10], [10, 10], [[1.0, 100.0], [2.0, NOWHERE]])
    assert found.people.tolist() == [[0, 10], [10, 0]]


def test_a_split_group_goes_whole_to_a_place_little_farther() -> None:
    cost = [[100.0, 120.0, 180.0]]
    split = plain([10], [6, 4, 50], cost, keep_together=0.0)
    kept = plain([10], [6, 4, 50], cost, keep_together=0.7)
    assert split.people.tolist() == [[6, 4, 0]] and split.split == 1
    assert kept.people.tolist() == [[0, 0, 10]] and (kept.split, kept.split_before) == (0, 1) and kept.cost == 1800.0 > kept.least_cost
    assert plain([10], [6, 4, 50], cost, keep_together=0.6).split == 1  # 180 is farther than 108 and six tenths
    assert kept.placed == split.placed == 10


def test_the_same_question_has_the_same_answer_where_ways_are_equal() -> None:
    people, room, cost = [7] * 12, [10] * 9, np.full((12, 9), 50.0)
    first = allocate(people, room, cost)
    assert all((allocate(people, room, cost).people == first.people).all() for _ in range(5))


def test_a_wrong_build_that_takes_the_nearest_first_is_caught() -> None:
    """The guard of the two tests above: greedy allocation differs in the number placed on cases they draw."""
    def greedy(people: list[int], room: list[int], cost: list[list[float]]) -> int:
        left, room = list(people), list(room)
        placed = 0
        for one, other in sorted(np.ndindex(len(people), len(room)), key=lambda cell: cost[cell[0]][cell[1]]):
            moved = min(left[one], room[other]) if np.isfinite(cost[one][other]) else 0
            left[one], room[other], placed = left[one] - moved, room[other] - moved, placed + moved
        return placed

    cost = [[1.0, 2.0], [1.5, NOWHERE]]
    assert greedy([2, 2], [2, 2], cost) == 2 and plain([2, 2], [2, 2], cost).placed == 4 == brute([2, 2], [2, 2], cost)[0]
