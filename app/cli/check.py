"""`onemap check`: whether the installation is whole, each thing with what to do about it."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING

import click

from app import settings
from app.cli._installation import SERVING, Installation
from geodata.store.home import Home
from layers.errors import OnemapError

if TYPE_CHECKING:
    from app.command.inspection import Finding, Inspected
    from geodata.store.database import Database


PATIENCE_S = 15.0  # for a service that is just starting


@click.command()
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象 · one JSON object")
@click.pass_obj
def command(installation: Installation, as_json: bool) -> None:
    """检查安装是否完好，只读不改 · check the installation; reads only. Exit 0: all well; 1: something is not."""
    import app.problems  # noqa: F401  (its import declares the sentences of every code)
    from app.command.inspection import inspect, to_json

    findings = []
    for one in inspect(_inspected(installation)):
        findings.append(one)
        if not as_json:
            for line in _lines(one):
                click.echo(line)
    ok = all(one.ok for one in findings)
    if as_json:
        click.echo(json.dumps({"ok": ok, "running": _running(installation), "findings": [to_json(one) for one in findings]}, ensure_ascii=False))
    else:
        bad = sum(not one.ok for one in findings)
        click.echo("一切正常 · all is well" if ok else f"{bad} 个问题 · {bad} problems")
    sys.exit(0 if ok else 1)


def _inspected(installation: Installation) -> Inspected:
    from app.command.inspection import Inspected

    record = {}
    with suppress(OnemapError):
        record = Home(installation.home).record if installation.home.exists() else {}
    return Inspected(lambda: _settings(installation), lambda: _database(installation), lambda: _state(installation), lambda: _there(installation), record)


def _settings(installation: Installation) -> settings.Settings:
    return settings.Settings(**{"database_url": "", "secret_key": "", **installation.chosen})


def _there(installation: Installation) -> bool:
    """Whether there is anything to look at; a check does not make an installation."""
    key = "secret_key" in installation.chosen or (installation.home / "secret.json").exists()
    return key and ("database_url" in installation.chosen or (installation.home / "cluster.json").exists())


def _database(installation: Installation) -> AbstractContextManager[Database]:
    return installation.database(migrated=False, patience_s=PATIENCE_S)


def _running(installation: Installation) -> bool:
    with suppress(OnemapError):
        holder = Home(installation.home).holder() if installation.home.exists() else None
        return holder is not None and holder.what.startswith(SERVING)
    return False


def _state(installation: Installation) -> str:
    holder = Home(installation.home).holder()
    if holder is not None:
        return f"{holder.what}: {holder.pid}, {holder.since}"
    if "database_url" in installation.chosen:
        return "本目录没有服务在运行 · nothing runs on this home"
    return "没有运行，数据库为这次检查而启动 · stopped; the database is started for this check"


def _lines(one: Finding) -> list[str]:
    from app.command.inspection import CHECKS
    from layers.messages import message, remedy

    title = f"{CHECKS[one.check].zh} · {CHECKS[one.check].en}"
    if one.fault is None:
        return [f"  ok  {title}: {one.found}"]
    lines = [f"问题  {title}"]
    for language in ("zh", "en"):
        todo = remedy(one.fault.code, one.fault.values, language)
        lines.append(f"      {message(one.fault.code, one.fault.values, language)}" + (f" → {todo}" if todo else ""))
    return lines
