"""The one coercion of a value from JSON, a form or a file to the type of its field."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from layers.dates import CHINA, in_reason, parse_date, parse_time
from layers.messages import Sentence, declare
from layers.spec import Choice, Field, Label
from layers.units import UNITS, unit_label

MAX_INTEGER = 2**53 - 1  # what JSON carries without loss to a browser

_LARGEST = 10**300
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_UNKNOWN = frozenset({"", "-", "--", "—", "——", "/", "\\", "null", "<null>", "n/a", "na", "none", "无", "未知", "不详", "不明", "暂无", "待定", "待补充", "未填", "无数据", "#n/a"})
_TRUE = frozenset({"是", "true", "1", "yes", "y", "t", "有", "√", "对", "真"})
_FALSE = frozenset({"否", "false", "0", "no", "n", "f", "无", "×", "错", "假"})
# C0 and C1 controls but tab and line feed, direction overrides that make text read as something else, lone surrogates.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")
_UNSEEN = " \t\n\u00a0\u3000\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"  # blanks of every width, none among them: at the ends they make two codes of one
_NUMBER = re.compile(r"^([+-]?(?:\d{1,3}(?:[,']\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d{1,4})?)\s*(\D*?\d?)$")
_CHAINAGE = re.compile(r"^[KkＫ]?(\d{1,5})\+(\d{3}(?:\.\d+)?)$")
_HIDDEN = re.compile(r"^(\*{2,}|#{2,})$")  # what dBASE and spreadsheets show for a number too wide
_SEVERAL = re.compile(r"[、,;|/\n]+")


class Unreadable(Exception):
    """A value that cannot be what its field wants: a code and what fills its sentence."""

    def __init__(self, code: str, **values: Any) -> None:
        self.code = code
        self.values = values
        super().__init__(code)


Reader = Callable[[Any], Any]


def fold(text: str) -> str:
    """Full-width letters, digits, punctuation and blanks as the plain ones, without blanks around."""
    return text.translate(_FULL_WIDTH).strip()


def reader(field: Field) -> Reader:
    """A function from a raw value to the field's typed value or None for unknown; it raises Unreadable."""
    if field.many:
        return _many_reader(field)
    if field.choices:
        return _choice_reader(field)
    if field.reference:
        return _read_reference
    if field.type is int or field.type is float:
        return _number_reader(field)
    return {str: _text_reader(field), bool: _read_bool, date: _read_date, datetime: _read_datetime}[field.type]


def _text_reader(field: Field) -> Reader:
    longest = field.max_length

    def read(raw: Any) -> str | None:
        text = _plain_text(raw)
        if len(text) > longest:
            raise Unreadable("text-too-long", length=len(text), maximum=longest)
        return text or None

    return read


def _plain_text(raw: Any) -> str:
    """Text as written, but for line ends; folded where all of it is ASCII in full width, such as a phone number."""
    text = _as_text(raw).replace("\r\n", "\n").replace("\r", "\n").strip().strip(_UNSEEN)
    control = _CONTROL.search(text)
    if control:
        raise Unreadable("control-character", character=f"U+{ord(control.group()):04X}", position=control.start() + 1)
    if "\ufffd" in text:
        raise Unreadable("text-damaged", text=text[:40])
    if not text.isascii():
        folded = fold(text)
        return folded if folded.isascii() else text
    return text


def _as_text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal, date, UUID)):
        raise Unreadable("not-text", value=_shown(raw))
    if isinstance(raw, float | Decimal):
        if not math.isfinite(raw):
            raise Unreadable("not-finite", value=str(raw))
        whole = int(raw)  # a code in a numeric dBASE column comes as 1502.0
        return str(whole) if raw == whole and abs(whole) <= MAX_INTEGER else str(raw)
    if isinstance(raw, int) and abs(raw) > _LARGEST:
        raise Unreadable("not-text", value="1e300")
    return raw.isoformat() if isinstance(raw, date) else str(raw)


