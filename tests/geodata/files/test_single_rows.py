"""One row that is off among rows that are right: it is told by its number, and the file is judged by the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.crs import transformer
from geodata.files import refusal_words, report_words  # noqa: F401 - they declare the sentences
from geodata.files.angles import DOTTED, WHOLE, as_degrees
from geodata.files.notices import Refused
from geodata.files.placing import Place, Placed, place
from geodata.files.projection import candidates
from geodata.files.reading import read
from geodata.files.table import Column, Kind, Table
from layers.district import JIUYUAN
from tests.geodata.files.making import CGCS2000, HERE, dbf, shapefile

GRID = [transformer(4490, 4546).transform(*one) for one in HERE]


def placed(points: list[tuple[float, float]], crs: str | None = None, *, loose: bool = True, **how: bool) -> Placed:
    shapes = [bytes(shapely.to_wkb(shapely.Point(*one))) for one in points]
    return place(Table("CSV", "a", np.arange(1, len(points) + 1), [], shapes, crs_text=crs, crs_source="crs" if crs else None), Place(JIUYUAN, loose=loose, **how))


def told(found: Placed) -> dict[int, str]:
    return {row: one.code for row, one in found.rejected.items()}


@pytest.mark.parametrize(
    ("odd", "code"),
    [((412397.0, 4496890.0), "coordinate-outside-earth"), ((40.6, 109.8), "row-axes-swapped"), ((200.0, 40.6), "coordinate-outside-earth")],
    ids=["metres", "swapped", "beyond 180"],
)
def test_one_row_does_not_put_the_system_of_the_others_in_doubt(odd: tuple[float, float], code: str) -> None:
    """The wrong build refuses the file for an unknown system, with the first row as its example."""
    found = placed([*HERE, odd])
    assert told(found) == {3: code} and found.judged.found.code == "crs-assumed-here"


def test_rows_far_away_are_told_by_number_where_no_system_is_said() -> None:
    found = placed([*HERE, (116.4, 39.9)])
    assert found.judged.found.code == "crs-assumed-here"
    assert [one.values["rows"] for one in found.notices if one.code == "outside-district"] == ["4"]
    assert told(placed([*HERE, (116.4, 39.9)], loose=False)) == {3: "row-outside-district"}


def test_most_rows_elsewhere_without_a_system_are_not_taken_for_ours() -> None:
    with pytest.raises(Refused) as refused:
        placed([HERE[0], (116.4, 39.9), (116.5, 39.9)], loose=False)
    assert refused.value.code == "crs-unknown"


def test_degrees_among_metres_are_told_by_row() -> None:
    """The wrong build puts the row on the equator, and into the layer."""
    found = placed([*GRID, HERE[0]], "EPSG:4546")
    assert told(found) == {3: "row-in-degrees"} and found.rejected[3].values == {"x": "109.8", "y": "40.6"}


def test_what_the_projection_cannot_place_is_told_as_the_file_has_it() -> None:
    found = placed([*GRID, (37412397.6, 4496890.3)], "EPSG:4546")
    assert found.rejected[3].values == {"x": "37412397.6", "y": "4496890.3"}


@pytest.mark.parametrize(("corner", "is_told"), [((19.9, 40.64), True), ((109.88, 4.064), True), ((109.95, 40.7), False)])
def test_a_corner_far_off_is_told(corner: tuple[float, float], is_told: bool) -> None:
    line = shapely.LineString([HERE[0], HERE[1], corner, HERE[2]])
    table = Table("CSV", "a", np.arange(1, 3), [], [bytes(shapely.to_wkb(line)), bytes(shapely.to_wkb(shapely.Point(*HERE[0])))], crs_text="EPSG:4490", crs_source="crs")
    assert [one.values for one in place(table, Place(JIUYUAN)).notices if one.code == "shapes-astray"] == ([{"count": 1, "rows": "1"}] if is_told else [])


@pytest.mark.parametrize(("factor", "note"), [(1, ""), (1_000, "×1,000"), (10_000, "×10,000")])
def test_coordinates_in_larger_units_than_metres_are_recognised(factor: int, note: str) -> None:
    x, y = GRID[0][0] / factor, GRID[0][1] / factor
    found = candidates(np.array([[x, y, x, y]]), JIUYUAN)
    assert "EPSG:4546" in found and note in found


def with_column(folder: Path, name: str, value: str, *, prj: str | None = CGCS2000, layer: str = "shelters") -> Table:
    rows = [(f"B{number}", value) for number in range(3)]
    return read(shapefile(folder, name=layer, table=dbf(rows, (("编号", "C", 10), (name, "C", 12))), prj=prj))


def test_a_shift_that_a_column_or_the_name_of_a_layer_names_is_heard_in_any_format(tmp_path: Path) -> None:
    """The wrong build hears it in tables of text alone, and loads a shapefile 500 m off."""
    for number, (column, value, layer) in enumerate([("坐标系", "GCJ02", "shelters"), ("类别", "一级", "学校_火星坐标"), ("类别", "一级", "poi_bd09")]):
        found = [one.values["datum"] for one in with_column(tmp_path / str(number), column, value, layer=layer).notices if one.code == "datum-named"]
        assert found == (["bd09"] if layer == "poi_bd09" else ["gcj02"])
    assert not [one for one in with_column(tmp_path / "true", "类别", "一级", layer="gcj02转wgs84").notices if one.code == "datum-named"]


def test_an_old_system_that_a_column_names_counts_where_the_file_says_none(tmp_path: Path) -> None:
    assert with_column(tmp_path / "none", "坐标系", "西安80", prj=None).crs_text == "西安80"
    said = with_column(tmp_path / "both", "坐标系", "西安80")
    assert said.crs_text == CGCS2000 and [one.values["said"] for one in said.notices if one.code == "system-named-otherwise"] == ["西安80"]
    assert with_column(tmp_path / "name", "类别", "一级", prj=None, layer="学校_北京54").crs_text == "学校_北京54"


def test_a_column_of_many_values_is_no_column_of_systems() -> None:
    from geodata.files.system_named import heed_names

    table = Table("CSV", "a", np.arange(1, 31), [Column("datum", Kind.TEXT, [f"gcj02 {number}" for number in range(30)])], [None] * 30)
    heed_names(table)
    assert not table.notices


PACKED = [(109.4800 + second / 10_000, 40.3610 + second / 10_000) for second in range(1, 31)]


def table_of(points: list[tuple[float, float]], folder: Path) -> Table:
    path = folder / "a.csv"
    path.write_text("编号,经度,纬度\n" + "".join(f"A{number},{x:.12g},{y:.12g}\n" for number, (x, y) in enumerate(points)))
    return read(path)


def test_degrees_that_may_be_packed_are_asked_about_with_both_readings(tmp_path: Path) -> None:
    """The wrong build reads 109.4801 as decimal degrees, 27 km west of 109°48′01″."""
    with pytest.raises(Refused) as refused:
        place(table_of(PACKED, tmp_path), Place(JIUYUAN, loose=True))
    assert (refused.value.code, refused.value.about) == ("angles-asked", "angles")
    assert refused.value.values["readings"] == [{"form": "decimal", "place": "109.480100, 40.361100"}, {"form": "d.mmss", "place": "109.800278, 40.603056"}]


@pytest.mark.parametrize(("form", "lon"), [("decimal", 109.4801), ("d.mmss", 109 + 48 / 60 + 1 / 3600)])
def test_what_a_person_says_of_the_form_is_done(tmp_path: Path, form: str, lon: float) -> None:
    assert place(table_of(PACKED, tmp_path), Place(JIUYUAN, loose=True, angles=form)).shapes[0].x == pytest.approx(lon, abs=1e-10)


@pytest.mark.parametrize(
    ("form", "points"),
    [("dddmmss", [(1094830, 403615), (1094931.5, 403716)]), ("dddmm.mm", [(10948.5, 4036.25), (10949.525, 4037.2666667)]), ("e6", [(109808333, 40604167), (109825417, 40621111)])],
)
def test_whole_numbers_that_say_degrees_here_are_asked_about_and_not_called_metres(tmp_path: Path, form: str, points: list[tuple[float, float]]) -> None:
    table = table_of(points, tmp_path)
    with pytest.raises(Refused) as refused:
        place(table, Place(JIUYUAN, loose=True))
    assert (refused.value.code, [one["form"] for one in refused.value.values["readings"]]) == ("angles-asked", [form])
    found = place(table, Place(JIUYUAN, loose=True, angles=form)).shapes
    assert (found[0].x, found[0].y) == pytest.approx((109.808333, 40.604167), abs=1e-6) and found[1].x == pytest.approx(109.825417, abs=1e-6)


def test_seconds_beyond_sixty_are_told_by_row(tmp_path: Path) -> None:
    found = place(table_of([(1094830, 403615), (1094870, 403615)], tmp_path), Place(JIUYUAN, loose=True, angles="dddmmss"))
    assert told(found) == {1: "coordinate-not-read"}


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59), st.sampled_from([1, -1]))
def test_every_angle_of_whole_seconds_is_read_back_from_its_digits(degrees: int, minutes: int, seconds: int, sign: int) -> None:
    angle = sign * (degrees + minutes / 60 + seconds / 3600)
    dotted, whole = sign * float(f"{degrees}.{minutes:02d}{seconds:02d}"), sign * (degrees * 10_000 + minutes * 100 + seconds)
    for number, form in ((dotted, DOTTED), (whole, WHOLE)):
        assert as_degrees(np.array([number], float), form)[0] == pytest.approx(angle, abs=1e-9)
