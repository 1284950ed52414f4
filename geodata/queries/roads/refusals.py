"""What a question by road must be: each refusal names the parameter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from geodata.queries.measure import Floats
from layers.errors import InvalidInput, Problem
from layers.messages import Sentence, declare
from layers.spec import Label

MOST_PAIRS = 4_000_000  # of a matrix: its two tables are 64 MB
MOST_PLACES = 20_000

declare({
    "road-no-network": Sentence(Label("本空间没有路网图层", "There is no layer here that is a road network"),
                                Label("用直线距离排序", "Ask by straight distance")),
    "road-no-profile": Sentence(Label("没有车型「{given}」，已有：{known}", "There is no vehicle profile “{given}”; there are: {known}"),
                                Label("填写其中一个编号", "Give the code of one of them")),
    "road-too-many": Sentence(Label("一次最多 {limit} 处，给了 {found} 处", "At most {limit} places at once; there are {found}"),
                              Label("分几次计算", "Ask in parts")),
    "road-too-many-pairs": Sentence(Label("一次最多算 {limit} 对，给了 {found} 对", "At most {limit} pairs at once; there are {found}"),
                                    Label("分几次计算", "Ask in parts")),
})


def places(name: str, given: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Longitudes and latitudes of places in degrees, or InvalidInput at `/name`."""
    if len(given) > MOST_PLACES:
        raise refused(f"/{name}", "road-too-many", limit=MOST_PLACES, found=len(given))
    try:
        xy = np.array(given, dtype=float).reshape(-1, 2)
    except (TypeError, ValueError):
        raise refused(f"/{name}", "question-number", name=name, value=str(given)[:40]) from None
    wrong = np.flatnonzero(~np.isfinite(xy).all(axis=1) | (np.abs(xy[:, 0]) > 180.0) | (np.abs(xy[:, 1]) > 90.0))
    if len(wrong):
        lon, lat = xy[wrong[0]]
        raise refused(f"/{name}/{wrong[0]}", "zone-out-of-range", found=f"{lon:g}, {lat:g}")
    return xy[:, 0], xy[:, 1]


def few_pairs(name: str, count: int, most: int = MOST_PAIRS) -> None:
    """Refuse at `/name` a matrix that is too large."""
    if count > most:
        raise refused(f"/{name}", "road-too-many-pairs", limit=most, found=count)


def no_network() -> InvalidInput:
    """What is raised where no layer is a road network."""
    return refused("/mode", "road-no-network")


def no_profile(given: str, known: Iterable[str]) -> InvalidInput:
    """What is raised for a profile that is not there."""
    return refused("/profile", "road-no-profile", given=given[:60], known=", ".join(known))


def refused(pointer: str, code: str, **values: Any) -> InvalidInput:
    """An InvalidInput with one problem."""
    return InvalidInput(problems=[Problem(pointer, code, values)])
