"""Which layers play which part in a plan is declared, checked and kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layers.catalogue import CATALOGUE
from layers.parts import KINDS, Refuge, Residents, SetOff, Shares, Standards, part_from_json, part_to_json


def test_the_catalogue_has_a_layer_for_every_part() -> None:
    assert [one for one in KINDS.values() if not CATALOGUE.playing(one)] == []


def test_a_part_that_names_no_field_is_refused() -> None:
    with pytest.raises(ValueError, match="no field 'souls'"):
        replace(CATALOGUE["villages"], parts=(Residents("souls"),))


def test_a_part_is_played_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        replace(CATALOGUE["villages"], parts=(Residents("population"), Residents("elderly")))


@pytest.mark.parametrize("layer", [one for one in CATALOGUE.values() if one.parts], ids=lambda layer: layer.id)
def test_a_part_survives_json(layer) -> None:  # type: ignore[no-untyped-def]
    assert tuple(part_from_json(part_to_json(one)) for one in layer.parts) == layer.parts


def test_what_is_counted_is_a_number_and_hazards_are_spoken_of_alike() -> None:
    for layer in CATALOGUE.playing(Residents):
        assert layer.field(layer.part(Residents).people).type is int  # type: ignore[union-attr]
    spoken = {tuple(one.value for one in layer.field(layer.part(kind).fields[at]).choices)  # type: ignore[union-attr]
              for kind, at in ((Refuge, 2), (Shares, 0)) for layer in CATALOGUE.playing(kind)}
    assert len(spoken) == 1
    for layer in CATALOGUE.playing(Standards):
        part = layer.part(Standards)
        assert part and {one.value for one in layer.field(part.period).choices} > set(part.daily)  # type: ignore[union-attr]
    for layer in CATALOGUE.playing(SetOff):
        reach = layer.part(SetOff).reach_m  # type: ignore[union-attr]
        assert reach is None or layer.field(reach).unit == "m"  # type: ignore[union-attr]
