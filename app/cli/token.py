"""`onemap token`: bearer tokens for programs."""

from __future__ import annotations

import secrets
from datetime import timedelta

import click

from app.cli._installation import Installation
from layers.spec import Role

ROLE = click.Choice([role.value for role in Role])


@click.group()
def command() -> None:
    """程序令牌 · bearer tokens for programs."""


@command.command()
@click.option("--role", "roles", multiple=True, type=ROLE, help="角色，可多次 · role, may be repeated")
@click.option("--wall", is_flag=True, help="大屏用：查看者，只读；在 /wall/enter 输入 · for a wall: a viewer's, read only; to be entered at /wall/enter")
@click.option("--name", help="令牌名称，记入历史 · its name, as history shows it")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650), help="有效天数 · days it lasts")
@click.pass_obj
def create(installation: Installation, roles: tuple[str, ...], wall: bool, name: str | None, days: int) -> None:
    """新建令牌，只输出令牌本身 · make a token; prints only the token, once."""
    from geodata.store.accounts import SERVER
    from geodata.store.sessions import Tokens

    if wall == bool(roles):
        raise click.UsageError("--role 与 --wall 选一 · one of --role and --wall")
    roles = roles or (Role.VIEWER.value,)
    name = name or f"{'wall' if wall else '-'.join(roles)}-{secrets.token_hex(4)}"
    with installation.database() as database:
        click.echo(Tokens(database.engine).create(name, frozenset(map(Role, roles)), SERVER, timedelta(days=days)))


@command.command("list")
@click.pass_obj
def list_(installation: Installation) -> None:
    """列出令牌 · the tokens there are."""
    from geodata.store.sessions import Tokens

    with installation.database() as database:
        tokens = Tokens(database.engine).all()
    for one in tokens:
        state = "已吊销 revoked" if one.revoked_at else f"至 until {one.expires_at:%Y-%m-%d}"
        click.echo("\t".join((one.name, ",".join(sorted(one.roles)), state)))


@command.command()
@click.argument("name")
@click.pass_obj
def revoke(installation: Installation, name: str) -> None:
    """吊销令牌 · end a token at once."""
    from geodata.store.sessions import Tokens

    with installation.database() as database:
        Tokens(database.engine).revoke(name)
