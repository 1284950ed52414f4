"""Text that was garbled before it came into the file is told with what it was; words that only look so are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.files.garbling import as_it_was, garbled
from geodata.files.table import Column, Kind, Table


@pytest.mark.parametrize(
    ("text", "was"),
    [
        ("九原区体育馆避难场所".encode().decode("gb18030", "replace").replace("\ufffd", "?"), "九原区体育馆避难场所"),
        ("沙河街".encode().decode("gbk", "ignore"), "沙河"),
        ("九原区体育馆避难所".encode().decode("gbk", "ignore"), "九原区体育□避难所"),
        ("九原".encode("gbk").decode("latin-1"), "九原"),
        ("九原区".encode().decode("latin-1"), "九原区"),
    ],
)
def test_a_misreading_is_told_with_what_it_was(text: str, was: str) -> None:
    assert as_it_was(text) == was


@pytest.mark.parametrize(
    "text", ["联通", "中国联通九原营业厅", "涓涓细流", "Café", "Müller Straße", "Île-de-France", "ÅÄÖ", "Кириллица", "±5°", "100㎡", "“甲”", "镕垚", "𠮷野家", "A", ""]
)
def test_words_are_left_alone(text: str) -> None:
    assert as_it_was(text) is None


def test_columns_are_told_once_with_how_many_values() -> None:
    values = ["涔濆師鍖", "涔濆師鍖", "麻池镇", "????", None]
    found = garbled(Table("CSV", "a", np.arange(1, 6), [Column("鍚嶇О", Kind.TEXT, list(values)), Column("n", Kind.INTEGER, [1, 2, 3, 4, 5])]))
    assert [(one.code, one.values.get("count")) for one in found] == [("column-garbled", None), ("text-garbled", 2), ("text-lost", 1)]
