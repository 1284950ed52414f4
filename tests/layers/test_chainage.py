"""Chainages as people write them, and which line they call."""

from __future__ import annotations

import pytest

from layers.chainage import Chainage, calls, read_chainage, write_chainage


@pytest.mark.parametrize(("written", "metres", "line"), [
    ("G6 K512+300", 512_300, "g6"), ("Ｇ６　Ｋ５１２＋３００", 512_300, "g6"), ("110国道512公里300米", 512_300, "g110"), ("国道110 512公里300米处", 512_300, "g110"),
    ("K12+500", 12_500, ""), ("黄河 248+500", 248_500, "黄河"), ("黄河左岸桩号K248+500", 248_500, "黄河左岸"), ("K5+20 三岔口险工", 5_020, "三岔口险工"),
    ("G6 K512", 512_000, "g6"), ("G6 K512.35", 512_350, "g6"), ("S211 12.3 km", 12_300, "s211"), ("g6京藏高速 K512+300.5", 512_300.5, "g6京藏高速"),
    ("省道211线 k3+000", 3_000, "s211线"), ("黄河3公里", 3_000, "黄河"),
])
def test_a_chainage_is_read_with_the_words_of_its_line(written: str, metres: float, line: str) -> None:
    asked = read_chainage(written)
    assert asked is not None
    assert (asked.metres, asked.line) == (metres, line)


@pytest.mark.parametrize("written", ["", "麻池", "109.64,40.61", "K12+500-K13+000", "12+5", "SK12", "248+5000", "37412000 4500000", "000-1234567", "K12+500+300", "RS-003"])
def test_what_is_no_one_chainage_is_none(written: str) -> None:
    assert read_chainage(written) is None


def test_a_bare_distance_is_marked_as_one() -> None:
    assert [read_chainage(one).plain for one in ("麻池3公里", "麻池 K3+000")] == [True, False]  # type: ignore[union-attr]


def test_chainages_are_written_in_one_form() -> None:
    assert [write_chainage(one) for one in (512_300, 20, 1_000_000, 248_500.25, 999.999)] == ["K512+300", "K0+020", "K1000+000", "K248+500.25", "K1+000"]


@pytest.mark.parametrize(("line", "names", "called"), [
    ("g6", ("g6", "京藏高速"), True), ("g6", ("g65", "包茂高速"), False), ("g65", ("g6", "京藏高速"), False), ("g6京藏高速", ("g6", "京藏高速"), True),
    ("g110线", ("g110",), True), ("京藏", ("g6", "京藏高速"), True), ("黄河左岸", ("黄河", "左岸", "left bank", "三岔口险工"), True),
    ("黄河右岸", ("黄河", "左岸", "三岔口险工"), False), ("三岔口", ("黄河", "左岸", "三岔口险工"), True), ("g110往东", ("g110",), False), ("河", ("黄河",), False),
    ("g1", ("g110",), False), ("", ("g110",), False), ("路", ("g110",), False),
])
def test_a_number_calls_only_its_own_line(line: str, names: tuple[str, ...], called: bool) -> None:
    assert calls(line, names) is called


def test_a_chainage_needs_both_ends_or_neither() -> None:
    with pytest.raises(ValueError, match="both"):
        Chainage(("number",), "from_m")
    with pytest.raises(ValueError, match="name"):
        Chainage(())
