"""Pages kept as text: the same question at the same version is not asked again, and never answered with what was before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from shapely.geometry import Point

from geodata.store import reading
from geodata.store.answers import JsonPage
from geodata.store.kept import KeptPages, PageKey, PageQuestion
from geodata.store.spaces import Space
from layers.catalogue import CATALOGUE
from layers.spec import OPERATOR, Actor, Role

SHELTERS = CATALOGUE.layer("shelters")
VIEWER, OFFICER = Actor("viewer", frozenset({Role.VIEWER})), Actor("officer", frozenset({Role.DUTY_OFFICER}))


def filled(space: Space) -> Any:
    with space.transaction(OPERATOR) as store:
        return store.insert("shelters", {"name": "操场", "capacity": 500, "phone": "000-12345678"}, Point(109.6, 40.6))


def page(space: Space, actor: Actor = OPERATOR, **question: Any) -> JsonPage:
    with space.reading(actor) as store:
        return store.page_json("shelters", **question)


def capacities(found: JsonPage) -> list[int]:
    return [one["properties"]["capacity"] for one in json.loads(f"[{found.features}]")]


def test_the_same_question_at_the_same_version_is_asked_once_and_a_commit_asks_it_again(space: Space) -> None:
    made = filled(space)
    first = page(space)
    assert page(space) is first
    assert page(space, filter="capacity > 100") is not first
    with space.transaction(OPERATOR) as store:
        store.patch("shelters", made.id, {"capacity": 900}, version=1)
        assert capacities(store.page_json("shelters")) == [900], "who writes reads what they wrote"
    assert capacities(page(space)) == [900]
    with space.transaction(OPERATOR) as store:
        store.delete("shelters", made.id, version=2, reason="test")
    assert (page(space).returned, page(space).matched) == (0, 0)


def test_a_page_kept_without_the_token_would_answer_with_what_was_before(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong build that the test above catches."""
    made = filled(space)
    monkeypatch.setattr(reading, "PageKey", lambda layer, token, reveal, question: PageKey(layer, None, reveal, question))
    assert capacities(page(space)) == [500]
    with space.transaction(OPERATOR) as store:
        store.patch("shelters", made.id, {"capacity": 900}, version=1)
    assert capacities(page(space)) == [500]


def test_who_may_not_see_a_value_never_gets_the_page_of_who_may(space: Space) -> None:
    filled(space)
    masked = page(space, VIEWER).features
    assert "12345678" not in masked
    page(space, OFFICER)
    assert page(space, VIEWER).features == masked


def test_a_kept_page_is_given_without_a_snapshot_until_a_commit_and_to_those_alone_who_may_see_it(space: Space) -> None:
    made = filled(space)
    assert space.kept_page(OFFICER, "shelters", PageQuestion()) is None
    first = page(space, OFFICER)
    assert space.kept_page(OFFICER, "shelters", PageQuestion()) is first and first.version == space.versions()["shelters"]
    assert space.kept_page(VIEWER, "shelters", PageQuestion()) is None
    assert space.kept_page(Actor("nobody", frozenset({Role.AUDIT_ADMIN})), "shelters", PageQuestion()) is None
    assert space.kept_page(OFFICER, "shelters", PageQuestion(limit=7)) is None
    assert space.kept_page(OFFICER, "no_such_layer", PageQuestion()) is None
    with space.transaction(OPERATOR) as store:
        store.patch("shelters", made.id, {"capacity": 900}, version=1)
    assert space.kept_page(OFFICER, "shelters", PageQuestion()) is None
    assert capacities(page(space, OFFICER)) == [900]


def test_a_changed_definition_makes_another_page_at_the_same_version(space: Space) -> None:
    pages, page_of = KeptPages(), JsonPage("{}", 1, 1, None)
    key = PageKey("shelters", "token", False, PageQuestion())
    pages.put(key, SHELTERS, page_of)
    assert pages.get(key, SHELTERS) is page_of
    assert pages.get(key, replace(SHELTERS, title="code")) is None


def test_what_was_not_asked_for_the_longest_goes_first_and_one_page_does_not_drive_out_all(space: Space) -> None:
    pages = KeptPages(most_bytes=100)
    keys = [PageKey("shelters", "token", False, PageQuestion(limit=n)) for n in range(4)]
    for key in keys[:2]:
        pages.put(key, SHELTERS, JsonPage("x" * 40, 1, 1, None))
    pages.get(keys[0], SHELTERS)
    pages.put(keys[2], SHELTERS, JsonPage("x" * 40, 1, 1, None))
    pages.put(keys[3], SHELTERS, JsonPage("x" * 101, 1, 1, None))
    assert [pages.get(key, SHELTERS) is not None for key in keys] == [True, False, True, False]


def test_where_the_layers_of_a_snapshot_stand_is_read_once_and_never_kept_by_who_writes(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    read = reading.read_versions
    monkeypatch.setattr(reading, "read_versions", lambda *given: asked.append(1) or read(*given))
    with space.reading(OPERATOR) as store:
        before = store.version("shelters")
        filled(space)
        assert {store.version(layer) for layer in ("shelters", "shelters")} == {before} and len(asked) == 1
    with space.transaction(OPERATOR) as store:
        assert store.version("shelters") != before, "another transaction sees the commit"
        assert store.versions() is not store.versions()
