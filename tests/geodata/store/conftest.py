"""What tests of the store share: a stock with its book, and the owner past all of our own code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import URL

from geodata.store.spaces import Space
from tests.geodata.store.shelf import Shelf


@pytest.fixture
def shelf(space: Space) -> Shelf:
    return Shelf(space)


@pytest.fixture
def psql(database_url: URL) -> Iterator[psycopg.Connection[Any]]:
    """The owner, past all of our own code."""
    with closing(psycopg.connect(database_url.set(drivername="postgresql").render_as_string(hide_password=False))) as connection:
        yield connection
