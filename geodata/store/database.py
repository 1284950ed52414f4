"""One PostGIS database: its engines by role, its migrations, its spaces."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from geodata.store import migration, past
from geodata.store.changes import Standing
from geodata.store.drills import Drills, Opening
from geodata.store.metadata import DRILL_ROLE, LIVE_ROLE
from geodata.store.pulse import Pulse
from geodata.store.spaces import LIVE, PAST_PREFIX, Space, SpaceRecord
from layers.catalogue import CATALOGUE
from layers.collection import Catalogue
from layers.errors import SpaceNotFound
from layers.spec import Actor

STATEMENT_TIMEOUT_MS = 5_000  # a question that takes longer is refused rather than hung; bulk work raises it for itself
LOCK_TIMEOUT_MS = 2_000


class Database:
    """The store of one installation.

    `url` is that of the role that owns the schemas. The live and drill roles log in with passwords derived from
    `secret`, so that every process of the installation knows them and none is written down. Thread-safe.
    """

    def __init__(self, url: str, secret: str, *, catalogue: Catalogue = CATALOGUE, pool_size: int = 10) -> None:
        self.catalogue = catalogue
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._secret = secret
        self._pool_size = pool_size
        self._lock = threading.Lock()
        self._spaces: dict[str, Space] = {}
        self._pasts: dict[str, Space] = {}
        self.owner = self._engine(None, pool_size=2)
        self.engine = self._engine(LIVE_ROLE, pool_size=pool_size)
        self.drill_engine = self._engine(DRILL_ROLE, pool_size=max(2, pool_size // 2))
        self.pulse, self.drill_pulse = Pulse(self.conninfo(LIVE_ROLE)), Pulse(self.conninfo(DRILL_ROLE))
        self._drills = Drills(self)

    def password(self, role: str) -> str:
        """The password of one of our database roles: HMAC-SHA-256 of its name under the installation's secret."""
        return hmac.new(self._secret.encode(), f"database role {role}".encode(), hashlib.sha256).hexdigest()

    def conninfo(self, role: str = LIVE_ROLE) -> str:
        """A libpq connection string for parts that talk to PostgreSQL without SQLAlchemy (listener, job queue)."""
        url = self._role_url(role).set(drivername="postgresql")
        return url.render_as_string(hide_password=False)

    def _role_url(self, role: str | None) -> Any:
        return self._url if role is None else self._url.set(username=role, password=self.password(role))

    def _engine(self, role: str | None, *, pool_size: int) -> Engine:
        timeouts = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}" if role else ""
        options = f"{timeouts} -c idle_in_transaction_session_timeout=30000 -c timezone=UTC -c jit=off -c search_path=public"
        connect: Mapping[str, Any] = {"options": options, "connect_timeout": 2, "application_name": f"onemap {role or 'owner'}"}
        return create_engine(self._role_url(role), connect_args=dict(connect), pool_pre_ping=True,
                             pool_size=pool_size, max_overflow=pool_size, pool_timeout=2)

    def migrate(self) -> None:
        """Bring the database to this version: one process at a time, forward only; run-time layers keep their tables."""
        migration.run(self)

    def ready(self) -> bool:
        """Whether the database answers now, as the role that serves."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def space(self, space_id: str = LIVE) -> Space:
        """The live space, an open drill, or a past moment of live, with its catalogue as of now (or then). Raises SpaceNotFound, InvalidInput."""
        return self.standing(space_id)[0]

    def standing(self, space_id: str = LIVE) -> tuple[Space, Standing]:
        """The space as `space` gives it, and where its layers stood when it was looked at for that: who asks at once need not look again."""
        if space_id.startswith(PAST_PREFIX):
            return self._past(space_id)
        space = self._spaces.get(space_id)
        if space is not None and space.is_drill and self.pulse.as_of(space_id) != space.record.as_of:
            self._let_go(space_id, space)  # another process may have closed it, or reset it
            space = None
        if space is None:
            space = self._open(space_id)
        return space, space.versions()

    def _open(self, space_id: str) -> Space:
        record = SpaceRecord.live() if space_id == LIVE else self._drills.record(space_id)
        engine, pulse = (self.drill_engine, self.drill_pulse) if record.is_drill else (self.engine, self.pulse)
        space = Space(record, engine, self.owner, self.catalogue, pulse)
        with self._lock:
            return self._spaces.setdefault(space_id, space)

    def _past(self, space_id: str) -> tuple[Space, Standing]:
        """A copy that was dropped for others is made again."""
        space = self._pasts.get(space_id)
        with suppress(SpaceNotFound):
            if space is not None:
                return space, space.versions()
        record = past.record_of(space_id)
        past.ensure(self, record)
        space = Space(record, self.drill_engine, self.owner, self.catalogue, self.drill_pulse)
        standing = space.versions()
        with self._lock:
            self._pasts[space_id] = space
            while len(self._pasts) > past.MOST_KEPT:
                del self._pasts[next(iter(self._pasts))]
        return space, standing

    def _let_go(self, space_id: str, space: Space | None = None) -> None:
        """Forget a space as it was; with `space` only if it is still that one and not one opened since."""
        with self._lock:
            if space is None or self._spaces.get(space_id) is space:
                self._spaces.pop(space_id, None)

    def drills(self, *, closed: bool = False) -> list[SpaceRecord]:
        """Open drills, newest first; with `closed` also those that have ended."""
        return self._drills.all(closed=closed)

    def open_drill(self, name: str, actor: Actor) -> SpaceRecord:
        """A sealed copy of the live space as of now. Raises Forbidden, InvalidInput."""
        return self._drills.open(name, actor)

    def opening_drill(self, actor: Actor) -> AbstractContextManager[Opening]:
        """The same as a transaction of its own, for who asks under a key. Raises Forbidden."""
        return self._drills.opening(actor)

    def reset_drill(self, drill_id: str, actor: Actor) -> SpaceRecord:
        """Throw away what was done in a drill and copy the live space anew."""
        self._let_go(drill_id)
        return self._drills.reset(drill_id, actor)

    def close_drill(self, drill_id: str, actor: Actor) -> SpaceRecord:
        """End a drill and drop its copy; its record stays."""
        self._let_go(drill_id)
        return self._drills.close(drill_id, actor)

    def dispose(self) -> None:
        """Close every kept connection."""
        for pulse in (self.pulse, self.drill_pulse):
            pulse.close()
        for engine in (self.owner, self.engine, self.drill_engine):
            engine.dispose()
