"""A shapefile's table and index: what each program makes of them is read by row, and what cannot be told for sure is refused or named."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.columns import ShapeColumn
from geodata.files.notices import Refused
from geodata.files.reading import read
from geodata.files.table import Table
from tests.geodata.files.making import FIELDS, HERE, ROWS, dbf, shapefile

Bytes = Callable[[bytes], bytes]


def names(table: Table) -> list[object]:
    column = table.column("名称")
    assert column is not None
    return list(column.values)


def wkb(table: Table) -> list[bytes | None]:
    assert isinstance(table.shapes, ShapeColumn)
    return list(table.shapes.blobs(0, len(table.rows)).tolist())


def codes(table: Table) -> list[str]:
    return [one.code for one in (*table.notices, *table.rejected)]


def dbase_7(rows: list[tuple[str, str, int | None]]) -> bytes:
    """A table of level 7: a longer head, names of 32 bytes, whole numbers with the most significant byte first."""
    fields = (("编号", b"C", 10), ("名称", b"C", 20), ("a_name_longer_than_ten", b"I", 4))
    heads = b"".join(name.encode("gbk").ljust(32, b"\0") + letter + bytes([width]) + bytes(14) for name, letter, width in fields)
    head = struct.pack("<B3BIHH", 4, 124, 1, 1, len(rows), 68 + len(heads) + 1, 35) + bytes(56)
    lines = b"".join(
        b" " + code.encode("gbk").ljust(10) + name.encode("gbk").ljust(20) + (bytes(4) if number is None else struct.pack(">I", number + 0x80000000))
        for code, name, number in rows
    )
    return head + heads + b"\r" + lines + b"\x1a"


def test_a_table_of_dbase_7_is_read_by_its_own_layout(tmp_path: Path) -> None:
    """The wrong build takes the descriptors for those of dBASE III: one column without a name, and no value."""
    table = read(shapefile(tmp_path, table=dbase_7([("B1", "九原区第一中学", 500), ("B2", "沙河街道广场", -3), ("B3", "麻池镇", None)])))
    assert names(table) == ["九原区第一中学", "沙河街道广场", "麻池镇"]
    number = table.column("a_name_longer_than_ten")
    assert number is not None and list(number.values) == [500, -3, None]


def test_a_table_that_says_level_7_and_has_the_old_layout_is_read_by_that(tmp_path: Path) -> None:
    assert names(read(shapefile(tmp_path, table=b"\x04" + dbf()[1:]))) == [one[1] for one in ROWS]


@pytest.mark.parametrize("cpg", ["UTF-16", None])
def test_text_of_utf16_in_a_table_is_refused(tmp_path: Path, cpg: str | None) -> None:
    rows = [(f"B{number}", one.encode("utf-16-le").ljust(40), number) for number, one in enumerate(["九原区第一中学", "沙河街道", "麻池镇"])]
    with pytest.raises(Refused) as refused:
        read(shapefile(tmp_path, table=dbf(rows, (("ID", "C", 10), ("NAME", "C", 40), ("N", "N", 4))), cpg=cpg))
    assert refused.value.code == "table-utf16"


def test_latin_text_of_utf16_is_refused_too(tmp_path: Path) -> None:
    rows = [(f"B{number}", one.encode("utf-16-le").ljust(40, b"\0"), number) for number, one in enumerate(["North gate", "South gate", "Station"])]
    with pytest.raises(Refused) as refused:
        read(shapefile(tmp_path, table=dbf(rows, (("ID", "C", 10), ("NAME", "C", 40), ("N", "N", 4)))))
    assert refused.value.code == "table-utf16"


def test_a_cpg_that_says_utf16_of_gbk_is_overruled(tmp_path: Path) -> None:
    table = read(shapefile(tmp_path, cpg="UTF-16"))
    assert names(table) == [one[1] for one in ROWS] and "encoding-contradicted" in codes(table)


def test_a_truth_that_is_none_is_told_by_row_and_field(tmp_path: Path) -> None:
    table = read(shapefile(tmp_path, table=dbf([("B1", b"T", 1), ("B2", b"X", 2), ("B3", b"?", 3)], (("编号", "C", 10), ("开放", "L", 1), ("n", "N", 4)))))
    column = table.column("开放")
    assert column is not None and list(column.values) == [True, None, None]
    assert [(one.row, one.field, one.values["value"]) for one in table.notices if one.code == "truth-not-read"] == [(2, "开放", "X")]


def test_one_bad_value_among_many_rows_does_not_put_the_encoding_in_doubt(tmp_path: Path) -> None:
    """The wrong build asks each distinct value once: of three that a column of thousands has, the bad one is a third."""
    rows = [(f"B{number}", "九原区", number) for number in range(3000)]
    rows[2500] = ("BAD", b"\xff\xfe\xff\xfe", 1)  # type: ignore[assignment]
    rows[2600] = ("U", "麻池镇文化站".encode(), 1)  # type: ignore[assignment]
    table = read(shapefile(tmp_path, table=dbf(rows), points=[HERE[0]] * 3000))
    assert table.encoding is not None and table.encoding.value == "GB18030"
    assert [(one.code, one.row, one.field) for one in table.rejected] == [("text-undecodable", 2501, "名称")]
    assert [one.row for one in table.notices if one.code == "text-other-encoding"] == [2601]


@pytest.mark.parametrize(("in_header", "in_rows", "cpg"), [("utf-8", "gbk", None), ("gbk", "utf-8", "UTF-8")])
def test_names_in_another_encoding_than_the_values_are_read(tmp_path: Path, in_header: str, in_rows: str, cpg: str | None) -> None:
    plain = dbf(encoding=in_rows)
    head = b"".join(name.encode(in_header)[:10].ljust(11, b"\0") + plain[43 + 32 * place : 64 + 32 * place] for place, (name, *_) in enumerate(FIELDS))
    table = read(shapefile(tmp_path, table=plain[:32] + head + plain[32 + 32 * len(FIELDS) :], cpg=cpg))
    assert [one.name for one in table.columns][:2] == ["编号", "名称"]


def entry(number: int, offset: int, words: int = 10) -> Bytes:
    """An index in which one entry says otherwise."""
    return lambda raw: raw[: 92 + 8 * number] + struct.pack(">ii", offset, words) + raw[100 + 8 * number :]


@pytest.mark.parametrize("change", [entry(1, 52), entry(1, 64), entry(2, 64, 4)], ids=["into a record", "two at one record", "another length"])
def test_an_index_that_does_not_point_at_the_records_is_made_anew(tmp_path: Path, change: Bytes) -> None:
    """The wrong build puts the shape of one row on another, or takes a row for one without a place."""
    path = shapefile(tmp_path)
    whole = wkb(read(path))
    index = path.with_suffix(".shx")
    index.write_bytes(change(index.read_bytes()))
    table = read(path)
    assert wkb(table) == whole and "shx-rebuilt" in codes(table)


def swapped(raw: bytes) -> bytes:
    return raw[:100] + raw[108:116] + raw[100:108] + raw[116:]


def test_an_index_in_another_order_than_the_records_numbers_is_refused(tmp_path: Path) -> None:
    path = shapefile(tmp_path)
    index = path.with_suffix(".shx")
    index.write_bytes(swapped(index.read_bytes()))
    with pytest.raises(Refused) as refused:
        read(path)
    assert refused.value.code == "shx-contradicts"


def test_records_that_a_program_moved_are_read_by_index_and_number(tmp_path: Path) -> None:
    path = shapefile(tmp_path)
    whole = wkb(read(path))
    raw = path.read_bytes()
    path.write_bytes(raw[:100] + raw[128:156] + raw[100:128] + raw[156:])  # each record with its own number
    index = path.with_suffix(".shx")
    index.write_bytes(swapped(index.read_bytes()))
    assert wkb(read(path)) == whole
