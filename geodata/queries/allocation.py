"""Who goes where: groups of people to places with room, as many as there is room for, then by the shortest ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import maximum_flow

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

KEEP_TOGETHER = 0.25  # by how much the mean way of a group may grow so that it stays whole; docs/decisions/0015
MAX_PAIRS = 100_000  # ways weighed in one plan: one to two seconds of one core (docs/decisions/0015)
MAX_PEOPLE = 1_000_000_000  # the flow is counted in 32 bits


@dataclass(frozen=True)
class Allocation:
    """How many of each group (row) go to each place (column), whole people; `unplaced` of each group have no place.

    `split` counts the groups that go to more than one place, `split_before` those of the shortest ways; `cost` and `least_cost` are people times
    the way's cost of the two.
    """

    people: Whole
    unplaced: Whole
    split: int
    split_before: int
    cost: float
    least_cost: float

    @property
    def placed(self) -> int:
        """How many have a place."""
        return int(self.people.sum())


def allocate(people: Sequence[int], room: Sequence[int], cost: Floats, *, keep_together: float = KEEP_TOGETHER) -> Allocation:
    """Place groups of `people` into `room`; `cost` [groups, places] is of one person's way, inf where there is none.

    First as many as can be placed are: no other order leaves fewer without a place. Among those the sum of all ways is least: a minimum-cost
    flow, solved as a linear programme (HiGHS), whose corners are whole numbers because the matrix is a network's. A group is split only where a
    place fills up; then each split group in turn goes whole to the nearest place with room for it, if its mean way grows by no more than
    `keep_together` of itself. The same input gives the same answer, and equal ways are settled by the order given.
    """
    need, capacity = np.asarray(people, dtype=np.int64), np.asarray(room, dtype=np.int64)
    flow = _shortest(need, capacity, cost, _most(need, capacity, np.isfinite(cost)))
    least, before = _total(flow, cost), _split(flow)
    if before and keep_together > 0:
        flow = _together(flow, capacity, cost, keep_together)
    return Allocation(flow, need - flow.sum(axis=1), _split(flow), before, _total(flow, cost), least)


def _most(need: Whole, room: Whole, open_way: NDArray[np.bool_]) -> int:
    """How many can be placed at all: a maximum flow, or plain sums where every group has a way to every place."""
    if open_way.all() or not open_way.size:
        return int(min(need.sum(), room.sum())) if open_way.size else 0
    groups, places = open_way.shape
    source, sink = groups + places, groups + places + 1
    one, other = np.nonzero(open_way)
    start = np.concatenate([np.full(groups, source), one, groups + np.arange(places)])
    end = np.concatenate([np.arange(groups), groups + other, np.full(places, sink)])
    room = np.minimum(room, need.sum())
    amount = np.concatenate([need, np.minimum(need[one], room[other]), room]).astype(np.int32)
    return int(maximum_flow(csr_array((amount, (start, end)), shape=(sink + 1, sink + 1)), source, sink).flow_value)


def _shortest(need: Whole, room: Whole, cost: Floats, placed: int) -> Whole:
    """The flow of that many people whose ways are shortest in sum."""
    flow = np.zeros(cost.shape, np.int64)
    if not placed:
        return flow
    one, other = np.nonzero(np.isfinite(cost) & (need[:, None] > 0) & (room[None, :] > 0))
    each, count = np.ones(len(one)), len(one)
    limits = coo_array((np.concatenate([each, each]), (np.concatenate([one, len(need) + other]), np.tile(np.arange(count), 2))),
                       shape=(len(need) + len(room), count)).tocsr()
    found = linprog(cost[one, other], A_ub=limits, b_ub=np.concatenate([need, room]), A_eq=csr_array(np.ones((1, count))), b_eq=[placed],
                    bounds=(0, None), method="highs-ds")
    if found.status != 0:
        raise ArithmeticError(f"the flow was not solved: {found.message}")
    flow[one, other] = np.rint(found.x).astype(np.int64)
    whole = np.abs(found.x - np.rint(found.x)).max() < 1e-4
    if not whole or flow.sum() != placed or (flow.sum(axis=1) > need).any() or (flow.sum(axis=0) > room).any():
        raise ArithmeticError("the flow found is not of whole people or not within the room there is")
    return flow


def _together(flow: Whole, room: Whole, cost: Floats, longer: float) -> Whole:
    """Each split group whole in one place, where one has room and is not too far; those with the most people first."""
    flow = flow.copy()
    split = np.flatnonzero((flow > 0).sum(axis=1) > 1)
    for group in sorted(split.tolist(), key=lambda one: (-int(flow[one].sum()), one)):
        own = flow[group]
        size, free = int(own.sum()), room - flow.sum(axis=0) + own
        mean = float((own * np.where(own > 0, cost[group], 0.0)).sum()) / size
        fitting = np.flatnonzero((free >= size) & (cost[group] <= mean * (1.0 + longer)))
        if len(fitting):
            chosen = int(fitting[np.argmin(cost[group, fitting])])
            flow[group] = 0
            flow[group, chosen] = size
    return flow


def _split(flow: Whole) -> int:
    return int(((flow > 0).sum(axis=1) > 1).sum())


def _total(flow: Whole, cost: Floats) -> float:
    used = flow > 0
    return float((flow[used] * cost[used]).sum())
