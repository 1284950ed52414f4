"""CQL2 JSON has the meaning of the text that the standard gives beside it."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.store.cql2 import Unreadable, where
from geodata.store.cql2_json import text_of
from tests.geodata.store.test_cql2 import TABLE, found  # noqa: F401  (fixture)


def prop(name: str) -> dict[str, str]:
    return {"property": name}


def called(op: str, *args: Any) -> dict[str, Any]:
    return {"op": op, "args": list(args)}


def test_each_form_chooses_the_rows_that_its_text_does(found: Any) -> None:  # noqa: F811
    expected: list[tuple[Any, list[int]]] = [
        (called("=", prop("r"), 1), [1]), (called("<", 2, prop("r")), [3, 4, 5]), (called("<>", prop("r"), 3), [1, 2, 4, 5]), (called(">", prop("r"), 3.5), [4, 5]),
        (called("=", prop("share"), 1e10), [5]), (called("<", prop("share"), -2), [4]), (called("=", prop("name"), "O'Neil"), [2]),
        (called("like", prop("name"), "A%"), [4]), (called("like", called("casei", prop("name")), called("casei", "A%")), [3, 4]),
        (called("=", prop("open"), False), [2]), (prop("open"), [1, 4, 5]), (called("isNull", prop("open")), [3]), (called("not", called("isNull", prop("name"))), [1, 2, 3, 4]),
        (called("in", prop("r"), [5, 1, 9]), [1, 5]), (called("not", called("in", prop("name"), ["甲", "ABC"])), [2, 3]), (called("between", prop("r"), 2, 3), [2, 3]),
        (called("=", prop("since"), {"date": "2024-01-01"}), [1, 5]), (called(">", prop("at"), {"timestamp": "2024-01-01T00:00:00Z"}), [2]),
        (called("or", called("=", prop("r"), 2), called("and", called("=", prop("r"), 1), prop("open"))), [1, 2]),
        (called("and", called("or", called("=", prop("r"), 2), called("=", prop("r"), 1)), prop("open")), [1]),
        (called("not", called("or", called("=", prop("r"), 1), called("=", prop("r"), 2))), [3, 4, 5]), (True, [1, 2, 3, 4, 5]),
        (called("s_intersects", prop("geom"), {"type": "Polygon", "coordinates": [[[108, 39], [110, 39], [110, 40], [108, 40], [108, 39]]]}), [1, 2]),
        (called("s_within", prop("geom"), {"bbox": [108, 39, 109.9, 42]}), [1, 3, 5]), (called("s_equals", {"type": "Point", "coordinates": [109, 41]}, prop("geom")), [5]),
    ]
    for condition, rows in expected:
        assert found(text_of(condition)) == rows, condition


@pytest.mark.parametrize("condition", [
    1, "r = 1", None, [], {}, {"op": "="}, called("=", prop("r")), called("=", prop("r"), 1, 2), called("and", called("=", prop("r"), 1)), called("not"), called("sleep", 1),
    called("in", prop("r"), 5), called("in", prop("r"), []), called("=", prop("r"), None), called("=", prop("r"), {"date": 5}), called("=", {"property": 5}, 1),
    called("s_intersects", prop("geom"), {"type": "Point", "coordinates": ["a"]}), called("s_intersects", prop("geom"), {"type": "Circle"}), called("=", prop("r"), [1]),
    called("s_intersects", prop("geom"), {"type": "Point"}), called("=", prop("r"), called("+", 1, 2)),
])
def test_what_is_no_condition_is_refused(condition: Any) -> None:
    with pytest.raises(Unreadable):
        where(text_of(condition), TABLE.c)


def test_nesting_past_measure_is_refused() -> None:
    deep: Any = prop("open")
    for _ in range(80):
        deep = called("not", deep)
    with pytest.raises(Unreadable):
        text_of(deep)


@given(st.text(max_size=30))
def test_no_text_and_no_name_breaks_out_of_its_quotes(text: str) -> None:
    written = text_of(called("=", prop("name"), text))
    assert written == "\"name\" = '" + text.replace("'", "''") + "'"
    with contextlib.suppress(Unreadable):
        where(text_of(called("=", prop(text), "x")), {"name": TABLE.c.name})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["op", "args", "property", "date", "type", "coordinates", "bbox"]), inner | st.sampled_from(["=", "and", "not", "in", "Point", "r"]), max_size=3), max_leaves=8))
def test_any_value_is_read_or_refused(value: Any) -> None:
    json.dumps(value)
    with contextlib.suppress(Unreadable):
        where(text_of(value), TABLE.c)
