"""What a layer demands of a feature, asked by the form, the API, the store and the loader alike."""

from __future__ import annotations

from typing import Any

import pytest

from layers.catalogue import CATALOGUE
from layers.checking import check, clean, examine
from layers.errors import Problem
from layers.messages import message, remedy

SHELTERS = CATALOGUE["shelters"]
HERE = {"type": "Point", "coordinates": [109.6, 40.6]}


def codes(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in problems]


def test_a_row_of_a_chinese_file_comes_out_typed() -> None:
    row = {"code": 1502.0, "name": "体育馆", "capacity": "1,200人", "area_m2": "4公顷", "status": "启用", "suits": "地震、洪涝",
           "source_date": "2024年1月1日"}
    values, problems = clean(SHELTERS, row)
    assert problems == []
    assert values["code"] == "1502" and values["capacity"] == 1200 and values["area_m2"] == 40_000 and values["suits"] == ["earthquake",
        "flood"]
    assert clean(SHELTERS, values) == (values, [])


def test_every_wrong_value_is_listed_not_only_the_first() -> None:
    problems = check(SHELTERS, {"capacity": True, "status": "半开", "area_m2": "很大"}, HERE)
    assert codes(problems) == [
        ("/properties/capacity", "not-a-number"), ("/properties/status", "not-a-choice"), ("/properties/area_m2", "not-a-number"),
        ("/properties/name", "required")]


def test_a_required_value_may_be_left_out_of_a_change_but_not_emptied() -> None:
    assert check(SHELTERS, {"capacity": 5}, None, partial=True) == []
    assert codes(check(SHELTERS, {"name": " "}, None, partial=True)) == [("/properties/name", "required")]
    assert codes(check(SHELTERS, {"capacity": 5}, None)) == [("/properties/name", "required"), ("/geometry", "geometry-missing")]


def test_an_unreadable_required_value_is_said_once() -> None:
    assert codes(check(SHELTERS, {"name": ["x"]}, HERE)) == [("/properties/name", "not-text")]


def test_rules_see_typed_values() -> None:
    problems = check(SHELTERS, {"name": "x", "area_m2": "9", "effective_area_m2": "10"}, HERE)
    assert codes(problems) == [("/properties/effective_area_m2", "effective-area-above-area")]


def test_a_name_that_is_no_field_is_refused_but_what_the_store_keeps_is_passed_over() -> None:
    values, problems = clean(SHELTERS, {"name": "x", "version": 3, "updated_by": "a", "colour/x": 1})
    assert values == {"name": "x"}
    assert codes(problems) == [("/properties/colour~1x", "unknown-field")]


def test_a_reference_must_be_an_id_when_it_is_stored() -> None:
    supplies = CATALOGUE["supplies"]
    assert clean(supplies, {"depot": "D-01"}) == ({"depot": "D-01"}, [])
    assert codes(check(supplies, {"name": "帐篷", "depot": "D-01"}, None)) == [("/properties/depot", "not-a-reference")]
    assert check(supplies, {"name": "帐篷", "depot": "00000000-0000-0000-0000-000000000001"}, None) == []


def test_one_pass_gives_the_same_as_two() -> None:
    row: dict[str, Any] = {"name": "x", "capacity": "12", "status": "?"}
    assert examine(SHELTERS, row, HERE) == (clean(SHELTERS, row)[0], check(SHELTERS, row, HERE))


@pytest.mark.parametrize("row", [
    {"name": 1e400}, {"capacity": "x" * 1000}, {"name": "a\x00"}, {"status": {}}, {"source_date": []}, {"nope": 1}, {}, {"capacity": -1},
    {"name": "\ufffd"}, {"name": "长" * 101}, {"verified_at": "?"}, {"suits": 3}, {"area_m2": "3亩"}, {"capacity": 1.5},
])
def test_every_problem_has_a_full_sentence_and_a_remedy_in_both_languages(row: dict[str, Any]) -> None:
    for problem in check(SHELTERS, row, None):
        for language in ("zh", "en"):
            assert message(problem.code, problem.values, language) != problem.code
            assert remedy(problem.code, problem.values, language)
            if problem.values.get("value") != "?":
                assert "?" not in message(problem.code, problem.values, language)
