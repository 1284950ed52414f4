"""CQL2 text against a twin in Python, and what must be refused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from geoalchemy2 import Geometry
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    MetaData,
    Table,
    Text,
    Uuid,
    select,
    text,
)

from geodata.store.cql2 import UnknownName, Unreadable, where
from geodata.store.database import Database

TABLE = Table("t", MetaData(), Column("id", Uuid), Column("r", BigInteger), Column("share", Double), Column("name", Text), Column("open", Boolean),
              Column("since", Date), Column("at", DateTime(timezone=True)), Column("tags", ARRAY(Text)), Column("geom", Geometry(srid=4490)))
ROWS = """VALUES
 ('018f0000-0000-7000-8000-000000000001'::uuid, 1::bigint, 0.5::float, '甲'::text, true, date '2024-01-01', timestamptz '2024-01-01 00:00Z', array['a'], 'SRID=4490;POINT(109 40)'::geometry),
 ('018f0000-0000-7000-8000-000000000002', 2, 1.5, 'O''Neil', false, '2024-01-02', '2024-01-02 12:00Z', null, 'SRID=4490;POINT(110 40)'),
 ('018f0000-0000-7000-8000-000000000003', 3, null, 'a%c', null, null, null, null, 'SRID=4490;POINT(109.5 40.5)'),
 ('018f0000-0000-7000-8000-000000000004', 4, -2.5, 'ABC', true, '2023-12-31', '2023-12-31 23:59Z', array['a','b'], 'SRID=4490;POINT(0 0)'),
 ('018f0000-0000-7000-8000-000000000005', 5, 1e10, null, true, '2024-01-01', '2024-01-01 08:00+08', null, 'SRID=4490;POINT(109 41)')"""


@pytest.fixture
def found(database: Database) -> Any:
    """`found(filter)`: the values of r of the rows that meet it."""
    with database.owner.connect() as connection:
        connection.execute(text(f"CREATE TEMP TABLE t AS SELECT * FROM ({ROWS}) v (id, r, share, name, open, since, at, tags, geom)"))
        yield lambda filter_text: list(connection.scalars(select(TABLE.c.r).where(where(filter_text, TABLE.c)).order_by(TABLE.c.r)))


def test_each_form_of_condition_chooses_its_rows(found: Callable[[str], list[int]]) -> None:
    expected = {
        "r = 1": [1], "2 < r": [3, 4, 5], "r <> 3": [1, 2, 4, 5], "r > 3.5": [4, 5], "r >= 4.000001": [5], "share < -2": [4], "share = 1e10": [5],
        "name = 'O''Neil'": [2], "name LIKE 'a\\%c'": [3], "name LIKE 'A%'": [4], "CASEI(name) LIKE CASEI('A%')": [3, 4], "name NOT LIKE '%N%'": [1, 3, 4],
        "open": [1, 4, 5], "open = FALSE": [2], "NOT open": [2], "open IS NULL": [3], "name IS NOT NULL AND open": [1, 4], "r IN (5, 1, 9)": [1, 5],
        "name NOT IN ('甲', 'ABC')": [2, 3], "r BETWEEN 2 AND 3": [2, 3], "r NOT BETWEEN 2 AND 4": [1, 5], "since = DATE('2024-01-01')": [1, 5],
        "since > '2023-12-31'": [1, 2, 5], "at > TIMESTAMP('2024-01-01T00:00:00Z')": [2], "at = TIMESTAMP('2024-01-01T08:00:00+08:00')": [1, 5],
        "at >= DATE('2024-01-02')": [2], "id = '018F0000-0000-7000-8000-000000000004'": [4], '"r" = 2': [2], "TRUE": [1, 2, 3, 4, 5], "FALSE OR r=1": [1],
        "S_INTERSECTS(geom, POLYGON((108 39, 110 39, 110 40, 108 40, 108 39)))": [1, 2], "S_WITHIN(geom, BBOX(108,39,109.9,42)) AND r > 1": [3, 5],
        "S_DISJOINT(geom, POINT(0 0))": [1, 2, 3, 5], "S_EQUALS(POINT(109 41), geom)": [5],
    }
    assert {one: found(one) for one in expected} == expected


def test_and_binds_before_or_and_not_before_both(found: Callable[[str], list[int]]) -> None:
    # The parser this replaced read them from left to right: (r = 1 OR r = 2) AND open.
    assert found("r = 2 OR r = 1 AND open") == [1, 2]
    assert found("r = 1 AND open OR r = 2") == [1, 2]
    assert found("(r = 2 OR r = 1) AND open") == [1]
    assert found("NOT r = 1 AND r < 3") == [2]
    assert found("NOT (r = 1 OR r = 2)") == [3, 4, 5]


@pytest.mark.parametrize("filter_text", [
    "", " ", "r", "r =", "= 1", "r = 1 r = 2", "r = 'x'", "name = 1", "open = 1", "tags = 'a'", "geom = 1", "r = 1e400", "r = --1", "since = 'soon'", "id = 'x'",
    "pg_sleep(1) = 1", "lower(name) = 'x'", "version() = 'x'", "r = 1; DROP TABLE t", "r = 1 --", "name = 'x", "(r = 1", "r = 1)", "(" * 4000, "NOT " * 500, "r IN ()",
    "S_INTERSECTS(geom, POINT(1e400 1))", "S_INTERSECTS(geom, POINT(200 1))", "S_INTERSECTS(geom, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "S_INTERSECTS(geom, POINT EMPTY)",
    "S_INTERSECTS(geom, POINT(1 2", "S_INTERSECTS(name, POINT(1 2))", "S_INTERSECTS(geom, BBOX(1,2,3))", "S_INTERSECTS(geom, BBOX(nan,2,3,4))", "name LIKE 5", "r LIKE '1%'",
])
def test_what_is_no_condition_is_refused(filter_text: str) -> None:
    with pytest.raises(Unreadable):
        where(filter_text, TABLE.c)


def test_a_name_that_is_no_column_is_named() -> None:
    with pytest.raises(UnknownName, match="secret"):
        where("secret = 1", TABLE.c)


@given(st.text(max_size=60) | st.lists(st.sampled_from(
    ["r", "name", "=", "<", "(", ")", "AND", "OR", "NOT", "IN", "LIKE", "1", "'a'", ",", "IS", "NULL", "BETWEEN", "S_INTERSECTS", "geom", "POINT", "BBOX", "DATE", "-"]),
    max_size=14).map(" ".join))
def test_any_text_is_read_or_refused(filter_text: str) -> None:
    with contextlib.suppress(Unreadable):
        where(filter_text, TABLE.c)
