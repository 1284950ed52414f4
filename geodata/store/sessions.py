"""Sessions of browsers and tokens of programs; the database knows only their SHA-256, so a stolen table opens nothing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    FromClause,
    Index,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from geodata.store.accounts import ACCOUNT, EXCLUSIVE, SERVER, checked_roles
from geodata.store.acting import say_who
from geodata.store.faults import translated
from geodata.store.metadata import CONTROL
from layers.errors import Conflict, NotFound
from layers.messages import Sentence, declare
from layers.spec import DEFAULT_ACCESS, Action, Actor, Label, Role

TOKEN_PREFIX = "om_"  # lets a secret scanner recognise a leaked token
OF_ACCOUNT = "account:"  # begins `created_by` of a person's own token; no account's name has a colon
MOST_OWN = 20  # living tokens of one person: each is a program somebody remembers
TOUCH_AFTER = timedelta(seconds=30)  # last use is written at most this often: reading the map should not write a row each time
KEEP_ENDED = timedelta(days=1)

SESSION = Table(
    "session",
    CONTROL,
    Column("hash", LargeBinary, primary_key=True),
    Column("account", Text, ForeignKey(ACCOUNT.c.name), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("used_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("address", Text, nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Index("ix_session_account", "account"),
)

API_TOKEN = Table(
    "api_token",
    CONTROL,
    Column("hash", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("roles", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("created_by", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint(EXCLUSIVE, name="administrators_exclusive"),
)

declare({
    "session-not-found": Sentence(Label("没有这个会话，或已结束", "There is no such session, or it has ended"), Label("刷新会话列表", "Look at the list again")),
    "token-not-found": Sentence(Label("没有令牌「{name}」", "There is no token “{name}”"), Label("用 onemap token list 查看", "See onemap token list"), Label("刷新令牌列表", "Look at the list again")),
    "token-name-taken": Sentence(Label("名称「{name}」用过了", "The name “{name}” was used before"), Label("换一个名称，好在历史里分得清", "Choose another, so that the history tells them apart")),
    "too-many-tokens": Sentence(Label("你已有 {most} 个可用的令牌", "You have {most} living tokens"), Label("先吊销不用的", "Revoke those that nobody uses")),
})


class TokenNotFound(NotFound):
    """There is no token of that name."""

    code = "token-not-found"


class TokenNameTaken(Conflict):
    """This person's token of that name is or was there."""

    code = "token-name-taken"


class TooManyTokens(Conflict):
    """One person's living tokens are as many as may be."""

    code = "too-many-tokens"


class SessionNotFound(NotFound):
    """There is no living session of that id."""

    code = "session-not-found"


@dataclass(frozen=True)
class SessionRecord:
    """A living session as it is listed; `id` is the beginning of its digest and opens nothing."""

    id: str
    account: str
    opened_at: datetime
    used_at: datetime
    address: str


@dataclass(frozen=True)
class Token:
    """A program's token as its administrator sees it, without the secret."""

    name: str
    roles: frozenset[Role]
    created_at: datetime
    created_by: str
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def may_give(roles: frozenset[Role]) -> frozenset[Role]:
    """What a person of these roles may let a program do: what the person may, or only look on. Administrators nothing: they act themselves."""
    readers = DEFAULT_ACCESS[Action.READ]
    return (roles & readers) | {Role.VIEWER} if roles & readers else frozenset()


def secret_hash(secret: str) -> bytes:
    """What the tables keep. The secrets have 256 random bits, so a plain digest is enough."""
    return hashlib.sha256(secret.encode()).digest()


_ID_DIGITS = 16


def session_id(session: bytes) -> str:
    """The name under which a session is listed and ended."""
    return session.hex()[:_ID_DIGITS]


