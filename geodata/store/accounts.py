"""Accounts: who may sign in, with which roles, and the argon2id hash by which they show it."""

from __future__ import annotations

import re
import threading
import unicodedata
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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

from geodata.store.acting import say_who
from geodata.store.faults import translated
from geodata.store.metadata import CONTROL
from layers.errors import Forbidden, InvalidInput, NotFound, Problem
from layers.messages import Sentence, declare
from layers.spec import OPERATOR, Actor, Label, Role

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
MAX_PASSWORD = 200  # hashing is work: nobody makes us hash a megabyte
# The same as `checked_roles` says, for whoever writes past it.
EXCLUSIVE = "cardinality(roles) <= 1 OR NOT roles && ARRAY['system_admin', 'security_admin', 'audit_admin']"
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
    Column("password_set_at", DateTime(timezone=True), server_default=func.now()),  # empty: given by another, to be changed at the next sign-in
    Column("former_hashes", ARRAY(Text), nullable=False, server_default="{}"),
    CheckConstraint(EXCLUSIVE, name="administrators_exclusive"),
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
        Label("口令须为 {least} 至 {most} 个字符，含大写、小写、数字、其他字符中的 {classes} 类，且不含账号名",
              "A password has {least} to {most} characters of {classes} kinds (capitals, small letters, digits, others) and does not hold the account's name"),
        Label("换一个更长的口令", "Choose a longer one"),
    ),
    "password-used": Sentence(
        Label("最近 {history} 次用过的口令不能再用", "The last {history} passwords cannot be used again"), Label("换一个没用过的口令", "Choose one not used before"),
    ),
    "password-wrong": Sentence(Label("现在的口令不正确", "The present password is wrong"), Label("请核对后重试", "Check it and try again")),
    "own-account": Sentence(
        Label("不能改自己的角色或锁定自己", "Nobody changes the roles of, or locks, the own account"), Label("请另一位安全管理员办理", "Ask another security administrator")),
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
    """The password is too short, too long, of too few kinds of characters, or holds the account's name."""

    code = "password-weak"


class UsedPassword(InvalidInput):
    """The password is one of the account's last ones."""

    code = "password-used"


class WrongPassword(InvalidInput):
    """Who changes the own password must know the present one."""

    code = "password-wrong"


class OwnAccount(Forbidden):
    """Administrators do not give themselves rights, nor lock themselves out."""

    code = "own-account"


@dataclass(frozen=True)
class PasswordRules:
    """What a password must be. `classes` counts capitals, small letters, digits and others; 0 switches a rule off.

    With argon2id and the throttle, length is what counts (NIST SP 800-63B 5.1.1); kinds, history and age are what
    GB/T 22239-2019 8.1.4.1 asks of a system of level 3.
    """

    length: int = 10
    classes: int = 2
    history: int = 5
    age_days: int = 90


@dataclass(frozen=True)
class Account:
    """One account as its administrator sees it."""

    name: str
    display: str
    roles: frozenset[Role]
    demo: bool
    created_at: datetime
    disabled_at: datetime | None
    password_set_at: datetime | None

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


def _nobody() -> str:
    """A hash that no password has, checked for a name without an account, so that both answers take as long; making one would take as much."""
    salt, digest = (b64encode(bytes(length)).decode().rstrip("=") for length in (_HASHER.salt_len, _HASHER.hash_len))
    return f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${salt}${digest}"


_CLASSES = ("[A-ZÀ-ÖØ-Þ]", "[a-zß-öø-ÿ]", "[0-9]", "[^A-Za-zÀ-ÖØ-öø-ÿ0-9]")


def _hash(name: str, password: str, rules: PasswordRules) -> str:
    kinds = sum(bool(re.search(one, password)) for one in _CLASSES)
    if not rules.length <= len(password) <= MAX_PASSWORD or kinds < rules.classes or name in password.casefold():
        raise WeakPassword(least=rules.length, most=MAX_PASSWORD, classes=rules.classes)
    with _HASHING:
        return _HASHER.hash(password)


def _matches(password_hash: str, password: str) -> bool:
    with _HASHING:
        try:
            return _HASHER.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


SERVER = Actor("operator", OPERATOR.roles, "local")  # whoever runs the command line


