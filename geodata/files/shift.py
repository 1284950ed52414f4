"""Whether places sit shifted as web maps shift them (GCJ-02, BD-09): told only against the true places of the same features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geodata.crs import GEOD
from geodata.datum import Datum, Pair, bd09_from_wgs84, gcj02_from_wgs84
from layers.messages import Sentence, declare
from layers.spec import Label

FEWEST = 3  # one or two features may have moved; three of them by the same law have not
_CLOSE_M = 100.0  # two surveys of one place differ by less; the shift here is 508 m
_MOVED_M = 150.0  # nearer to the true place than this is no shift
_SHARE = 0.6  # of the features that moved at all, so many follow the law
_WHOLE = 0.9  # of the features compared: then the file as a whole is shifted

declare(
    {
        "places-shifted": Sentence(
            Label(
                "{count} 处与现有数据相比都朝同一方向偏移约 {distance_m} m，像是 {datum} 坐标",
                "{count} places all sit about {distance_m} m off those stored, as {datum} coordinates do",
            ),
            Label("确认来源：是地图网站的坐标就换算，不是就照原样", "Find out where they come from: convert them if it is a web map, else keep them"),
        ),
    }
)


@dataclass(frozen=True)
class Shift:
    """Places that look shifted: by which law, which rows, whether that is the `whole` file, of how many twins, how far on average."""

    datum: Datum
    rows: tuple[int, ...]
    whole: bool
    count: int
    twins: int
    distance_m: float
    bearing_deg: float


def suspect(given: ArrayLike, true: ArrayLike, rows: ArrayLike) -> Shift | None:
    """The shift that the places `given` (n, 2; degrees) carry against the `true` ones of the same features, by row number; or None.

    A place counts when it lies within 100 m of where the map would draw the true one and at least 150 m from the true one. Three such
    are needed, and most of those that moved at all: features that were moved for another reason go every way.
    """
    here, there, numbers = np.asarray(given, float).reshape(-1, 2), np.asarray(true, float).reshape(-1, 2), np.asarray(rows, int)
    if len(here) < FEWEST:
        return None
    own_m = _apart_m(there, (here[:, 0], here[:, 1]))
    best: tuple[float, Datum, NDArray[np.bool_]] | None = None
    for datum, law in ((Datum.GCJ02, gcj02_from_wgs84), (Datum.BD09, bd09_from_wgs84)):
        rest_m = _apart_m(here, law(there[:, 0], there[:, 1]))
        like = (rest_m < _CLOSE_M) & (own_m > _MOVED_M)
        if like.sum() >= FEWEST and like.sum() >= _SHARE * (own_m > _MOVED_M).sum():
            rest = float(np.median(rest_m[like]))
            if best is None or rest < best[0]:
                best = (rest, datum, like)
    if best is None:
        return None
    _, datum, like = best
    mean_from, mean_to = there[like].mean(axis=0), here[like].mean(axis=0)
    bearing, _, _ = GEOD.inv(*mean_from, *mean_to)
    whole = bool(like.sum() >= _WHOLE * len(like))
    return Shift(datum, tuple(numbers[like].tolist()), whole, int(like.sum()), len(like), round(float(own_m[like].mean()), 1), round(bearing % 360, 1))


def _apart_m(places: NDArray[np.float64], others: Pair) -> NDArray[np.float64]:
    _, _, distance = GEOD.inv(places[:, 0], places[:, 1], others[0], others[1])
    return np.asarray(distance, float)
