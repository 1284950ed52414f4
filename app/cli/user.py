"""`onemap user`: accounts of people, made and ended by whoever runs the server."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from app.cli._installation import Installation
from geodata.store.database import Database
from layers.spec import Role

if TYPE_CHECKING:
    from geodata.store.accounts import PasswordRules

ROLE = click.Choice([role.value for role in Role])
_STDIN = click.option("--password-stdin", is_flag=True, help="从标准输入读口令 · read the password from standard input")
_GENERATE = click.option("--generate", is_flag=True, help="生成并显示口令 · make a password and show it")


@click.group()
def command() -> None:
    """账号管理 · accounts of people."""


@command.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=ROLE, help="角色，可多次 · role, may be repeated")
@click.option("--display", default="", help="显示姓名 · the name shown")
@_STDIN
@_GENERATE
@click.pass_obj
def add(installation: Installation, name: str, roles: tuple[str, ...], display: str, password_stdin: bool, generate: bool) -> None:
    """新建账号 · make an account."""
    from geodata.store.accounts import SERVER, Accounts

    password = _password(password_stdin, generate)
    with installation.database() as database:
        account = Accounts(database.engine, _rules(installation)).add(name, display, password, frozenset(map(Role, roles)), SERVER)
    click.echo(f"{account.name}\t{password}" if generate else account.name)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON")
@click.pass_obj
def list_(installation: Installation, as_json: bool) -> None:
    """列出账号 · the accounts there are."""
    from geodata.store.accounts import Accounts

    with installation.database() as database:
        accounts = Accounts(database.engine).all()
    rows = [
        {"name": one.name, "display": one.display, "roles": sorted(one.roles), "demo": one.demo, "disabled": one.disabled_at is not None}
        for one in accounts
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one in accounts:
        state = "停用 disabled" if one.disabled_at else "演示 demo" if one.demo else ""
        click.echo("\t".join((one.name, ",".join(sorted(one.roles)), one.display, state)).rstrip())


@command.command()
@click.argument("name")
@_STDIN
@_GENERATE
@click.pass_obj
def password(installation: Installation, name: str, password_stdin: bool, generate: bool) -> None:
    """更换口令，并结束其全部会话 · set a new password and end the sessions."""
    from geodata.store.accounts import Accounts

    chosen = _password(password_stdin, generate)
    with installation.database() as database:
        Accounts(database.engine, _rules(installation)).set_password(name, chosen)
        _end_sessions(database, name)
    if generate:
        click.echo(chosen)


@command.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=ROLE, help="角色，可多次 · role, may be repeated")
@click.pass_obj
def roles(installation: Installation, name: str, roles: tuple[str, ...]) -> None:
    """更换角色，并结束其全部会话 · set the roles and end the sessions."""
    from geodata.store.accounts import Accounts

    with installation.database() as database:
        Accounts(database.engine).set_roles(name, frozenset(map(Role, roles)))
        _end_sessions(database, name)


@command.command()
@click.argument("name")
@click.option("--undo", is_flag=True, help="重新启用 · enable again")
@click.pass_obj
def disable(installation: Installation, name: str, undo: bool) -> None:
    """停用账号，并结束其全部会话 · disable an account and end its sessions."""
    from geodata.store.accounts import Accounts

    with installation.database() as database:
        Accounts(database.engine).set_disabled(name, not undo)
        _end_sessions(database, name)


def _rules(installation: Installation) -> PasswordRules:
    from app.people import password_rules
    from app.settings import Settings

    return password_rules(Settings(**{"database_url": "", "secret_key": "", **installation.chosen}))


def _end_sessions(database: Database, name: str) -> None:
    from geodata.store.accounts import account_name
    from geodata.store.sessions import Sessions

    never = timedelta()  # ending needs no lifetimes
    Sessions(database.engine, never, never).end_all(account_name(name))


def _password(from_stdin: bool, generate: bool) -> str:
    """Never from the command line: other people's `ps` would show it."""
    if generate:
        from app.people import new_password

        return new_password()
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    prompted: str = click.prompt("口令 · password", hide_input=True, confirmation_prompt=True, err=True)
    return prompted
