"""The settings of one installation: `ONEMAP_*`, read once into a frozen object; an unknown name is an error."""

from __future__ import annotations

import difflib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

PREFIX = "ONEMAP_"
_OUTSIDE = frozenset({"ONEMAP_TEST_DATABASE_URL", "ONEMAP_TEST_BROWSER"})  # read by the tests, not by the service
_FROM_FILE = ("database_url", "secret_key")  # ONEMAP_..._FILE names a file that holds the value, as container secrets do
_CHECKOUT = Path(__file__).resolve().parents[1]


class UnknownSetting(Misconfigured):
    """A variable with our prefix that is no setting. `values`: name, nearest."""

    code = "unknown-setting"


class BadSetting(Misconfigured):
    """A setting whose value cannot be read. `values`: name, value, wanted."""

    code = "bad-setting"


declare({
    "misconfigured": Sentence(Label("设置有误：{what}", "A setting is wrong: {what}"), Label("更正后重新启动", "Correct it and start again")),
    "unknown-setting": Sentence(
        Label("没有名为 {name} 的设置", "There is no setting {name}"),
        Label("最接近的是 {nearest}；全部设置见 docs/operate.md", "The nearest is {nearest}; docs/operate.md lists them all")),
    "bad-setting": Sentence(
        Label("设置 {name} 的值 {value} 无法识别，应为：{wanted}", "The value {value} of {name} cannot be read; it should be: {wanted}"),
        Label("更正后重新启动", "Correct it and start again")),
})


def _setting(zh: str, en: str, default: Any = MISSING, *, least: int | None = None, most: int | None = None) -> Any:
    return field(default=default, metadata={"label": Label(zh, en), "least": least, "most": most})


@dataclass(frozen=True)
class Settings:
    """What a person who runs the service may choose. Every field has an `ONEMAP_` variable of its name in capitals."""

    home: Path = _setting("数据目录", "the folder of the installation")
    database_url: str = _setting("自备 PostGIS 的地址；不设则在数据目录下自建", "a PostGIS of your own; without it one is made under the home")
    secret_key: str = _setting("会话与数据库角色口令的密钥；不设则存于数据目录的 secret.json",
                               "key of sessions and database passwords; without it the one in the home's secret.json")
    host: str = _setting("监听地址", "the address to listen on", "127.0.0.1")
    port: int = _setting("监听端口", "the port to listen on", 8000, least=1, most=65535)
    workers: int = _setting("网页服务进程数", "web processes", 2, least=1, most=64)
    threads: int = _setting("每个进程的线程数", "threads of each web process; some of them wait for the database", 16, least=1, most=256)
    trusted_proxies: str = _setting("可信反向代理的地址（逗号分隔），其 X-Forwarded-* 才被采信",
                                    "addresses of reverse proxies (comma between) whose X-Forwarded-* are believed", "")
    production: bool = _setting("正式运行：不建演示数据和演示账号", "in service: no demonstration data, no demonstration accounts", False)
    session_idle_minutes: int = _setting("无操作多少分钟后需重新登录", "minutes without use after which one signs in again", 30, least=1)
    session_absolute_hours: int = _setting("登录后最长多少小时", "hours after which one signs in again in any case", 12, least=1)
    login_failures: int = _setting("连续输错几次口令后锁定", "wrong passwords in a row before an account is locked", 5, least=1)
    login_lock_minutes: int = _setting("锁定多少分钟", "minutes it stays locked", 15, least=1)
    password_length: int = _setting("口令最短长度", "the least length of a password", 10, least=8, most=100)
    password_classes: int = _setting("口令至少含几类字符（大写、小写、数字、其他）", "kinds of characters in a password (capitals, small letters, digits, others)", 2, least=1, most=4)
    password_history: int = _setting("最近几次用过的口令不能再用", "former passwords that cannot be used again", 5, least=0, most=24)
    password_age_days: int = _setting("口令使用多少天后须更换；0 为不限", "days after which a password must be changed; 0 for never", 90, least=0, most=3650)
    event_streams_max: int = _setting("实时推送连接总数上限", "live update connections over all processes", 1000, least=1)
    index_audit_s: int = _setting("每隔多少秒抽查内存索引与数据库是否一致；0 为不查", "seconds between looks whether the indexes in memory agree with the database; 0: never",
                                  300, least=0)
    road_access_m: int = _setting("离最近道路超过多少米视为路网未覆盖", "metres from the nearest road beyond which the road network does not cover a place", 1000, least=1, most=100_000)
    basemaps: str = _setting("底图来源文件；不设则为数据目录下的 basemaps.json（可以没有）", "the file of basemaps; without it basemaps.json in the home, which need not be there", "")
    basemap_cache_mb: int = _setting("底图瓦片缓存上限（MB）", "room for kept tiles of basemaps in MB", 500, least=1)
    max_body_mb: int = _setting("一次请求的最大体积（MB）", "the largest request body in MB: an upload of 50 and the form around it", 55, least=1)


