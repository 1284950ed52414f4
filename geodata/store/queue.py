"""The queue of work in the database: a job put in by the same transaction as what it is for, and what is still to be done."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from geodata.store.faults import translated
from layers.errors import Unavailable

SCHEMA = "onemap_jobs"
QUEUE = "loads"
PICTURES = "imagery"  # a queue of its own: a picture takes long, and no load waits for it
LOAD = "load_id"  # what a job is about, as its arguments name it

# The queue's own functions and triggers name each other without a schema.
_PATH = text("SELECT set_config('search_path', :path, true)")
_DEFER = text("SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, NULL, NULL, CAST(:args AS jsonb), NULL)::procrastinate_job_to_defer_v1])")
_AT_WORK = text(f"SELECT args->>:about FROM {SCHEMA}.procrastinate_jobs WHERE status IN ('todo', 'doing') AND args ? :about")


def defer(connection: Connection, task: str, of: UUID, *, about: str = LOAD, queue: str = QUEUE) -> None:
    """Put a job about something, a load or else, into a queue when this transaction commits. Raises Unavailable where there is no queue."""
    before = connection.scalar(text("SHOW search_path"))
    try:
        connection.execute(_PATH, {"path": f"{SCHEMA}, public"})
        connection.execute(_DEFER, {"queue": queue, "task": task, "args": json.dumps({about: str(of)})})
    except ProgrammingError as fault:
        raise Unavailable(part="worker") from fault
    connection.execute(_PATH, {"path": before})


def at_work(engine: Engine, about: str = LOAD) -> set[UUID]:
    """The loads, or what else, that a job is waiting or running for."""
    with translated(), engine.connect() as connection:
        return {UUID(one) for one in connection.scalars(_AT_WORK, {"about": about})}
