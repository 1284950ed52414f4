"""What the data API refuses before any work is done: malformed requests, and questions not offered."""

from __future__ import annotations

from layers.errors import InvalidInput, OnemapError
from layers.messages import Sentence, declare
from layers.spec import Label


class MalformedRequest(OnemapError):
    """The request cannot be read: not JSON, an unknown parameter, a number that is none."""

    code = "malformed-request"


class UnsupportedMedia(OnemapError):
    """The body is of a type that this operation does not read."""

    code = "unsupported-media"


class NotOffered(InvalidInput):
    """A well-formed question of a kind that is not answered here; `problems` names the parameter."""

    code = "not-offered"


class OneAtATime(OnemapError):
    """The same idempotency key is being answered at this moment."""

    code = "one-at-a-time"


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "malformed-request": _said("请求无法读取", "The request cannot be read", "按所列各项更正", "Correct the places listed"),
    "unsupported-media": _said("不接受类型为 {given} 的内容", "Content of type {given} is not read here", "改用 {accepted}", "Send {accepted}"),
    "not-offered": _said("不提供此种查询", "This kind of question is not offered", "按所列各项改问", "Ask as the places listed say"),
    "one-at-a-time": _said("同一幂等键的请求正在处理", "A request with this idempotency key is being answered", "稍后重试", "Try again shortly"),
    "request-repeated": _said("「{name}」给了多次", "“{name}” is given more than once", "只给一次", "Give it once"),
    "request-not-understood": _said("「{name}」无法理解：{expected}", "“{name}” is not understood: {expected}", "更正「{name}」", "Correct “{name}”"),
    "request-not-json": _said("内容不是合法的 JSON：{why}", "The body is not valid JSON: {why}", "发送 UTF-8 编码的 JSON", "Send JSON in UTF-8"),
    "request-only-by-road": _said("「{name}」只用于按道路排序", "“{name}” belongs to a ranking by road", "加上 mode=road，或去掉它", "Add mode=road, or leave it out"),
    "request-no-mode": _said(
        "尚不提供按「{given}」的排序", "Ranking by “{given}” is not offered yet", "使用 mode=straight（直线距离）", "Use mode=straight (straight distance)",
    ),
})