def default_home() -> Path:
    """`.onemap` in the checkout, or in the current folder where the package is installed without one."""
    return (_CHECKOUT if (_CHECKOUT / "pyproject.toml").exists() else Path.cwd()) / ".onemap"


def home_of(environment: Mapping[str, str] | None = None, given: Path | None = None) -> Path:
    """The home asked for on the command line, else in the environment, else the default one."""
    environment = os.environ if environment is None else environment
    return (given or Path(environment.get(PREFIX + "HOME") or default_home())).expanduser().absolute()


def read(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from `given` (None counts as not given), then the environment, then the home's secret.json, then the defaults.

    Raises UnknownSetting, BadSetting, and Misconfigured when nothing says where the database is.
    """
    values = chosen(environment, **given)
    if "database_url" not in values:
        raise Misconfigured(what="ONEMAP_DATABASE_URL")
    if "secret_key" not in values:
        values["secret_key"] = _kept_key(values["home"]) or secrets.token_hex(32)
    return Settings(**values)


def chosen(environment: Mapping[str, str] | None = None, **given: Any) -> dict[str, Any]:
    """What is set, by field, without the defaults except that of the home. Raises UnknownSetting, BadSetting."""
    environment = os.environ if environment is None else environment
    kinds = {one.name: one for one in fields(Settings)}
    refuse_unknown(environment)
    values: dict[str, Any] = {}
    for name, one in kinds.items():
        text = _text(environment, name)
        if text is not None and given.get(name) is None:
            values[name] = _typed(variable(name), str(one.type), text)
    values |= {name: value for name, value in given.items() if value is not None}
    for name, value in values.items():
        _check_range(variable(name), value, kinds[name].metadata)
    values["home"] = home_of(environment, values.get("home"))
    return values


def refuse_unknown(environment: Mapping[str, str]) -> None:
    """Raise UnknownSetting for the first variable with our prefix that is none of ours."""
    known = names() | {f"{variable(name)}_FILE" for name in _FROM_FILE} | _OUTSIDE
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name, sorted(names()), n=1, cutoff=0.0)
            raise UnknownSetting(name=name, nearest=nearest[0])


def names() -> frozenset[str]:
    """The variables of all settings."""
    return frozenset(variable(one.name) for one in fields(Settings))


def variable(name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + name.upper()


def _text(environment: Mapping[str, str], name: str) -> str | None:
    from_file = environment.get(f"{variable(name)}_FILE") if name in _FROM_FILE else None
    if from_file:
        try:
            return Path(from_file).read_text().strip()
        except OSError as error:
            raise BadSetting(name=f"{variable(name)}_FILE", value=from_file, wanted=str(error.strerror)) from error
    return environment.get(variable(name)) or None


def _kept_key(home: Path) -> str | None:
    from geodata.store.home import Home

    return Home(home).secrets["secret_key"] if (home / "secret.json").exists() else None


def _typed(name: str, kind: str, text: str) -> Any:
    try:
        return _KINDS.get(kind, str)(text)
    except ValueError:
        raise BadSetting(name=name, value=repr(text), wanted={"int": "a whole number", "bool": "true / false"}.get(kind, kind)) from None


def _yes(text: str) -> bool:
    if text.lower() not in ("1", "true", "yes", "0", "false", "no"):
        raise ValueError(text)
    return text.lower() in ("1", "true", "yes")


_KINDS: Mapping[str, Callable[[str], Any]] = {"int": int, "bool": _yes, "Path": Path}


def _check_range(name: str, value: Any, metadata: Mapping[str, Any]) -> None:
    least, most = metadata["least"], metadata["most"]
    if (least is not None and value < least) or (most is not None and value > most):
        raise BadSetting(name=name, value=repr(value), wanted=f"{least} … {'' if most is None else most}")


def table() -> str:
    """All settings as a Markdown table, for docs/operate.md."""
    lines = ["| 设置 | 默认值 | 含义 |", "| --- | --- | --- |"]
    for one in fields(Settings):
        label = one.metadata["label"]
        default = {"home": "`.onemap`"}.get(one.name, "" if one.default in (MISSING, "") else f"`{str(one.default).lower() if one.type == 'bool' else one.default}`")
        lines.append(f"| `{variable(one.name)}` | {default} | {label.zh} · {label.en} |")
    return "\n".join(lines) + "\n"
