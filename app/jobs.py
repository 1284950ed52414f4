"""Work done behind the answers: a queue in the database (schema `onemap_jobs`) and the worker, `python -m app.jobs`."""

from __future__ import annotations

import asyncio
import ctypes
import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import procrastinate
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from app.command import load_work as loads
from app.command import pictures
from geodata.store.anchors import Anchors
from geodata.store.database import Database
from geodata.store.idempotency import forget
from geodata.store.metadata import LIVE_ROLE
from geodata.store.queue import PICTURES, QUEUE, SCHEMA
from geodata.store.spaces import LIVE
from geodata.store.tiles import keep_pyramids
from layers.errors import SpaceNotFound

if TYPE_CHECKING:
    from app.settings import Settings

PR_SET_DUMPABLE = 4  # <sys/prctl.h>
_LOCK = 0x6F6E656D6A6F  # "onemjo": one process makes the queue's tables
_STALLED_S = 30  # a worker says every 10 s that it lives
_GRACE_S = 3.0
_TRIES = 3  # of one job, whether its worker died or the database did not answer
ANCHOR_S = 60.0  # what is rewritten in the audit within this time, heads and all, is not found
log = logging.getLogger("onemap.jobs")


def prepare(database: Database) -> None:
    """Make the queue's tables where they are not there yet, in a schema of their own that the serving role may use."""
    with database.owner.connect() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.procrastinate_jobs"}) is None:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            connection.execute(text(f"SET LOCAL search_path TO {SCHEMA}, public"))
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute(SchemaManager.get_schema())
        for grant in (
            f"USAGE ON SCHEMA {SCHEMA}",
            f"SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA}",
            f"USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {SCHEMA}",
            f"EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA}",
        ):
            connection.execute(text(f"GRANT {grant} TO {LIVE_ROLE}"))
        connection.commit()


def worker_app(database: Database, home: Path) -> procrastinate.App:
    """The tasks on an asynchronous connection; the work itself is done in threads."""
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=database.conninfo(), kwargs=_settings(), min_size=1, max_size=6)
    )
    again = procrastinate.RetryStrategy(max_attempts=_TRIES - 1, wait=2)

    @app.task(name=loads.EXAMINE, queue=QUEUE, retry=again, pass_context=True)
    def examine_load(context: procrastinate.JobContext, load_id: str) -> None:
        loads.examine(database, home, UUID(load_id), last=_is_last(context))

    @app.task(name=loads.CARRY_OUT, queue=QUEUE, retry=again, pass_context=True)
    def carry_out_load(context: procrastinate.JobContext, load_id: str) -> None:
        record = loads.carry_out(database, home, UUID(load_id), last=_is_last(context))
        if record.state == "committed":
            with suppress(SpaceNotFound):  # a drill closed since
                keep_pyramids(database.space(record.space))

    @app.task(name=pictures.PLACE, queue=PICTURES)
    async def place_picture(placing_id: str) -> None:
        await pictures.carry_out(database, home, UUID(placing_id))

    @app.periodic(cron="* * * * *")
    @app.task(name="keep_pyramids", queue=QUEUE, queueing_lock="pyramids", pass_context=False)
    def keep_live_pyramids(timestamp: int) -> None:
        """After loads by the command line or by SQL; a tile asked for before does it itself."""
        keep_pyramids(database.space())

    @app.periodic(cron="*/5 * * * *")
    @app.task(name="sweep_loads", queue=QUEUE, queueing_lock="sweep", pass_context=False)
    def sweep_loads(timestamp: int) -> None:
        loads.sweep(database, home)
        pictures.sweep(database, home)

    @app.periodic(cron="7 * * * *")
    @app.task(name="forget_keys", queue=QUEUE, queueing_lock="keys", pass_context=False)
    def forget_keys(timestamp: int) -> None:
        forget_old_keys(database)

    @app.periodic(cron="* * * * *")
    @app.task(name="retry_stalled", queue=QUEUE, queueing_lock="stalled")
    async def retry_stalled(timestamp: int) -> None:
        await _retry_stalled(app)

    return app


async def _retry_stalled(app: procrastinate.App) -> None:
    """Give work of a worker that died to the next one; every task may be done twice."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_S):
        if job.attempts + 1 < _TRIES:
            await app.job_manager.retry_job(job)
        else:  # it takes every worker down with it: the sweep ends what it was for
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)


def _is_last(context: procrastinate.JobContext) -> bool:
    return context.job.attempts + 1 >= _TRIES


def forget_old_keys(database: Database) -> int:
    """Take old idempotency keys out of the live space and every open drill; how many there were."""
    gone = 0
    for space_id in (LIVE, *(one.id for one in database.drills())):
        try:
            space = database.space(space_id)
        except SpaceNotFound:  # ended since it was listed
            continue
        gone += forget(space.engine, space.tables)
    return gone


async def work(database: Database, home: Path, *, anchors: Anchors | None = None, wait: bool = True) -> None:
    """Work until told to stop; without `wait` until the queue is empty. The audit's heads go to `anchors` every minute."""
    app = worker_app(database, home)
    keeping = asyncio.create_task(_keep(anchors, database)) if anchors else None
    try:
        async with app.open_async():
            await _retry_stalled(app)
            beside = asyncio.create_task(_serve(app, PICTURES, wait=wait, signals=False))
            try:
                await _serve(app, QUEUE, wait=wait, signals=wait)
                if not wait:
                    await beside
            finally:
                beside.cancel()
                with suppress(asyncio.CancelledError):
                    await beside
    finally:
        if keeping:
            keeping.cancel()


async def _serve(app: procrastinate.App, queue: str, *, wait: bool, signals: bool) -> None:
    """One job of a queue after the other. Two queues have a worker each: a load does not wait for a picture."""
    await app.run_worker_async(
        queues=[queue],
        concurrency=1,
        wait=wait,
        shutdown_graceful_timeout=_GRACE_S,
        delete_jobs="successful",
        install_signal_handlers=signals,
        listen_notify=wait,
    )


async def _keep(anchors: Anchors, database: Database) -> None:
    """Beside the queue, which a long load holds up."""
    while True:
        try:
            await asyncio.to_thread(anchors.add, database.engine)
        except Exception:
            log.exception("the audit's heads were not written to %s", anchors.path)
        await asyncio.sleep(ANCHOR_S)


def _settings() -> dict[str, str]:
    return {"options": f"-c search_path={SCHEMA},public", "application_name": "onemap jobs"}


def main(chosen: Settings | None = None) -> None:
    """The worker of one installation, as the supervisor starts it (with its settings in the environment)."""
    from app import settings
    from app.command.settings_kept import note_settings

    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # a reader that a file took over finds no secret in our memory
    chosen = chosen or settings.read()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    database = Database(chosen.database_url, chosen.secret_key, pool_size=2)
    try:
        prepare(database)
        loads.sweep(database, chosen.home)
        pictures.sweep(database, chosen.home)
        note_settings(database, chosen)
        asyncio.run(work(database, chosen.home, anchors=Anchors(chosen.home, chosen.secret_key)))
    finally:
        database.dispose()


if __name__ == "__main__":
    main()