def _read_reference(raw: Any) -> str | None:
    """The id in its one spelling; other text (the key of the feature meant) stays as it is for the loader to resolve."""
    text = _plain_text(raw)
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        if len(text) > 200:
            raise Unreadable("text-too-long", length=len(text), maximum=200) from None
        return text


def _read_bool(raw: Any) -> bool | None:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, (int, float)) and raw in (0, 1):
        return bool(raw)
    if isinstance(raw, str):
        word = fold(raw).lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        if word in _UNKNOWN:
            return None
    raise Unreadable("not-yes-or-no", value=_shown(raw))


def _read_date(raw: Any) -> date | None:
    if isinstance(raw, datetime):
        day = raw.astimezone(CHINA).date() if raw.tzinfo else raw.date()
    elif isinstance(raw, date):
        day = raw
    else:
        text = _date_text(raw)
        if text is None:
            return None
        try:
            day = parse_date(text)
        except ValueError:
            raise Unreadable("not-a-date", value=_shown(raw)) from None
    return _reasonable(day, raw)


def _read_datetime(raw: Any) -> datetime | None:
    if isinstance(raw, datetime):
        moment = raw if raw.tzinfo else raw.replace(tzinfo=CHINA)
    elif isinstance(raw, date):
        moment = datetime(raw.year, raw.month, raw.day, tzinfo=CHINA)
    else:
        text = _date_text(raw)
        if text is None:
            return None
        try:
            moment = parse_time(text)
        except ValueError:
            raise Unreadable("not-a-time", value=_shown(raw)) from None
    _reasonable(moment.date(), raw)
    return moment


def _date_text(raw: Any) -> str | None:
    """20240101 also comes as a number; any other number (days since 1900 in a sheet) is not guessed."""
    if isinstance(raw, str):
        text = fold(raw)
        return None if text.lower() in _UNKNOWN else text
    if isinstance(raw, int | float) and not isinstance(raw, bool) and 18_000_101 <= raw <= 22_001_231 and raw == int(raw):
        return str(int(raw))
    raise Unreadable("not-a-date", value=_shown(raw))


def _reasonable(day: date, raw: Any) -> date:
    if not in_reason(day):
        raise Unreadable("date-out-of-range", value=_shown(raw))
    return day


def _number_reader(field: Field) -> Reader:
    whole = field.type is int
    low, high = field.minimum, field.maximum
    unit = UNITS.get(field.unit or "")
    spellings = unit.spellings if unit else {(field.unit or "").lower(): Decimal(1)}
    chainage = field.unit == "m"
    label = unit_label(field.unit) if field.unit else None
    unit_words = {"unit": label.zh, "unit_en": label.en} if label else {"unit": "", "unit_en": ""}

    def read(raw: Any) -> int | float | None:
        number = _number(raw, spellings, chainage)
        if number is None:
            return None
        value: int | float
        if whole:
            if number != int(number):
                raise Unreadable("not-whole", value=_shown(raw))
            value = int(number)
            if abs(value) > MAX_INTEGER:
                raise Unreadable("out-of-range", value=_shown(raw), minimum=-MAX_INTEGER, maximum=MAX_INTEGER, **unit_words)
        else:
            value = float(number)
            if not math.isfinite(value):  # 1e400 written as text
                raise Unreadable("not-finite", value=_shown(raw))
        if (low is not None and value < low) or (high is not None and value > high):
            raise Unreadable("out-of-range", value=value, minimum="-" if low is None else low, maximum="-" if high is None else high,
                             **unit_words)
        return value

    return read


