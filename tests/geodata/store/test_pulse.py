"""The pulse says where every layer stands as of now, and outlives a cut connection."""

from __future__ import annotations

import time

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


def test_a_schema_that_is_gone_and_a_database_that_is_gone_are_named(database: Database) -> None:
    pulse = Pulse(database.conninfo())
    with pytest.raises(SpaceNotFound):
        pulse.versions("no_such_space")
    with pytest.raises(Unavailable):
        Pulse("host=/nowhere dbname=none").versions("onemap")
    pulse.close()
