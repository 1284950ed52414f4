"""Conditions are declared, kept as JSON and refused where they name what is not there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layers.catalogue import CATALOGUE
from layers.collection import Catalogue
from layers.fitness import (
    THRESHOLDS,
    Aged,
    Lacks,
    Need,
    Ordered,
    OutOfService,
    Passed,
    Reached,
    Short,
    Unfit,
    unfit_from_json,
    unfit_to_json,
)
from layers.label import joined
from layers.serial import layer_from_json, layer_to_json
from layers.spec import Field, Geometry, Label, Layer

WORDS, DOUBT = Label("不行", "No"), Label("不知道", "Not known")
SENT = Ordered("dispatch_orders", "depot", "incident", "status", ("ordered",), "elsewhere", WORDS)
KINDS: tuple[Unfit, ...] = (
    OutOfService("status", ("closed", 3), "closed", WORDS, DOUBT), Reached("people", "room", "full", WORDS), Passed("until", "over", WORDS, DOUBT),
    Aged("verified_at", "contact_days", "old", WORDS), Lacks("skills", Need.SKILLS, "unable", WORDS, DOUBT), SENT,
    Short("supplies", "depot", ("name", "item_code"), "quantity", "quantity_unit", "expires_on", "none", WORDS, DOUBT, SENT, "line", "quantity"),
)


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.kind)
def test_a_condition_comes_back_from_json_as_it_was(one: Unfit) -> None:
    assert unfit_from_json(unfit_to_json(one)) == one


def test_a_condition_kept_before_there_were_kinds_is_one_of_values() -> None:
    assert unfit_from_json({"field": "open", "values": [False], "code": "closed", "label": {"zh": "不行", "en": "No"}, "unknown": None}) == OutOfService("open", (False,), "closed", WORDS)


def test_every_layer_comes_back_from_json_with_its_conditions() -> None:
    for layer in CATALOGUE.values():
        again = layer_from_json(layer_to_json(layer))
        assert (again.out_of_service, again.zone_of) == (layer.out_of_service, layer.zone_of)


def test_a_threshold_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="weeks"):
        Aged("verified_at", "weeks", "old", WORDS)
    assert all(0 < one.default <= one.most for one in THRESHOLDS.values())


def test_a_condition_that_reads_what_is_not_there_is_refused() -> None:
    teams = CATALOGUE["rescue_teams"]
    with pytest.raises(ValueError, match="there is no field 'rest'"):
        replace(teams, out_of_service=(Reached("size", "rest", "full", WORDS),))
    wrong = replace(teams, out_of_service=(replace(SENT, resource="crew"),))
    with pytest.raises(ValueError, match=r"dispatch_orders\.crew"):
        Catalogue(tuple(wrong if layer.id == wrong.id else layer for layer in CATALOGUE.values()))


def test_what_a_question_asks_for_is_among_many_choices() -> None:
    with pytest.raises(ValueError, match="many"):
        Layer("crews", WORDS, Geometry.POINT, (Field("skill", WORDS),), CATALOGUE["rescue_teams"].style, out_of_service=(Lacks("skill", Need.SKILLS, "unable", WORDS),))


def test_words_are_filled_in_each_language() -> None:
    fire, water = Label("灭火", "Fire"), Label("水域", "Water")
    assert Label("缺：{what}（{n}）", "lacks {what} ({n})").filled({"what": joined([fire, water]), "n": 2}) == Label("缺：灭火、水域（2）", "lacks Fire, Water (2)")
