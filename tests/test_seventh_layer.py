"""One more layer is one value: table, load, edit, questions, map, OGC and documentation follow without another line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect
from sqlalchemy.engine import URL

from app import create_app
from app.settings import Settings
from geodata.files.loading import LoadOptions, commit, plan
from geodata.store.database import Database
from layers.catalogue import CATALOGUE
from layers.spec import (
    Choice,
    Family,
    Field,
    Geometry,
    Group,
    Label,
    Layer,
    Measure,
    OutOfService,
    Role,
    Style,
)
from tests.conftest import SECRET, actor, with_catalogue

LOUDSPEAKERS = Layer(
    id="loudspeakers", label=Label("应急广播", "Loudspeakers"), geometry=Geometry.POINT, group=Group.RESOURCES, key="code", title="name",
    summary=("kind", "households"), ranked=True, exposed=True, style=Style(Family.RESOURCE, "loudspeaker", shade_by="kind"),
    out_of_service=(OutOfService("working", (False,), "broken", Label("故障", "Out of order")),),
    fields=(
        Field("code", Label("编号", "Code"), required=True, max_length=20),
        Field("name", Label("名称", "Name"), required=True, max_length=60),
        Field("kind", Label("类型", "Kind"), choices=(Choice("horn", Label("大喇叭", "Horn")), Choice("column", Label("音柱", "Column")))),
        Field("households", Label("覆盖户数", "Households in reach"), int, minimum=0, unit="households", counts_as=Measure.PEOPLE, read_from=("FGHS",)),
        Field("working", Label("完好", "Working"), bool),
    ),
)
ITEMS = "/ogc/collections/loudspeakers/items"
FEATURES = "/api/v1/layers/loudspeakers/features"


@pytest.fixture
def database(cluster_url: URL, template: str) -> Iterator[Database]:
    """As an installation whose catalogue has the layer from the next version on: the same database, migrated forward."""
    with with_catalogue(cluster_url, template, CATALOGUE.with_layers(LOUDSPEAKERS)) as made:
        yield made


@pytest.fixture
def client(database: Database, tmp_path: Path) -> FlaskClient:
    app = create_app(Settings(home=tmp_path, database_url=database.owner.url.render_as_string(hide_password=False), secret_key=SECRET), database)
    token = app.extensions["onemap"].people.tokens.create("planner", frozenset({Role.PLANNER}), "tests", timedelta(hours=1))
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def load(database: Database, folder: Path) -> None:
    """Three loudspeakers from a file whose columns carry the names that the value declares."""
    path = folder / "应急广播.geojson"
    rows = [("GB-1", "麻池广播", "大喇叭", 120, "是", 109.80), ("GB-2", "沙河广播", "音柱", 80, "否", 109.81), ("GB-3", "哈业广播", "大喇叭", 200, "是", 109.82)]
    features = [{"type": "Feature", "properties": dict(zip(("编号", "名称", "类型", "FGHS", "完好"), row, strict=False)),
                 "geometry": {"type": "Point", "coordinates": [row[5], 40.6]}} for row in rows]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), encoding="utf-8")
    space, planner = database.space("live"), actor(Role.PLANNER)
    report = commit(space, plan(space, "loudspeakers", path, LoadOptions(), planner), planner)
    assert (report.committed, report.accepted) == (True, 3), report


def test_one_value_goes_all_the_way(database: Database, client: FlaskClient, tmp_path: Path) -> None:
    columns = {one["name"] for one in inspect(database.owner).get_columns("loudspeakers", schema="onemap")}
    assert {"id", "version", "geom", "code", "name", "kind", "households", "working", "adcode", "verified_at"} <= columns

    load(database, tmp_path)
    layer = client.get("/api/v1/layers/loudspeakers").json
    assert (layer["count"], layer["label"]["zh"], layer["style"]["symbol"]) == (3, "应急广播", "loudspeaker")

    page = client.get(FEATURES).json
    first = next(one for one in page["features"] if one["properties"]["code"] == "GB-1")
    assert (first["properties"]["kind"], first["properties"]["households"], first["properties"]["working"]) == ("horn", 120, True)
    edited = client.patch(f"{FEATURES}/{first['id']}", json={"properties": {"households": 130}}, headers={"If-Match": '"1"'})
    assert edited.status_code == 200, edited.text
    assert client.patch(f"{FEATURES}/{first['id']}", json={"properties": {"households": -1}}, headers={"If-Match": '"2"'}).status_code == 422
    assert [one["op"] for one in client.get(f"{FEATURES}/{first['id']}/history").json["entries"]] == ["insert", "update"]

    nearest = client.get("/api/v1/nearest?lon=109.809&lat=40.6&k=1&layers=loudspeakers").json
    assert [one["properties"]["code"] for one in nearest["features"]] == ["GB-1"]
    assert nearest["layers"][0]["left_out"][0]["reasons"][0] == {"code": "broken", "label": {"zh": "故障", "en": "Out of order"}, "values": {}}
    assert "loudspeakers" in [one["layer"] for one in client.get("/api/v1/nearest?lon=109.8&lat=40.6").json["layers"]]
    exposure = client.post("/api/v1/exposure", json={"geometry": {"type": "Point", "coordinates": [109.8, 40.6]}, "buffer_m": 1000}).json
    exposed = next(one for one in exposure["layers"] if one["layer"] == "loudspeakers")
    assert (exposed["count"], exposed["measures"]["households"]["sum"]) == (2, 210)
    assert client.get("/api/v1/search?q=mcgb").json["results"][0]["title"] == "麻池广播"

    tile = client.get("/ogc/collections/loudspeakers/tiles/WebMercatorQuad/10/385/824")
    assert (tile.status_code, "麻池广播".encode() in tile.data) == (200, True)
    assert client.get(f"{ITEMS}?kind=horn").json["numberMatched"] == 2
    assert client.get("/ogc/collections/loudspeakers/queryables").json["properties"]["households"]["x-unit"] == "households"
    assert "properties_loudspeakers" in client.get("/api/v1/openapi.json").json["components"]["schemas"]
    assert "覆盖户数" in client.get("/api/v1/docs").text


def test_a_layer_made_while_running_is_served_at_once_to_every_process(database: Database, client: FlaskClient) -> None:
    planner = actor(Role.PLANNER)
    hospitals = Layer("hospitals_made", Label("医院", "Hospitals"), Geometry.POINT, (Field("name", Label("名称", "Name")),), Style(Family.TARGET), title="name")
    assert client.get("/api/v1/layers/hospitals_made").status_code == 404
    other = Database(database.owner.url.render_as_string(hide_password=False), SECRET, catalogue=database.catalogue)
    other.space("live").create_layer(hospitals, planner)
    other.dispose()
    assert client.get("/api/v1/layers/hospitals_made").json["count"] == 0
    made = client.post("/api/v1/layers/hospitals_made/features", json={"type": "Feature", "properties": {"name": "九原医院"},
                                                                      "geometry": {"type": "Point", "coordinates": [109.9, 40.6]}})
    assert made.status_code == 201, made.text
    assert client.get("/api/v1/nearest?lon=109.9&lat=40.6&layers=hospitals_made").json["features"][0]["properties"]["distance_m"] == 0
    assert client.get("/ogc/collections/hospitals_made/items").json["numberMatched"] == 1
    assert client.get("/ogc/collections/hospitals_made/tiles/WebMercatorQuad/0/0/0").data
    assert client.get("/api/v1/search?q=jyyy").json["results"][0]["layer"] == "hospitals_made"


def naming_a_layer(text: str) -> list[str]:
    named = re.compile(r"""["'](?:""" + "|".join(sorted(CATALOGUE)) + r""")["']""")
    return [line.strip()[:80] for line in text.splitlines() if named.search(line)]


def test_no_code_above_the_catalogue_names_a_layer() -> None:
    root = Path(__file__).resolve().parents[1]
    paths = [path.relative_to(root) for path in [*root.glob("app/**/*.py"), *root.glob("geodata/**/*.py")]]
    judged = [path for path in paths if not any(one in path.as_posix() for one in ("command/demo", "bench", "migrations/versions"))]
    assert len(judged) > 150, "the guard looks at the code, wherever the checkout lies"
    assert not [f"{path}: {line}" for path in judged for line in naming_a_layer((root / path).read_text())]


@pytest.mark.parametrize("layer_id", sorted(CATALOGUE))
def test_a_line_that_names_a_layer_would_be_caught(layer_id: str) -> None:
    assert naming_a_layer(f'if layer.id == "{layer_id}":') and naming_a_layer(f"catalogue['{layer_id}']")
