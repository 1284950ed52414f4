"""Values as PostgreSQL's COPY reads them in its text form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg import BaseConnection
from psycopg.adapt import PyFormat, Transformer

NULL = b"\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})


def copy_text(connection: BaseConnection[Any]) -> Callable[[Any], bytes]:
    """What writes a value for COPY on this connection, by psycopg's own adapters; None is NULL."""
    adapters = Transformer(connection)

    def written(value: Any) -> bytes:
        if value is None:
            return NULL
        if value.__class__ is str:
            text = value
        else:
            dumped = adapters.get_dumper(value, PyFormat.TEXT).dump(value)
            if dumped is None:
                return NULL
            text = bytes(dumped).decode()
        return text.translate(_ESCAPES).encode()

    return written