class Sessions:
    """Open, look up and end. A session ends by sign-out, `idle` without use, `absolute` after opening, or its account."""

    def __init__(self, engine: Engine, idle: timedelta, absolute: timedelta, password_age: timedelta = timedelta()) -> None:
        self._engine = engine
        self._idle, self._absolute, self._password_age = idle, absolute, password_age

    def open(self, account: str, address: str, by: Actor | None = None) -> str:
        """A new session's secret. Old ended ones are swept on the way."""
        secret = secrets.token_urlsafe(32)
        with translated(), self._engine.begin() as connection:
            say_who(connection, by or Actor(account, frozenset(), address))
            connection.execute(delete(SESSION).where(SESSION.c.opened_at < func.now() - self._absolute - KEEP_ENDED))
            connection.execute(insert(SESSION).values(hash=secret_hash(secret), account=account, address=address[:64]))
        return secret

    def actor(self, session: bytes, *, use: bool = True) -> Actor | None:
        """Who the living session belongs to, with the roles of this moment; `use` counts as activity.

        Who must change the password first has no roles until then.
        """
        question = select(ACCOUNT.c.name, ACCOUNT.c.roles, self._password_old().label("old"), (SESSION.c.used_at < func.now() - TOUCH_AFTER).label("touch"))
        question = question.join_from(SESSION, ACCOUNT).where(SESSION.c.hash == session, self._alive())
        with translated(), self._engine.connect() as connection:
            row = connection.execute(question).one_or_none()
            if row is None:
                return None
            if use and row.touch:
                connection.execute(update(SESSION).where(SESSION.c.hash == session).values(used_at=func.now()))
                connection.commit()
        return Actor(row.name, frozenset() if row.old else frozenset(Role(role) for role in row.roles))

    def alive(self, sessions: Iterable[bytes]) -> frozenset[bytes]:
        """Those of the sessions that still live; asking is not using them."""
        question = select(SESSION.c.hash).join_from(SESSION, ACCOUNT).where(SESSION.c.hash.in_(list(sessions)), self._alive())
        with translated(), self._engine.connect() as connection:
            return frozenset(bytes(one) for one in connection.scalars(question))

    def all(self, account: str | None = None) -> list[SessionRecord]:
        """Living sessions, of one account or of all, the last used first."""
        question = select(SESSION).join_from(SESSION, ACCOUNT).where(self._alive()).order_by(SESSION.c.used_at.desc(), SESSION.c.hash)
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(question if account is None else question.where(SESSION.c.account == account)).all()
        return [SessionRecord(session_id(bytes(row.hash)), row.account, row.opened_at, row.used_at, row.address) for row in rows]

    def end(self, session: bytes, by: Actor = SERVER) -> None:
        """Sign out."""
        self._revoke(SESSION.c.hash == session, by, "sign-out")

    def end_one(self, listed: str, by: Actor, *, account: str | None = None, reason: str | None = None) -> None:
        """End the living session of that id, if it is of `account` where one is given. Raises SessionNotFound."""
        which = func.left(func.encode(SESSION.c.hash, "hex"), _ID_DIGITS) == listed
        if not self._revoke(which if account is None else and_(which, SESSION.c.account == account), by, reason):
            raise SessionNotFound(id=listed)

    def end_all(self, account: str, by: Actor = SERVER, *, but: bytes | None = None, reason: str | None = None) -> int:
        """End every session of an account (`but` this one); how many lived."""
        which = SESSION.c.account == account
        return self._revoke(which if but is None else and_(which, SESSION.c.hash != but), by, reason)

    def _revoke(self, which: ColumnElement[bool], by: Actor, reason: str | None) -> int:
        with translated(), self._engine.begin() as connection:
            say_who(connection, by, reason)
            done = connection.execute(update(SESSION).where(which, SESSION.c.revoked_at.is_(None)).values(revoked_at=func.now()))
            return done.rowcount

    def _password_old(self) -> ColumnElement[bool]:
        set_at = ACCOUNT.c.password_set_at
        if not self._password_age:
            return set_at.is_(None)
        return or_(set_at.is_(None), and_(~ACCOUNT.c.demo, set_at < func.now() - self._password_age))

    def _alive(self) -> ColumnElement[bool]:
        return and_(
            SESSION.c.revoked_at.is_(None),
            ACCOUNT.c.disabled_at.is_(None),
            SESSION.c.used_at > func.now() - self._idle,
            SESSION.c.opened_at > func.now() - self._absolute,
        )