def _number(raw: Any, spellings: Mapping[str, Decimal], chainage: bool) -> int | float | Decimal | None:
    if isinstance(raw, bool):
        raise Unreadable("not-a-number", value=_shown(raw))
    if isinstance(raw, int):
        if abs(raw) > _LARGEST:  # JSON may carry an integer that no float holds
            raise Unreadable("not-finite", value="1e300")
        return raw
    if isinstance(raw, (float, Decimal)):
        if not math.isfinite(raw):
            raise Unreadable("not-finite", value=str(raw))
        return raw
    if not isinstance(raw, str) or len(raw) > 60:
        raise Unreadable("not-a-number", value=_shown(raw))
    text = fold(raw)
    if text.lower() in _UNKNOWN:
        return None
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        raise Unreadable("not-finite", value=text)
    if _HIDDEN.match(text):
        raise Unreadable("number-hidden", value=_shown(raw))
    return _chainage(text) if chainage and _CHAINAGE.match(text) else _written_number(text, spellings)


def _chainage(text: str) -> Decimal:
    """Metres in a chainage such as 248+500 or K248+500."""
    match = _CHAINAGE.match(text)
    assert match
    return Decimal(match[1]) * 1000 + Decimal(match[2])


def _written_number(text: str, spellings: Mapping[str, Decimal]) -> Decimal:
    match = _NUMBER.match(text)
    if not match or not any(character.isdigit() for character in match[1]):
        raise Unreadable("not-a-number", value=_shown(text))
    unit = match[2].lower()
    factor = Decimal(1) if not unit else spellings.get(unit)
    if factor is None:
        raise Unreadable("unit-unknown", value=_shown(text), unit=match[2])
    try:
        return Decimal(match[1].replace(",", "").replace("'", "")) * factor
    except InvalidOperation:
        raise Unreadable("not-a-number", value=_shown(text)) from None


def _choice_reader(field: Field) -> Reader:
    named = _choice_names(field.choices)
    admitted = "、".join(choice.label.zh for choice in field.choices)
    admitted_en = ", ".join(choice.label.en for choice in field.choices)

    def refuse(raw: Any, word: str = "") -> Unreadable:
        near = _near(word, named, field.choices)
        return Unreadable("not-a-choice", value=_shown(raw), choices=admitted, choices_en=admitted_en, near="；是不是" + "或".join(f"「{one.zh}」" for one in near) + "？" if near else "",
                          near_en="; is it " + " or ".join(f"“{one.en}”" for one in near) + "?" if near else "")

    def read(raw: Any) -> str | int | None:
        if isinstance(raw, str):
            word = fold(raw).lower()
        elif isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) <= MAX_INTEGER:
            word = str(raw)
        elif isinstance(raw, float) and math.isfinite(raw) and raw == int(raw):
            word = str(int(raw))
        else:
            raise refuse(raw)
        if word in named:
            return named[word]
        if word in _UNKNOWN:
            return None
        if (bare := "".join(word.split())) in named:  # 国 家 级, as tables are spaced out to look even
            return named[bare]
        raise refuse(raw, word)

    return read


def _choice_names(choices: Sequence[Choice]) -> dict[str, str | int]:
    """Every spelling of a choice, the plain value first: a spelling of one choice never hides the value of another."""
    named: dict[str, str | int] = {fold(str(choice.value)).lower(): choice.value for choice in choices}
    for choice in choices:
        for spelling in (choice.label.zh, choice.label.en, *choice.read_from):
            named.setdefault(fold(spelling).lower(), choice.value)
    return named


def _near(word: str, named: Mapping[str, str | int], choices: Sequence[Choice]) -> list[Label]:
    """Up to two choices whose spelling is close to a word, or lies within it, or holds it: offered, never taken."""
    if len(word) < 2:
        return []
    close = get_close_matches(word[:60], named, n=3, cutoff=0.6)
    close += [one for one in named if len(one) > 1 and (one in word or word in one)]
    values = dict.fromkeys(named[one] for one in close)
    labels = {choice.value: choice.label for choice in choices}
    return [labels[value] for value in values][:2]


