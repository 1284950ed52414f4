"""The files of shared/cases, found in the wild or made after them: what becomes of each, in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from geodata.files.loading import LoadOptions, plan
from geodata.store.database import Database
from layers.spec import OPERATOR
from tests.conftest import SHARED

CASES = SHARED / "cases"


@dataclass(frozen=True)
class Outcome:
    """`file` inside the case's folder ("" the folder itself). Refused with `refused`, or read/accepted with these `codes` told of."""

    file: str = ""
    refused: str | None = None
    counts: tuple[int, int] = (0, 0)
    codes: tuple[str, ...] = ()
    encoding: str | None = None
    crs: str | None = None
    value: tuple[str, object] | None = None


def ok(
    count: int,
    *codes: str,
    of: int | None = None,
    file: str = "",
    encoding: str | None = None,
    crs: str | None = None,
    value: tuple[str, object] | None = None,
) -> Outcome:
    return Outcome(file, None, (of or count, count), codes, encoding, crs, value)


def no(code: str, file: str = "", encoding: str | None = None) -> Outcome:
    return Outcome(file, code, encoding=encoding)


FAR, NO_PRJ, ZM = "outside-district", "crs-assumed", "zm-dropped"

EXPECTED = {
    # attributes without shapes are no layer of a map
    "ms-gb2312-dbf-only": no("part-missing", "gb2312.dbf"),
    "ms-cpg-utf16-dbf-only": no("part-missing", "utf16.dbf"),
    "ms-duplicate-fields-dbf": no("part-missing", "duplicate_fields.dbf"),
    "dbfread-invalid-value": no("part-missing", "invalid_value.dbf"),
    # metres without a word of the CRS: asked; the text is decoded all the same
    "ms-cpg-big5": no("crs-unknown", "big5.shp", "Big5"),
    "gt-hole-touch-edge": no("crs-unknown", "holeTouchEdge.shp"),
    "gt-sparse": no("crs-unknown", "sparse.shp"),
    "nts-all-nulls": no("crs-unknown", "AllNulls.shp"),
    "gen-gk-cm-no-prj": no("crs-unknown", "shelters.shp", "UTF-8"),
    # a GeoPackage that says of itself that its CRS is undefined is believed
    "ms-gpkg-null-crs": no("crs-unknown", "null_crs_gdal.gpkg"),
    "gt-gpkg-srs0": no("crs-unknown", "lakes_srs_0.gpkg"),
    # metres where degrees are promised
    "ms-384-json-ex2": no("metres-called-degrees", "ex2.json"),
    "gt-mzpolygons": no("metres-called-degrees", "mzpolygons.shp"),
    "ms-invalid-coords": no("nothing-accepted", "invalid_coordinates.shp"),
    "ms-384-json-sample1": no("not-json", "sample1.json"),
    "ms-csv-utf16le": no("no-coordinate-columns", "utf16_le_bom.csv"),
    "ms-fgb-empty": no("empty-layer", "empty.fgb"),
    "gt-empty": no("empty-layer", "empty-shapefile.shp"),
    "gt-gzipped": no("packing-unsupported"),
    "gt-measure-pointzm-shp-only": no("part-missing", "pointzm.shp"),
    "nts-empty-shp-only": no("empty-layer", "EmptyShapeFile.shp"),
    "nts-missing-m": no("part-missing", "shape_pointZM_MissingM values.shp"),
    "pyshp-empty-zip": no("nothing-usable", "empty_zipfile.zip"),
    "fiona-tin": no("shape-kind-unsupported", "test_tin.shp"),
    "rs-multipatch": no("shape-kind-unsupported", "multipatch.shp"),
    "sf-nospatial": no("no-spatial-layer", "nospatial.gpkg"),
    "gen-zero-bytes": no("empty-file", "shelters.shp"),
    "gen-text-renamed-shp": no("content-differs", "shelters.shp"),
    "gen-zip-password": no("archive-encrypted", "locked.zip"),
    "gen-zip-truncated": no("archive-damaged", "cut.zip"),
    "gen-kmz-truncated": no("archive-damaged", "a.kmz"),
    "gdal-kml-empty-coordinates": no("nothing-accepted", "kml_with_space_content_in_coordinates.kml"),
    # foreign CRS, reprojected or held equal
    "ms-518-data-corruption": ok(8, ZM, FAR, file="data_corruption_error.shp", crs="EPSG:3006"),
    "ms-519-max-callstack": ok(138, FAR, file="max_callstack_error.shp", crs="EPSG:3021"),
    "ms-zip-in-zip": ok(295, "archive-inside", FAR, file="zip-in-zip.zip"),
    "ms-166-merc": ok(1, FAR, file="e_merc.shp", crs="EPSG:3395"),
    "gt-danish": ok(4, "datum-held-equal", FAR, file="danish_point.shp", encoding="Windows-1252"),
    "ms-193-three-points-prj": ok(3, "crs-unreadable", NO_PRJ, FAR, file="three_points.shp", value=("name", "Niagara Falls")),
    "sjs-mixedcase": ok(40, "geometry-repaired", FAR, file="mixedcase.zip", crs="EPSG:26986"),
    # no .prj, plainly degrees: taken, loudly
    "gt-folder-with-spaces": ok(10, NO_PRJ, FAR),
    "nts-victoria-north": ok(1, "geometry-broken", NO_PRJ, of=2, file="Victoria North.shp"),
    "nts-with-m": ok(55, "shx-rebuilt", ZM, NO_PRJ, file="with_M.shp"),
    "sjs-exclude": ok(1, NO_PRJ, file="SHP_Exclude.zip", value=("client_name", "Vliegen, Jelle")),
    "fiona-csv-curves": ok(5, "shape-kind-not-admitted", NO_PRJ, of=9, file="curves_line.csv"),
    # text
    "gt-rus-1251": ok(2, FAR, file="rus-windows-1251.shp", encoding="Windows-1251", value=("text", "Кириллица")),
    "sjs-html-cpg": ok(2, "cpg-unreadable", "shx-rebuilt", file="htmlcpg.shp", encoding="UTF-8"),
    "sjs-codepage": ok(2, file="codepage.zip", encoding="Windows-1250", value=("field", "??")),
    "gen-utf8-cpg": ok(8, file="shelters.shp", encoding="UTF-8", value=("ming_cheng", "九原区体育馆避难所")),
    "gen-gb18030-4byte": ok(8, file="shelters.shp", encoding="GB18030", value=("ming_cheng", "𠮷野家九原店")),
    "gen-long-text": ok(2, file="shelters.shp", encoding="UTF-8"),
    "gen-zip-gbk-folder": ok(8, file="data.zip", encoding="GB18030", value=("ming_cheng", "九原区体育馆避难所")),
    "gen-geojson-gbk": ok(1, "not-utf8", file="shelters.geojson", encoding="GB18030", value=("name", "九原区体育馆避难所")),
    "gen-geojson-bom": ok(8, file="shelters.geojson", encoding="UTF-8"),
    "gen-xlsx": ok(8, file="shelters.xlsx", value=("ming_cheng", "九原区体育馆避难所")),
    # records and shapes
    "gen-cgcs2000-3deg-cm111": ok(8, file="shelters.shp", crs="EPSG:4546"),
    "gen-outside-district": ok(8, FAR, file="shelters.shp"),
    "gen-multi-and-single": ok(2, file="zones.shp"),
    "gen-hole-outside": ok(1, "geometry-repaired", file="zones.shp"),
    "gen-lines-for-polygons": ok(1, "line-zero-length", of=2, file="zones.shp"),
    "ms-538-missing-holes": ok(1, "bare-geometry", file="multipolygon.json"),
    "ms-ccw-polygon": ok(1, FAR, file="ccw_polygon.json", value=("name", "Tempelhof")),
    "ms-explode-invalid-rings": ok(1, "geometry-repaired", file="ex1_invalid_rings.json"),
    "gt-screenmap-deleted": ok(3, "record-deleted", of=4, file="screenmap-deleted.shp"),
    "gt-line-one-point": ok(2, "geometry-broken", of=3, file="lsOnePoint.shp", crs="EPSG:3006"),
    "gt-gpkg-datetime": ok(5, file="datetime_date.gpkg"),
    "sjs-empty-shp": ok(2, "no-attributes", file="empty-shp.zip"),
    "sjs-zero-len-line": ok(2, "place-missing", of=3, file="zero-len-line.zip"),
    "sjs-multipointz": ok(1, ZM, file="export_multipointz.shp", value=("attr", "multipoint_value")),
    "fiona-gre": ok(1, FAR, file="gre.shp", encoding="UTF-8"),
    "fiona-tz-geojson": ok(1, file="test_tz.geojson"),
    "geopandas-null-geom": ok(1, "place-missing", of=2, file="null_geom.geojson"),
    "pyogrio-gpkg-nulls": ok(4, file="test_gpkg_nulls.gpkg", value=("col_bool", True)),
    "pyogrio-curvepolygon": ok(1, "curves-straightened", file="curvepolygon.gpkg"),
    "pyogrio-line-zm": ok(1, ZM, file="line_zm.gpkg"),
}


