"""A shift is told by its law against true places, never by distance alone."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.datum import Datum, bd09_from_wgs84, gcj02_from_wgs84
from geodata.files import shift
from geodata.files.shift import Shift, suspect

TRUE = np.array([[109.50 + n / 40, 40.55 + n / 90] for n in range(12)])
ROWS = np.arange(1, 13)
NOISE = np.array([[0.0002, -0.0001], [-0.0001, 0.0002]] * 6)  # some 20 m: two surveys of one place


def drawn(law: object = gcj02_from_wgs84) -> np.ndarray:
    return np.column_stack(law(TRUE[:, 0], TRUE[:, 1])) + NOISE  # type: ignore[operator]


def judged_by_distance_alone(given: np.ndarray, true: np.ndarray) -> bool:
    """The wrong build: it flags whatever lies half a kilometre off."""
    return bool((shift._apart_m(given, (true[:, 0], true[:, 1])) > 400).sum() >= shift.FEWEST)


def test_a_layer_shifted_as_web_maps_do_is_flagged_with_its_law_and_distance() -> None:
    found = suspect(drawn(), TRUE, ROWS)
    assert found is not None and (found.datum, found.whole, found.count, found.twins) == (Datum.GCJ02, True, 12, 12)
    assert 480 < found.distance_m < 530 and 70 < found.bearing_deg < 82, "492 m east, 125 m north here"
    baidu = suspect(drawn(bd09_from_wgs84), TRUE, ROWS)
    assert baidu is not None and baidu.datum is Datum.BD09


@pytest.mark.parametrize(("east", "north"), [(-0.0058, -0.0011), (0.0, 0.0046), (-0.0058, 0.0011), (0.0058, -0.0030)])
def test_a_layer_moved_as_far_another_way_is_not_flagged(east: float, north: float) -> None:
    moved = TRUE + [east, north]
    assert suspect(moved, TRUE, ROWS) is None
    assert judged_by_distance_alone(moved, TRUE), "the test tells the two builds apart"


def test_an_unshifted_layer_and_a_few_features_are_not_flagged() -> None:
    assert suspect(TRUE + NOISE, TRUE, ROWS) is None
    assert suspect(drawn()[:2], TRUE[:2], ROWS[:2]) is None
    assert suspect(np.zeros((0, 2)), np.zeros((0, 2)), []) is None


def test_only_the_rows_that_are_shifted_are_named() -> None:
    mixed = TRUE + NOISE
    mixed[4:8] = drawn()[4:8]
    found = suspect(mixed, TRUE, ROWS)
    assert isinstance(found, Shift) and (found.whole, found.rows, found.count) == (False, (5, 6, 7, 8), 4)
    mixed[8:] += [0.01, -0.02]  # others that were moved elsewhere make it no law
    assert suspect(mixed, TRUE, ROWS) is None