class Tokens:
    """Tokens of programs. Their actor is `token:<name>`, so history tells them from people.

    A person's own is called `<name>@<account>` and may at no time do more than its person: it is dead while the account is locked.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, name: str, roles: frozenset[Role], by: str | Actor, lasts: timedelta) -> str:
        """The new token's secret, told once."""
        who = by if isinstance(by, Actor) else Actor(by, frozenset())
        with translated(), self._engine.begin() as connection:
            say_who(connection, who)
            return self._insert(connection, name, roles, who.name, lasts)

    def create_own(self, label: str, roles: frozenset[Role], by: Actor, lasts: timedelta) -> tuple[Token, str]:
        """A token of a person's own, and its secret, told once. Raises TokenNameTaken, TooManyTokens."""
        name = f"{label}@{by.name}"
        with translated(), self._engine.begin() as connection:
            say_who(connection, by)
            connection.execute(select(ACCOUNT.c.name).where(ACCOUNT.c.name == by.name).with_for_update())  # two presses at once are counted one after the other
            living = select(func.count()).select_from(API_TOKEN).where(API_TOKEN.c.created_by == OF_ACCOUNT + by.name, self._unended())
            if connection.execute(living).scalar_one() >= MOST_OWN:
                raise TooManyTokens(most=MOST_OWN, what=name)
            if connection.scalar(select(API_TOKEN.c.name).where(API_TOKEN.c.name == name)):
                raise TokenNameTaken(name=label, what=name)
            secret = self._insert(connection, name, roles, OF_ACCOUNT + by.name, lasts)
            row = connection.execute(select(API_TOKEN).where(API_TOKEN.c.name == name)).one()
        return _token(row), secret

    def _insert(self, connection: Connection, name: str, roles: frozenset[Role], created_by: str, lasts: timedelta) -> str:
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        row = {"hash": secret_hash(secret), "name": name, "roles": checked_roles(roles), "created_by": created_by, "expires_at": func.now() + lasts}
        connection.execute(insert(API_TOKEN).values(**row))
        return secret

    def actor(self, token: bytes, *, use: bool = True) -> Actor | None:
        """Who the living token stands for."""
        old = or_(API_TOKEN.c.used_at.is_(None), API_TOKEN.c.used_at < func.now() - TOUCH_AFTER)
        question = select(API_TOKEN.c.name, API_TOKEN.c.roles, ACCOUNT.c.roles.label("of_person"), old.label("touch")).select_from(self._with_person()).where(API_TOKEN.c.hash == token, self._alive())
        with translated(), self._engine.connect() as connection:
            row = connection.execute(question).one_or_none()
            if row is None:
                return None
            if use and row.touch:
                connection.execute(update(API_TOKEN).where(API_TOKEN.c.hash == token).values(used_at=func.now()))
                connection.commit()
        roles = frozenset(map(Role, row.roles))
        return Actor(f"token:{row.name}", roles if row.of_person is None else roles & may_give(frozenset(map(Role, row.of_person))))

    def alive(self, tokens: Iterable[bytes]) -> frozenset[bytes]:
        """Those of the tokens that still live."""
        with translated(), self._engine.connect() as connection:
            question = select(API_TOKEN.c.hash).select_from(self._with_person()).where(API_TOKEN.c.hash.in_(list(tokens)), self._alive())
            return frozenset(bytes(one) for one in connection.scalars(question))

    def all(self, account: str | None = None) -> list[Token]:
        """Every token by name, the ended too; or those of one person, the newest first."""
        question = select(API_TOKEN).order_by(API_TOKEN.c.name) if account is None else select(API_TOKEN).where(API_TOKEN.c.created_by == OF_ACCOUNT + account).order_by(API_TOKEN.c.created_at.desc(), API_TOKEN.c.name)
        with translated(), self._engine.connect() as connection:
            return [_token(row) for row in connection.execute(question)]

    def revoke(self, name: str, by: Actor = SERVER, reason: str | None = None, *, account: str | None = None) -> None:
        """End a token at once, if it is of `account` where one is given. Raises TokenNotFound."""
        which = API_TOKEN.c.name == name
        with translated(), self._engine.begin() as connection:
            say_who(connection, by, reason)
            done = connection.execute(update(API_TOKEN).where(which if account is None else and_(which, API_TOKEN.c.created_by == OF_ACCOUNT + account)).values(revoked_at=func.coalesce(API_TOKEN.c.revoked_at, func.now())))
        if not done.rowcount:
            raise TokenNotFound(name=name[:64])

    def _with_person(self) -> FromClause:
        return API_TOKEN.outerjoin(ACCOUNT, API_TOKEN.c.created_by == OF_ACCOUNT + ACCOUNT.c.name)

    def _unended(self) -> ColumnElement[bool]:
        return and_(API_TOKEN.c.revoked_at.is_(None), API_TOKEN.c.expires_at > func.now())

    def _alive(self) -> ColumnElement[bool]:
        return and_(self._unended(), ACCOUNT.c.disabled_at.is_(None), or_(~API_TOKEN.c.created_by.startswith(OF_ACCOUNT), ACCOUNT.c.name.is_not(None)))


def _token(row: Row[Any]) -> Token:
    return Token(row.name, frozenset(Role(one) for one in row.roles), row.created_at, row.created_by, row.expires_at, row.used_at, row.revoked_at)
