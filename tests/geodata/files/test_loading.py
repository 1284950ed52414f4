"""From a file to features on real PostGIS: counts that add up, all or nothing, and nothing twice."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from geodata.crs import transformer
from geodata.datum import gcj02_from_wgs84
from geodata.files.loading import LoadOptions, LoadPlan, commit, plan
from geodata.files.report import LoadReport
from geodata.files.writing import export
from geodata.store.features import Store
from geodata.store.spaces import Space
from layers.errors import Forbidden
from layers.messages import declared, message, remedy_on_page
from layers.serial import layer_from_json, layer_to_json
from layers.spec import OPERATOR, Actor, Geometry
from tests.geodata.files.making import CGCS2000, HERE, dbf, geojson, point, polygon_shp, shapefile, workbook

NEW = LoadOptions(create=True)


def load(space: Space, layer: str, path: Path, options: LoadOptions = NEW) -> LoadReport:
    return commit(space, plan(space, layer, path, options, OPERATOR), OPERATOR)


def refusal(space: Space, layer: str, path: Path, options: LoadOptions = NEW) -> str:
    made = plan(space, layer, path, options, OPERATOR)
    assert made.report.refused is not None, made.report.to_json("en")
    assert commit(space, made, OPERATOR).committed is False
    return made.report.refused.code


def stored(space: Space, layer: str) -> list[dict]:
    with space.reading(OPERATOR) as store:
        return [dict(one.properties) | {"shape": one.geometry} for one in store.page(layer, limit=1000).features]


def test_a_file_becomes_a_layer_and_again_changes_nothing(space: Space, tmp_path: Path) -> None:
    path = shapefile(tmp_path)
    first = load(space, "halls", path)
    assert (first.committed, first.created, first.inserted, first.exit_code) == (True, True, 3, 0)
    layer = space.catalogue["halls"]
    assert (layer.geometry, layer.key, layer.title) == (Geometry.POINT, "bian_hao", "ming_cheng")
    assert [(one.id, one.type) for one in layer.fields] == [("bian_hao", str), ("ming_cheng", str), ("rong_na_ren_shu", int)]
    again = load(space, "halls", path)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 3)
    assert "all-unchanged" in {one.code for one in again.warnings}
    assert len(stored(space, "halls")) == 3


def test_rows_without_a_code_are_known_again_by_their_content_and_twins_are_kept(space: Space, tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "a.geojson",
        [(point(109.8, 40.6), {"kind": "hydrant"}), (point(109.8, 40.6), {"kind": "hydrant"}), (point(109.81, 40.6), {"kind": "hydrant"})],
    )
    assert load(space, "hydrants", path).inserted == 3
    again = load(space, "hydrants", path)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 3)


def test_a_changed_row_is_updated_and_only_that_one(space: Space, tmp_path: Path) -> None:
    load(space, "halls", shapefile(tmp_path / "a"))
    rows = [("B001", "九原区第一中学", 501), ("B002", "沙河街道广场", 1200), ("B003", "麻池镇体育场", 3000)]
    again = load(space, "halls", shapefile(tmp_path / "b", table=dbf(rows)))
    # the source, which is the file's name, stays the same here
    assert (again.inserted, again.updated, again.unchanged) == (0, 1, 2)


def test_a_layer_there_already_with_other_columns_is_not_overwritten(space: Space, tmp_path: Path) -> None:
    load(space, "halls", shapefile(tmp_path))
    other = geojson(tmp_path / "a.geojson", [(point(109.8, 40.6), {"depth": 3})])
    assert refusal(space, "halls", other) == "layer-differs"


def test_a_built_in_layer_is_filled_by_names_in_chinese_english_and_initials(space: Space, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,MC,RNRS,Phone,经度,纬度,备注栏\nS1,体育馆,３０００,13812345678,109.8,40.6,x\nS2,广场,不详,,109.85,40.62,y\n")
    made = plan(space, "shelters", path, LoadOptions(), OPERATOR)
    mapped = {one.column: (one.field, one.by) for one in made.report.mapping.mapped} if made.report.mapping else {}
    assert mapped["编号"][0] == "code" and mapped["MC"][0] == "name"
    assert "备注栏" in (made.report.mapping.unmatched if made.report.mapping else ())
    report = commit(space, made, OPERATOR)
    assert (report.committed, report.inserted, report.exit_code) == (True, 2, 0)


def test_a_column_may_be_mapped_by_hand_and_a_wrong_one_is_refused(space: Space, tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", [(point(109.8, 40.6), {"xx": "S1", "mc": "甲"})])
    assert refusal(space, "shelters", path, LoadOptions()) == "key-not-mapped"
    assert refusal(space, "shelters", path, LoadOptions(mapping={"nosuch": "code"})) == "map-no-column"
    assert refusal(space, "shelters", path, LoadOptions(mapping={"xx": "nosuch"})) == "map-no-field"
    assert load(space, "shelters", path, LoadOptions(mapping={"xx": "code"})).inserted == 1


def test_bad_rows_are_rejected_with_row_field_and_remedy_and_the_rest_goes_in(space: Space, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "编号,名称,可容纳人数,经度,纬度\nS1,甲,many,109.8,40.6\nS2,乙,50,109.8,40.6\nS2,丙,60,109.8,40.6\nS3,丁,5,,\n,戊,5,109.8,40.6\nS5,己,5,116.4,39.9\nS6,庚,5,40.6,109.8\nS2,乙,50,109.8,40.6\n"
    )
    report = load(space, "shelters", path, LoadOptions())
    answer = report.to_json("en")
    errors = {one["row"]: one["code"] for one in answer["problems"] if one["severity"] == "error"}
    assert errors == {
        1: "not-a-number",
        3: "key-twice",
        4: "place-missing",
        5: errors[5],
        6: "row-outside-district",
        7: "row-axes-swapped",
    }
    assert errors[5] in ("required", "key-missing")
    assert (answer["read"], answer["accepted"], answer["skipped"], answer["rejected"], report.exit_code) == (8, 1, 1, 6, 1)
    first = next(one for one in answer["problems"] if one["row"] == 1)
    assert first["field"] == "capacity" and first["line"] == 2 and first["remedy"]


@pytest.mark.parametrize(("epsg", "zoned"), [(4546, False), (4525, True), (4508, False), (4497, True)])
def test_gauss_kruger_comes_back_to_the_millimetre(epsg: int, zoned: bool, space: Space, tmp_path: Path) -> None:
    way = transformer(4490, epsg)
    projected = [way.transform(*one) for one in HERE]
    assert (projected[0][0] > 1_000_000) is zoned
    made = plan(space, "halls", shapefile(tmp_path, points=projected, prj=None), LoadOptions(create=True, crs=f"EPSG:{epsg}"), OPERATOR)
    got = [(one.geometry.x, one.geometry.y) for one in made.rows if one.geometry is not None]
    assert np.abs(np.array(got) - np.array(HERE)).max() < 1e-9  # 0.1 mm


@pytest.mark.parametrize(
    ("prj", "code"),
    [
        (
            (
                'PROJCS["Beijing_1954_3_Degree_GK_CM_111E",GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],'
                'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["Central_Meridian",111.0],PARAMETER["Scale_Factor",1.0],UNIT["Meter",1.0]]'
            ),
            "datum-without-parameters",
        ),
        (
            'GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]',
            "datum-without-parameters",
        ),
        (
            'GEOGCS["local",DATUM["D_Krasovsky_1940",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]',
            "datum-without-parameters",
        ),
        (
            (
                'PROJCS["CGCS2000_3_Degree_GK_CM_111E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
                'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["Central_Meridian",111.0],PARAMETER["Scale_Factor",1.0],UNIT["Meter",1.0]]'
            ),
            "degrees-called-metres",
        ),
    ],
)
def test_old_datums_and_degrees_called_metres_are_refused(prj: str, code: str, space: Space, tmp_path: Path) -> None:
    assert refusal(space, "halls", shapefile(tmp_path, prj=prj)) == code
    if code == "datum-without-parameters":
        for epsg in ("EPSG:4214", "EPSG:2437", "EPSG:4610", "EPSG:2362", "EPSG:4555"):
            assert refusal(space, "halls", shapefile(tmp_path), LoadOptions(create=True, crs=epsg)) == code


def test_metres_without_a_prj_are_refused_with_the_systems_considered(space: Space, tmp_path: Path) -> None:
    metres = [transformer(4490, 4546).transform(*one) for one in HERE]
    made = plan(space, "halls", shapefile(tmp_path, points=metres, prj=None), NEW, OPERATOR)
    assert made.report.refused is not None and made.report.refused.code == "crs-unknown"
    assert "EPSG:4546" in made.report.refused.values["candidates"] and "EPSG:4545" not in made.report.refused.values["candidates"]
    assert refusal(space, "halls", shapefile(tmp_path / "b", points=metres)) == "metres-called-degrees"


def test_swapped_axes_are_found_in_degrees_and_in_metres(space: Space, tmp_path: Path) -> None:
    swapped = [(lat, lon) for lon, lat in HERE]
    assert refusal(space, "halls", shapefile(tmp_path / "a", points=swapped)) == "axes-swapped"
    metres = [transformer(4490, 4546).transform(*one)[::-1] for one in HERE]
    assert refusal(space, "halls", shapefile(tmp_path / "b", points=metres), LoadOptions(create=True, crs="EPSG:4546")) == "axes-swapped"


def test_far_from_the_district_is_stopped_for_a_built_in_layer_and_warned_of_for_a_new_one(space: Space, tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", [(point(116.4, 39.9), {"编号": "S1", "名称": "甲"})])
    assert refusal(space, "shelters", path, LoadOptions()) == "all-outside-district"
    assert load(space, "shelters", path, LoadOptions(anywhere=True)).inserted == 1
    assert "outside-district" in {one.code for one in load(space, "beijing", path).warnings}


@pytest.mark.parametrize("prj", [CGCS2000, None])
def test_a_layer_made_from_a_far_reaching_file_takes_the_same_file_again(prj: str | None, space: Space, tmp_path: Path) -> None:
    far = (HERE[0], (113.2, 41.0), (125.0, 48.5))
    assert load(space, "far_halls", shapefile(tmp_path, points=far, prj=prj), NEW).accepted == 3
    again = load(space, "far_halls", shapefile(tmp_path, points=far, prj=prj), LoadOptions())
    assert (again.accepted, again.rejected, again.unchanged, again.inserted, again.updated) == (3, 0, 3, 0, 0)
    assert {"outside-district", "all-unchanged"} <= {one.code for one in again.warnings}
    assert layer_from_json(layer_to_json(space.catalogue.layer("far_halls"))).far_reaching


def test_a_layer_made_here_still_refuses_what_lies_far_away(space: Space, tmp_path: Path) -> None:
    load(space, "halls", shapefile(tmp_path), NEW)
    far = load(space, "halls", shapefile(tmp_path / "far", points=(HERE[0], HERE[1], (125.0, 48.5))), LoadOptions())
    assert (far.rejected, far.unchanged) == (1, 2) and far.errors[0].code == "row-outside-district"


def test_a_new_layer_and_its_rows_are_there_together_or_not_at_all(space: Space, tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    @contextmanager
    def stopping(store: Store, report: LoadReport) -> Iterator[None]:
        yield
        assert store.count("halls") == 3
        raise Stopped

    with pytest.raises(Stopped):
        commit(space, plan(space, "halls", shapefile(tmp_path), NEW, OPERATOR), OPERATOR, around=stopping)
    space.refresh()
    assert "halls" not in space.catalogue
    assert load(space, "halls", shapefile(tmp_path), NEW).inserted == 3


def test_shifted_coordinates_are_put_right_when_named_and_asked_about_when_a_column_names_them(space: Space, tmp_path: Path) -> None:
    lon, lat = gcj02_from_wgs84(109.8, 40.6)
    path = tmp_path / "a.csv"
    path.write_text(f"code,高德经度,高德纬度\nA,{float(lon)!r},{float(lat)!r}\n")
    assert refusal(space, "pois", path) == "datum-asked"
    made = plan(space, "pois", path, LoadOptions(create=True, datum="gcj02"), OPERATOR)
    shape = made.rows[0].geometry
    assert shape is not None and (shape.x, shape.y) == pytest.approx((109.8, 40.6), abs=1e-8)


def test_a_bow_tie_is_repaired_and_its_change_said(space: Space, tmp_path: Path) -> None:
    shapes, index = polygon_shp([[(109.8, 40.6), (109.82, 40.62), (109.82, 40.6), (109.8, 40.62), (109.8, 40.6)]])
    shapefile(tmp_path, table=dbf([("Z1", "火场", 1)]))
    (tmp_path / "shelters.shp").write_bytes(shapes)
    (tmp_path / "shelters.shx").write_bytes(index)
    report = load(space, "zones", tmp_path / "shelters.shp")
    assert (report.repaired, report.accepted, report.exit_code) == (1, 1, 0)
    assert stored(space, "zones")[0]["shape"].is_valid
    told = next(one for one in report.warnings if one.code == "geometry-repaired")
    assert told.row == 1 and told.values["after_m2"] > 0


def test_a_dry_run_counts_and_writes_nothing(space: Space, tmp_path: Path) -> None:
    path = shapefile(tmp_path)
    made = plan(space, "halls", path, LoadOptions(create=True, dry_run=True), OPERATOR)
    assert (made.report.inserted, made.report.committed, "halls" in space.catalogue) == (3, False, False)
    load(space, "halls", path)
    before = space.versions()["halls"]
    again = plan(space, "halls", path, LoadOptions(create=True, dry_run=True), OPERATOR)
    assert (again.report.inserted, again.report.updated, again.report.unchanged) == (0, 0, 3)
    assert space.versions()["halls"] == before


def test_who_may_not_load_is_told_so_before_the_file_is_read(space: Space, viewer: Actor, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        plan(space, "shelters", tmp_path / "nothing", LoadOptions(), viewer)


def test_stock_lines_find_their_depot_by_its_key_or_refuse_all(space: Space, tmp_path: Path) -> None:
    depots = geojson(tmp_path / "d.geojson", [(point(109.8, 40.6), {"编号": "D1", "名称": "库"})])
    load(space, "depots", depots, LoadOptions())
    fields = {one.id: one for one in space.catalogue["supplies"].fields}
    row = {"编号": "L1", "名称": "沙袋", fields["depot"].label.zh if "depot" in fields else "depot": "D1"}
    required = {
        one.label.zh: 1 if one.type in (int, float) else one.choices[0].value if one.choices else "x"
        for one in fields.values()
        if one.required and not one.reference
    }
    path = workbook(tmp_path / "s.xlsx", {"a": [list({**required, **row}), list({**required, **row}.values())]})
    report = load(space, "supplies", path, LoadOptions())
    assert report.committed, report.to_json("en")
    wrong = workbook(tmp_path / "w.xlsx", {"a": [list({**required, **row}), [*({**required, **row, "编号": "L2"}.values())][:-1] + ["D9"]]})
    refused = load(space, "supplies", wrong, LoadOptions())
    assert refused.committed is False and refused.refused is not None and refused.refused.code == "reference-unknown"


def test_every_code_that_this_room_uses_has_its_sentence() -> None:

    used = set()
    for file in (Path(__file__).parents[3] / "geodata" / "files").glob("*.py"):
        used |= set(re.findall(r'(?:Refused|Notice|Found|_Bad)\(\s*"([a-z0-9-]+)"', file.read_text()))
    assert used - set(declared()) == set()


def test_at_the_page_nobody_is_told_to_use_the_command_line() -> None:
    spoken = {code: one for code, one in declared().items() if code in _declared_here()}
    options = {code for code, one in spoken.items() if one.remedy and re.search(r"--\w|onemap ", one.remedy.zh + one.remedy.en)}
    assert len(options) > 20, "on the command line they are told"
    for code in spoken:
        for language in ("zh", "en"):
            said = message(code, {}, language) + (remedy_on_page(code, {}, language) or "")
            assert not re.search(r"--\w|onemap ", said), (code, said)


def _declared_here() -> set[str]:
    return set(re.findall(r'"([a-z0-9-]+)": (?:said|Sentence)\(', "".join(one.read_text() for one in (Path(__file__).parents[3] / "geodata" / "files").glob("*.py"))))


def test_a_report_is_one_json_object_with_the_agreed_names(space: Space, tmp_path: Path) -> None:
    answer = json.loads(json.dumps(plan(space, "halls", shapefile(tmp_path), NEW, OPERATOR).report.to_json()))
    assert {
        "layer",
        "file",
        "sublayer",
        "encoding",
        "crs",
        "read",
        "accepted",
        "repaired",
        "skipped",
        "rejected",
        "committed",
        "problems",
    } <= set(answer)
    assert set(answer["encoding"]) >= {"value", "reason"} and set(answer["crs"]) >= {"value", "reason"}


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "csv", "xlsx"])
def test_what_is_exported_comes_back_as_it_was(suffix: str, space: Space, tmp_path: Path) -> None:
    load(space, "halls", shapefile(tmp_path))
    out = tmp_path / f"halls.{suffix}"
    with space.reading(OPERATOR) as store:
        assert export(store, "halls", out) == 3
    made: LoadPlan = plan(space, "halls", out, LoadOptions(mapping={}), OPERATOR)
    assert made.report.refused is None, made.report.to_json("en")
    with space.transaction(OPERATOR) as write:
        counts = write.upsert("halls", made.rows, dry_run=True)
    assert (counts.inserted, counts.updated, counts.unchanged) == (
        0,
        0 if made.rows[0].properties.get("source") == "shelters.shp" else 3,
        3 if made.rows[0].properties.get("source") == "shelters.shp" else 0,
    )


def test_an_exported_table_runs_nothing_in_a_spreadsheet(space: Space, tmp_path: Path) -> None:
    load(space, "pois", geojson(tmp_path / "a.geojson", [(point(109.8, 40.6), {"code": "A", "name": "=1+1"})]))
    out = tmp_path / "pois.csv"
    with space.reading(OPERATOR) as store:
        export(store, "pois", out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["name"] == "'=1+1"


def test_a_newcomer_reads_the_remedy_as_it_is_to_be_typed(space: Space, tmp_path: Path) -> None:
    path = geojson(tmp_path / "plants.geojson", [(point(109.8, 40.6), {"编号": "P1", "名称": "电厂", "Capacity (MW)": 49.0})])
    made = plan(space, "hazard_sources", path, LoadOptions(dry_run=True), OPERATOR)
    assert '--map "Capacity (MW)=字段"' in json.dumps(made.report.to_json("zh"), ensure_ascii=False).replace('\\"', '"')
    wrong = plan(space, "fire_zones", path, LoadOptions(dry_run=True), OPERATOR)
    said = json.dumps(wrong.report.to_json("zh"), ensure_ascii=False)
    assert "文件中的图形是点，该图层需要面、多面" in said
    assert "LineString" not in said and "Polygon" not in said
