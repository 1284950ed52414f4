"""What a new layer's numbers count is proposed by their names, told, and the loader's word goes first."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from geodata.files.loading import LoadOptions, LoadPlan, commit, plan
from geodata.files.measuring import with_measures
from geodata.files.table import Column, Kind
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Field, Label, Measure

NAMES = [
    ("population", "people", "persons"), ("pop", "people", "persons"), ("POP_2020", "people", "persons"), ("total_population", "people", "persons"), ("人口", "people", "persons"),
    ("户籍人口", "people", "persons"), ("常住人口（人）", "people", "persons"), ("hjrk", "people", "persons"), ("RS", "people", "persons"), ("容量", "capacity", None),
    ("可容纳人数", "capacity", "persons"), ("krnrs", "capacity", "persons"), ("Capacity", "capacity", None), ("面积", "area", None), ("面积（平方米）", "area", "m2"),
    ("area_m2", "area", "m2"), ("areaKm2", None, None), ("长度", "length", None), ("length_km", "length", "km"), ("库存", "quantity", None), ("quantity", "quantity", None),
    # What only looks so.
    ("人口密度", None, None), ("pop_density", None, None), ("Shape_Area", None, None), ("shape_length", None, None), ("pop_rank", None, None), ("电话", None, None), ("area_code", None, None),
    ("mj", "area", None), ("elevation", None, None),
]


@pytest.mark.parametrize(("name", "measure", "unit"), NAMES)
def test_a_name_tells_what_is_counted(name: str, measure: str | None, unit: str | None) -> None:
    inside = name[name.find("（") + 1:-1] if "（" in name else None
    fields, notices = with_measures([Field("x", Label(name, name), int, unit=inside)], {"x": Column(name, Kind.INTEGER, [1, 2])}, {})
    assert (fields[0].counts_as, fields[0].unit if measure else None) == (measure and Measure(measure), unit)
    assert [one.code for one in notices] == (["measure-by-name"] if measure else [])


def test_numbers_below_nothing_are_not_counted_by_name() -> None:
    assert with_measures([Field("x", Label("人口", "x"), int)], {"x": Column("人口", Kind.INTEGER, [5, -99])}, {})[0][0].counts_as is None


@pytest.fixture
def towns(tmp_path: Path) -> Path:
    path = tmp_path / "towns.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["编号", "名称", "lon", "lat", "population", "visits"], ["1", "甲", 109.8, 40.6, 1200, 3], ["2", "乙", 109.9, 40.6, 34, 4]])
    return path


def _plan(space: Space, path: Path, **options: object) -> LoadPlan:
    return plan(space, "real_places", path, LoadOptions(create=True, **options), OPERATOR)  # type: ignore[arg-type]


def test_a_files_people_are_summed_once_it_is_loaded(space: Space, towns: Path) -> None:
    preview = _plan(space, towns, dry_run=True)
    for language, said in (("zh", "「population」按列名计作人数（单位 persons）"), ("en", "“population” is counted as people by its name")):
        notes = [one for one in preview.report.to_json(language)["problems"] if one["code"] == "measure-by-name"]
        assert len(notes) == 1 and said in notes[0]["message"] and notes[0]["severity"] == "note" and "population=none" in notes[0]["remedy"]
    assert commit(space, _plan(space, towns), OPERATOR).committed
    assert [(one.id, one.counts_as, one.unit) for one in space.catalogue["real_places"].measures] == [("population", Measure.PEOPLE, "persons")]


def test_the_loader_overrules(space: Space, towns: Path) -> None:
    planned = _plan(space, towns, measures={"population": "none", "visits": "people"})
    assert planned.layer is not None and [(one.id, one.counts_as) for one in planned.layer.measures] == [("visits", Measure.PEOPLE)]
    assert [one.code for one in planned.report.warnings if one.code.startswith("measure")] == ["measure-given"]


@pytest.mark.parametrize(("measures", "code"), [({"nothing": "people"}, "measure-no-field"), ({"名称": "people"}, "measure-no-number"), ({"visits": "heads"}, "measure-unknown")])
def test_what_cannot_be_counted_is_refused_in_words(space: Space, towns: Path, measures: dict[str, str], code: str) -> None:
    refused = _plan(space, towns, measures=measures).report.refused
    assert refused is not None and refused.code == code


def test_a_load_into_a_layer_that_is_there_does_not_change_what_it_counts(space: Space, towns: Path) -> None:
    assert commit(space, _plan(space, towns), OPERATOR).committed
    refused = _plan(space, towns, measures={"visits": "people"}).report.refused
    assert refused is not None and refused.code == "measure-not-new"
