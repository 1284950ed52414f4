"""Coded values: what the file itself says its codes mean goes into choices, by label or by code, and becomes the choices of a new layer.

`coded.gdb.zip` was made by ogr2ogr 3.6 from the GeoPackage that `coded` makes: no library here writes domains into a geodatabase.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import shapely

from geodata.files import domains
from geodata.files.loading import LoadOptions, commit, plan
from geodata.files.xml_tree import parsed
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Choice, Family, Field, Geometry, Label, Layer, Style
from tests.geodata.files.making import by_gdal

POINTS = [shapely.Point(109.8 + n / 100, 40.6) for n in range(4)]
ROWS = {"code": ["S1", "S2", "S3", "S4"], "name": ["一号", "二号", "三号", "四号"], "LX": [1, 2, 2, 9], "ZT": ["YB", "GD", "YB", "GD"]}
KIND = {"1": "长期", "2": "短期", "3": "临时"}
PLACES = Layer(
    "coded_places", Label("场所", "Places"), Geometry.POINT,
    (Field("code", Label("编号", "Code")), Field("name", Label("名称", "Name")),
     Field("kind", Label("类型", "Kind"), read_from=("LX",), choices=(Choice("long", Label("长期", "Long")), Choice("short", Label("短期", "Short")), Choice("1", Label("临时", "Temporary")), Choice("9", Label("其他", "Other")))),
     Field("state", Label("状态", "State"), read_from=("ZT",))),
    Style(Family.RESOURCE), key="code", title="name",
)


def coded(path: Path, domains: dict[str, dict[str, str]] | None = None, rows: dict[str, list[Any]] = ROWS) -> Path:
    """A GeoPackage with the extension for schemas."""
    by_gdal(path, "GPKG", POINTS, rows, layer="bnd")
    with sqlite3.connect(path) as base:
        base.executescript("CREATE TABLE gpkg_data_columns (table_name TEXT, column_name TEXT, name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT);"
                           "CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT, constraint_type TEXT, value TEXT, min NUMERIC, max NUMERIC, description TEXT);")
        for column, labels in (domains or {"LX": KIND, "ZT": {"YB": "一般", "GD": "固定"}}).items():
            base.execute("INSERT INTO gpkg_data_columns (table_name, column_name, constraint_name) VALUES ('bnd', ?, ?)", (column, column))
            base.executemany("INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) VALUES (?, 'enum', ?, ?)", [(column, *one) for one in labels.items()])
    return path


@pytest.fixture(params=["gpkg", "gdb"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "gdb":
        return Path(shutil.copy(Path(__file__).parent / "coded.gdb.zip", tmp_path))
    return coded(tmp_path / "coded.gpkg")


def values(space: Space, layer: str, *fields: str) -> list[tuple[Any, ...]]:
    with space.reading(OPERATOR) as store:
        return sorted(tuple(one.properties.get(name) for name in fields) for one in store.page(layer).features)


def test_choices_take_what_the_code_means_and_the_code_where_only_that_is_one(space: Space, file: Path) -> None:
    """The wrong build reads code 1 as the choice `1`, which here is temporary, though the file says that 1 is long."""
    space.create_layer(PLACES, OPERATOR)
    report = commit(space, plan(space, PLACES.id, file, LoadOptions(), OPERATOR), OPERATOR)
    assert (report.committed, report.accepted) == (True, 4), report.to_json("zh")
    assert values(space, PLACES.id, "code", "kind", "state") == [("S1", "long", "一般"), ("S2", "short", "固定"), ("S3", "short", "一般"), ("S4", "9", "固定")]
    said = {one.code: one for one in report.warnings}
    assert said["codes-named"].values["count"] in (2, 3) and said["codes-strange"].values == {"column": "LX", "count": 1, "codes": "9"}
    assert "1 = 长期" in str(report.to_json("zh")["problems"])


def test_a_new_layer_gets_the_choices_with_both(space: Space, file: Path) -> None:
    made = plan(space, "made_of_codes", file, LoadOptions(create=True), OPERATOR)
    report = commit(space, made, OPERATOR)
    layer = space.catalogue["made_of_codes"]
    kind, state = layer.field("lx"), layer.field("zt")
    assert kind is not None and state is not None and report.accepted == 4
    assert [(one.value, one.label.zh) for one in kind.choices] == [(1, "长期"), (2, "短期"), (3, "临时"), (9, "9")], "a code that the list does not have stands for itself"
    assert {(one.value, one.label.zh) for one in state.choices} == {("YB", "一般"), ("GD", "固定")}
    assert values(space, "made_of_codes", "code", "lx", "zt") == [("S1", 1, "YB"), ("S2", 2, "GD"), ("S3", 2, "YB"), ("S4", 9, "GD")]
    assert (layer.key, layer.title) == ("code", "name") and kind.counts_as is None


def test_the_same_file_again_changes_nothing(space: Space, file: Path) -> None:
    commit(space, plan(space, "made_of_codes", file, LoadOptions(create=True), OPERATOR), OPERATOR)
    again = commit(space, plan(space, "made_of_codes", file, LoadOptions(), OPERATOR), OPERATOR)
    assert (again.inserted, again.updated, again.unchanged, again.rejected) == (0, 0, 4, 0)


def test_a_label_that_two_codes_share_names_its_code_and_a_label_that_is_no_choice_is_told_with_what_is_near(space: Space, tmp_path: Path) -> None:
    twice = coded(tmp_path / "a.gpkg", {"LX": {"1": "其他", "2": "其他", "9": "长期"}})
    commit(space, plan(space, "twice", twice, LoadOptions(create=True), OPERATOR), OPERATOR)
    kind = space.catalogue["twice"].field("lx")
    assert kind is not None and {one.label.zh for one in kind.choices} == {"其他 (1)", "其他 (2)", "长期"}
    space.create_layer(PLACES, OPERATOR)
    none = plan(space, PLACES.id, coded(tmp_path / "b.gpkg", {"LX": {"1": "长期", "2": "短期的", "9": "长期"}}), LoadOptions(), OPERATOR).report
    assert {one.values["value"] for one in none.errors if one.code == "not-a-choice"} == {"短期的"}, "what it means is shown, not 2"


def test_a_key_keeps_its_codes_and_a_list_without_meanings_is_none(space: Space, tmp_path: Path) -> None:
    space.create_layer(PLACES, OPERATOR)
    path = coded(tmp_path / "a.gpkg", {"code": {"S1": "甲", "S2": "乙"}, "ZT": {"YB": "YB", "GD": "GD"}})
    report = commit(space, plan(space, PLACES.id, path, LoadOptions(mapping={"LX": ""}), OPERATOR), OPERATOR)
    assert report.accepted == 4 and {row[0] for row in values(space, PLACES.id, "code")} == {"S1", "S2", "S3", "S4"}
    assert [one.values["column"] for one in report.warnings if one.code == "codes-named"] == ["code"]
    made = plan(space, "keyed", path, LoadOptions(create=True), OPERATOR).layer
    assert made is not None and made.key == "code" and not made.field("code").choices  # type: ignore[union-attr]


@pytest.mark.parametrize("broken", ["<a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "no xml"])
def test_definitions_that_are_none_leave_the_codes_as_they_are(broken: str) -> None:
    from geodata.files.domains import _tree

    assert _tree(broken) is None


DEFINITION = (
    "<DEFeatureClassInfo><Name>roads</Name><SubtypeFieldName>kind</SubtypeFieldName><DefaultSubtypeCode>1</DefaultSubtypeCode><Subtypes>"
    "<Subtype><SubtypeName>国道</SubtypeName><SubtypeCode>1</SubtypeCode><FieldInfos><SubtypeFieldInfo><FieldName>grade</FieldName><DomainName>A</DomainName></SubtypeFieldInfo>"
    "<SubtypeFieldInfo><FieldName>open</FieldName><DomainName>YesNo</DomainName></SubtypeFieldInfo></FieldInfos></Subtype>"
    "<Subtype><SubtypeName>县道</SubtypeName><SubtypeCode>2</SubtypeCode><FieldInfos><SubtypeFieldInfo><FieldName>grade</FieldName><DomainName>B</DomainName></SubtypeFieldInfo>"
    "<SubtypeFieldInfo><FieldName>open</FieldName><DomainName>YesNo</DomainName></SubtypeFieldInfo></FieldInfos></Subtype></Subtypes></DEFeatureClassInfo>"
)


def test_subtypes_say_what_the_codes_of_their_field_mean_and_which_lists_differ() -> None:
    """A field whose list is another one in each subtype cannot be read by one list: that is told, never guessed."""
    found = domains.subtypes(parsed(DEFINITION, "GDB_Items"))
    assert found.labels == {"kind": {"1": "国道", "2": "县道"}} and found.differing == ("grade",)
    assert domains.subtypes(parsed("<DEFeatureClassInfo><SubtypeFieldName></SubtypeFieldName></DEFeatureClassInfo>", "x")).labels == {}
