"""The sentences people read for a code, in Chinese and English; each room declares those of its own codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layers.spec import Label


@dataclass(frozen=True)
class Sentence:
    """What is wrong and what to do, with `{name}` places filled from the values of the error or problem.

    `on_page` is what somebody at the page does where that differs: there are no options of a command line.
    """

    message: Label
    remedy: Label | None = None
    on_page: Label | None = None


_SENTENCES: dict[str, Sentence] = {}


def declare(sentences: Mapping[str, Sentence]) -> None:
    """Add the sentences of one room; a code may be declared once."""
    doubled = _SENTENCES.keys() & sentences.keys()
    if doubled:
        raise ValueError(f"sentences declared twice: {sorted(doubled)}")
    _SENTENCES.update(sentences)


def declared() -> Mapping[str, Sentence]:
    """All sentences known, by code."""
    return dict(_SENTENCES)


def message(code: str, values: Mapping[str, Any], language: str = "zh") -> str:
    """The sentence for a code; the code itself where none is declared or a value is missing."""
    sentence = _SENTENCES.get(code)
    return _fill(sentence.message.in_language(language), values) if sentence else code


def remedy(code: str, values: Mapping[str, Any], language: str = "zh") -> str | None:
    """What to do about it, or None."""
    sentence = _SENTENCES.get(code)
    return _fill(sentence.remedy.in_language(language), values) if sentence and sentence.remedy else None


def remedy_on_page(code: str, values: Mapping[str, Any], language: str = "zh") -> str | None:
    """What to do about it at the page, or None."""
    sentence = _SENTENCES.get(code)
    said = sentence and (sentence.on_page or sentence.remedy)
    return _fill(said.in_language(language), values) if said else None


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def _fill(template: str, values: Mapping[str, Any]) -> str:
    return template.format_map(_Blank(values))


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "invalid-input": _said("输入有误，未作任何更改", "The input breaks a rule; nothing was changed", "按所列各项更正后重试", "Correct the places listed and try again"),
    "not-found": _said("没有找到", "Not found", "请核对地址", "Check the address"),
    "layer-not-found": _said("没有图层「{layer}」", "There is no layer “{layer}”", "用 /api/v1/layers 查看现有图层", "See /api/v1/layers for the layers there are"),
    "feature-not-found": _said("图层「{layer}」中没有要素 {id}", "Layer “{layer}” has no feature {id}", "可能已被删除，请查历史", "It may have been deleted: look at its history"),
    "space-not-found": _said("没有空间「{space}」", "There is no space “{space}”", "演练可能已关闭", "The drill may have been closed"),
    "forbidden": _said("您的角色不能执行此操作", "Your role does not allow this", "请联系安全管理员", "Ask the security administrator"),
    "not-signed-in": _said("请先登录", "Please sign in", "登录后重试", "Sign in and try again"),
    "conflict": _said("与已有内容冲突：{what}", "It meets something already there: {what}", "换一个名称或先处理已有内容", "Choose another name or settle the existing one first"),
    "stale-version": _said("该要素已被他人改到第 {current} 版", "The feature is now at version {current}", "查看两版差异后再保存", "Look at both versions, then save again"),
    "version-required": _said("写入必须说明所依据的版本", "A write must name the version it was made from", "带 If-Match 请求头", "Send an If-Match header"),
    "too-many": _said("请求过多", "Too many requests", "请 {retry_after_s} 秒后再试", "Try again in {retry_after_s} s"),
    "too-large": _said("内容过大：{what}", "Too large: {what}", "减小到 {limit} 以内", "Reduce it to at most {limit}"),
    "unavailable": _said("{part}暂时不可用", "{part} does not answer now", "请稍后再试", "Try again shortly"),
})
