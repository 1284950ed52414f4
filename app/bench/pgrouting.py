"""pgRouting as a peer: put into a bench's or a test's own database where it is installed, with a road graph of ours as its table."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
from sqlalchemy import text

from geodata.queries.roads.graph import RoadGraph
from geodata.queries.roads.profile import Costs
from geodata.store.cluster import SUPERUSER
from geodata.store.database import Database


def put_in(database: Database) -> str | None:
    """Make the extension in the database; why it cannot be, or None when it is there."""
    with database.owner.connect() as connection:
        if not connection.scalar(text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pgrouting'")):
            major = str(connection.scalar(text("SHOW server_version"))).split(".")[0]
            return f"pgRouting is not installed: apt-get install postgresql-{major}-pgrouting"
    url = database.owner.url
    folder = Path(str(url.query.get("host") or url.host or ""))
    if not folder.is_dir():
        return "pgRouting wants a superuser: the database is not a private cluster"
    owner = folder.stat().st_uid  # only the system user that owns the private cluster may be its superuser
    made = subprocess.run(["psql", "-X", "-q", "-h", str(folder), "-U", SUPERUSER, "-d", str(url.database), "-c", "CREATE EXTENSION IF NOT EXISTS pgrouting"],
                          capture_output=True, text=True, cwd="/", check=False, **({"user": owner} if os.getuid() != owner else {}))  # type: ignore[call-overload]
    return made.stderr.strip()[-300:] or "psql failed" if made.returncode else None


def as_edges(database: Database, graph: RoadGraph, costs: Costs) -> None:
    """A table `edges` (id, source, target, cost, reverse_cost) of the graph with the costs of a profile; -1 is no way."""
    told = [np.where(np.isfinite(one), one, -1.0) for one in (costs.along_s, costs.against_s)]
    with database.owner.begin() as connection:
        connection.execute(text("CREATE TABLE edges (id int PRIMARY KEY, source int, target int, cost float8, reverse_cost float8)"))
        cursor = connection.connection.cursor()
        with cursor.copy("COPY edges FROM STDIN") as copy:
            for row in zip(range(len(graph)), graph.start.tolist(), graph.end.tolist(), told[0].tolist(), told[1].tolist(), strict=True):
                copy.write_row(row)
        connection.execute(text("CREATE INDEX ON edges (source)"))
        connection.execute(text("CREATE INDEX ON edges (target)"))
        connection.execute(text("ANALYZE edges"))
