"""The installation a command works on: its home, and its database, running already or started for the command."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import settings
from geodata.store.cluster import Cluster, HomeInUse
from geodata.store.home import Home

if TYPE_CHECKING:
    from geodata.store.database import Database

PATIENCE_S = 120.0  # for a service that is starting, or another command, on the same home


class Installation:
    """`click`'s context object; commands get it with `@click.pass_obj`. Nothing is touched before it is asked for."""

    def __init__(self, home: Path | None = None) -> None:
        self._home = home

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """What the command line and the environment set. Raises UnknownSetting, BadSetting."""
        return settings.chosen(home=self._home)

    @property
    def home(self) -> Path:
        home: Path = self.chosen["home"]
        return home

    @cached_property
    def secret_key(self) -> str:
        key: str = self.chosen.get("secret_key") or Home(self.home).secrets["secret_key"]
        return key

    @contextmanager
    def database(self, *, migrated: bool = True, patience_s: float = PATIENCE_S) -> Iterator[Database]:
        """The database: that of ONEMAP_DATABASE_URL, of the running service, or one started for now; at the newest migration if `migrated`.

        Waits `patience_s` for a service that is starting, or another command, then raises HomeInUse.
        """
        from geodata.store.database import Database  # a second of imports that `--help` need not wait for

        with self._url(patience_s) as (url, ours):
            database = Database(url, self.secret_key, pool_size=4)
            try:
                if ours and migrated:
                    database.migrate()
                yield database
            finally:
                database.dispose()

    @contextmanager
    def _url(self, patience_s: float) -> Iterator[tuple[str, bool]]:
        """The URL, and whether nobody else has migrated it by now."""
        if "database_url" in self.chosen:
            yield self.chosen["database_url"], True
            return
        cluster = Cluster(self.home, say=_tell, what=f"onemap {' '.join(sys.argv[1:3])}")
        deadline = time.monotonic() + patience_s
        while True:
            try:
                url = cluster.start()
            except HomeInUse as held:
                if str(held.values["what"]).startswith(SERVING) and self._serves(cluster):
                    yield cluster.url, False
                    return
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                break
        try:
            yield url, True
        finally:
            cluster.stop()

    def _serves(self, cluster: Cluster) -> bool:
        """Whether the service that holds the home has its database ready and migrated."""
        return cluster.ready and bool(cluster.home.record.get("serving"))


SERVING = "onemap serve"


def _tell(line: str) -> None:
    click.echo(line, err=True)  # stdout is for what the command answers
