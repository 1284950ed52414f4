"""Accounts: who may sign in, with which roles, and the argon2id hash by which they show it."""

from __future__ import annotations

import re
import threading
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Engine,
    Row,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from geodata.store.faults import translated
from geodata.store.metadata import CONTROL
from layers.errors import InvalidInput, NotFound
from layers.messages import Sentence, declare
from layers.spec import Actor, Label, Role

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
MIN_PASSWORD = 10  # with argon2id and the throttle, length is what counts (NIST SP 800-63B 5.1.1)
MAX_PASSWORD = 200  # hashing is work: nobody makes us hash a megabyte
_NAME = re.compile(r"[\w][\w.\-]{0,63}")

ACCOUNT = Table(
    "account",
    CONTROL,
    Column("name", Text, primary_key=True),
    Column("display", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("demo", Boolean, nullable=False, server_default="false"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("created_by", Text, nullable=False),
    Column("disabled_at", DateTime(timezone=True)),
    CheckConstraint("cardinality(roles) > 0", name="has_a_role"),
)

declare({
    "account-not-found": Sentence(Label("没有账号「{name}」", "There is no account “{name}”"), Label("用 onemap user list 查看", "See onemap user list")),
    "account-name": Sentence(
        Label("账号名只能含文字、数字和 . _ -，最长 64", "An account name has letters, digits and . _ - only, at most 64"),
        Label("换一个账号名", "Choose another name"),
    ),
    "roles-none": Sentence(Label("至少需要一个角色", "At least one role is needed"), Label("指定角色", "Name a role")),
    "roles-exclusive": Sentence(
        Label("系统、安全、审计管理员互不兼任，也不兼其他角色", "The system, security and audit administrators hold that one role and no other"),
        Label("分别建立账号", "Make separate accounts"),
    ),
    "password-weak": Sentence(
        Label("口令须为 {least} 至 {most} 个字符，且不含账号名", "A password has {least} to {most} characters and does not hold the account's name"),
        Label("换一个更长的口令", "Choose a longer one"),
    ),
})


class AccountNotFound(NotFound):
    """There is no account of that name."""

    code = "account-not-found"


class AccountName(InvalidInput):
    """The name cannot be an account's."""

    code = "account-name"


class NoRole(InvalidInput):
    """An account without a role could do nothing."""

    code = "roles-none"


class ExclusiveRoles(InvalidInput):
    """One person would hold powers that watch each other."""

    code = "roles-exclusive"


class WeakPassword(InvalidInput):
    """The password is too short, too long or holds the account's name."""

    code = "password-weak"


@dataclass(frozen=True)
class Account:
    """One account as its administrator sees it."""

    name: str
    display: str
    roles: frozenset[Role]
    demo: bool
    created_at: datetime
    disabled_at: datetime | None

    @property
    def actor(self) -> Actor:
        return Actor(self.name, self.roles)


def account_name(text: str) -> str:
    """The one spelling of a name: full-width and capital letters folded."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def checked_roles(roles: frozenset[Role]) -> list[str]:
    """The roles as kept; refuses none, and an administrator's role beside any other."""
    if not roles:
        raise NoRole
    if roles & ADMINISTRATORS and len(roles) > 1:
        raise ExclusiveRoles
    return sorted(role.value for role in roles)


# RFC 9106 asks for memory before passes; 46 MiB and one lane is OWASP's first choice, two passes keep a check near 0.1 s.
# Two at a time bounds what sign-ins take from the queries beside them (2 x 46 MiB, 2 cores).
_HASHER = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
_HASHING = threading.BoundedSemaphore(2)
_NOBODY = _HASHER.hash("the hash checked for a name that has no account, so that both answers take as long")


def _hash(name: str, password: str) -> str:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD or name in password.casefold():
        raise WeakPassword(least=MIN_PASSWORD, most=MAX_PASSWORD)
    with _HASHING:
        return _HASHER.hash(password)


def _matches(password_hash: str, password: str) -> bool:
    with _HASHING:
        try:
            return _HASHER.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


class Accounts:
    """The accounts of one installation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, name: str, display: str, password: str, roles: frozenset[Role], by: str, *, demo: bool = False) -> Account:
        """Make an account; Conflict where the name is, or was, someone's (history names people by it)."""
        name = account_name(name)
        if not _NAME.fullmatch(name):
            raise AccountName
        row = {"name": name, "display": display or name, "roles": checked_roles(roles), "created_by": by, "demo": demo}
        row["password_hash"] = _hash(name, password)
        with translated(), self._engine.begin() as connection:
            connection.execute(insert(ACCOUNT).values(**row))
        return self.get(name)

    def all(self) -> list[Account]:
        """Every account by name, the disabled too."""
        with translated(), self._engine.connect() as connection:
            return [_account(row) for row in connection.execute(select(ACCOUNT).order_by(ACCOUNT.c.name))]

    def get(self, name: str) -> Account:
        with translated(), self._engine.connect() as connection:
            row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.name == account_name(name))).one_or_none()
        if row is None:
            raise AccountNotFound(name=name[:64])
        return _account(row)

    def verified(self, name: str, password: str) -> Account | None:
        """The account if it is enabled and the password is its own; an unknown name takes as long to refuse."""
        with translated(), self._engine.connect() as connection:
            row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.name == account_name(name))).one_or_none()
        good = _matches(row.password_hash if row else _NOBODY, password[: MAX_PASSWORD + 1])
        return _account(row) if good and row is not None and row.disabled_at is None else None

    def set_password(self, name: str, password: str) -> None:
        account = self.get(name)
        self._change(account.name, password_hash=_hash(account.name, password))

    def set_roles(self, name: str, roles: frozenset[Role]) -> None:
        self._change(self.get(name).name, roles=checked_roles(roles))

    def set_disabled(self, name: str, disabled: bool) -> None:
        self._change(self.get(name).name, disabled_at=func.now() if disabled else None)

    def _change(self, name: str, **values: object) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.name == name).values(**values))


def _account(row: Row[Any]) -> Account:
    return Account(row.name, row.display, frozenset(Role(role) for role in row.roles), row.demo, row.created_at, row.disabled_at)
