"""Who is asking: sign-in and sign-out, sessions, tokens, and the accounts of the demonstration."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from werkzeug.wrappers import Request

from app.problems import SignInLocked, SignInRefused
from app.settings import Settings
from geodata.store.accounts import Account, Accounts, PasswordRules, account_name
from geodata.store.anchors import Anchors
from geodata.store.attempts import Attempts
from geodata.store.audit import Audit
from geodata.store.database import Database
from geodata.store.sessions import Sessions, Tokens, secret_hash
from layers.spec import Actor, Role

SESSION_COOKIE = "onemap_session"
WALL_COOKIE = "onemap_wall"  # holds a viewer's token, on the browser of a wall
VISIT_COOKIE = "onemap_visit"  # ties the sign-in form to the browser it was given to
_OGC = re.compile(r"(/spaces/[^/]+)?/ogc(/|$)")
REMEMBERED_S = 0.5  # a credential is looked up at most this often per process; a revoked one lives this long at most


@dataclass(frozen=True)
class Credential:
    """What a request came with: the digest of a session's or token's secret. `wall`: a viewer's token in a wall's browser."""

    kind: Literal["session", "token", "wall"]
    hash: bytes
    csrf: str = ""


class People:
    """Accounts, sessions and tokens of one installation, as the web application uses them. Thread-safe."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._key = settings.secret_key.encode()
        rules = password_rules(settings)
        self.accounts = Accounts(database.engine, rules)
        idle, absolute = timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_absolute_hours)
        self.sessions = Sessions(database.engine, idle, absolute, timedelta(days=rules.age_days))
        self.tokens = Tokens(database.engine)
        self.audit = Audit(database.engine)
        self.anchors = Anchors(settings.home, settings.secret_key)
        self._attempts = Attempts(database.engine, settings.login_failures, timedelta(minutes=settings.login_lock_minutes))
        self._known: dict[Credential, tuple[float, Actor | None]] = {}
        self._lock = threading.Lock()

    def sign_in(self, name: str, password: str, address: str) -> tuple[Account, str]:
        """The account and a new session's secret. Raises SignInRefused, SignInLocked; neither says whether the name exists."""
        name = account_name(name)
        wait = self._attempts.begin(name, address)
        if wait is not None:
            raise SignInLocked(retry_after_s=math.ceil(wait.total_seconds()), minutes=math.ceil(wait.total_seconds() / 60))
        account = self.accounts.verified(name, password)
        if account is None:
            self._attempts.failed(name, address, known=self.accounts.exists(name))
            raise SignInRefused
        self._attempts.succeeded(name, address)
        return account, self.sessions.open(account.name, address, Actor(account.name, account.roles, address))

    def sign_out(self, credential: Credential, by: Actor) -> None:
        """End the session at once, here and in every other process."""
        self.sessions.end(credential.hash, by)
        with self._lock:
            self._known.pop(credential, None)

    def must_change_password(self, actor: Actor) -> bool:
        """Whether this person has no roles because the password is to be changed first."""
        return self.accounts.exists(actor.name) and self.accounts.is_old(self.accounts.get(actor.name))

    def forget(self) -> None:
        """Look every credential up anew, here and at once; other processes do within half a second."""
        with self._lock:
            self._known.clear()

    def actor(self, credential: Credential, *, use: bool = True) -> Actor | None:
        """Who the credential stands for now, or None."""
        now = time.monotonic()
        known = self._known.get(credential)
        if known and now - known[0] < REMEMBERED_S:
            return known[1]
        kept: Callable[..., Actor | None] = self.sessions.actor if credential.kind == "session" else self.tokens.actor
        actor = kept(credential.hash, use=use)
        if credential.kind == "wall" and actor and actor.roles != {Role.VIEWER}:
            actor = None  # a wall hangs where everybody looks: no other token opens it
        with self._lock:
            if len(self._known) > 10_000:  # made-up credentials must not fill the memory
                self._known.clear()
            self._known[credential] = (now, actor)
        return actor

    def alive(self, credentials: Iterable[Credential]) -> frozenset[Credential]:
        """Those that still stand for someone, asked in one query per kind."""
        asked = set(credentials)
        found: set[bytes] = set()
        for kinds, store in ((("session",), self.sessions), (("token", "wall"), self.tokens)):
            hashes = [one.hash for one in asked if one.kind in kinds]
            if hashes:
                found |= store.alive(hashes)
        return frozenset(one for one in asked if one.hash in found)

    def credential(self, request: Request) -> Credential | None:
        """What the request came with, unchecked. A bearer token goes before a session, that before a password of a program, that before a wall's token."""
        authorization = request.authorization
        if authorization and authorization.type == "bearer" and authorization.token:
            return Credential("token", secret_hash(authorization.token))
        secret = request.cookies.get(SESSION_COOKIE)
        if secret:
            return Credential("session", secret_hash(secret), self.csrf(secret))
        password = _program_password(request)
        if password:
            return Credential("token", secret_hash(password))
        wall = request.cookies.get(WALL_COOKIE)
        return Credential("wall", secret_hash(wall)) if wall else None

    def wall(self, token: str) -> Credential | None:
        """The credential of a wall that shows this token, or None where it opens none."""
        credential = Credential("wall", secret_hash(token))
        return credential if self.actor(credential) else None

    def csrf(self, secret: str) -> str:
        """The token that a page of this session, or of this visit, sends with its writes."""
        return hmac.new(self._key, f"csrf {secret}".encode(), hashlib.sha256).hexdigest()


def _program_password(request: Request) -> str | None:
    """The token that a program which knows only names and passwords (ArcGIS Pro) sends as the password.

    It only reads OGC API by it: a browser that once learned a password sends it along with anybody's form.
    """
    given = request.authorization
    if given is None or given.type != "basic" or request.method not in ("GET", "HEAD", "OPTIONS") or not _OGC.match(request.path):
        return None
    return given.password


def password_rules(settings: Settings) -> PasswordRules:
    """What the settings ask of a password."""
    return PasswordRules(settings.password_length, settings.password_classes, settings.password_history, settings.password_age_days)


def new_password() -> str:
    """Twelve letters and digits that read well over the phone: 59 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))