class Accounts:
    """The accounts of one installation. What is done to them is written down by the database (`by` says who does it)."""

    def __init__(self, engine: Engine, rules: PasswordRules | None = None) -> None:
        self._engine = engine
        self._rules = rules or PasswordRules()

    def add(self, name: str, display: str, password: str, roles: frozenset[Role], by: str | Actor, *, demo: bool = False, given: bool = False) -> Account:
        """Make an account; Conflict where the name is, or was, someone's (history names people by it).

        `given`: the password is one that somebody else knows, so it is to be changed at the first sign-in, and the
        account may wait for its roles.
        """
        name = account_name(name)
        if not _NAME.fullmatch(name):
            raise AccountName
        who = by if isinstance(by, Actor) else Actor(by, frozenset())
        kept = checked_roles(roles) if roles or not given else []
        row: dict[str, Any] = {"name": name, "display": display or name, "roles": kept, "created_by": who.name, "demo": demo}
        row["password_hash"] = _hash(name, password, self._rules)
        if given:
            row["password_set_at"] = None
        with translated(), self._engine.begin() as connection:
            say_who(connection, who)
            connection.execute(insert(ACCOUNT).values(**row))
        return self.get(name)

    def all(self) -> list[Account]:
        """Every account by name, the disabled too."""
        with translated(), self._engine.connect() as connection:
            return [_account(row) for row in connection.execute(select(ACCOUNT).order_by(ACCOUNT.c.name))]

    def get(self, name: str) -> Account:
        return _account(self._row(name))

    def _row(self, name: str) -> Row[Any]:
        with translated(), self._engine.connect() as connection:
            row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.name == account_name(name))).one_or_none()
        if row is None:
            raise AccountNotFound(name=name[:64])
        return row

    def exists(self, name: str) -> bool:
        """Whether there is an account of that name."""
        with translated(), self._engine.connect() as connection:
            return connection.scalar(select(ACCOUNT.c.name).where(ACCOUNT.c.name == account_name(name))) is not None

    def verified(self, name: str, password: str) -> Account | None:
        """The account if it is enabled and the password is its own; an unknown name takes as long to refuse."""
        with translated(), self._engine.connect() as connection:
            row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.name == account_name(name))).one_or_none()
        good = _matches(row.password_hash if row else _nobody(), password[: MAX_PASSWORD + 1])
        return _account(row) if good and row is not None and row.disabled_at is None else None

    def is_old(self, account: Account) -> bool:
        """Whether the password must be changed before anything else: given by another, or past its age."""
        if account.password_set_at is None:
            return True
        age = timedelta(days=self._rules.age_days)
        return bool(age) and not account.demo and account.password_set_at < datetime.now(UTC) - age

    def set_password(self, name: str, password: str, by: Actor = SERVER, *, given: bool = False) -> None:
        """A new password, not one of the last ones; `given` as in `add`."""
        row = self._row(name)
        former = [row.password_hash, *row.former_hashes][: self._rules.history]
        new = _hash(row.name, password, self._rules)
        if any(_matches(one, password) for one in former):
            raise UsedPassword(history=self._rules.history)
        self._change(row.name, by, password_hash=new, former_hashes=former, password_set_at=None if given else func.now())

    def change_own_password(self, name: str, present: str, new: str, by: Actor) -> None:
        """The same, by who knows the present one. Raises WrongPassword."""
        if not _matches(self._row(name).password_hash, present[: MAX_PASSWORD + 1]):
            raise WrongPassword(problems=[Problem("/present", "password-wrong")])
        self.set_password(name, new, by)

    def set_roles(self, name: str, roles: frozenset[Role], by: Actor = SERVER, reason: str | None = None) -> None:
        """Other roles than before. Raises ExclusiveRoles, OwnAccount."""
        self._change(self._others(name, by), by, reason, roles=checked_roles(roles))

    def set_disabled(self, name: str, disabled: bool, by: Actor = SERVER, reason: str | None = None) -> None:
        """Lock an account, or open it again."""
        self._change(self._others(name, by), by, reason, disabled_at=func.now() if disabled else None)

    def _others(self, name: str, by: Actor) -> str:
        account = self.get(name)
        if account.name == by.name:
            raise OwnAccount(action="accounts")
        return account.name

    def _change(self, name: str, by: Actor, reason: str | None = None, **values: object) -> None:
        with translated(), self._engine.begin() as connection:
            say_who(connection, by, reason)
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.name == name).values(**values))


def _account(row: Row[Any]) -> Account:
    roles = frozenset(Role(role) for role in row.roles)
    return Account(row.name, row.display, roles, row.demo, row.created_at, row.disabled_at, row.password_set_at)
