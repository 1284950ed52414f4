"""What pydantic finds wrong with a value, in codes and sentences of our own: its English reaches no reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from layers.messages import Sentence, declare, declared
from layers.spec import Label

_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
_KINDS: tuple[tuple[str, str], ...] = (
    ("missing", "request-missing"), ("extra_forbidden", "request-unknown"),
    ("greater_than|less_than", "request-out-of-range"), ("int_from_float|int_type|int_parsing|int_parsing_size", "request-not-whole"),
    ("float|finite_number|decimal", "request-not-number"), ("bool", "request-not-truth"),
    ("string_too_long", "request-text-long"), ("string_too_short", "request-text-short"), ("string_pattern_mismatch", "request-pattern"),
    ("string", "request-not-text"), ("literal_error|enum", "request-choice"),
    ("too_long", "request-list-long"), ("too_short", "request-list-short"), ("tuple|list|set|frozen_set", "request-not-list"),
    ("dict|model|mapping", "request-not-object"), ("uuid", "request-not-uuid"), ("datetime|date|timezone", "request-not-moment"),
    ("json", "request-not-object"),
)


def faulted(kind: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """The code for a kind of fault and what was expected, in figures and signs that every language reads."""
    if kind in declared():  # raised by a reader of ours
        return kind, ""
    code = next((code for start, code in _KINDS if re.match(f"(?:{start})", kind)), "request-not-understood")
    return code, _expected(facts)


def _expected(facts: Mapping[str, Any]) -> str:
    for name, sign in _SIGNS.items():
        if name in facts:
            return f"{sign} {facts[name]:g}" if isinstance(facts[name], float) and facts[name] < 1e6 else f"{sign} {int(facts[name])}"
    for name in ("max_length", "min_length", "pattern"):
        if name in facts:
            return str(facts[name])
    return " | ".join(re.findall(r"'([^']*)'", str(facts.get("expected", ""))))


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "request-missing": _said("缺少「{name}」", "“{name}” is missing", "补上「{name}」", "Give “{name}”"),
    "request-unknown": _said("没有名为「{name}」的参数", "There is no parameter “{name}”", "可用的有：{known}", "There are: {known}"),
    "request-not-number": _said("「{name}」不是数", "“{name}” is not a number", "给一个有限的数，如 12.5", "Give a finite number, such as 12.5"),
    "request-not-whole": _said("「{name}」不是整数", "“{name}” is not a whole number", "给一个整数，如 5", "Give a whole number, such as 5"),
    "request-out-of-range": _said("「{name}」超出范围，应 {expected}", "“{name}” is out of range: it must be {expected}", "给范围内的值", "Give a value within the range"),
    "request-not-truth": _said("「{name}」应为 true 或 false", "“{name}” must be true or false", "给 true 或 false", "Give true or false"),
    "request-not-text": _said("「{name}」应为文字", "“{name}” must be text", "给文字", "Give text"),
    "request-text-long": _said("「{name}」太长，最多 {expected} 个字符", "“{name}” is too long: at most {expected} characters", "缩短", "Shorten it"),
    "request-text-short": _said("「{name}」太短，至少 {expected} 个字符", "“{name}” is too short: at least {expected} characters", "补全", "Complete it"),
    "request-pattern": _said("「{name}」的写法不对，应符合 {expected}", "“{name}” is not written as it must be: {expected}", "按此写法更正", "Write it in that form"),
    "request-choice": _said("「{name}」应为其中之一：{expected}", "“{name}” must be one of: {expected}", "从中选一个", "Choose one of them"),
    "request-not-list": _said("「{name}」应为列表", "“{name}” must be a list", "给列表", "Give a list"),
    "request-list-long": _said("「{name}」项数太多，最多 {expected} 项", "“{name}” has too many items: at most {expected}", "分几次", "Send it in parts"),
    "request-list-short": _said("「{name}」项数太少，至少 {expected} 项", "“{name}” has too few items: at least {expected}", "补上", "Add what is missing"),
    "request-not-object": _said("「{name}」应为 JSON 对象", "“{name}” must be a JSON object", "给对象，如 {{...}}", "Give an object, such as {{...}}"),
    "request-not-uuid": _said("「{name}」不是要素标识（UUID）", "“{name}” is not an id (UUID)", "更正标识", "Correct the id"),
    "request-not-moment": _said("「{name}」应为带时区的时刻（ISO 8601）", "“{name}” must be a moment with its zone (ISO 8601)", "如 2026-01-05T08:00:00+08:00", "Such as 2026-01-05T08:00:00+08:00"),
    "request-not-box": _said("「{name}」应为经纬度范围：西,南,东,北", "“{name}” must be a box in degrees: west,south,east,north", "如 109.3,40.3,110.4,41.0", "Such as 109.3,40.3,110.4,41.0"),
    "request-names-many": _said("「{name}」列得太多，最多 1000 个", "“{name}” lists too many: at most 1000", "分几次", "Ask in parts"),
    "change-needs-version": _said("修改或删除须写明 id 和 version", "A change or a deletion must name id and version", "补上两者", "Give both"),
    "change-makes-id": _said("新建时不能指定 id", "A new feature gets its id from here", "去掉 id", "Leave id out"),
    "change-copies-new": _said("copy_of 只用于新建", "copy_of goes with insert", "去掉 copy_of", "Leave copy_of out"),
})
