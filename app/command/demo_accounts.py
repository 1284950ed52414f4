"""Accounts for trying the one map: one per role, with generated passwords, told at the start and kept in the home."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from app.people import new_password
from geodata.store.accounts import Accounts
from geodata.store.database import Database
from layers.spec import Label, Role

FILE = "demo-accounts.txt"
PEOPLE: Mapping[Role, tuple[str, Label]] = {
    Role.DUTY_OFFICER: ("zhiban", Label("值班员", "duty officer")),
    Role.PLANNER: ("guihua", Label("规划员", "planner")),
    Role.GIS_STAFF: ("gis", Label("GIS 人员", "GIS staff")),
    Role.DRILL_CONTROLLER: ("yanlian", Label("演练导调员", "drill controller")),
    Role.VIEWER: ("chakan", Label("查看者", "viewer")),
    Role.SYSTEM_ADMIN: ("xitong", Label("系统管理员", "system administrator")),
    Role.SECURITY_ADMIN: ("anquan", Label("安全管理员", "security administrator")),
    Role.AUDIT_ADMIN: ("shenji", Label("审计管理员", "audit administrator")),
}


def ensure_demo_accounts(database: Database, home: Path) -> list[tuple[str, str, str]]:
    """(name, role in words, password) of one account per role; made where missing.

    Passwords are generated once and read again from the home, where only its owner may read them; one that is lost is
    replaced. A disabled account stays so and is left out. Nothing is made or told once there are accounts of people.
    """
    accounts = Accounts(database.engine)
    there = {account.name: account for account in accounts.all()}
    if any(not account.demo for account in there.values()):
        return []  # people with accounts of their own work here: no more doors
    known = _read(home / FILE)
    for role, (name, label) in PEOPLE.items():
        if name not in there:
            known[name] = new_password()
            accounts.add(name, f"演示 {label.zh}", known[name], frozenset({role}), "operator", demo=True)
        elif name not in known:
            known[name] = new_password()  # its password was only ever in the file
            accounts.set_password(name, known[name])
    told = [
        (name, f"{label.zh} · {label.en}", known[name])
        for name, label in PEOPLE.values()
        if name not in there or there[name].disabled_at is None
    ]
    _write(home / FILE, told)
    return told


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return {row[0]: row[1] for row in rows if len(row) >= 2}


def _write(path: Path, told: list[tuple[str, str, str]]) -> None:
    """Readable by its owner only from its first byte."""
    text = "".join(f"{name}\t{password}\t{words}\n" for name, words, password in told)
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)
