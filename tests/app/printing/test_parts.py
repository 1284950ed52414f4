"""Fonts, symbols, colours and crowding: the parts a sheet is drawn with."""

from __future__ import annotations

import re
from itertools import combinations
from math import hypot
from pathlib import Path

import numpy as np
import pytest

from app.printing import fonts, inks, symbols, words
from app.printing.crowding import Spot, gather, spread
from layers.catalogue import CATALOGUE

JS = Path(__file__).resolve().parents[3] / "app" / "static" / "js"


def test_without_its_font_it_says_what_to_do_instead_of_drawing_boxes(tmp_path: Path) -> None:
    fonts.require()
    (tmp_path / fonts.FILES[400]).write_bytes(b"")
    with pytest.raises(fonts.NoPrintFont) as refused:
        fonts.require(tmp_path)
    assert refused.value.values["path"].endswith(fonts.FILES[600])


def test_a_character_that_the_font_lacks_is_marked_never_left_as_a_box() -> None:
    assert fonts.writable("哈林格尔镇 Ⅱ级 𪚥\x07") == "哈林格尔镇 Ⅱ级 〓 "


def test_a_text_is_as_wide_as_what_is_written_for_it() -> None:
    """Names hold rare characters, pasted line ends and tabs; none of them stops a sheet."""
    for text in ("𠮷家村", "一号\n库", "二号\t库", "村\u2028委", "队 \U0001f692"):
        assert fonts.width(text, 4.0) == fonts.width(fonts.writable(text), 4.0)
        assert all(fonts.width(one, 4.0) <= 10.0 for one in fonts.wrapped(text * 4, 10.0, 4.0))


def test_lines_are_broken_where_chinese_is_and_words_of_letters_are_not() -> None:
    lines = fonts.wrapped("哈林格尔镇，综合应急物资库 warehouse", 24.0, 4.0)
    assert all(fonts.width(one, 4.0) <= 24.0 for one in lines)
    assert "".join(lines).replace(" ", "") == "哈林格尔镇，综合应急物资库warehouse"
    assert "warehouse" in lines[-1] and not any(one.startswith("，") for one in lines)
    assert fonts.wrapped("", 10, 3) == [""]
    assert all(fonts.width(one, 4.0) <= 10.0 for one in fonts.wrapped("W" * 40, 10.0, 4.0))


def test_a_text_is_cut_to_its_room_with_an_ellipsis() -> None:
    assert fonts.cut("短", 50, 3) == "短"
    said = fonts.cut("九原区森林草原专业扑火队", 20, 3)
    assert said.endswith("…") and fonts.width(said, 3) <= 20


@pytest.mark.parametrize("file", sorted(symbols.FOLDER.glob("*.svg")), ids=lambda path: path.stem)
def test_every_symbol_of_the_page_is_read_whole(file: Path) -> None:
    painted = len(re.findall(r"<(?:path|rect|circle|ellipse|line|polygon|polyline)\b", file.read_text()))
    pieces = symbols.pieces(file.stem)
    assert len(pieces) == painted
    for one in pieces:
        assert np.isfinite(one.vertices).all() and np.abs(one.vertices).max() <= symbols.SIDE / 2 + 0.5
        assert one.fill or one.stroke
    frame = pieces[0].vertices
    assert frame.min() < -14 and frame.max() > 14


def test_every_layer_has_a_symbol_or_a_paint_on_paper() -> None:
    for layer in CATALOGUE.values():
        assert symbols.file_of(layer.style.symbol, layer.style.family)
        shade = layer.field(layer.style.shade_by) if layer.style.shade_by else None
        for value in [choice.value for choice in shade.choices] if shade and layer.style.paint else [""]:
            paint = inks.ground_paint(layer.style.paint, str(value)) if layer.style.paint else inks.family_paint(layer.style.family)
            assert paint.fill or paint.line


def test_paper_and_screen_paint_the_same_kinds_of_ground() -> None:
    text = (JS / "map" / "paints.js").read_text()
    for paint in ("b-land", "b-stream"):
        block = text.split(f'"{paint}": {{')[1].split("\n  },")[0]
        for shade, name in re.findall(r"^\s+(\w+): \(\) => \(\{ (?:fill|line): token\(\"([\w-]+)\"\)", block, re.M):
            found = inks.ground_paint(paint, shade)
            assert inks.ink(name) in (found.fill, found.line), (paint, shade)


def test_units_and_figures_are_written_as_on_the_screen() -> None:
    assert [words.distance(one) for one in (0.4, 849.6, 999.9, 1000, 12_345, 123_456)] == ["0 m", "850 m", "1,000 m", "1.0 km", "12.3 km", "123 km"]
    assert [words.number(one) for one in (0, 5.0, 2.5, 0.125, 1234.5, 98765)] == ["0", "5", "2.50".rstrip("0"), "0.12", "1,235", "98,765"]
    assert words.area(9_999) == "9,999 m²" and words.area(25_000) == "2.5 ha" and words.area(28_274_334) == "28.27 km²"


def spot(x: float, y: float, family: str = "resource") -> Spot:
    return Spot(x, y, "shelter", family, "甲", 5.0)


def test_no_symbol_is_lost_in_gathering_and_no_disc_lies_on_another() -> None:
    rng = np.random.default_rng(7)
    spots = [spot(*place) for place in rng.uniform(0, 100, (300, 2))]
    groups = gather(spots, 12.5)
    assert sum(len(one.spots) for one in groups) == 300
    discs = [one.middle for one in groups if len(one.spots) > 1]
    assert len(groups) < 150 and discs


def test_symbols_of_an_answer_at_one_place_are_all_seen_and_keep_a_line_to_it() -> None:
    spots = [spot(50, 50) for _ in range(5)]
    spread(spots)
    assert all(hypot(a.x - b.x, a.y - b.y) > 4.0 for a, b in combinations(spots, 2))
    assert all(one.home == (50, 50) for one in spots if hypot(one.x - 50, one.y - 50) > 2.1)
    alone = spot(10, 10)
    spread([alone, spot(80, 80)])
    assert (alone.x, alone.y, alone.home) == (10, 10, None)
