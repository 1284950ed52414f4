"""What each refusal answers over HTTP: the one table from exception class to status, and its RFC 9457 body."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.api.refusals import MalformedRequest, NotOffered, OneAtATime, UnsupportedMedia
from geodata.queries.deadline import TakesTooLong
from geodata.store.reverting import MovedOn
from geodata.store.spaces import PastIsFixed
from layers import errors, messages
from layers.entries import EntryRefused
from layers.messages import Sentence, declare
from layers.spec import Label


@dataclass(frozen=True)
class Answer:
    """How one kind of error is answered. `shown` are those of its values that programs may read in the body."""

    status: int
    slug: str
    title: Label
    shown: tuple[str, ...] = ()
    retry_after_s: int | None = None


class SignInRefused(errors.NotSignedIn):
    """Name and password do not belong together; which of them is wrong is not said."""

    code = "sign-in-refused"


class WallRefused(errors.NotSignedIn):
    """The token given for a wall is none of a viewer, or has ended."""

    code = "wall-refused"


class SignInLocked(errors.TooMany):
    """Too many failures of this name from this address."""

    code = "sign-in-locked"


class CsrfRefused(errors.Forbidden):
    """A write by cookie without the token that only our own pages know."""

    code = "csrf-refused"


class PasswordOld(errors.Forbidden):
    """The password was given by somebody else, or is too old: it is changed first."""

    code = "password-old"


class Undeclared(errors.Forbidden):
    """The route declares no permission, so nobody may use it."""

    code = "undeclared"


class StreamsFull(errors.Unavailable):
    """As many event streams are open as this worker carries."""

    code = "streams-full"


class Overloaded(errors.Unavailable):
    """More requests wait than can be answered soon."""

    code = "overloaded"


class Slow(errors.OnemapError):
    """The body of the request did not arrive in time."""

    code = "request-slow"


_UNAVAILABLE = Answer(503, "unavailable", Label("暂时不可用", "Temporarily unavailable"), retry_after_s=2)
_INTERNAL = Answer(500, "internal", Label("内部错误", "Internal error"))

# Looked up along the class's MRO, so a subclass is answered as its nearest ancestor here.
TABLE: Mapping[type[BaseException], Answer] = {
    errors.InvalidInput: Answer(422, "invalid-input", Label("输入有误", "Invalid input")),
    EntryRefused: Answer(409, "entry-refused", Label("与账面不符", "Not what the books say"), ("stock", "asked", "unit")),
    MalformedRequest: Answer(400, "malformed-request", Label("请求有误", "Malformed request")),
    NotOffered: Answer(422, "not-offered", Label("不提供", "Not offered")),
    UnsupportedMedia: Answer(415, "unsupported-media", Label("内容类型不支持", "Unsupported media type")),
    errors.NotFound: Answer(404, "not-found", Label("没有找到", "Not found")),
    errors.Forbidden: Answer(403, "forbidden", Label("无权限", "Forbidden")),
    PasswordOld: Answer(403, "password-old", Label("须先更换口令", "Change the password first")),
    CsrfRefused: Answer(403, "csrf-refused", Label("来源校验未通过", "Cross-site check failed")),
    errors.NotSignedIn: Answer(401, "not-signed-in", Label("未登录", "Not signed in")),
    SignInRefused: Answer(401, "sign-in-refused", Label("登录失败", "Sign-in refused")),
    WallRefused: Answer(401, "wall-refused", Label("大屏未打开", "Wall not opened")),
    SignInLocked: Answer(429, "sign-in-locked", Label("登录暂停", "Sign-in paused"), ("retry_after_s",), retry_after_s=60),
    MovedOn: Answer(409, "moved-on", Label("之后又有修改", "Changed since"), ("count", "features")),
    PastIsFixed: Answer(403, "past-is-fixed", Label("过去不能修改", "The past is fixed")),
    errors.Conflict: Answer(409, "conflict", Label("冲突", "Conflict")),
    OneAtATime: Answer(409, "one-at-a-time", Label("正在处理", "Being answered"), retry_after_s=1),
    errors.StaleVersion: Answer(412, "stale-version", Label("版本已过期", "Stale version"), ("current", "differences")),
    errors.VersionRequired: Answer(428, "version-required", Label("须说明版本", "Version required")),
    errors.TooMany: Answer(429, "too-many", Label("请求过多", "Too many requests"), ("retry_after_s",), retry_after_s=1),
    errors.TooLarge: Answer(413, "too-large", Label("内容过大", "Too large"), ("limit",)),
    Slow: Answer(408, "request-slow", Label("请求超时", "Request timed out")),
    errors.FileRefused: Answer(422, "file-refused", Label("文件不能导入", "File refused")),
    TakesTooLong: Answer(422, "question-too-long", Label("没有算完", "Not answered in time"), ("limit_ms",)),
    errors.NoRoom: Answer(507, "no-room", Label("服务器磁盘已满", "The server's disk is full"), retry_after_s=60),
    errors.Unavailable: _UNAVAILABLE,
    StreamsFull: Answer(503, "streams-full", Label("实时连接已满", "Event streams full"), retry_after_s=15),
    Overloaded: Answer(503, "overloaded", Label("服务繁忙", "Overloaded"), retry_after_s=1),
    PoolTimeout: _UNAVAILABLE,
    OperationalError: _UNAVAILABLE,
    InterfaceError: _UNAVAILABLE,
    errors.OnemapError: _INTERNAL,
    Exception: _INTERNAL,
}

_HTTP = {
    400: Answer(400, "malformed-request", Label("请求有误", "Malformed request")),
    404: Answer(404, "not-found", Label("没有找到", "Not found")),
    405: Answer(405, "method-not-allowed", Label("方法不允许", "Method not allowed")),
    413: Answer(413, "body-too-large", Label("内容过大", "Too large")),
    415: Answer(415, "unsupported-media", Label("内容类型不支持", "Unsupported media type")),
}
FULL = (errno.ENOSPC, errno.EDQUOT)
_PARTS = {"database": Label("数据库", "The database"), "index": Label("索引", "The index"), "worker": Label("后台任务", "The worker")}
_LARGE = {"upload": Label("上传的文件", "the upload"), "files": Label("文件个数", "the number of files"), "body": Label("请求内容", "the request"),
          "vertices": Label("图形的顶点数", "the corners of the shape"), "depth": Label("嵌套层数", "the nesting")}
_STOP = {"zh": "。", "en": ". "}


def answer_for(error: BaseException) -> Answer:
    """The row of the table for this error."""
    if isinstance(error, HTTPException):
        status = error.code or 500
        phrase = HTTPStatus(status).phrase
        return _HTTP.get(status) or Answer(status, phrase.lower().replace(" ", "-"), Label(phrase, phrase))
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


@dataclass(frozen=True)
class ProblemAnswer:
    """A refusal ready to send: `body` is JSON-able."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]


