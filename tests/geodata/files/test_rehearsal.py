"""What a person sees before a load: how it was read, where it may lie, the fate of each row; and what the decisions about rows do."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geodata.crs import transformer
from geodata.datum import gcj02_from_wgs84
from geodata.files import reading, rehearsal
from geodata.files.loading import LoadOptions, commit, plan
from geodata.files.notices import Refused
from geodata.files.sampling import readings
from geodata.files.watching import STAGES, Watch
from geodata.store.spaces import Space
from layers.errors import Unavailable
from layers.spec import OPERATOR, Actor, Role, Sensitivity
from tests.geodata.files.making import HERE, geojson, shapefile

PLACES = [(109.50 + n / 40, 40.58 + n / 200) for n in range(6)]


def table(path: Path, rows: list[tuple[str, str, Any]], places: Any = PLACES) -> Path:
    lines = [f"{code},{name},{people},{lon:.7f},{lat:.7f}" for (code, name, people), (lon, lat) in zip(rows, places, strict=True)]
    path.write_text("编号,名称,可容纳人数,经度,纬度\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def schools(count: int = 6) -> list[tuple[str, str, Any]]:
    return [(f"S{n}", f"第{n}小学", 100 + n) for n in range(count)]


def look(space: Space, path: Path, options: LoadOptions = LoadOptions(), layer: str = "shelters") -> dict[str, Any]:  # noqa: B008
    made = plan(space, layer, path, options, OPERATOR, rehearse=True)
    assert made.report.rehearsal is not None
    return made.report.rehearsal


def fates(seen: dict[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for one in seen["rows"]["features"]:
        found.setdefault(one["properties"]["op"], []).append(one["properties"].get("key") or one["properties"]["row"])
    return found


@pytest.fixture
def stored(space: Space, tmp_path: Path) -> Space:
    commit(space, plan(space, "shelters", table(tmp_path / "first.csv", schools()), LoadOptions(), OPERATOR), OPERATOR)
    return space


def test_every_row_is_told_apart_and_what_the_file_lacks_is_told_and_stays(stored: Space, tmp_path: Path) -> None:
    rows = [("S0", "第0小学", 100), ("S1", "第1小学", 999), ("S2", "改名小学", 102), ("N1", "新校", 5), ("S3", "第3小学", "约两千"), ("S4", "第4小学", 104)]
    places = [*PLACES[:3], (109.9, 40.6), PLACES[3], (PLACES[4][0], PLACES[4][1] + 0.001)]
    before = stored.versions()["shelters"]
    seen = look(stored, table(tmp_path / "b.csv", rows, places))
    assert fates(seen) == {"new": ["N1"], "changed": ["S1", "S2", "S4"], "unchanged": ["S0"], "absent": ["S5"], "problem": [5]}, "a row with a mistake is in the file"
    assert {name: seen["compare"][name] for name in ("stored", "by_key", "new", "changed", "unchanged", "absent", "problems")} == {
        "stored": 6, "by_key": 4, "new": 1, "changed": 3, "unchanged": 1, "absent": 1, "problems": 1}
    changed = {one["properties"]["key"]: one["properties"] for one in seen["rows"]["features"] if one["properties"]["op"] == "changed"}
    assert changed["S1"]["changes"] == [{"field": "capacity", "before": 101, "after": 999}]
    assert changed["S2"]["changes"] == [{"field": "name", "before": "第2小学", "after": "改名小学"}]
    assert changed["S4"]["changes"] == [] and changed["S4"]["moved_m"] == pytest.approx(111, abs=1)
    problem = next(one for one in seen["rows"]["features"] if one["properties"]["op"] == "problem")
    assert problem["geometry"]["coordinates"] == pytest.approx(PLACES[3]), "a row with a bad value has its place on the map"
    assert stored.versions()["shelters"] == before and json.dumps(seen), "nothing was written; plain JSON"


def test_lines_and_areas_are_told_as_the_map_draws_them(space: Space, tmp_path: Path) -> None:
    """Within some metres of what is loaded, light enough for hundreds; of points, and of what is too much, only the middle."""
    bent = shapely.LineString([(109.5 + n / 10_000, 40.6 + (n % 2) * 1e-6) for n in range(900)])
    noisy = shapely.LineString([(109.5 + n / 1_000, 40.6 + (n % 2) / 1_000) for n in range(900)])
    shapes = {"A": bent, "B": noisy, "C": shapely.box(109.6, 40.6, 109.61, 40.61)}
    outlines = {}
    for name, shape in shapes.items():
        path = geojson(tmp_path / f"{name}.geojson", [(shapely.geometry.mapping(shape), {"编号": name})])
        (row,) = look(space, path, LoadOptions(create=True), "drawn")["rows"]["features"]
        outlines[name] = row["properties"]["outline"]
    assert shapely.hausdorff_distance(shapely.geometry.shape(outlines["A"]), bent) < 2 * rehearsal.DRAWN_WITHIN and len(outlines["A"]["coordinates"]) < 20
    assert outlines["B"] is None and outlines["C"]["type"] == "Polygon"
    points = look(space, table(tmp_path / "points.csv", schools()))
    assert all(one["properties"]["outline"] is None for one in points["rows"]["features"])


def test_a_personal_value_changes_without_being_told(stored: Space, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f"编号,名称,联系电话,经度,纬度\nS0,第0小学,13812345678,{PLACES[0][0]},{PLACES[0][1]}\n", encoding="utf-8")
    seen = look(stored, path)
    changed = next(one["properties"] for one in seen["rows"]["features"] if one["properties"]["op"] == "changed")
    assert changed["changes"] == [{"field": "phone", "before": None, "after": None}]
    assert "13812345678" not in json.dumps(seen["rows"])


def test_columns_come_with_samples_reasons_and_what_is_missing(stored: Space, tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("MC,RNRS,谁写的,经度,纬度\n甲,12,张,109.8,40.6\n乙,13,张,109.81,40.6\n", encoding="utf-8")
    seen = look(stored, path)
    told = {one["column"]: (one["field"], one["by"], one["samples"]) for one in seen["columns"]}
    assert told["RNRS"] == ("capacity", "exact", ["12", "13"]) and told["谁写的"] == (None, None, ["张"])
    assert seen["missing"] == ["code"]


@pytest.mark.parametrize(("whole", "expected"), [(True, 6), (False, 3)])
def test_a_shifted_file_is_flagged_and_corrected_as_the_user_decides(stored: Space, tmp_path: Path, whole: bool, expected: int) -> None:
    true = np.array(PLACES)
    drawn = np.column_stack(gcj02_from_wgs84(true[:, 0], true[:, 1]))
    places = drawn if whole else np.vstack([drawn[:3], true[3:]])
    path = table(tmp_path / "gcj.csv", schools(), places.tolist())
    seen = look(stored, path)
    assert (seen["shift"]["datum"], seen["shift"]["count"], seen["shift"]["whole"]) == ("gcj02", expected, whole)
    assert seen["compare"]["changed"] == expected and seen["shift"]["arrows"][0][:2] == pytest.approx(PLACES[0], abs=1e-6)
    corrected = look(stored, path, LoadOptions(datum="gcj02", datum_rows=() if whole else seen["shift"]["rows"]))
    assert corrected["shift"] is None
    moved = [one["properties"]["moved_m"] for one in corrected["rows"]["features"] if one["properties"]["op"] == "changed"]
    assert all(one < 0.1 for one in moved), "each is back where it is stored"
    kept = look(stored, path, LoadOptions(datum="wgs84"))
    assert kept["shift"] is None and kept["compare"]["changed"] == expected
    assert look(stored, table(tmp_path / "plain.csv", schools()))["shift"] is None


def test_a_new_layer_is_held_against_namesakes_in_the_bureaus_own_layers(stored: Space, tmp_path: Path) -> None:
    true = np.array(PLACES)
    path = table(tmp_path / "new.csv", [(f"X{n}", f"第{n}小学", 1) for n in range(6)], np.column_stack(gcj02_from_wgs84(true[:, 0], true[:, 1])).tolist())
    seen = look(stored, path, LoadOptions(create=True), "fresh")
    assert seen["shift"]["count"] == 6 and seen["compare"]["new"] == 6


def test_encodings_are_shown_by_how_values_read(space: Space, tmp_path: Path) -> None:
    seen = look(space, shapefile(tmp_path, cpg="UTF-8"), LoadOptions(create=True), "halls")
    assert seen["encoding"]["rival"] == "UTF-8"
    assert seen["encoding"]["samples"][0][0] in ("九原区第一中学", "沙河街道广场", "麻池镇体育场") and "\ufffd" in seen["encoding"]["samples"][0][1]
    told = {one["name"]: one["text"] for one in readings("沙河街道".encode("gbk").hex(" "))}
    assert told["GB18030"] == "沙河街道" and "\ufffd" in told["UTF-8"], "what a refusal offers to choose from"


def test_systems_are_told_with_where_the_data_would_lie(space: Space, tmp_path: Path) -> None:
    metres = [transformer("EPSG:4490", "EPSG:4546").transform(*place) for place in HERE]
    made = plan(space, "halls", shapefile(tmp_path, points=metres, prj=None), LoadOptions(create=True), OPERATOR, rehearse=True)
    assert made.report.refused is not None and made.report.refused.code == "crs-unknown" and made.report.rehearsal is not None
    systems = made.report.rehearsal["systems"]
    assert (systems[0]["crs"], systems[0]["distance_m"], systems[0]["inside"], systems[0]["why"]) == ("EPSG:4546", 0, 3, "here")
    assert systems[0]["points"][0] == pytest.approx(HERE[0], abs=1e-4)
    far = {one["crs"]: one["distance_m"] for one in systems if one["why"] == "far"}
    assert far["EPSG:4545"] > 100_000 and far["EPSG:4547"] > 100_000, "the meridians on either side are zones away"
    seen = look(space, shapefile(tmp_path / "b", points=metres, prj=None), LoadOptions(create=True, crs="EPSG:4546"), "halls")
    assert seen["systems"][0]["why"] == "said" and seen["places"] == {"kinds": {"Point": 3}, "inside": 3, "outside": 0, "far": 0}


def test_swapped_axes_are_refused_and_read_the_other_way_when_the_user_says_so(space: Space, tmp_path: Path) -> None:
    path = shapefile(tmp_path, points=[(lat, lon) for lon, lat in HERE])
    made = plan(space, "halls", path, LoadOptions(create=True), OPERATOR, rehearse=True)
    assert made.report.refused is not None and made.report.refused.code == "axes-swapped" and made.report.rehearsal is not None
    assert any(one["swapped"] and one["inside"] == 3 for one in made.report.rehearsal["systems"])
    right = plan(space, "halls", path, LoadOptions(create=True, swapped=True), OPERATOR, rehearse=True)
    assert right.report.refused is None and right.report.rehearsal is not None and right.report.rehearsal["places"]["inside"] == 3


def test_rows_are_filled_kept_and_left_out_as_decided_and_checked_as_ever(space: Space, tmp_path: Path) -> None:
    rows = [("S0", "甲", "约两千"), ("S1", "乙", 5), ("S1", "丙", 6), ("S2", "丁", 7), ("S3", "戊", 8), ("S4", "己", 9)]
    path = table(tmp_path / "e.csv", rows, [*PLACES[:3], (116.4, 39.9), *PLACES[4:]])
    first = plan(space, "shelters", path, LoadOptions(), OPERATOR, rehearse=True).report
    assert {(one.row, one.code) for one in first.errors} == {(1, "not-a-number"), (3, "key-twice"), (4, "row-outside-district")}
    decided = LoadOptions(rows={"1": {"fill": {"capacity": "2000"}}, "2": {"drop": True}, "4": {"keep": True}})
    after = plan(space, "shelters", path, decided, OPERATOR, rehearse=True)
    report = after.report
    assert (report.errors, report.read, report.accepted, report.skipped) == ([], 6, 5, 1)
    assert report.read == report.accepted + report.skipped + report.rejected
    assert {one.row: one.properties["capacity"] for one in after.rows}[1] == 2000 and {one.row for one in after.rows} == {1, 3, 4, 5, 6}
    assert commit(space, after, OPERATOR).committed and after.report.inserted == 5, "what was kept far away is written"
    wrong = plan(space, "shelters", path, replace(decided, rows={"1": {"fill": {"capacity": "-3"}}}), OPERATOR)
    assert any(one.row == 1 and one.field == "capacity" for one in wrong.report.errors), "a filled value passes the same checks"


def test_a_file_that_becomes_a_layer_tells_types_and_what_its_numbers_count_and_takes_another_word(space: Space, tmp_path: Path) -> None:
    path = tmp_path / "villages.csv"
    path.write_text("名称,人口,楼层,经度,纬度\n甲,120,3,109.8,40.6\n乙,80,2,109.81,40.6\n", encoding="utf-8")
    seen = look(space, path, LoadOptions(create=True), "villages_here")
    told = {one["column"]: (one["type"], one.get("counts")) for one in seen["columns"]}
    assert told == {"名称": ("str", None), "人口": ("int", "people"), "楼层": ("int", "none")} and seen["new_layer"] is True
    assert seen["first_line"] == 2 and seen["encoding"]["samples"][0][0] == "甲", "values are shown, not the header"
    again = look(space, path, LoadOptions(create=True, measures={"ren_kou": "none", "楼层": "quantity"}), "villages_here")
    assert {one["column"]: one.get("counts") for one in again["columns"]} == {"名称": None, "人口": "none", "楼层": "quantity"}


def test_who_may_not_know_where_features_lie_learns_it_from_no_comparison(stored: Space, tmp_path: Path) -> None:
    rows = [("S0", "第0小学", 999), *schools()[2:4], ("N1", "新校", 1)]
    path = table(tmp_path / "b.csv", rows, [(109.9, 40.7), *PLACES[2:4], (109.9, 40.6)])
    made = plan(stored, "shelters", path, LoadOptions(), OPERATOR, rehearse=True)
    assert made.comparison is not None and made.comparison.absent[0].lon is not None and made.comparison.changed[0].moved_m
    hidden = made.comparison.without_places()
    assert hidden.twins == () and {(one.lon, one.lat) for one in hidden.absent} == {(None, None)}
    assert (hidden.changed[0].moved_m, hidden.changed[0].lon, hidden.changed[0].fields) == (None, None, made.comparison.changed[0].fields)
    assert made.layer is not None
    made.layer = replace(made.layer, geometry_sensitivity=Sensitivity.SENSITIVE)
    with stored.reading(Actor("reader", frozenset({Role.VIEWER}))) as store:
        seen = rehearsal._fates(store, made)
    places = {one["properties"]["op"]: one["geometry"] for one in seen["rows"]["features"]}
    assert places["absent"] is None and places["new"] is not None and seen["shift"] is None, "the file's own places are the file's"
    assert all(one["properties"].get("moved_m") is None for one in seen["rows"]["features"])


def test_the_reading_process_ends_when_nobody_can_say_whether_it_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[subprocess.Popen[bytes]] = []
    kept = subprocess.Popen

    def remembered(command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        begun.append(kept([command[0], "-c", "import time; time.sleep(60)"], **more))
        return begun[-1]

    def gone() -> bool:
        raise Unavailable(part="database")

    monkeypatch.setattr(reading, "subprocess", subprocess)  # none forked from another
    monkeypatch.setattr(subprocess, "Popen", remembered)
    with pytest.raises(Unavailable):
        reading.read(shapefile(tmp_path), stopped=gone)
    assert begun[0].poll() is not None, "no reader is left behind"


def test_who_gives_up_is_heard_at_every_stage_and_the_reader_is_killed(space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shapefile(tmp_path)
    heard: list[str] = []
    plan(space, "halls", path, LoadOptions(create=True), OPERATOR, rehearse=True, watch=Watch(tell=heard.append))
    assert tuple(heard) == STAGES
    for stage in STAGES:
        told: list[str] = []
        watch = Watch(tell=told.append, stopped=lambda told=told, stage=stage: bool(told) and told[-1] == stage)  # type: ignore[misc]
        made = plan(space, "halls", path, LoadOptions(create=True), OPERATOR, rehearse=True, watch=watch)
        if stage != STAGES[-1]:
            assert made.report.refused is not None and made.report.refused.code == "reading-stopped", stage
    run = reading._run
    monkeypatch.setattr(reading, "_run", lambda command, wall_s, stopped: run([command[0], "-c", "import time; time.sleep(60)"], wall_s, stopped))
    began = time.monotonic()
    with pytest.raises(Refused, match="reading-stopped"):
        reading.read(path, stopped=lambda: True)
    assert time.monotonic() - began < 10
