"""Numbers are read in the unit that their column names, totals are no records, and cells tell places in every form."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.files.loading import LoadOptions, LoadPlan, plan
from geodata.files.notices import Notice
from geodata.files.reading import read
from geodata.files.valuing import unit_in_name
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Field, Label
from tests.geodata.files.making import workbook

AREA = Field("area_m2", Label("面积", "Area"), float, unit="m2")
HEADS = ["编号", "名称", "经度", "纬度"]


def judged(space: Space, path: Path, layer: str = "shelters") -> LoadPlan:
    return plan(space, layer, path, LoadOptions(dry_run=True), OPERATOR)


def notices(made: LoadPlan, code: str) -> list[Notice]:
    return [one for one in (*made.report.errors, *made.report.warnings) if one.code == code]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("面积", None), ("面积（平方米）", None), ("面积(㎡)", None), ("面积（公顷）", "公顷"), ("面积(单位：公顷)", "公顷"), ("面积_ha", "ha"), ("面积ha", "ha"), ("AREA_KM2", "KM2"),
        ("面积（亩）", "亩"), ("面积（2020年）", None), ("面积(吨)", "吨"), ("area_m2", None), ("面积_xx", None),
    ],
)  # fmt: skip
def test_the_unit_in_a_columns_name(name: str, unit: str | None) -> None:
    assert unit_in_name(name, AREA) == unit


def test_numbers_are_converted_from_the_unit_of_their_column_and_said(space: Space, tmp_path: Path) -> None:
    head = [*HEADS, "有效面积（公顷）"]
    path = workbook(tmp_path / "a.xlsx", {"表": [head, ["A1", "甲", 109.8, 40.6, 1.5], ["A2", "乙", 109.81, 40.6, "2"], ["A3", "丙", 109.82, 40.6, "300㎡"]]})
    made = judged(space, path)
    field = next(one.field for one in made.report.mapping.mapped if one.column == head[-1])  # type: ignore[union-attr]
    assert [row.properties[field] for row in made.rows] == [15_000, 20_000, 300]
    assert [one.values["unit"] for one in notices(made, "column-unit")] == ["公顷"]


def test_a_unit_that_is_not_certain_is_refused_row_by_row_and_never_taken_for_the_fields(space: Space, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"表": [[*HEADS, "有效面积（亩）"], ["A1", "甲", 109.8, 40.6, 15]]})
    made = judged(space, path)
    assert not made.rows and [one.values["unit"] for one in notices(made, "unit-unknown")] == ["亩"]


def test_numbers_that_a_program_could_not_show_are_said_to_be_lost(space: Space, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"表": [[*HEADS, "可容纳人数"], ["A1", "甲", 109.8, 40.6, "####"], ["A2", "乙", 109.8, 40.6, "1,200人"]]})
    made = judged(space, path)
    assert [one.row for one in notices(made, "number-hidden")] == [1] and [row.properties["capacity"] for row in made.rows] == [1200]


def test_a_near_miss_of_a_choice_is_offered(space: Space, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"表": [[*HEADS, "级别"], ["A1", "甲", 109.8, 40.6, "旗县级别"], ["A2", "乙", 109.8, 40.6, "province"]]})
    made = judged(space, path)
    (missed,) = notices(made, "not-a-choice")
    assert missed.row == 1 and missed.values["choices"] and len(made.rows) == 1
    assert made.rows[0].properties["level"] == "province"


@pytest.mark.parametrize("total", [["合计", None, None, None], [None, "总  计：", None, None], ["小计（3处）", "2", None, None], ["Total", None, None, None]])
def test_a_row_of_totals_and_a_note_below_are_no_records(total: list[object], tmp_path: Path) -> None:
    rows = [["避难场所一览表"], HEADS, ["A", "甲", 109.8, 40.6], ["B", "乙", 109.81, 40.6], total, ["填表人：张某  2024年"], ["注：以上为初步数据"]]
    table = read(workbook(tmp_path / "a.xlsx", {"表": rows}))
    assert table.rows.tolist() == [1, 2] and table.rejected == []
    assert sorted((one.code, one.row) for one in table.skipped) == [("row-note", 4), ("row-note", 5), ("row-total", 3)]


def test_a_place_that_is_called_like_a_total_or_has_none_is_not_passed_over(tmp_path: Path) -> None:
    rows = [HEADS, ["A", "合计", 109.8, 40.6], ["B", "合计广场", None, None]]
    table = read(workbook(tmp_path / "a.xlsx", {"表": rows}))
    assert table.rows.tolist() == [1, 2] and table.skipped == []


def test_shapes_written_in_a_column_are_read_with_any_mark_between_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for mark in (";", "|", "^", "~", "\t", "；"):
        path.write_text(f"编号{mark}WKT\nA{mark}POLYGON((109.8 40.6,109.9 40.6,109.9 40.7,109.8 40.6))\nB{mark}SRID=4490;POINT Z(109.8 40.6 5)\n" if mark != ";" else
                        '编号;WKT\nA;POLYGON((109.8 40.6,109.9 40.6,109.9 40.7,109.8 40.6))\nB;"SRID=4490;POINT Z(109.8 40.6 5)"\n')  # fmt: skip
        table = read(path)
        assert [one.geom_type for one in list(table.shapes or ())] == ["Polygon", "Point"], mark
        assert "zm-dropped" in {one.code for one in table.notices}