def describe(error: BaseException, language: str, request_id: str = "") -> ProblemAnswer:
    """The RFC 9457 answer to an error, in the reader's language, with nothing of SQL or stack in it."""
    if isinstance(error, OSError) and error.errno in FULL:
        error = errors.NoRoom()
    answer = answer_for(error)
    body: dict[str, Any] = {"type": f"urn:onemap:problem:{answer.slug}", "title": answer.title.in_language(language), "status": answer.status}
    headers = {"Content-Language": "zh-CN" if language == "zh" else "en"}
    values: Mapping[str, Any] = {}
    code = answer.slug
    if isinstance(error, errors.OnemapError) and answer is not _INTERNAL:
        values, code = error.values, error.code
        body |= {name: values[name] for name in answer.shown if name in values}
        if error.problems:
            body["errors"] = [_place(one, language) for one in error.problems]
    body["code"] = code
    body |= _words(code, values, language)
    if request_id:
        body["request_id"] = request_id
    if answer.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, int(values.get("retry_after_s", answer.retry_after_s))))
    if answer.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="onemap"'
    if isinstance(error, HTTPException):
        headers |= {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return ProblemAnswer(answer.status, headers, body)


def _words(code: str, values: Mapping[str, Any], language: str) -> dict[str, str]:
    if code not in messages.declared():
        return {}
    part = _PARTS.get(str(values.get("part") or "database"))
    values = {**values, "part": part.in_language(language) if part else values.get("part")}
    if code == "too-large" and (what := _LARGE.get(str(values.get("what")))):
        values = {**values, "what": what.in_language(language)}
    said, todo = messages.message(code, values, language), messages.remedy(code, values, language)
    return {"detail": f"{said}{_STOP[language]}{todo}", "remedy": todo} if todo else {"detail": said}


def _place(one: errors.Problem, language: str) -> dict[str, str]:
    place = {"pointer": one.pointer, "code": one.code, "message": messages.message(one.code, one.values, language)}
    todo = messages.remedy(one.code, one.values, language)
    return {**place, "remedy": todo} if todo else place


def _said(zh: str, en: str, todo_zh: str, todo_en: str) -> Sentence:
    return Sentence(Label(zh, en), Label(todo_zh, todo_en))


declare({
    "internal": _said("服务器内部出错，已记录", "Something went wrong here; it has been recorded", "请把请求编号告诉管理员", "Give the request id to an administrator"),
    "method-not-allowed": _said("此地址不接受该方法", "This address does not take that method", "见 Allow 响应头", "See the Allow header"),
    "body-too-large": _said("请求内容过大", "The request is too large", "减小后重试", "Make it smaller and try again"),
    "sign-in-refused": _said("账号或口令不正确", "The name or the password is wrong", "请核对后重试；连续失败将暂停登录", "Check both and try again; repeated failures pause sign-in"),
    "sign-in-locked": _said("失败次数过多，登录暂停", "Too many failures: sign-in is paused", "请 {minutes} 分钟后再试", "Try again in {minutes} min"),
    "wall-refused": _said("这不是可用的大屏令牌，或已过期、已吊销", "This is no token of a wall, or it has expired or been revoked", "请管理员用 onemap token create --wall 新建", "An administrator makes one with onemap token create --wall"),
    "no-room": _said("服务器磁盘已满，没有写入；已经收到的还在", "The server's disk is full and this was not written; what had arrived is still there",
                     "请系统管理员腾出空间，然后再试：上传会从断处接着传", "Ask the system administrator for room, then try again: an upload goes on where it stopped"),
    "csrf-refused": _said("请求缺少本站页面的校验码", "The request lacks the token of our own pages", "请刷新页面后重试", "Reload the page and try again"),
    "password-old": _said("口令由他人设定或已过期", "The password was given by somebody else or is too old", "请先更换口令", "Change it first, at /password"),
    "undeclared": _said("此地址没有声明权限，已拒绝", "This address declares no permission, so it is refused", "请报告开发人员", "Tell the developers"),
    "streams-full": _said("实时连接数已达上限", "As many live connections are open as can be carried", "页面会自动重连", "The page reconnects by itself"),
    "overloaded": _said("排队的请求过多", "Too many requests are waiting", "请稍后重试", "Try again shortly"),
    "request-slow": _said("请求内容没有按时到达", "The request did not arrive in time", "检查网络后重试", "Check the network and try again"),
})