def _many_reader(field: Field) -> Reader:
    read_one = _choice_reader(field)

    def read(raw: Any) -> list[str | int] | None:
        if isinstance(raw, str):
            # The whole first: a choice's own words may hold a separator, such as “Forest/grass fire”.
            parts: Sequence[Any] = [part for part in _SEVERAL.split(fold(raw).strip("[]{}()\"' ")) if part.strip()]
            try:
                whole = read_one(raw)
                return None if whole is None else [whole]
            except Unreadable:
                pass
        elif isinstance(raw, (list, tuple)):
            parts = raw
        else:
            raise Unreadable("not-a-list", value=_shown(raw))
        found = [value for value in (read_one(part.strip("\"' ") if isinstance(part,
            str) else part) for part in parts) if value is not None]
        return list(dict.fromkeys(found)) or None

    return read


def _shown(raw: Any) -> str:
    """A value as a sentence shows it: short and without control characters."""
    if isinstance(raw, int) and abs(raw) > _LARGEST:
        return "1e300"
    text = _CONTROL.sub("?", str(raw) if isinstance(raw, (str, int, float, bool, Decimal, date)) else type(raw).__name__)
    return text if len(text) <= 60 else text[:57] + "..."


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "text-too-long": _said("文字有 {length} 个字，最多 {maximum} 个", "The text has {length} characters, at most {maximum}", "缩短文字",
                           "Shorten the text"),
    "control-character": _said("第 {position} 个字是不可见的控制字符 {character}",
                               "Character {position} is the control character {character}",
                               "删去该字符", "Remove it"),
    "text-damaged": _said("文字已损坏：{text}", "The text is damaged: {text}", "用正确的编码重新导出",
                          "Export it again with the right encoding"),
    "not-text": _said("「{value}」不是文字", "“{value}” is not text", "填写文字", "Give text"),
    "not-yes-or-no": _said("「{value}」看不出是或否", "“{value}” is neither yes nor no", "填写 是 或 否", "Write yes or no"),
    "not-a-date": _said("「{value}」不是日期", "“{value}” is not a date", "写成 2024-01-31", "Write it as 2024-01-31"),
    "not-a-time": _said("「{value}」不是时间", "“{value}” is not a time", "写成 2024-01-31 14:30", "Write it as 2024-01-31 14:30"),
    "date-out-of-range": _said("日期「{value}」不在 1800 至 2200 年之间", "The date “{value}” is not between 1800 and 2200",
                               "核对年份；未知则留空", "Check the year; leave it empty if unknown"),
    "not-a-number": _said("「{value}」不是数字", "“{value}” is not a number", "只填数字；未知则留空",
                          "Give a number only; leave it empty if unknown"),
    "not-finite": _said("「{value}」不是有限的数", "“{value}” is not a finite number", "改为真实数值或留空",
                        "Give the real value or leave it empty"),
    "not-whole": _said("「{value}」不是整数", "“{value}” is not a whole number", "填写整数", "Give a whole number"),
    "out-of-range": _said("{value} 不在 {minimum} 至 {maximum} {unit} 之间", "{value} is not between {minimum} and {maximum} {unit_en}",
                          "核对数值与单位", "Check the value and its unit"),
    "unit-unknown": _said("「{value}」的单位「{unit}」不能确定", "The unit “{unit}” of “{value}” is not certain",
                          "换算成本字段的单位，只填数字", "Convert it to the field's unit and give the number only"),
    "number-hidden": _said("「{value}」是放不下的数字显示成的符号，数字本身没有导出", "“{value}” is what is shown for a number that did not fit; the number itself is not in the file",
                           "在原软件里加宽该列，重新导出", "Widen the column and export it again"),
    "not-a-choice": Sentence(Label("「{value}」不在可选值之中{near}", "“{value}” is not one of the choices{near_en}"),
                             Label("可选：{choices}", "One of: {choices_en}")),
    "not-a-list": _said("「{value}」不是列表", "“{value}” is not a list", "填写一个或多个可选值", "Give one or several of the choices"),
})
