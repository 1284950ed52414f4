"""A table of chainages becomes true stretches of the stored line, and what cannot be placed, or lies over another, is said."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geodata.files.loading import LoadOptions, LoadPlan, commit, plan
from geodata.files.report import LoadReport
from geodata.queries.chainage import along, cut, locate
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.chainage import read_chainage
from layers.messages import message
from layers.spec import OPERATOR
from tests.geodata.files.making import dbf, zipped

GRS80 = Geod(ellps="GRS80")
LAYER = "river_sections"
DIKE = shapely.LineString([(109.60, 40.50), (109.61, 40.505), (109.62, 40.50), (109.64, 40.51)])
RIGHT = shapely.transform(DIKE, lambda xy: xy - [0, 0.01])
LENGTH = GRS80.geometry_length(DIKE)
HEAD = ("编号", "名称", "所在河流", "岸别", "起点桩号", "终点桩号")


@pytest.fixture(scope="module")
def measured(database_of_module: Database) -> Space:
    """The left dike of the 清河 with 1,000 m of chainage more than its beginning, two lines of the 双河, one in parts."""
    space = database_of_module.space()
    ends = {"chainage_from_m": 1000.0, "chainage_to_m": 1000.0 + round(LENGTH)}
    parts = shapely.MultiLineString([[(109.7, 40.4), (109.71, 40.4)], [(109.72, 40.4), (109.73, 40.4)]])
    with space.transaction(OPERATOR, "test") as store:
        store.upsert("rivers", [
            Row({"code": "D1", "name": "清河左堤", "kind": "dike", "river": "清河", "bank": "left", **ends}, DIKE, 0),
            Row({"code": "D2", "name": "清河右堤", "kind": "dike", "river": "清河", "bank": "right", **ends}, RIGHT, 1),
            Row({"code": "D3", "name": "断堤", "kind": "dike", "river": "断河", "chainage_from_m": 0.0, "chainage_to_m": 2000.0}, parts, 2),
            Row({"code": "D4", "name": "短记堤", "kind": "dike", "river": "短河", "chainage_from_m": 0.0, "chainage_to_m": 2000.0}, DIKE, 3),
            Row({"code": "D5", "name": "清河", "kind": "river"}, DIKE, 4),
        ])
        store.upsert(LAYER, [Row({"code": "OLD", "name": "老险段", "river": "清河", "bank": "left", "chainage_from_m": 3000.0, "chainage_to_m": 3500.0}, cut(DIKE, 2000 / round(LENGTH), 2500 / round(LENGTH)), 0)])
    return space


def table(folder: Path, *rows: Sequence[Any], head: Sequence[str] = HEAD) -> Path:
    path = folder / "险段.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def planned(space: Space, path: Path, **options: Any) -> LoadPlan:
    return plan(space, LAYER, path, LoadOptions(**options), OPERATOR)


def told(report: LoadReport, code: str) -> list[tuple[int | None, str | None, dict[str, Any]]]:
    return [(one.row, one.field, dict(one.values)) for one in (*report.errors, *report.warnings) if one.code == code]


def dbf_alone(folder: Path, kind: str) -> Path:
    """Two sections in a .dbf, GBK by its .cpg: alone, packed with what else a shapefile has but shapes, or the parts in a folder."""
    fields = (("编号", "C", 10), ("名称", "C", 20), ("所在河流", "C", 20), ("岸别", "C", 10), ("起点桩号", "C", 10), ("终点桩号", "N", 10))
    content = dbf([("S1", "甲段", "清河", "左岸", "1+200", 2100), ("S2", "乙段", "清河", "左", "2+100", 2900)], fields, encoding="gbk")
    parts = {"险段.dbf": content, "险段.cpg": b"GBK", "险段.prj": b"whatever"}
    if kind == "zip":
        return zipped(folder / "险段.zip", parts)
    for name, one in parts.items() if kind == "folder" else [("险段.dbf", content)]:
        (folder / name).write_bytes(one)
    return folder if kind == "folder" else folder / "险段.dbf"


@pytest.mark.parametrize("kind", ["alone", "zip", "folder"])
def test_a_dbf_without_shapes_is_a_table_of_chainages_too(measured: Space, tmp_path: Path, kind: str) -> None:
    as_table = planned(measured, table(tmp_path, ["S1", "甲段", "清河", "左岸", "1+200", "2100"], ["S2", "乙段", "清河", "左", "2+100", "2900"]))
    folder = tmp_path / "dbf"
    folder.mkdir()
    made = planned(measured, dbf_alone(folder, kind))
    assert made.report.refused is None and made.report.accepted == 2, made.report.to_json("zh")
    assert made.report.format == "dBASE" and made.report.encoding is not None
    assert [one.properties["name"] for one in made.rows] == ["甲段", "乙段"]
    for one, other in zip(made.rows, as_table.rows, strict=True):
        assert one.geometry is not None and other.geometry is not None and one.geometry.equals_exact(other.geometry, 1e-12)


def test_a_dbf_without_chainage_says_what_it_lacks_and_elsewhere_it_is_still_a_shapefile_in_parts(measured: Space, tmp_path: Path) -> None:
    path = tmp_path / "险段.dbf"
    path.write_bytes(dbf([("S1", "甲段")], (("编号", "C", 10), ("名称", "C", 20)), encoding="gbk"))
    lacking = planned(measured, path).report.refused
    assert lacking is not None and lacking.code == "no-place-or-chainage"
    for layer, create in (("shelters", False), ("made_of_it", True)):
        refused = plan(measured, layer, path, LoadOptions(create=create), OPERATOR).report.refused
        assert refused is not None and (refused.code, refused.values["part"]) == ("part-missing", ".shp")
    (tmp_path / "险段.dbf").rename(tmp_path / "险段.shx")
    none = planned(measured, tmp_path / "险段.shx").report.refused
    assert none is not None and none.code == "part-missing"


def test_rows_become_stretches_that_begin_and_end_at_their_chainage(measured: Space, tmp_path: Path) -> None:
    made = planned(measured, table(tmp_path, ["S1", "甲段", "清河", "左岸", "1+200", "K2+100"], ["S2", "乙段", "清河", "左", "2100", "2900"]))
    assert made.report.refused is None and made.report.accepted == 2
    assert made.report.crs is not None and (made.report.crs.value, made.report.crs.code) == ("EPSG:4490", "crs-by-chainage")
    for row, (start, end) in zip(made.rows, [(1200, 2100), (2100, 2900)], strict=True):
        shape = row.geometry
        assert isinstance(shape, shapely.LineString)
        for place, metres in ((shape.coords[0], start), (shape.coords[-1], end)):
            on_dike = along(DIKE, (metres - 1000) / round(LENGTH))[0]
            assert GRS80.inv(*place, *on_dike)[2] < 0.001
        assert GRS80.geometry_length(shape) == pytest.approx((end - start) * LENGTH / round(LENGTH), abs=0.002)
        assert all(shapely.distance(DIKE, shapely.Point(one)) < 1e-6 for one in shape.coords), "it follows the bends of the dike"
    assert len(made.rows[0].geometry.coords) >= 3, "a bend lies within the first"  # type: ignore[union-attr]


def test_they_are_loaded_at_once_and_answer_for_their_chainage(measured: Space, tmp_path: Path) -> None:
    path = table(tmp_path, ["L1", "可查段", "清河", "右岸", "1+000", "1+400"])
    report = commit(measured, planned(measured, path), OPERATOR)
    assert (report.committed, report.inserted) == (True, 1)
    asked = read_chainage("可查段 1+300")
    assert asked is not None
    (found,) = locate(measured, asked, OPERATOR)
    on_dike = along(RIGHT, 300 / round(LENGTH))[0]
    assert found.place is not None and GRS80.inv(*found.place, *on_dike)[2] < 0.01
    moved = planned(measured, table(tmp_path, ["L1", "可查段", "清河", "右岸", "1+500", "1+900"]), dry_run=True)
    assert (moved.report.updated, moved.report.inserted) == (1, 0), "other chainages move it"
    assert moved.comparison is not None
    assert told(moved.report, "stretch-overlaps-stored") == [], "a row does not lie over the feature that it renews"


@pytest.mark.parametrize(("row", "code", "field", "words"), [
    (["清河", "左岸", "0+900", "1+200"], "stretch-outside", "chainage_from_m", "K0+900–K1+200"),
    (["清河", "左岸", "1+200", "99+000"], "stretch-outside", "chainage_from_m", "清河左堤 K1+000–K"),
    (["清河", "左岸", "2+000", "1+200"], "chainage-not-in-order", "chainage_to_m", "2000"),
    (["清河", "左岸", "1+200", "1+200"], "chainage-not-in-order", "chainage_to_m", "1200"),
    (["清河", "左岸", "", "1+200"], "stretch-unmeasured", "chainage_from_m", "没有桩号"),
    (["清河", "左岸", "1+200", ""], "stretch-unmeasured", "chainage_to_m", "没有桩号"),
    (["浊河", "左岸", "1+200", "1+300"], "stretch-no-line", "river", "浊河 左岸"),
    (["清河", "", "1+200", "1+300"], "stretch-many-lines", "river", "清河左堤"),
    (["断河", "", "0+100", "0+300"], "stretch-in-parts", "geometry", "断堤"),
    (["清河", "左岸", "一千二", "1+300"], "value-unreadable", "chainage_from_m", ""),
])
def test_a_row_that_has_no_place_is_kept_out_with_the_reason(measured: Space, tmp_path: Path, row: list[str], code: str, field: str, words: str) -> None:
    made = planned(measured, table(tmp_path, ["X1", "此段", *row], ["X2", "好段", "清河", "左岸", "1+000", "1+100"]))
    assert [(one.row, one.field) for one in made.report.errors] == [(1, field)], made.report.to_json("zh")
    (error,) = made.report.errors
    if words:
        assert error.code == code and words in message(error.code, error.values, "zh")
        assert message(error.code, error.values, "en") != error.code
    assert [one.properties["code"] for one in made.rows] == ["X2"]
    assert made.report.rejected == 1


def test_overlaps_are_told_with_whom_and_how_far_and_loaded(measured: Space, tmp_path: Path) -> None:
    made = planned(measured, table(
        tmp_path,
        ["O1", "长段", "清河", "左岸", "1+000", "2+000"],
        ["O2", "短段", "清河", "左岸", "1+200", "1+300"],
        ["O3", "压尾段", "清河", "左岸", "1+900", "2+500"],
        ["O4", "接着段", "清河", "左岸", "2+500", "3+100"],
        ["O5", "对岸段", "清河", "右岸", "2+000", "3+500"],
    ))
    assert made.report.accepted == 5 and made.report.errors == []
    assert [(row, values["other"], values["metres"]) for row, _, values in told(made.report, "stretch-overlaps-row")] == [(2, "长段", "100"), (3, "长段", "100")]
    assert [(row, values["other"], values["metres"]) for row, _, values in told(made.report, "stretch-overlaps-stored")] == [(4, "老险段", "100")]


def test_a_line_whose_chainage_is_not_its_length_is_told_once(measured: Space, tmp_path: Path) -> None:
    made = planned(measured, table(tmp_path, ["F1", "甲", "短河", "", "0+000", "1+000"], ["F2", "乙", "短河", "", "1+000", "2+000"]))
    ((_, _, values),) = told(made.report, "stretch-line-differs")
    assert (values["line"], values["span"], values["drawn"]) == ("短记堤", "2,000", f"{LENGTH:,.0f}")
    first, second = (one.geometry for one in made.rows)
    assert GRS80.geometry_length(first) == pytest.approx(GRS80.geometry_length(second), abs=0.01), "in proportion"


def test_a_table_without_chainage_or_of_a_layer_that_has_none_is_refused_in_words(measured: Space, tmp_path: Path) -> None:
    for layer, head, row, code in (
        (LAYER, ("编号", "名称"), ["A", "甲"], "no-place-or-chainage"),
        (LAYER, ("编号", "名称", "起点桩号"), ["A", "甲", "1+200"], "no-place-or-chainage"),
        ("shelters", HEAD, ["A", "甲", "清河", "左岸", "1+000", "1+100"], "no-coordinate-columns"),
        ("rivers", HEAD, ["A", "甲", "清河", "左岸", "1+000", "1+100"], "no-coordinate-columns"),
    ):
        refused = plan(measured, layer, table(tmp_path, row, head=head), LoadOptions(), OPERATOR).report.refused
        assert refused is not None and refused.code == code


def test_where_no_line_has_a_chainage_the_table_is_refused(space: Space, tmp_path: Path) -> None:
    refused = planned(space, table(tmp_path, ["A", "甲", "清河", "左岸", "1+000", "1+100"])).report.refused
    assert refused is not None and refused.code == "stretch-no-lines"
    assert "河流沟道" in message(refused.code, refused.values, "zh") and "Rivers" in message(refused.code, refused.values, "en")


def test_columns_may_be_named_by_hand(measured: Space, tmp_path: Path) -> None:
    path = table(tmp_path, ["H1", "甲段", "清河", "左岸", "1+200", "1+300"], head=("编号", "名称", "所在河流", "岸别", "甲", "乙"))
    refused = planned(measured, path).report.refused
    assert refused is not None and refused.code == "no-place-or-chainage"
    assert planned(measured, path, mapping={"甲": "chainage_from_m", "乙": "chainage_to_m"}).report.accepted == 1


@settings(max_examples=60)
@given(st.lists(st.integers(1, 9_999), min_size=1, max_size=8, unique=True), st.lists(st.tuples(st.floats(-0.01, 0.01), st.floats(-0.01, 0.01)), min_size=1, max_size=6))
def test_pieces_that_follow_each_other_join_and_are_the_whole(cuts: list[int], steps: list[tuple[float, float]]) -> None:
    """Neither gap nor overlap: each begins at the very place where the last ends, and all together are as long as the line."""
    places = [(109.8, 40.6)]
    for east, north in steps:
        places.append((places[-1][0] + east, places[-1][1] + north))
    whole = shapely.LineString(places)
    if GRS80.geometry_length(whole) < 1:
        return
    shares = [0.0, *(one / 10_000 for one in sorted(cuts)), 1.0]
    pieces = [cut(whole, start, end) for start, end in pairwise(shares)]
    assert pieces[0].coords[0] == whole.coords[0] and pieces[-1].coords[-1] == whole.coords[-1]
    assert all(one.coords[-1] == after.coords[0] for one, after in pairwise(pieces))
    assert sum(map(GRS80.geometry_length, pieces)) == pytest.approx(GRS80.geometry_length(whole), abs=0.001)
