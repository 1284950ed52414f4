"""`onemap load`, `export` and `layers` as an operator types them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.engine import URL

from app.cli import main
from tests.conftest import SECRET
from tests.geodata.files.making import dbf, shapefile


@pytest.fixture
def onemap(database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database_url.render_as_string(hide_password=False))
    monkeypatch.setenv("ONEMAP_SECRET_KEY", SECRET)
    monkeypatch.setenv("ONEMAP_HOME", str(tmp_path / "home"))

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, [str(one) for one in words])

    return run


def test_all_in_is_0_some_out_is_1_refused_is_2(onemap, tmp_path: Path) -> None:
    path = shapefile(tmp_path / "good")
    done = onemap("load", "halls", path, "--create", "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["accepted"], report["committed"], report["encoding"]["value"], report["crs"]["value"]) == (
        0,
        3,
        True,
        "GB18030",
        "EPSG:4490",
    )
    some = onemap("load", "some", shapefile(tmp_path / "null", points=[(109.8, 40.6), None, (109.9, 40.6)]), "--create", "--json")
    assert (some.exit_code, json.loads(some.stdout)["rejected"]) == (1, 1)
    none = onemap("load", "none", shapefile(tmp_path / "cut", without=("dbf",)), "--create", "--json")
    assert (none.exit_code, json.loads(none.stdout)["problems"][0]["code"]) == (2, "part-missing")
    missing = onemap("load", "none", tmp_path / "nowhere.shp", "--json")
    assert (missing.exit_code, json.loads(missing.stdout)["committed"]) == (2, False)
    space = onemap("load", "none", path, "--create", "--space", "nowhere", "--json")
    assert (space.exit_code, json.loads(space.stdout)["problems"][0]["code"]) == (2, "space-not-found")


def test_a_person_reads_what_happened_and_what_to_do(onemap, tmp_path: Path) -> None:
    said = onemap(
        "load",
        "halls",
        shapefile(tmp_path, table=dbf([("B1", "甲", 1), ("B2", b"\xff\xff", 2), ("B3", "丙", 3)]), cpg="GBK"),
        "--create",
        "--encoding",
        "GBK",
    )
    assert "--encoding" in said.stdout or "编码" in said.stdout


def test_a_layer_is_listed_and_exported(onemap, tmp_path: Path) -> None:
    onemap("load", "halls", shapefile(tmp_path), "--create", "--label", "文体场馆")
    layers = json.loads(onemap("layers", "--json").stdout)["layers"]
    listed = {one["id"]: one["count"] for one in layers}
    assert next(one["label"] for one in layers if one["id"] == "halls") == {"zh": "文体场馆", "en": "halls"}, "called as it was said"
    assert listed["halls"] == 3 and listed["shelters"] == 0
    out = tmp_path / "halls.geojson"
    assert onemap("export", "halls", out).exit_code == 0
    assert len(json.loads(out.read_text())["features"]) == 3
    assert onemap("export", "halls", tmp_path / "halls.xyz").exit_code == 2


def test_on_a_terminal_a_bar_shows_how_far_it_is_and_in_a_pipe_there_is_none(onemap, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("编号,名称,经度,纬度\n" + "".join(f"C{n},甲{n},109.8,40.6\n" for n in range(12_000)), "utf-8")
    terminal, end = os.openpty()
    with subprocess.Popen([sys.executable, "-m", "app.cli", "load", "many", str(path), "--create", "--json"], stdout=subprocess.PIPE, stderr=end, text=True) as running:
        os.close(end)
        drawn = b""
        with suppress(OSError):  # the terminal is closed when the command is done
            while piece := os.read(terminal, 4096):
                drawn += piece
        answer = json.loads(running.stdout.read()) if running.stdout else {}
    os.close(terminal)
    said = drawn.decode()
    assert running.returncode == 0 and answer["accepted"] == 12_000
    percents = [int(one) for one in re.findall(r"(\d+)%", said)]
    assert percents == sorted(percents) and percents[-1] == 100 and any(75 < one < 100 for one in percents), said
    assert "写入" in said and "#" in said
    piped = onemap("load", "many", path, "--create")
    assert piped.exit_code == 0 and "%" not in piped.output


def test_what_the_file_does_not_have_is_retired_when_it_is_just_as_many(onemap, tmp_path: Path) -> None:
    def table(*codes: str) -> Path:
        path = tmp_path / f"{'_'.join(codes)}.csv"
        path.write_text("编号,名称,经度,纬度\n" + "".join(f"{one},甲,109.8,40.6\n" for one in codes), "utf-8")
        return path

    assert onemap("load", "halls", table("A", "B", "C"), "--create").exit_code == 0
    assert onemap("load", "halls", table("A"), "--retire-missing", "2").exit_code == 2, "a reason is wanted"
    wrong = onemap("load", "halls", table("A"), "--retire-missing", "1", "--reason", "撤并", "--json")
    assert wrong.exit_code == 2 and json.loads(wrong.stdout)["problems"][0]["code"] == "missing-differ"
    done = onemap("load", "halls", table("A"), "--retire-missing", "2", "--reason", "撤并")
    assert done.exit_code == 0 and "停用 2" in done.stdout
    assert json.loads(onemap("load", "halls", table("A"), "--json").stdout)["unchanged"] == 1
