"""Faults of the database turned into our named errors; nothing above this room sees a driver's exception."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geodata.store.value_checks import field_of
from layers.entries import refused
from layers.errors import Conflict, InvalidInput, Problem, SpaceNotFound, TooMany, Unavailable

_OF_A_LEDGER = "OM001"  # what `ledger.sql` raises; its detail says which refusal


@contextmanager
def translated(drill: str | None = None) -> Iterator[None]:
    """Raise Conflict, InvalidInput or Unavailable for what PostgreSQL refuses, with no SQL in the words.

    With the id of a drill whose schema is asked: SpaceNotFound when that is gone, for then the drill was just closed.
    A mistake of ours, or a right that is not there, stays as it is: it must not look like an outage.
    """
    try:
        yield
    except PoolTimeout as fault:
        raise Unavailable(part="database") from fault
    except (DBAPIError, pg.Error) as fault:  # the driver's own where rows are sent by COPY
        cause = fault.orig if isinstance(fault, DBAPIError) else fault
        if isinstance(cause, pg.IntegrityError):
            raise _integrity(cause) from fault
        if isinstance(cause, pg.ProgrammingError):
            if drill is not None and isinstance(cause, (pg.UndefinedTable, pg.InvalidSchemaName)):
                raise SpaceNotFound(space=drill) from fault
            raise
        raise _other(cause) from fault


def _integrity(cause: pg.IntegrityError) -> Exception:
    constraint = cause.diag.constraint_name or ""
    column = cause.diag.column_name
    if isinstance(cause, (pg.UniqueViolation, pg.ForeignKeyViolation)):
        return Conflict(what=_quoted(cause.diag.message_detail) or constraint)
    if isinstance(cause, pg.NotNullViolation):
        return InvalidInput(problems=[Problem("/geometry" if column == "geom" else f"/properties/{column}", "required", {"field": column})])
    if constraint.endswith("_geometry"):
        return InvalidInput(problems=[Problem("/geometry", "geometry-refused", {"reason": constraint})])
    field = field_of(constraint, cause.diag.table_name or "")
    return InvalidInput(problems=[Problem(f"/properties/{field}" if field else "", "value-refused", {"constraint": constraint})])


def _other(cause: BaseException | None) -> Exception:
    diag = getattr(cause, "diag", None)
    if diag is not None and diag.sqlstate == _OF_A_LEDGER and diag.message_detail:
        said = json.loads(diag.message_detail)
        return refused(said["code"], said["field"], said["values"])
    if isinstance(cause, pg.QueryCanceled):
        return Unavailable(part="database", reason="statement-timeout")
    if isinstance(cause, (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)):
        return TooMany(retry_after_s=1, reason="lock")
    if isinstance(cause, (pg.DataError, pg.InternalError)):
        return InvalidInput(problems=[Problem("", "value-refused", {"constraint": cause.__class__.__name__})])
    return Unavailable(part="database", reason=cause.__class__.__name__)


def _quoted(detail: str | None) -> str:
    """`Key (code)=(A1) already exists.` -> `code = A1`."""
    if not detail or "=(" not in detail:
        return ""
    name, _, rest = detail.removeprefix("Key (").partition(")=(")
    return f"{name} = {rest.rpartition(')')[0]}"
