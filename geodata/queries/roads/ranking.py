"""A ranking by straight distance turned into one by road: the k soonest there, then those to which no road leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from uuid import UUID

import numpy as np
from shapely.geometry.base import BaseGeometry

from geodata.queries.nearest import (
    MAX_K,
    MAX_LEFT_OUT,
    NO_ROAD,
    NOT_COVERED,
    REASONS,
    Driven,
    LayerRanking,
    NearestQuestion,
    Ranked,
    Reason,
    RoadBasis,
)
from geodata.queries.roads.roads import Roads, Towards

_NO_ROAD, _NOT_COVERED = (Reason(code, REASONS[code]) for code in (NO_ROAD, NOT_COVERED))


def widest(question: NearestQuestion) -> NearestQuestion:
    """The question by straight distance whose answer holds all that may be ranked by road."""
    return replace(question, k=MAX_K, by_road=None)


def by_road(straight: LayerRanking, shapes: Mapping[UUID, BaseGeometry], roads: Roads, question: NearestQuestion) -> LayerRanking:
    """The answer to `question` from the one to `widest` of it; `shapes` are those of all that it ranked, in degrees.

    Equal times are broken by id. Raises InvalidInput for a profile that is not there or a barrier that is no shape.
    """
    assert question.by_road is not None
    profile = question.by_road.profile or next(iter(roads.profiles), "")
    fastest_kmh = roads.profile(profile).fastest_kmh
    places = roads.stand([shapes[one.id] for one in straight.ranked], profile)
    towards = roads.towards(places, (question.lon, question.lat), profile, question.by_road.barriers)
    seconds = towards.ways.seconds
    driven = sorted((seconds[at], one.id, at) for at, one in enumerate(straight.ranked) if isfinite(seconds[at]))[: question.k]
    ranked = [replace(straight.ranked[at], rank=rank, driven=_driven(towards, at)) for rank, (_, _, at) in enumerate(driven, 1)]
    stranded = [replace(one, rank=None, driven=_driven(towards, at)) for at, one in enumerate(straight.ranked) if not isfinite(seconds[at])]
    away = float(towards.destination.away_m[0])
    basis = RoadBasis(roads.layer, roads.version, profile, away if isfinite(away) else None, bool(towards.destination.covered[0]), towards.barred,
                      _complete(straight, ranked, question.k, fastest_kmh, away + roads.access_m))
    farthest_m = max((one.distance_m for one in ranked), default=0.0) if len(ranked) == question.k else np.inf
    return replace(straight, ranked=(*ranked, *stranded[:MAX_LEFT_OUT]), left_out=tuple(one for one in straight.left_out if one.distance_m <= farthest_m),
                   more_left_out=straight.more_left_out and farthest_m == np.inf, road=basis, more_without_road=len(stranded) > MAX_LEFT_OUT)


def _driven(towards: Towards, at: int) -> Driven:
    away = float(towards.origins.away_m[at])
    off_m = away if isfinite(away) else None
    route = towards.route(at)
    if route.shape is None:
        return Driven(None, None, off_m, None, _NO_ROAD if towards.origins.covered[at] else _NOT_COVERED)
    return Driven(route.duration_s, route.length_m, off_m, route.shape)


def _complete(straight: LayerRanking, ranked: list[Ranked], k: int, fastest_kmh: float, off_roads_m: float) -> bool:
    """Whether none that was not looked at can be sooner there: each lies farther off by air than all that were, and none drives faster."""
    if len(straight.ranked) < MAX_K:
        return True
    last = ranked[-1].driven if len(ranked) == k else None
    if last is None or last.duration_s is None:
        return False
    return last.duration_s * fastest_kmh / 3.6 + off_roads_m <= straight.ranked[-1].distance_m
