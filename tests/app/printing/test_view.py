"""A sheet is true to scale: what a ruler says on paper is what the ground says, and only round scales are printed."""

from __future__ import annotations

from math import hypot

import numpy as np
import pytest

from app.printing.paper import MARGIN, ROUND_SCALES, Orientation, Paper, Size
from app.printing.view import View
from geodata.crs import GEOD
from layers.errors import InvalidInput

DISTRICT = (109.39, 40.47, 110.06, 40.75)


@pytest.mark.parametrize("size", Size)
@pytest.mark.parametrize("orientation", Orientation)
def test_map_legend_and_foot_lie_on_the_paper_and_not_on_each_other(size: Size, orientation: Orientation) -> None:
    paper = Paper(size, orientation, drill=True)
    boxes = [paper.frame, paper.legend, paper.foot, paper.header]
    for box in boxes:
        assert box.x >= MARGIN and box.y >= MARGIN and box.right <= paper.width - MARGIN + 1e-9 and box.top <= paper.band.y + 1e-9
    for number, one in enumerate(boxes):
        for other in boxes[number + 1:]:
            assert one.right <= other.x + 1e-9 or other.right <= one.x + 1e-9 or one.top <= other.y + 1e-9 or other.top <= one.y + 1e-9


@pytest.mark.parametrize("scale", [5_000, 50_000, 300_000])
def test_a_length_on_paper_is_the_length_on_the_ground(scale: int) -> None:
    view = View(109.66, 40.6, scale, Paper(Size.A4, Orientation.LANDSCAPE).frame)
    for turn in (0, 45, 90, 200):
        metres = 0.05 * scale  # 5 cm on paper
        lon, lat, _ = GEOD.fwd(109.66, 40.6, turn, metres)
        (x0, y0), (x1, y1) = view.to_mm(np.array([[109.66, 40.6], [lon, lat]]))
        assert hypot(x1 - x0, y1 - y0) == pytest.approx(50.0, rel=3e-4)


def test_paper_and_ground_are_each_others_inverse() -> None:
    view = View(109.66, 40.6, 50_000, Paper(Size.A3, Orientation.PORTRAIT).frame)
    mm = np.array([[view.frame.x, view.frame.y], [view.frame.right, view.frame.top]])
    assert view.to_mm(view.to_degrees(mm)) == pytest.approx(mm, abs=1e-3)
    assert view.to_mm(np.array([[109.66, 40.6]]))[0] == pytest.approx(view.frame.middle, abs=1e-6)


@pytest.mark.parametrize("size", Size)
def test_a_box_gets_the_largest_round_scale_at_which_it_is_whole(size: Size) -> None:
    frame = Paper(size, Orientation.LANDSCAPE).frame
    view = View.around(DISTRICT, frame)
    assert view.scale in ROUND_SCALES
    corners = np.array([(lon, lat) for lon in DISTRICT[::2] for lat in DISTRICT[1::2]])

    def holds(scale: int) -> bool:
        mm = View(view.lon, view.lat, scale, frame).to_mm(corners)
        return bool((mm[:, 0] >= frame.x).all() and (mm[:, 0] <= frame.right).all() and (mm[:, 1] >= frame.y).all() and (mm[:, 1] <= frame.top).all())

    assert holds(view.scale)
    assert not holds(ROUND_SCALES[ROUND_SCALES.index(view.scale) - 1])


def test_the_box_of_a_view_holds_its_whole_frame() -> None:
    view = View(109.1, 40.6, 100_000, Paper(Size.A3, Orientation.LANDSCAPE).frame)
    west, south, east, north = view.bbox
    edge = view.to_degrees(np.array([(x, y) for x in (view.frame.x, view.frame.right) for y in np.linspace(view.frame.y, view.frame.top, 30)]))
    assert west <= edge[:, 0].min() and edge[:, 0].max() <= east and south <= edge[:, 1].min() and edge[:, 1].max() <= north


def test_north_leans_by_the_convergence_of_the_meridians() -> None:
    frame = Paper(Size.A4, Orientation.LANDSCAPE).frame
    view = View(109.7, 40.6, 50_000, frame)  # west of 111 E: true north leans to the right of the sheet's top
    (x0, y0), (x1, y1) = view.to_mm(np.array([[109.7, 40.6], [109.7, 40.62]]))
    assert view.north_deg == pytest.approx(np.degrees(np.arctan2(x1 - x0, y1 - y0)), abs=0.01)
    assert view.north_deg > 0.5


@pytest.mark.parametrize(("lon", "lat", "scale", "code"), [(109.6, 40.6, 51_000, "print-scale"), (10.0, 40.6, 50_000, "print-outside"), (109.6, 89.0, 50_000, "print-outside")])
def test_what_cannot_be_printed_truly_is_refused(lon: float, lat: float, scale: int, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        View(lon, lat, scale, Paper(Size.A4, Orientation.PORTRAIT).frame)
    assert refused.value.problems[0].code == code


def test_a_view_of_half_the_country_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        View.around((90, 30, 120, 45), Paper(Size.A4, Orientation.PORTRAIT).frame)
    assert refused.value.problems[0].code == "print-too-wide"
