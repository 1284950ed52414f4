"""The pulse says where every layer stands as of now, and outlives a cut connection."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from shapely import Point
from sqlalchemy import text

from geodata.store.database import Database
from geodata.store.pulse import Pulse
from geodata.store.spaces import Space
from layers.errors import SpaceNotFound, Unavailable
from tests.geodata.store.test_features import put, shelter


def test_it_says_what_the_space_says_after_every_commit(database: Database, space: Space) -> None:
    pulse = Pulse(database.conninfo())
    for step in range(3):
        put(space, shelter(f"S{step}"), Point(109.8, 40.6))
        said = pulse.versions(space.schema)
        assert {layer: said[layer] for layer in space.catalogue} == space.versions() and said["shelters"].version == step + 1
    pulse.close()


def test_connections_cut_while_idle_are_replaced(database: Database, space: Space) -> None:
    pulse = Pulse(database.conninfo())
    before = pulse.versions(space.schema)
    with database.owner.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'onemap pulse' AND datname = current_database()"))
    time.sleep(0.1)
    assert pulse.versions(space.schema) == before
    pulse.close()


def test_more_who_ask_at_once_than_there_are_connections_take_turns(database: Database, space: Space) -> None:
    pulse = Pulse(database.conninfo())
    with ThreadPoolExecutor(8) as pool:  # few enough that a turn comes in time on a busy machine too
        said = list(pool.map(lambda _: pulse.versions(space.schema), range(60)))
    with database.owner.connect() as connection:
        opened = connection.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'onemap pulse' AND datname = current_database()"))
    assert all(one == said[0] for one in said) and 0 < (opened or 0) <= 2 * 4  # the database's own pulse has as many
    pulse.close()


def test_who_waits_too_long_for_a_locked_space_is_told_once(database: Database, space: Space) -> None:
    pulse = Pulse(database.conninfo())
    pulse.versions(space.schema)
    with database.owner.begin() as connection:
        connection.execute(text("LOCK TABLE onemap.layer_state IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        with pytest.raises(Unavailable):
            pulse.versions(space.schema)
        assert time.monotonic() - began < 3.5  # not once for every connection kept
    assert pulse.versions(space.schema)
    pulse.close()


def test_a_schema_that_is_gone_and_a_database_that_is_gone_are_named(database: Database) -> None:
    pulse = Pulse(database.conninfo())
    with pytest.raises(SpaceNotFound):
        pulse.versions("no_such_space")
    assert pulse.as_of("no_such_drill") is None
    with pytest.raises(Unavailable):
        Pulse("host=/nowhere dbname=none").versions("onemap")
    pulse.close()
