"""`onemap export` as an operator types it: the choices of the page, and what is refused."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pyogrio
import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.cli import main
from geodata.store.database import Database
from layers.spec import OPERATOR
from tests.conftest import SECRET
from tests.geodata.files.making import shapefile


@pytest.fixture
def onemap(database: Database, database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command line with a layer of three halls at 109.80, 109.85 and 109.90 E."""
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database_url.render_as_string(hide_password=False))
    monkeypatch.setenv("ONEMAP_SECRET_KEY", SECRET)
    monkeypatch.setenv("ONEMAP_HOME", str(tmp_path / "home"))

    def run(*words: object):
        return CliRunner().invoke(main, [str(one) for one in words])

    assert run("load", "halls", shapefile(tmp_path / "in"), "--create").exit_code == 0
    return run


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))


def test_a_layer_goes_out_in_another_system_by_box_filter_and_zone(onemap, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert onemap("export", "halls", path, "--crs", "EPSG:4546", "--bbox", 109.84, 40, 110, 41).exit_code == 0
    assert [round(float(one["x (EPSG:4546)"])) // 1000 for one in rows(path)] == [402, 406]
    assert onemap("export", "halls", path, "--filter", "rong_na_ren_shu > 1000", "--words", "zh").exit_code == 0
    assert {one["名称"] for one in rows(path)} == {"沙河街道广场", "麻池镇体育场"} and "经度 (EPSG:4490)" in rows(path)[0]
    zone = tmp_path / "zone.geojson"
    zone.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[[109.7, 40.5], [109.82, 40.5], [109.82, 40.7], [109.7, 40.5]]]}}))
    assert onemap("export", "halls", path, "--zone", zone, "--datum", "gcj02").exit_code == 0
    assert [(one["bian_hao"], one["_datum"]) for one in rows(path)] == [("B001", "GCJ-02")]


def test_a_moment_goes_out_as_it_was(onemap, database: Database, tmp_path: Path) -> None:
    space = database.space("live")
    with database.owner.connect() as connection:
        connection.execute(text("SELECT pg_sleep(1.01 - mod(extract(microseconds FROM clock_timestamp()), 1000000) / 1e6)"))
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    with space.transaction(OPERATOR, "test") as store:
        store.delete("halls", store.page("halls").features[0].id, version=1, reason="gone")
    for at, expected in ((None, 2), (moment, 3)):
        assert onemap("export", "halls", tmp_path / "a.csv", *(("--at", at) if at else ())).exit_code == 0
        assert len(rows(tmp_path / "a.csv")) == expected
    assert onemap("export", "halls", tmp_path / "a.csv", "--at", "2001-01-01T00:00").exit_code == 2
    assert onemap("export", "halls", tmp_path / "a.csv", "--at", "gestern").exit_code == 2


def test_all_layers_go_out_as_one_geopackage_in_the_systems_asked_for(onemap, tmp_path: Path) -> None:
    assert onemap("export", "--all", tmp_path / "all.gpkg", "--crs", "4546").exit_code == 0
    assert pyogrio.read_info(tmp_path / "all.gpkg", layer="halls")["crs"] == "EPSG:4546"
    assert onemap("export", "--all", tmp_path / "all.csv").exit_code == 2
    assert onemap("export", "halls").exit_code == 2


def test_what_is_no_area_is_no_zone(onemap, tmp_path: Path) -> None:
    zone = tmp_path / "zone.geojson"
    for said in ("{}", '{"type": "Point", "coordinates": [109.8, 40.6]}'):
        zone.write_text(said)
        assert onemap("export", "halls", tmp_path / "a.csv", "--zone", zone).exit_code == 2
    assert not (tmp_path / "a.csv").exists()
