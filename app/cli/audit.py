"""`onemap audit`: verify the chains, search, and archive what is older than it must be kept."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli._installation import Installation

BROKEN = 1
_DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.group()
def command() -> None:
    """审计 · the audit: who did what, in chains that show any change."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON · print JSON")
@click.pass_obj
def verify(installation: Installation, as_json: bool) -> None:
    """核验审计链 · verify every chain. Exit 0: whole; 1: broken, with the places."""
    from geodata.store.accounts import SERVER
    from geodata.store.anchors import Anchors
    from geodata.store.audit import record
    from geodata.store.audit_chain import verify as check

    with installation.database() as database:
        found = check(database.engine, Anchors(installation.home, installation.secret_key).all())
        record(database.engine, SERVER, "audit.verify", "audit", outcome="done" if found.whole else "broken", rows=found.rows, flawed=found.flawed)
    if as_json:
        click.echo(json.dumps({**asdict(found), "whole": found.whole}, ensure_ascii=False, default=str))
    else:
        state = "完整 whole" if found.whole else f"断裂 broken: {found.flawed}"
        click.echo(f"{state}  {found.rows} 行 rows, {found.chains} 链 chains, {found.anchored} 锚点 anchors, 自 since {found.oldest}")
        for one in found.flaws:
            click.echo(f"  {one.kind}  {one.chain}  {one.sequence}")
    sys.exit(0 if found.whole else BROKEN)


@command.command()
@click.option("--who", help="何人 · who")
@click.option("--action", help="何事，如 session 或 session.open · what, such as session or session.open")
@click.option("--object", "object_", help="对象：账号、图层、图层/要素 · an account, a layer, layer/feature")
@click.option("--text", help="记录中的任何文字 · anything written in the row")
@click.option("--since", type=_DATE, help="起（UTC）· from, UTC")
@click.option("--until", type=_DATE, help="止（UTC，不含）· before, UTC")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="最多几条 · at most so many")
@click.option("--json", "as_json", is_flag=True, help="每行一个 JSON 对象 · one JSON object a line")
@click.pass_obj
def search(installation: Installation, who: str | None, action: str | None, object_: str | None, text: str | None,
           since: datetime | None, until: datetime | None, limit: int, as_json: bool) -> None:
    """查询，新的在前 · search, newest first."""
    from geodata.store.accounts import SERVER
    from geodata.store.audit import Audit, Question

    question = Question(who, action, object_, text, *(one and one.replace(tzinfo=UTC) for one in (since, until)))
    with installation.database() as database:
        found = Audit(database.engine).search(question, SERVER, limit=limit)
    for one in found.entries:
        if as_json:
            click.echo(json.dumps(asdict(one), ensure_ascii=False, default=str))
        else:
            click.echo("\t".join((f"{one.at:%Y-%m-%d %H:%M:%S}", one.who, one.address, one.space, one.action, one.object, one.outcome, one.reason or "")).rstrip())


@command.command()
@click.option("--before", required=True, type=_DATE, help="早于此日（UTC）的归档；至少 180 天前 · archive what is older (UTC); at least 180 days ago")
@click.argument("archive", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def prune(installation: Installation, before: datetime, archive: Path) -> None:
    """旧记录写入归档文件后移除，链仍可核验 · write old rows to ARCHIVE, then take them away; the chains still verify."""
    from geodata.store import audit_chain
    from geodata.store.accounts import SERVER
    from geodata.store.anchors import Anchors

    with installation.database() as database:
        anchors = Anchors(installation.home, installation.secret_key).all()
        count = audit_chain.prune(database.owner, before.replace(tzinfo=UTC), archive, SERVER, anchors)
    click.echo(f"{count} → {archive}")
