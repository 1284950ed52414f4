"""One coercion for forms, the API and the loader: plain where the meaning is plain, refused where it is not."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.dates import CHINA
from layers.messages import message
from layers.spec import Choice, Field, Label
from layers.values import MAX_INTEGER, Unreadable, reader

PEOPLE = Field("people", Label("人数", "People"), int, unit="persons", minimum=0)
AREA = Field("area_m2", Label("面积", "Area"), float, unit="m2")
CHAINAGE = Field("chainage_m", Label("桩号", "Chainage"), float, unit="m")
NAME = Field("name", Label("名称", "Name"), max_length=10)
BUILT = Field("built", Label("建成", "Built"), date)
SEEN = Field("seen", Label("时间", "Time"), datetime)
OPEN = Field("open", Label("启用", "Open"), bool)
LEVEL = Field("level", Label("级别", "Level"), int, choices=(Choice(1, Label("一级", "Level 1"), ("Ⅰ级",)),
                                                             Choice(2, Label("二级", "Level 2"))))
SUITS = Field("suits", Label("灾种", "Suits"), many=True, choices=(
    Choice("quake", Label("地震", "Earthquake")), Choice("flood", Label("洪水", "Flood"), ("洪涝",))))
DEPOT = Field("depot", Label("物资库", "Depot"), reference="depots")


def refusal(field: Field, raw: Any) -> str:
    with pytest.raises(Unreadable) as refused:
        reader(field)(raw)
    return refused.value.code


@pytest.mark.parametrize(("field", "raw", "value"), [
    (PEOPLE, "1,200", 1200), (PEOPLE, "１，２００", 1200), (PEOPLE, "1200人", 1200), (PEOPLE, " 1200 ", 1200), (PEOPLE, 1200.0, 1200),
    (PEOPLE, "24.5万", 245_000), (PEOPLE, "1.2e3", 1200), (PEOPLE, Decimal(12), 12), (PEOPLE, "0", 0),
    (AREA, "41.41万平方米", 414_100.0), (AREA, "10公顷", 100_000.0), (AREA, "180㎡", 180.0), (AREA, "0.1", 0.1), (AREA, -3, -3),
    (CHAINAGE, "248+500", 248_500.0), (CHAINAGE, "K260+000", 260_000.0), (CHAINAGE, "Ｋ248＋500.5", 248_500.5), (CHAINAGE, "1.5km", 1500.0),
    (NAME, " 东区 ", "东区"), (NAME, 12.0, "12"), (NAME, 7, "7"), (NAME, "Ａ－１２", "A-12"), (NAME, "小学（东）", "小学（东）"), (NAME,
        "a\r\nb", "a\nb"),
    (BUILT, "2024年1月1日", date(2024, 1, 1)), (BUILT, 20240101, date(2024, 1, 1)), (BUILT, "２０２４－０１－０１", date(2024, 1, 1)),
    (BUILT, datetime(2024, 1, 1, 23, tzinfo=CHINA), date(2024, 1, 1)),
    (SEEN, "2024-01-01 08:00", datetime(2024, 1, 1, 8, tzinfo=CHINA)), (SEEN, date(2024, 1, 1), datetime(2024, 1, 1, tzinfo=CHINA)),
    (OPEN, "是", True), (OPEN, "否", False), (OPEN, "TRUE", True), (OPEN, 1, True), (OPEN, 0.0, False), (OPEN, False, False),
    (LEVEL, 1, 1), (LEVEL, "1", 1), (LEVEL, 1.0, 1), (LEVEL, "一级", 1), (LEVEL, "level 2", 2), (LEVEL, "Ⅰ级", 1),
    (SUITS, "地震、洪涝", ["quake", "flood"]), (SUITS, ["flood", "洪水"], ["flood"]), (SUITS, "quake,flood", ["quake", "flood"]),
    (SUITS, [], None),
    (SUITS, '["quake", "flood"]', ["quake", "flood"]),
    (DEPOT, "D-01", "D-01"), (DEPOT, "019A1B2C-0000-7000-8000-000000000001", "019a1b2c-0000-7000-8000-000000000001"),
    (DEPOT, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
])
def test_a_plain_meaning_is_understood(field: Field, raw: Any, value: Any) -> None:
    found = reader(field)(raw)
    assert found == value
    assert isinstance(found, bool) == isinstance(value, bool)


@pytest.mark.parametrize("field", [PEOPLE, AREA, BUILT, SEEN, OPEN, LEVEL, SUITS])
@pytest.mark.parametrize("raw", ["", "  ", "-", "—", "无", "未知", "NULL", "<Null>", "n/a"])
def test_a_placeholder_is_unknown_never_zero(field: Field, raw: str) -> None:
    assert reader(field)(raw) is (False if field is OPEN and raw == "无" else None)  # 有/无 answers a yes-or-no question


@pytest.mark.parametrize(("field", "raw", "code"), [
    (PEOPLE, True, "not-a-number"), (AREA, False, "not-a-number"), (LEVEL, True, "not-a-choice"), (NAME, True, "not-text"),
    (PEOPLE, math.nan, "not-finite"), (AREA, math.inf, "not-finite"), (AREA, "NaN", "not-finite"), (AREA, "-Infinity", "not-finite"),
    (AREA, "****", "number-hidden"), (PEOPLE, "####", "number-hidden"), (AREA, "1e400", "not-finite"), (AREA, 10**400, "not-finite"), (NAME, math.nan, "not-finite"), (LEVEL, math.nan, "not-a-choice"),
    (PEOPLE, "1.5", "not-whole"), (PEOPLE, 1.5, "not-whole"), (PEOPLE, -1, "out-of-range"), (PEOPLE, MAX_INTEGER + 1, "out-of-range"),
    (PEOPLE, "约300", "not-a-number"), (PEOPLE, "300+", "unit-unknown"), (PEOPLE, "12,34", "not-a-number"), (AREA, "5亩", "unit-unknown"),
    (PEOPLE, [1], "not-a-number"), (AREA, {}, "not-a-number"), (CHAINAGE, "248+5", "unit-unknown"),
    (NAME, "一二三四五六七八九十百", "text-too-long"), (NAME, "a\x00b", "control-character"), (NAME, "a\u202eb", "control-character"),
    (NAME, "a\ud800", "control-character"), (NAME, "\ufffd\ufffd", "text-damaged"), (NAME, ["a"], "not-text"), (NAME, 10**400, "not-text"),
    (BUILT, "24-1-1", "not-a-date"), (BUILT, 45292, "not-a-date"), (BUILT, "9999-12-31", "date-out-of-range"), (BUILT, True, "not-a-date"),
    (SEEN, "noon", "not-a-time"), (OPEN, 2, "not-yes-or-no"), (OPEN, "也许", "not-yes-or-no"), (OPEN, math.nan, "not-yes-or-no"),
    (LEVEL, 5, "not-a-choice"), (LEVEL, "五级", "not-a-choice"), (SUITS, "地震、海啸", "not-a-choice"), (SUITS, 3, "not-a-list"),
])
def test_what_is_not_plain_is_refused(field: Field, raw: Any, code: str) -> None:
    assert refusal(field, raw) == code


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=80), st.dates(), st.datetimes(), st.binary(max_size=5),
    st.lists(st.one_of(st.text(max_size=9), st.integers()), max_size=4), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2))


@pytest.mark.parametrize(("raw", "near"), [("乙 级", None), ("囯家级", "国家级"), ("Nationnal", "国家级"), ("国家", "国家级"), ("海啸", ""), (7, "")])
def test_a_word_near_to_a_choice_is_offered_and_never_taken(raw: Any, near: str | None) -> None:
    field = Field("c", Label("级别", "Level"), choices=(Choice("national", Label("国家级", "National")), Choice("b", Label("乙级", "Second"))))
    if near is None:  # blanks that only make the word look even
        assert reader(field)(raw) == "b"
        return
    with pytest.raises(Unreadable) as refused:
        reader(field)(raw)
    assert refused.value.values["near"] == (f"；是不是「{near}」？" if near else "")
    assert message("not-a-choice", refused.value.values).endswith(f"「{near}」？" if near else "之中")


@given(st.sampled_from([PEOPLE, AREA, CHAINAGE, NAME, BUILT, SEEN, OPEN, LEVEL, SUITS, DEPOT]), ANYTHING)
def test_any_value_at_all_is_read_or_refused_and_reading_twice_changes_nothing(field: Field, raw: Any) -> None:
    if raw is None:
        return
    read = reader(field)
    try:
        value = read(raw)
    except Unreadable:
        return
    if value is not None:
        assert read(value) == value
        if isinstance(value, float):
            assert math.isfinite(value)
