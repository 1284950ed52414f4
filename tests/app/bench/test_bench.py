"""A bench compares like with like: same questions, turns taken, answers checked, a result that programs can read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.bench import cold_index, export, exposure, growth, load, nearest, nearest_http, peers, roads, web
from app.bench.map import MapResult
from app.bench.scratch import scratch
from app.bench.turns import Spread, take_turns
from geodata.store.database import Database
from layers.spec import OPERATOR


def test_every_competitor_is_asked_every_question_equally_often() -> None:
    asked: dict[str, list[int]] = {"ours": [], "theirs": []}
    result = take_turns("t", {name: seen.append for name, seen in asked.items()}, [1, 2, 3], 4, "theirs", {"ours": 0.5}, {})
    assert asked["ours"] == asked["theirs"] == [1, 2, 3] * 5  # one round unmeasured
    assert result.ratios["theirs"] == Spread(1.0, 1.0, 1.0)


def test_a_spread_leaves_out_a_tenth_on_each_side() -> None:
    assert Spread.of([float(one) for one in range(20)]) == Spread(2.0, 9.5, 17.0)


def test_the_bar_is_said_to_be_reached_or_not() -> None:
    result = take_turns("t", {"slow": lambda _: sum(range(20_000)), "quick": lambda _: None}, [1] * 5, 5, "quick", {"slow": 0.5}, {})
    assert any("NOT reached" in line for line in result.lines())


def test_a_look_at_the_map_says_which_bars_it_reached() -> None:
    result = MapResult({"features": 3}, {"zoom 11": {"cold ms": 900.0}}, [("first view", 900.0, 1000.0, "<="), ("panning", 12.0, 30.0, ">=")])
    assert [one["reached"] for one in json.loads(json.dumps(result.as_json()))["checks"]] == [True, False]
    assert ["NOT reached" in line for line in result.lines()[-2:]] == [False, True]


@pytest.mark.parametrize("run", [lambda database: nearest.run(database, 500, 2, 60), lambda database: nearest.run_many(database, 500, 2, 100), lambda database: exposure.run(database, 500, 2)[1]])
def test_a_small_run_answers_rightly_in_a_database_of_its_own(database: Database, run) -> None:  # type: ignore[no-untyped-def]
    with scratch(database) as fresh:
        result = run(fresh)
    read = json.loads(json.dumps(result.as_json()))
    assert set(read["times_us"]) == set(read["ratios"]) and all(one["middle"] > 0 for one in read["times_us"].values())
    if "wrong of 60" in read["facts"]:
        assert next(wrong for name, wrong in read["facts"]["wrong of 60"].items() if name.startswith("onemap")) == 0
    else:
        counts = read["facts"]["counts"]
        assert abs(counts["onemap engine (with parts and basis)"] - counts["PostGIS projected ST_DWithin"]) <= 1  # on the rim the plane is wrong


@pytest.mark.slow
def test_a_cold_index_and_growth_are_measured_on_a_small_layer(database: Database, tmp_path: Path) -> None:
    with scratch(database) as fresh:
        cold = cold_index.run(fresh, 500, 1)
    assert {cold_index.OURS, cold_index.COPY, cold_index.ROWS, cold_index.PANDAS} == set(cold.times_us) and cold.facts["memory of the index, bytes a feature"] >= 0
    with scratch(database) as fresh:
        grown = growth.run(fresh, 1_000, 1, tmp_path / "growth.png")
    assert [one.facts["features"] for one in grown] == [1_000, 1_000] and (tmp_path / "growth.png").stat().st_size > 10_000


@pytest.mark.slow
def test_every_competitor_loads_the_same_file_and_its_peak_is_told(database: Database) -> None:
    with scratch(database) as fresh:
        result = load.run(fresh, 300, 1)
        with fresh.space().reading(OPERATOR) as store:
            assert [store.count(layer) for layer in store.versions() if layer.startswith("bench_parcels_")] == [300, 300], "one round unmeasured, one measured"
    assert "p95" in result.facts["5 nearest, asked meanwhile"]
    assert load.OURS in result.times_us and result.facts[f"peak of {load.OURS}, MB"] > 50


@pytest.mark.slow
def test_over_http_a_peer_that_cannot_be_had_is_said(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "_environment", lambda home: None)
    monkeypatch.setattr(web, "IN_BOX", 200)
    with scratch(database) as fresh:
        page, box = web.items(fresh, 1_500, 1, tmp_path)
    assert page.facts["features answered"] == {"onemap": [1000]} and "none" in page.facts["peers"] and not page.bars
    assert 150 < box.facts["features answered"]["onemap"][0] <= 200


@pytest.mark.slow
def test_nearest_over_http_is_measured_beside_a_bare_route(database: Database) -> None:
    with scratch(database) as fresh:
        near = nearest_http.run(fresh, 500, 1, 20)
    assert near.ratios["onemap /api/v1/nearest"].middle > 0


def test_a_small_run_by_road_costs_what_the_peers_say(database: Database) -> None:
    with scratch(database) as fresh:
        result = roads.run(fresh, 900, 2, 5)
    read = json.loads(json.dumps(result.as_json()))
    assert all(wrong == 0 for wrong in read["facts"]["answers unlike ours"].values()), read["facts"]
    assert 850 < read["facts"]["nodes"] <= 900 and read["times_us"]["onemap, all 60"]["middle"] > 0


@pytest.mark.slow
def test_exports_are_measured_with_their_memory_where_the_peer_is_there(database: Database) -> None:
    with scratch(database) as fresh:
        if shutil.which("ogr2ogr") is None:
            with pytest.raises(FileNotFoundError, match="gdal-bin"):
                export.run(fresh, 300, 1, ("csv",))
            return
        results = export.run(fresh, 300, 1, ("csv", "zip"))
    assert [one.name for one in results] == ["CSV of 300", "ESRI Shapefile of 300"]
    assert all(one.facts[f"peak MB of {name}"] > 1 for one in results for name in (export.OURS, export.PEER, export.FRAME))
