"""Files of map programs: what GDAL's own drivers write, and what is odd about them in offices, read back as it was or refused in words."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pandas
import pytest
import shapely
from pyogrio import write_dataframe

from geodata.crs import transformer
from geodata.files.loading import LoadOptions, plan
from geodata.files.notices import Refused
from geodata.files.reading import read
from geodata.files.table import Table
from geodata.store.spaces import Space
from layers.spec import OPERATOR
from tests.geodata.files.making import CGCS2000, HERE, ROWS, by_gdal, dxf, parts_of, polyline, shapefile, zipped

POINTS = [shapely.Point(one) for one in HERE]
VALUES = {"编号": [one[0] for one in ROWS], "名称": [one[1] for one in ROWS], "容纳人数": [one[2] for one in ROWS]}
GK = [transformer(4490, 4546).transform(*one) for one in HERE]


def refused(path: Path, **options: object) -> Refused:
    with pytest.raises(Refused) as caught:
        read(path, **options)  # type: ignore[arg-type]
    return caught.value


def codes(table: Table) -> set[str]:
    return {one.code for one in table.notices}


def places(table: Table) -> list[tuple[float, float]]:
    return [(round(one.x, 6), round(one.y, 6)) for one in list(table.shapes or ())]


# File Geodatabase


def geodatabase(folder: Path, name: str = "应急.gdb") -> Path:
    path = by_gdal(folder / name, "OpenFileGDB", POINTS, VALUES, layer="避难场所")
    return by_gdal(path, "OpenFileGDB", [shapely.box(109.8, 40.6, 109.9, 40.7)], {"名称": ["甲"]}, layer="防火区", append=True, geometry_type="MultiPolygon")


def test_a_geodatabase_is_read_zipped_in_a_folder_or_as_loose_parts(tmp_path: Path) -> None:
    path = geodatabase(tmp_path)
    packed = zipped(tmp_path / "a.zip", {f"数据/应急.gdb/{name.upper()}": content for name, content in parts_of(path).items()})
    loose = tmp_path / "loose"
    shutil.copytree(path, loose)
    for one in (path, packed, loose):
        table = read(one, sublayer="避难场所")
        assert (table.format, table.crs_text, places(table)) == ("File Geodatabase", "EPSG:4490", list(HERE))
        assert [one.values for one in table.columns][:2] == [VALUES["编号"], VALUES["名称"]]


def test_the_layers_of_a_geodatabase_are_listed_with_count_and_kind_and_none_is_picked(tmp_path: Path) -> None:
    caught = refused(geodatabase(tmp_path))
    assert caught.code == "several-sublayers"
    assert caught.values["layers"] == [{"name": "避难场所", "count": 3, "kinds": ["Point"]}, {"name": "防火区", "count": 1, "kinds": ["MultiPolygon"]}]
    assert (caught.values["there"], caught.values["there_en"]) == ("避难场所（3 点）、防火区（1 多面）", "避难场所 (3 Point), 防火区 (1 MultiPolygon)")


def test_a_table_of_a_geodatabase_is_no_layer_of_a_map_and_feeds_one_without_shapes(tmp_path: Path) -> None:
    path = by_gdal(tmp_path / "a.gdb", "OpenFileGDB", POINTS, VALUES, layer="避难场所")
    write_dataframe(pandas.DataFrame({"编号": ["W1", "W2"], "数量": [5.0, 6.0]}), path, layer="物资表", driver="OpenFileGDB", append=True)
    assert read(path).sublayer == "避难场所"
    table = read(path, sublayer="物资表", shapes_wanted=False)
    assert table.shapes is None and table.columns[0].values == ["W1", "W2"]


def test_two_sources_in_one_archive_are_chosen_by_both_names(tmp_path: Path) -> None:
    first, second = geodatabase(tmp_path, "a.gdb"), shapefile(tmp_path / "s", name="depots")
    parts = {f"a.gdb/{name}": content for name, content in parts_of(first).items()}
    path = zipped(tmp_path / "a.zip", {**parts, **parts_of(second.parent)})
    assert [one["name"] for one in refused(path).values["layers"]] == ["a", "depots"]
    assert [one["name"] for one in refused(path, sublayer="a").values["layers"]] == ["a/避难场所", "a/防火区"]
    assert read(path, sublayer="a/防火区").sublayer == "防火区"
    assert len(read(path, sublayer="depots").rows) == 3


def test_a_geodatabase_without_its_catalogue_or_with_damage_is_refused(tmp_path: Path) -> None:
    path = geodatabase(tmp_path)
    (path / "a00000001.gdbtable").write_bytes(b"\0" * 200)
    assert refused(path).code in ("file-damaged", "no-spatial-layer")
    (path / "a00000001.gdbtable").unlink()
    assert refused(path).code == "database-part-missing"


def test_curves_in_a_geodatabase_are_straightened_and_said(tmp_path: Path) -> None:
    flat = by_gdal(tmp_path / "flat.gdb", "OpenFileGDB", [shapely.box(109.8, 40.6, 109.9, 40.7)], {"a": [1]})
    assert "curves-straightened" not in codes(read(flat))
    path = tmp_path / "curved.gml"
    path.write_text(
        '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:o="http://o">'
        '<wfs:member><o:a gml:id="a.1"><o:g><gml:Curve srsName="EPSG:4490" srsDimension="2" gml:id="c"><gml:segments><gml:Arc>'
        "<gml:posList>40.6 109.8 40.65 109.85 40.6 109.9</gml:posList></gml:Arc></gml:segments></gml:Curve></o:g><o:n>甲</o:n></o:a></wfs:member>"
        "</wfs:FeatureCollection>"
    )
    table = read(path)
    notice = next(one for one in table.notices if one.code == "curves-straightened")
    assert notice.values["step_deg"] == 1 and shapely.get_num_coordinates(table.shapes[0]) > 90  # type: ignore[index]


# MapInfo


@pytest.mark.parametrize("suffix", ["tab", "mif"])
@pytest.mark.parametrize("spelling", ["as made", "Neutral", "WindowsLatin1"])
def test_a_mapinfo_table_is_read_in_chinese_whatever_charset_it_names(suffix: str, spelling: str, tmp_path: Path) -> None:
    path = by_gdal(tmp_path / f"避难.{suffix}", "MapInfo File", POINTS, VALUES, ENCODING="CP936")
    path.write_bytes(path.read_bytes().replace(b"WindowsSimpChinese", b"WindowsSimpChinese" if spelling == "as made" else spelling.encode()))
    table = read(path)
    assert [one.name for one in table.columns] == list(VALUES)
    assert table.columns[1].values == VALUES["名称"] and places(table) == list(HERE)
    assert table.encoding is not None and table.encoding.value == "GB18030"
    assert (table.encoding.code == "encoding-by-charset") == (spelling == "as made")
    assert ("encoding-contradicted" in codes(table)) == (spelling == "WindowsLatin1")


def test_utf8_in_a_table_that_names_the_chinese_charset_is_found(tmp_path: Path) -> None:
    path = by_gdal(tmp_path / "a.mif", "MapInfo File", POINTS, VALUES, ENCODING="CP936")
    for one in (path, path.with_suffix(".mid")):
        one.write_bytes(one.read_bytes().decode("gbk").encode())
    table = read(path)
    assert table.columns[1].values == VALUES["名称"] and "encoding-contradicted" in codes(table)


def test_mapinfo_parts_are_found_in_a_zip_and_missing_ones_named(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    by_gdal(folder / "a.tab", "MapInfo File", POINTS, VALUES, ENCODING="CP936")
    parts = {f"九原/{name.upper()}": content for name, content in parts_of(folder).items()}
    assert len(read(zipped(tmp_path / "a.zip", parts)).rows) == 3
    (folder / "a.dat").unlink()
    caught = refused(folder / "a.tab")
    assert (caught.code, caught.values["part"]) == ("map-part-missing", ".dat")
    (tmp_path / "b.tab").write_text("!table\n!version 300\nDefinition Table\n  Type LINKED\n  Fields 1\n    a Char (10) ;\n")
    assert refused(tmp_path / "b.tab").code == "map-kind-unsupported"
    (tmp_path / "c.mid").write_text('"a",1\n')
    assert refused(zipped(tmp_path / "c.zip", {"c.mid": b'"a",1\n'})).code == "map-part-missing"


@pytest.mark.parametrize(
    "more", ["create view b as select * from c", 'begin_metadata\n"\\IsSeamless" = "TRUE"\nend_metadata', "open table /etc/passwd", "  Type LINKED"]
)
def test_a_tab_never_leads_to_another_file(more: str, tmp_path: Path) -> None:
    path = by_gdal(tmp_path / "a.tab", "MapInfo File", POINTS, VALUES, ENCODING="CP936")
    path.write_bytes(path.read_bytes() + more.encode() + b"\n")
    assert refused(path).code == "map-kind-unsupported"


def test_a_tab_that_is_a_table_of_tabs_is_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "a.tab"
    path.write_text("名称\t经度\t纬度\n甲\t109.8\t40.6\n")
    assert read(path).format == "CSV"


def test_a_drawing_without_a_system_is_asked_about(tmp_path: Path) -> None:
    path = by_gdal(tmp_path / "a.mif", "MapInfo File", [shapely.Point(one) for one in GK], VALUES, crs=None, ENCODING="CP936")
    table = read(path)
    assert table.crs_text is None and table.crs_declared_unknown


@pytest.mark.parametrize("suffix", ["tab", "mif"])
def test_a_gauss_kruger_table_comes_back_to_its_places_under_a_name(suffix: str, space: Space, tmp_path: Path) -> None:
    path = by_gdal(tmp_path / f"a.{suffix}", "MapInfo File", [shapely.Point(one) for one in GK], VALUES, crs="EPSG:4546", ENCODING="CP936")
    made = plan(space, "map_layer", path, LoadOptions(create=True, dry_run=True), OPERATOR)
    assert made.report.crs is not None and made.report.crs.value == "Transverse Mercator 111E"
    assert [(row.geometry.x, row.geometry.y) for row in made.rows] == [pytest.approx(one, abs=5e-7) for one in HERE]  # type: ignore[union-attr]  # a .map keeps whole steps of its extent


# CAD


def test_a_drawing_is_placed_by_the_system_that_a_person_names_and_by_none_otherwise(space: Space, tmp_path: Path) -> None:
    path = dxf(tmp_path / "a.dxf", [polyline("道路", GK)])
    asked = plan(space, "cad_layer", path, LoadOptions(create=True, dry_run=True), OPERATOR).report.refused
    assert asked is not None and asked.code == "crs-unknown" and "EPSG:4546" in asked.values["candidates"]
    made = plan(space, "cad_layer", path, LoadOptions(create=True, dry_run=True, crs="EPSG:4546"), OPERATOR)
    assert shapely.get_coordinates(made.rows[0].geometry).tolist() == [pytest.approx(one, abs=1e-7) for one in HERE]
    zoned = [(x + 37_000_000, y) for x, y in GK]
    asked = plan(space, "cad_layer", dxf(tmp_path / "b.dxf", [polyline("道路", zoned)]), LoadOptions(create=True, dry_run=True), OPERATOR).report.refused
    assert asked is not None and "EPSG:4525" in asked.values["candidates"]


def test_the_layers_of_a_drawing_are_chosen_from_and_its_texts_and_blocks_read(tmp_path: Path) -> None:
    x, y = GK[0]
    block = [(0, "BLOCK"), (8, "0"), (2, "XHS"), (70, 2), (10, 0), (20, 0), (3, "XHS"), (0, "CIRCLE"), (8, "0"), (10, 0), (20, 0), (40, 1), (0, "ENDBLK"), (8, "0")]
    hydrant = [(0, "INSERT"), (8, "消火栓"), (2, "XHS"), (10, x), (20, y), (66, 1), (0, "ATTRIB"), (8, "消火栓"), (10, x), (20, y), (40, 1), (1, "X01"), (2, "编号"), (0, "SEQEND")]
    text = [(0, "TEXT"), (8, "注记"), (10, x), (20, y), (40, 2.5), (1, "九原区\\U+4E2D学")]
    path = dxf(tmp_path / "a.dxf", [hydrant, text], blocks=[block])
    assert [(one["name"], one["count"], one["kinds"]) for one in refused(path).values["layers"]] == [("消火栓", 1, ["Point"]), ("注记", 1, ["Point"])]
    words = read(path, sublayer="注记")
    assert words.column("text").values == ["九原区中学"]  # type: ignore[union-attr]
    assert words.crs_text is None
    symbols = read(path, sublayer="消火栓")
    assert symbols.column("编号").values == ["X01"] and places(symbols) == [(round(x, 6), round(y, 6))]  # type: ignore[union-attr]
    assert "cad-blocks-as-points" in codes(symbols)


@pytest.mark.parametrize("codec", ["gbk", "utf-8"])
def test_a_drawing_is_read_in_the_encoding_of_its_bytes_not_of_its_header(codec: str, tmp_path: Path) -> None:
    table = read(dxf(tmp_path / "a.dxf", [polyline("防火隔离带", GK)], encoding=codec))
    assert table.sublayer == "防火隔离带" and table.encoding is not None and table.encoding.value == {"gbk": "GB18030"}.get(codec, "UTF-8")


def test_closed_outlines_become_polygons_only_where_all_lines_are_closed(tmp_path: Path) -> None:
    square = [(412000.0, 4495000.0), (413000.0, 4495000.0), (413000.0, 4496000.0), (412000.0, 4496000.0)]
    closed = read(dxf(tmp_path / "a.dxf", [polyline("区", square, closed=True)]))
    assert next(iter(closed.shapes or ())).area == 1_000_000 and "cad-closed-as-polygons" in codes(closed)
    mixed = read(dxf(tmp_path / "b.dxf", [polyline("区", square, closed=True), polyline("区", square[:2])]))
    assert {one.geom_type for one in list(mixed.shapes or ())} == {"LineString"} and "cad-closed-as-polygons" not in codes(mixed)


def test_arcs_and_bulges_are_straightened_within_what_is_said(tmp_path: Path) -> None:
    circle = [(0, "CIRCLE"), (8, "弧"), (10, 412000), (20, 4495000), (40, 1000)]
    table = read(dxf(tmp_path / "a.dxf", [circle]))
    shape = next(iter(table.shapes or ()))
    middle = shapely.Point(412000, 4495000)
    farthest = max(abs(1000 - middle.distance(shapely.LineString(pair))) for pair in zip(shape.exterior.coords, shape.exterior.coords[1:], strict=False))
    assert farthest <= 1000 * 0.00004 and "curves-straightened" in codes(table)
    bent = read(dxf(tmp_path / "b.dxf", [polyline("弧", [(412000.0, 4495000.0), (413000.0, 4495000.0)], bulge=0.5)]))
    assert "curves-straightened" in codes(bent)
    assert "curves-straightened" not in codes(read(dxf(tmp_path / "c.dxf", [polyline("直", GK)])))


@pytest.mark.parametrize(("units", "factor", "code"), [(4, 1000.0, "cad-units-scaled"), (4, 1.0, "cad-units-ignored"), (6, 1.0, None), (0, 1.0, None)])
def test_units_of_a_drawing_are_believed_only_where_the_numbers_agree(units: int, factor: float, code: str | None, tmp_path: Path) -> None:
    table = read(dxf(tmp_path / "a.dxf", [polyline("路", [(x * factor, y * factor) for x, y in GK])], units=units))
    assert shapely.get_coordinates(list(table.shapes or ())).tolist() == [pytest.approx(one, abs=1e-3) for one in GK]
    assert codes(table) & {"cad-units-scaled", "cad-units-ignored"} == ({code} if code else set())


def test_drawings_that_cannot_be_read_say_how_to_make_them_so(tmp_path: Path) -> None:
    for name, content, code in (
        ("a.dwg", b"AC1032" + bytes(200), "dwg-unsupported"),
        ("a.dxf", b"AutoCAD Binary DXF\r\n\x1a\x00" + bytes(60), "dxf-binary"),
        ("b.dxf", b"name,lon,lat\na,1,2\n", "content-differs"),
        ("c.dxf", b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n  9\r\n$ACADVER\r\n", "drawing-cut"),
        ("d.dxf", b"  0\r\nSECTION\r\n  2\r\nENTITIES\r\n  0\r\nENDSEC\r\n  0\r\nEOF\r\n", "empty-layer"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert refused(path).code == code, name
    solid = [(0, "3DSOLID"), (8, "路")]
    assert "cad-left-out" in codes(read(dxf(tmp_path / "e.dxf", [polyline("路", GK), solid])))


# damaged in any way


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One sound file of each kind, by the part that is to be damaged."""
    folder = tmp_path_factory.mktemp("whole")
    by_gdal(folder / "a.tab", "MapInfo File", POINTS, VALUES, ENCODING="CP936")
    by_gdal(folder / "b.mif", "MapInfo File", POINTS, VALUES, ENCODING="CP936")
    gdb = geodatabase(folder)
    dxf(folder / "c.dxf", [polyline("路", GK)])
    table = max(gdb.glob("*.gdbtable"), key=lambda one: one.stat().st_mtime_ns)
    return {"a.tab": folder / "a.tab", "a.dat": folder / "a.tab", "a.map": folder / "a.tab", "b.mif": folder / "b.mif", "b.mid": folder / "b.mif",
            "c.dxf": folder / "c.dxf", f"应急.gdb/{table.name}": gdb}  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_map_files_with_bytes_changed_or_cut_are_read_or_refused_never_fatal(seed: int, whole: dict[str, Path], tmp_path: Path) -> None:
    chance = random.Random(seed)
    target, named = chance.choice(sorted(whole.items()))
    shutil.copytree(named.parent, tmp_path / "copy")
    part = tmp_path / "copy" / target
    raw = bytearray(part.read_bytes())
    for _ in range(chance.randint(1, 12)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    part.write_bytes(raw[: chance.randint(len(raw) // 2, len(raw))] if seed % 2 else raw)
    try:
        read(tmp_path / "copy" / named.name, sublayer="避难场所" if named.suffix == ".gdb" else None)
    except Refused as caught:
        assert caught.code != "reader-died", (target, caught)


# packed in any way


def test_a_zip_in_the_zip_is_opened_one_deep_and_said(tmp_path: Path) -> None:
    parts = parts_of(shapefile(tmp_path / "p", name="避难场所").parent)
    inner = zipped(tmp_path / "inner.zip", parts)
    path = zipped(tmp_path / "outer.zip", {"资料/shp.zip": inner.read_bytes(), "说明.txt": b"x"})
    table = read(path)
    assert len(table.rows) == 3 and "archive-inside" in codes(table)
    assert refused(zipped(tmp_path / "third.zip", {"b.zip": path.read_bytes()})).code == "archive-nested"


def test_an_inner_archive_counts_towards_one_measure_and_its_members_stay_inside(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "i.zip", {"../a.shp": b"x"})
    assert refused(zipped(tmp_path / "o.zip", {"i.zip": inner.read_bytes()})).code == "archive-path"
    assert refused(zipped(tmp_path / "p.zip", {"i.zip": b"PK\x03\x04 and no more"})).code == "archive-damaged"
    assert refused(zipped(tmp_path / "q.zip", {"i.7z": b"7z\xbc\xaf\x27\x1c"})).code == "packing-unsupported"


def test_prj_and_all_stay_with_the_shapefile_of_an_inner_archive(tmp_path: Path) -> None:
    parts = parts_of(shapefile(tmp_path / "p").parent)
    path = zipped(tmp_path / "o.zip", {"i.zip": zipped(tmp_path / "i.zip", parts).read_bytes()})
    assert read(path).crs_text == CGCS2000
