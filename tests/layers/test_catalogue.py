"""The built-in layers say what the bureau keeps, once each, in two languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layers import rules
from layers.catalogue import CATALOGUE
from layers.checking import clean
from layers.collection import Catalogue
from layers.fitness import OutOfService
from layers.messages import declared
from layers.network import Blocks, Network, Profiles
from layers.spec import COMMON_FIELDS, DRILL_ACCESS, Action, Field, Geometry, Label, Layer, Measure, Role, Sensitivity
from layers.units import UNITS
from layers.values import fold

EVERY_LAYER = pytest.mark.parametrize("layer", CATALOGUE.values(), ids=lambda layer: layer.id)
SYMBOLS = Path(__file__).parents[2] / "app/static/symbols"


def spellings(field: Field) -> set[str]:
    """Every name by which a file may carry the field, folded as the loader folds."""
    return {fold(name).lower() for name in (field.id, field.label.zh, field.label.en, *field.read_from)}


def doubled_spellings(layer: Layer) -> set[str]:
    seen: set[str] = set()
    doubled: set[str] = set()
    for field in layer.all_fields:
        doubled |= seen & spellings(field)
        seen |= spellings(field)
    return doubled


def test_the_layers_of_the_first_day_are_there() -> None:
    assert set(CATALOGUE) >= {
        "hazard_sources", "substances", "shelters", "depots", "supplies", "rescue_teams", "river_sections", "fire_zones",
        "divisions", "towns", "villages", "facilities", "roads", "rivers", "landuse", "scenario_areas",
    }


@EVERY_LAYER
def test_no_file_column_can_mean_two_fields(layer: Layer) -> None:
    assert doubled_spellings(layer) == set()


def test_a_column_that_means_two_fields_would_be_caught() -> None:
    shelters = CATALOGUE["shelters"]
    wrong = replace(shelters, fields=(*shelters.fields, Field("other", Label("其他", "Other"), read_from=("RNRS",))))
    assert doubled_spellings(wrong) == {"rnrs"}


@EVERY_LAYER
def test_no_word_can_mean_two_choices(layer: Layer) -> None:
    for field in layer.all_fields:
        words = [fold(str(word)).lower() for choice in field.choices for word in {str(choice.value), choice.label.zh, choice.label.en,
            *choice.read_from}]
        words_once = [word for choice in field.choices
                      for word in {fold(str(word)).lower() for word in (choice.value, choice.label.zh, choice.label.en, *choice.read_from)}]
        assert len(words_once) == len(set(words_once)), (field.id, sorted(word for word in words if words_once.count(word) > 1))


@EVERY_LAYER
def test_every_unit_has_words(layer: Layer) -> None:
    assert {field.unit for field in layer.all_fields if field.unit} <= set(UNITS)


@EVERY_LAYER
def test_phones_and_persons_are_personal(layer: Layer) -> None:
    for field in layer.fields:
        named_person = any(word in field.label.zh for word in ("电话", "责任人", "负责人", "保管员", "经手人", "接收人"))
        assert (field.sensitivity is Sensitivity.PERSONAL) == named_person, field.id


@EVERY_LAYER
def test_a_ranked_or_exposed_layer_has_a_place_and_a_name(layer: Layer) -> None:
    if layer.ranked or layer.exposed:
        assert layer.geometry is not Geometry.NONE
        assert layer.title and layer.key


@EVERY_LAYER
def test_every_rule_is_registered_and_every_reason_is_a_choice(layer: Layer) -> None:
    assert {rule.__name__ for rule in layer.rules} <= set(rules.rule_names())
    for reason in layer.out_of_service:
        fields = [layer.field(one) for one in reason.own]
        assert all(fields)
        if isinstance(reason, OutOfService):
            assert fields[0] and all(fields[0].choice(value) for value in reason.values)


@pytest.mark.skipif(not SYMBOLS.is_dir(), reason="the symbols are drawn in another room and not here yet")
@EVERY_LAYER
def test_every_symbol_is_drawn(layer: Layer) -> None:
    assert layer.style.symbol is None or (SYMBOLS / f"{layer.style.symbol}.svg").is_file()


def test_stock_lines_and_substances_have_no_place_but_an_owner() -> None:
    for layer_id, field_id, owner in (("supplies", "depot", "depots"), ("substances", "hazard_source", "hazard_sources")):
        layer = CATALOGUE[layer_id]
        assert layer.geometry is Geometry.NONE
        assert [(field.id, field.reference) for field in layer.references] == [(field_id, owner)]
        assert [field.counts_as for field in layer.measures] == [Measure.QUANTITY]


def test_a_reference_to_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="depots"):
        Catalogue((CATALOGUE["supplies"],))


def test_scenario_areas_are_written_by_drill_controllers_in_drills_only() -> None:
    layer = CATALOGUE["scenario_areas"]
    assert layer.drill_only and layer.access is DRILL_ACCESS
    assert layer.allows(Action.WRITE, frozenset({Role.DRILL_CONTROLLER}))
    assert not layer.allows(Action.WRITE, frozenset(Role) - {Role.DRILL_CONTROLLER})


def test_what_is_ranked_and_what_is_exposed() -> None:
    assert {layer.id for layer in CATALOGUE.values() if layer.ranked} == {"shelters", "depots", "rescue_teams"}
    assert {layer.id for layer in CATALOGUE.values() if layer.exposed} == {
        "hazard_sources", "shelters", "depots", "rescue_teams", "river_sections", "fire_zones", "villages", "facilities"}


def test_every_layer_says_where_it_comes_from_and_how_fresh_it_is() -> None:
    assert [field.id for field in COMMON_FIELDS] == ["adcode", "source", "source_date", "verified_at"]
    assert all(layer.all_fields[-4:] == COMMON_FIELDS for layer in CATALOGUE.values())


def test_every_sentence_names_only_places_that_are_filled_in_braces() -> None:
    for code, sentence in declared().items():
        for label in (sentence.message, sentence.remedy):
            if label:
                assert label.zh.count("{") == label.zh.count("}"), code
                assert label.en.count("{") == label.en.count("}"), code


def test_roads_vehicles_and_blocks_are_found_by_what_they_declare() -> None:
    network, profiles = CATALOGUE.network, CATALOGUE.profiles
    assert network and network.network and profiles and profiles.profiles
    classes = network.field(network.network.road_class)
    assert classes and {one.value for one in classes.choices} == {road_class for road_class, _ in profiles.profiles.speeds} >= set(network.network.joined_at_ends)
    assert all(layer.allows(Action.WRITE, frozenset({Role.DUTY_OFFICER})) for layer in CATALOGUE.blocks) and CATALOGUE.blocks
    for one in profiles.profiles.defaults:
        assert clean(profiles, dict(one))[1] == [] and "假定" in one["source"]
        assert all(one[field] is None or one[field] <= 90 for _, field in profiles.profiles.speeds)


@pytest.mark.parametrize(("layer_id", "changed", "said"), [
    ("roads", {"network": Network("road_class", "one_way", "bridge", "speed_kmh", "closed", "no_such")}, "no_such"),
    ("roads", {"geometry": Geometry.ANY}, "made of lines"),
    ("road_blocks", {"geometry": Geometry.NONE}, "lies somewhere"),
    ("road_blocks", {"blocks": Blocks("from_time", "until")}, "until"),
    ("vehicle_profiles", {"profiles": Profiles("code", (("motorway", "no_such"),), "keeps_one_way", "weight_t")}, "no_such"),
])
def test_a_role_that_a_layer_cannot_play_is_refused(layer_id: str, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(CATALOGUE[layer_id], **changed)
