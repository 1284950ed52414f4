"""The settings of one installation: `ONEMAP_*`, read once into a frozen object; an unknown name is an error."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

PREFIX = "ONEMAP_"
_OUTSIDE = frozenset({"ONEMAP_TEST_DATABASE_URL"})  # read by the tests, not by the service

declare({
    "misconfigured": Sentence(Label("设置有误：{what}", "A setting is wrong: {what}"), Label("更正后重新启动", "Correct it and start again")),
})


@dataclass(frozen=True)
class Settings:
    """What a person who runs the service may choose. Every field has an `ONEMAP_` variable of its name in capitals."""

    home: Path
    database_url: str
    secret_key: str
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 16  # per worker; more than the two cores can use, because some wait for the database
    production: bool = False
    session_idle_minutes: int = 30
    session_absolute_hours: int = 12
    login_failures: int = 5
    login_lock_minutes: int = 15
    event_streams_max: int = 1000  # over all workers; 500 were held by one (design.md 8)
    max_body_mb: int = 55  # an upload of 50 MB and the form around it


def read(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from `given`, then the environment, then the home's secret.json, then the defaults."""
    environment = os.environ if environment is None else environment
    kinds = {one.name: str(one.type) for one in fields(Settings)}
    unknown = {name for name in environment if name.startswith(PREFIX)} - {PREFIX + name.upper() for name in kinds} - _OUTSIDE
    if unknown:
        raise Misconfigured(what=", ".join(sorted(unknown)))
    values = {name: _typed(name, kinds[name], environment[PREFIX + name.upper()]) for name in kinds if PREFIX + name.upper() in environment}
    values |= {name: value for name, value in given.items() if value is not None}
    home = Path(values.pop("home", ".onemap")).resolve()
    kept = home / "secret.json"
    if "secret_key" not in values:
        known = json.loads(kept.read_text()) if kept.exists() else {}
        values["secret_key"] = known.get("secret_key") or secrets.token_hex(32)
    if "database_url" not in values:
        raise Misconfigured(what="ONEMAP_DATABASE_URL")
    return Settings(home=home, **values)


def _typed(name: str, kind: str, text: str) -> Any:
    try:
        return {"int": int, "bool": _yes, "Path": Path}.get(kind, str)(text)
    except ValueError:
        raise Misconfigured(what=f"{PREFIX}{name.upper()}={text!r}") from None


def _yes(text: str) -> bool:
    if text.lower() not in ("1", "true", "yes", "0", "false", "no", ""):
        raise ValueError(text)
    return text.lower() in ("1", "true", "yes")
