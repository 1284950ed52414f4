"""Sheets and text tables as offices keep them: the header is found, rows that are no records are told, no row is swallowed and no digit lost in silence."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodata.columns import ShapeColumn
from geodata.files.dbf import read_dbf
from geodata.files.delimited import from_cells, header_of, read_delimited
from geodata.files.notices import Refused
from geodata.files.packing import Part
from geodata.files.proposing import propose
from geodata.files.rowkinds import numbers_lost
from geodata.files.sniffing import Source
from geodata.files.table import Column, Kind, Table
from geodata.files.workbook import read_workbook
from layers.spec import Geometry
from tests.geodata.files.making import dbf, workbook, zipped

HEAD = ["编号", "名称", "经度", "纬度"]
ROWS: list[list[Any]] = [["A", "甲", 109.8, 40.6], ["B", "乙", 109.9, 40.6]]


def table(*lines: Sequence[Any]) -> Table:
    return from_cells(list(lines), format_name="CSV", layer="a", shapes_wanted=True)


def delimited(folder: Path, text: str) -> Table:
    path = folder / "a.csv"
    path.write_text(text, "utf-8")
    return read_delimited(Source("CSV", "a", Part("a.csv", path)), encoding=None, shapes_wanted=True)


def sheet(folder: Path, *rows: Sequence[Any], name: str = "a.xlsx") -> Table:
    path = workbook(folder / name, {"表": [list(one) for one in rows]})
    return read_workbook(Source("XLSX", "a", Part(name, path)), sublayer=None, shapes_wanted=True)


def told(read: Table) -> list[tuple[str, int | None]]:
    return [(one.code, one.row) for one in (*read.skipped, *read.rejected)]


@pytest.mark.parametrize("above", [[["填报单位：应急局", None, "填报日期：2024-1-1", None]], [["说明", "一"]] * 40, [["统计表"], []]])
def test_the_header_is_the_row_that_names_the_places(above: list[list[Any]]) -> None:
    assert header_of([*above, HEAD, *ROWS]) == len(above)
    read = table(*above, HEAD, *ROWS)
    assert [one.name for one in read.columns] == HEAD and len(read.rows) == 2 and read.first_line == len(above) + 2


def test_a_header_in_two_rows_is_read_as_one() -> None:
    read = table(["编号", "名称", "位置", None, "面积"], [None, None, "经度", "纬度", None], ["A", "甲", 109.8, 40.6, 5])
    assert [one.name for one in read.columns] == [*HEAD, "面积"]


def test_numbers_of_columns_and_the_header_once_more_are_no_records() -> None:
    assert told(table(HEAD, [1, 2, 3, 4], *ROWS)) == [("row-numbers", 1)]
    assert told(table(HEAD, ROWS[0], HEAD, ROWS[1])) == [("row-header", 2)]
    assert told(table(HEAD, ["1", "2", 109.8, 40.6], *ROWS)) == []


def test_a_row_of_units_goes_into_the_names() -> None:
    read = table([*HEAD, "面积", "备注"], [None, None, "度", "度", "公顷", None], [*ROWS[0], 1.5, "x"], [*ROWS[1], 2, "y"])
    assert (told(read), [one.name for one in read.columns][4:]) == ([("row-units", 1)], ["面积（公顷）", "备注"])


def test_a_first_record_of_words_for_nothing_is_no_row_of_units() -> None:
    assert told(table(["名称", "电话", "经度", "纬度"], ["无", "无", None, None], *ROWS)) == []


@pytest.mark.parametrize(
    "body",
    [
        'A,"甲,109.8,40.6\nB,乙,109.81,40.6\nC,"丙",109.82,40.6\nD,丁,109.83,40.6\n',
        'A,甲,109.8,40.6\nB,"丙,109.8,40.6\nC,丁",109.8,40.6\n',
    ],
)
def test_a_quote_that_takes_whole_records_into_a_cell_is_refused_by_line(tmp_path: Path, body: str) -> None:
    with pytest.raises(Refused) as refused:
        delimited(tmp_path, "编号,名称,经度,纬度\n" + body)
    assert (refused.value.code, refused.value.values["line"]) == ("quote-open", 1 + body[: body.index('"')].count("\n") + 1)


@pytest.mark.parametrize("cell", ['"一\n二"', '"一,二\n三"', '"一\n二,三,四"', '"说明：\n1,2\n3"'])
def test_a_cell_of_several_lines_is_one_cell(tmp_path: Path, cell: str) -> None:
    read = delimited(tmp_path, f"编号,名称,经度,纬度\nA,{cell},109.8,40.6\nB,乙,109.9,40.6\nC,丙,109.9,40.6\n")
    assert read.columns[1].values[0] == cell.strip('"') and len(read.rows) == 3


@pytest.mark.parametrize("text", ["编号 名称 经度 纬度\nA 甲 109.8 40.6\n", "编号    名称  经度    纬度\nA       甲    109.8   40.6\n"])
def test_blanks_part_cells_where_nothing_else_does(tmp_path: Path, text: str) -> None:
    assert [one.name for one in delimited(tmp_path, text).columns] == HEAD


@pytest.mark.parametrize("tail", ["\x1a", "\x00" * 500])
def test_what_fills_the_end_of_a_file_is_no_row(tmp_path: Path, tail: str) -> None:
    assert told(delimited(tmp_path, "编号,名称,经度,纬度\nA,甲,109.8,40.6\n" + tail)) == []


def test_marks_that_keep_a_code_from_being_a_number_are_no_part_of_it(tmp_path: Path) -> None:
    read = delimited(tmp_path, "编号\t,名称\t,经度\t,纬度\t\n'001\t,甲\t,109.8\t,40.6\t\n=\"002\",=\"乙\",=\"109.9\",=\"40.6\"\n")
    assert [one.name for one in read.columns] == HEAD and read.columns[0].values == ["001", "002"] and None not in (read.shapes or [None])


def test_more_columns_than_a_table_holds_are_refused_at_once() -> None:
    with pytest.raises(Refused) as refused:
        table([*HEAD, *(f"c{number}" for number in range(100_000))], ROWS[0])
    assert refused.value.code == "too-many-columns"


def test_a_cell_far_below_costs_no_line_of_the_report_for_each_empty_row() -> None:
    read = table(HEAD, *ROWS, *[[]] * 5000, ["合计", 2, None, None])
    assert (told(read), [one.code for one in read.notices], read.read) == ([("row-total", 5003)], ["rows-empty"], 3)


def test_codes_longer_than_excel_keeps_are_told_and_stay_text(tmp_path: Path) -> None:
    read = sheet(tmp_path, ["编号", "信用代码", "经度", "纬度"], ["A", 150207198701011000, 109.8, 40.6], ["B", "150207198701011234", 109.9, 40.6])
    assert read.columns[1].values == ["150207198701011000", "150207198701011234"] and "digits-lost" in {one.code for one in read.notices}
    layer, _ = propose("a_layer", read, {Geometry.POINT})
    assert {one.id: one.type for one in layer.fields}["xin_yong_dai_ma"] is str


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["150207198701011234", "150207198701015678"], str),
        (["911502077", "150207198701011234"], str),
        (["1E5", "2E10"], str),
        (["150207E01", "150207E02"], str),
        (["1.5E+3", "2.5E-3"], float),
        (["1,200", "12,345", "30"], int),
        (["1,20", "2"], str),
        (["001", "002"], str),
        (["1,200", "012"], str),
        (["12", "7"], int),
        (["1.10", "2.2"], float),
    ],
)
def test_a_new_field_loses_no_digit_of_its_codes(values: list[str], kind: type) -> None:
    read = Table("CSV", "a", np.arange(1, len(values) + 1), [Column("值", Kind.TEXT, list(values))])
    assert propose("a_layer", read, {Geometry.POINT})[0].fields[0].type is kind


def test_codes_that_a_spreadsheet_shortened_are_told() -> None:
    assert [one.values["count"] for one in numbers_lost(Column("编号", Kind.TEXT, ["1.50207E+11", "A1", "1.5E+3", None]), range(1, 5))] == [1]


@pytest.mark.parametrize(("name", "values", "codes"), [("建成日期", [45322, 36525], ["dates-as-numbers"]), ("建成日期", [45322, None], ["dates-as-numbers"]), ("建成年份", [45322], []), ("建成日期", [20240101], [])])
def test_days_that_a_spreadsheet_counted_are_told(name: str, values: list[Any], codes: list[str]) -> None:
    assert [one.code for one in numbers_lost(Column(name, Kind.INTEGER, values), range(1, len(values) + 1))] == codes


@pytest.mark.parametrize(("text", "number"), [("1,500", 1500), ("12,345,678", 12345678), ("1,5", 1.5), ("12", 12)])
def test_commas_in_numbers_of_dbase(text: str, number: float) -> None:
    assert read_dbf(dbf([(text,)], (("N", "N", 12),)), given=None, cpg=None).columns[0].values == [number]


def test_a_dbase_table_whose_fields_cannot_be_found_is_refused_and_one_without_a_name_is_kept() -> None:
    broken = bytearray(dbf())
    broken[8:10] = (34).to_bytes(2, "little")
    with pytest.raises(Refused) as refused:
        read_dbf(bytes(broken), given=None, cpg=None)
    assert refused.value.code == "not-a-table"
    assert [one.name for one in read_dbf(dbf([("a", "b")], (("", "C", 4), ("NAME", "C", 4))), given=None, cpg=None).columns] == ["column1", "NAME"]


def test_a_workbook_by_another_name_is_read(tmp_path: Path) -> None:
    assert len(sheet(tmp_path, HEAD, *ROWS, name="a.xls").rows) == 2


def changed(folder: Path, change: Callable[[Any], None], *rows: Sequence[Any]) -> Table:
    """A sheet after something was done to its workbook."""
    from openpyxl import load_workbook

    path = workbook(folder / "a.xlsx", {"表": [HEAD, *[list(one) for one in rows or ROWS]]})
    book = load_workbook(path)
    change(book)
    book.save(path)
    return read_workbook(Source("XLSX", "a", Part("a.xlsx", path)), sublayer=None, shapes_wanted=True)


def codes(read: Table) -> dict[str, Any]:
    return {one.code: one.values for one in read.notices}


def test_rows_that_are_hidden_or_filtered_out_are_read_and_told(tmp_path: Path) -> None:
    def hide(book: Any) -> None:
        book["表"].row_dimensions[3].hidden = True

    read = changed(tmp_path, hide)
    assert len(read.rows) == 2 and codes(read)["rows-hidden"] == {"count": 1, "rows": "3"}


def test_a_workbook_of_which_all_that_holds_something_is_hidden_says_so(tmp_path: Path) -> None:
    def hide(book: Any) -> None:
        book.create_sheet("说明")
        book["表"].sheet_state = "hidden"

    with pytest.raises(Refused) as refused:
        changed(tmp_path, hide)
    assert (refused.value.code, refused.value.values["there"]) == ("sheets-all-hidden", "表")


def test_angles_typed_as_hours_are_read(tmp_path: Path) -> None:
    """Offices type 109:48:30 into a cell of the form [h]:mm:ss. The wrong build reads "4 days, 13:48:30"."""
    angles = [timedelta(hours=109, minutes=48, seconds=30), timedelta(hours=40, minutes=36, seconds=0.5)]

    def shape(book: Any) -> None:
        for cell, angle in zip(book["表"][2][2:], angles, strict=True):
            cell.value, cell.number_format = angle, "[h]:mm:ss"

    assert places(changed(tmp_path, shape))[0] == pytest.approx((109 + 48.5 / 60, 40 + 36 / 60 + 0.5 / 3600), abs=1e-9)


def places(read: Table) -> list[tuple[float, float]]:
    import shapely

    return [shapely.from_wkb(one).coords[0] for one in ShapeColumn.of_blobs(read.shapes or []).blobs(0, len(read.rows)).tolist()]


def test_a_strict_workbook_is_called_by_its_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"表": [HEAD, *ROWS]})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).replace(b"schemas.openxmlformats.org/spreadsheetml/2006", b"purl.oclc.org/ooxml/spreadsheetml") for name in archive.namelist()}
    zipped(path, members)
    with pytest.raises(Refused) as refused:
        read_workbook(Source("XLSX", "a", Part("a.xlsx", path)), sublayer=None, shapes_wanted=True)
    assert refused.value.code == "workbook-strict"


def test_days_among_numbers_of_days_and_the_day_nought_are_told(tmp_path: Path) -> None:
    some = sheet(tmp_path, [*HEAD, "建成日期"], ["A", "甲", 109.8, 40.6, date(2020, 5, 1)], ["B", "乙", 109.9, 40.6, 43952])
    assert list(some.columns[-1].values) == ["2020-05-01", "43952"]
    assert codes(some)["some-dates-as-numbers"] == {"column": "建成日期", "text": "43952", "rows": "2", "day": "2020-05-01"}
    nought = sheet(tmp_path, [*HEAD, "建成日期"], ["A", "甲", 109.8, 40.6, date(2020, 5, 1)], ["B", "乙", 109.9, 40.6, time(0, 0)])
    assert nought.columns[-1].kind is Kind.DATE and list(nought.columns[-1].values) == ["2020-05-01", None]
    assert codes(nought)["days-nought"] == {"column": "建成日期", "count": 1}


def test_a_second_table_below_is_kept_out_row_by_row(tmp_path: Path) -> None:
    """The wrong build reads the grade of the second table as the name."""
    read = delimited(tmp_path, "编号,名称,经度,纬度\nA,甲,109.8,40.6\n\n编号,等级,经度,纬度\nX,一级,109.85,40.65\n")
    assert read.rows.tolist() == [1] and [one for one in told(read) if one[0] != "row-empty"] == [("row-of-other-table", 3), ("row-of-other-table", 4)]
    assert read.read == 4
    assert len(delimited(tmp_path, "编号,名称,经度,纬度\nA,甲,109.8,40.6\nn,e,,\nB,经度,109.9,40.6\n").rows) == 3


def test_two_tables_side_by_side_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        sheet(tmp_path, [*HEAD, None, *HEAD], ["A", "甲", 109.8, 40.6, None, "B", "乙", 109.9, 40.6])
    assert refused.value.code == "tables-beside"
    assert len(sheet(tmp_path, [*HEAD, "经度"], ["A", "甲", 109.8, 40.6, 109.8]).rows) == 1


def test_a_line_that_names_the_mark_between_cells_is_heeded(tmp_path: Path) -> None:
    read = delimited(tmp_path, "sep=;\n编号;名称;经度;纬度\nA;甲;109,8;40,6\n")
    assert len(read.rows) == 1 and read.first_line == 3


@pytest.mark.parametrize(
    ("kind", "values", "code", "rows"),
    [
        (Kind.TEXT, [*map(str, range(40)), "五"], "numbers-not-all", "41"),
        (Kind.REAL, [1.0, "1.#INF", None, 2.0], "numbers-not-all", "2"),
        (Kind.DATE, ["2026-05-01", "20260230", "2026-05-03"], "days-not-all", "2"),
        (Kind.DATE, ["2026-05-01", "2026-13-02"], "days-not-all", "2"),
        (Kind.TEXT, [*map(str, range(5)), "五"], None, ""),
        (Kind.TEXT, ["一级", "二级"] * 30, None, ""),
    ],
)
def test_a_few_values_that_make_a_column_text_are_told(kind: Kind, values: list[Any], code: str | None, rows: str) -> None:
    """The wrong build makes a number field of thousands of rows a text in silence, for one cell."""
    read = Table("CSV", "a", np.arange(1, len(values) + 1), [Column("人口", kind, values)])
    found = [(one.code, one.values["rows"]) for one in propose("a", read, {Geometry.POINT})[1] if one.code.endswith("-not-all")]
    assert found == ([(code, rows)] if code else [])