@pytest.mark.skipif(not CASES.is_dir(), reason="shared/cases is not here")
def test_every_case_has_an_outcome() -> None:
    assert {one.name for one in CASES.iterdir() if one.is_dir()} == set(EXPECTED)


@pytest.fixture(scope="module")
def shared_space(cluster_url, template):
    from tests.conftest import SECRET

    database = Database(cluster_url.set(database=template).render_as_string(hide_password=False), SECRET)
    yield database.space("live")
    database.dispose()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_case(name: str, shared_space) -> None:
    if not CASES.is_dir():
        pytest.skip("shared/cases is not here")
    want = EXPECTED[name]
    path: Path = next((one for one in (CASES / name).rglob(want.file)), CASES / name) if want.file else CASES / name
    made = plan(shared_space, f"case_{name.replace('-', '_')}", path, LoadOptions(create=True), OPERATOR)
    report = made.report
    told = {one.code for one in (*report.errors, *report.warnings)}
    assert (report.refused.code if report.refused else None) == want.refused
    assert report.read == report.accepted + report.skipped + report.rejected
    if want.encoding:
        assert report.encoding is not None and report.encoding.value == want.encoding
    if want.refused:
        assert not made.rows and report.exit_code == 2
        return
    assert (report.read, report.accepted) == want.counts == (report.read, len(made.rows))
    assert set(want.codes) <= told
    if want.crs:
        assert report.crs is not None and report.crs.value == want.crs
    if want.value:
        assert want.value[1] in {row.properties.get(want.value[0]) for row in made.rows}


@pytest.mark.skipif(not CASES.is_dir(), reason="shared/cases is not here")
def test_gauss_kruger_comes_back_to_the_place_it_was_made_from(shared_space) -> None:
    made = plan(shared_space, "case", CASES / "gen-cgcs2000-3deg-cm111" / "shelters.shp", LoadOptions(create=True), OPERATOR)
    shape = made.rows[0].geometry
    assert shape is not None
    assert (shape.x, shape.y) == pytest.approx((109.965, 40.602), abs=1e-9)


@pytest.mark.skipif(not CASES.is_dir(), reason="shared/cases is not here")
def test_lines_are_refused_where_polygons_are_wanted(shared_space) -> None:
    made = plan(shared_space, "fire_zones", CASES / "gen-lines-for-polygons" / "zones.shp", LoadOptions(), OPERATOR)
    assert made.report.refused is not None and made.report.refused.code == "geometry-kind-differs"
    assert made.report.refused.values == {"found": "LineString", "found_zh": "线", "wanted": "Polygon, MultiPolygon", "wanted_zh": "面、多面"}
