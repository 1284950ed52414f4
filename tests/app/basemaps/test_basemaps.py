"""Basemaps of others: fetched for the page with their key kept here, in their right place, and harmless when they fail."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pmtiles.tile import TileType

from app import create_app
from app.basemaps import degrees, fetching, keeping
from app.basemaps.service import BasemapDown, Basemaps, NoTile
from app.basemaps.sources import BadBasemaps, read
from app.settings import Settings
from geodata.store.database import Database
from layers.spec import Role
from tests.app.basemaps.tiles import TileServer, archive, picture, tile_server

KEY = "geheim-4711"


@pytest.fixture
def server() -> Iterator[TileServer]:
    with tile_server() as made:
        yield made


def written(home: Path, *sources: dict[str, Any]) -> Path:
    path = home / "basemaps.json"
    path.write_text(json.dumps({"basemaps": sources}))
    return path


def xyz(server: TileServer, **more: Any) -> dict[str, Any]:
    return {"id": "theirs", "label": {"zh": "外来底图", "en": "Theirs"}, "kind": "xyz", "url": server.template(), "key": KEY, "intranet": True, **more}


def test_a_tile_is_fetched_once_and_then_kept(server: TileServer, tmp_path: Path) -> None:
    written(tmp_path, xyz(server))
    basemaps = Basemaps(tmp_path)
    first = basemaps.tile("theirs", 12, 3295, 1538)
    assert (first.kind, first.content) == ("image/png", server.content)
    assert server.asked == [f"/12/3295/1538?tk={KEY}"]
    server.status = 500
    assert Basemaps(tmp_path).tile("theirs", 12, 3295, 1538).content == first.content, "kept for the next process too"
    assert len(server.asked) == 1


@pytest.mark.parametrize(("z", "x", "y"), [(19, 0, 0), (3, 8, 0), (3, 0, 8)])
def test_a_tile_that_cannot_be_is_not_asked_for(server: TileServer, tmp_path: Path, z: int, x: int, y: int) -> None:
    written(tmp_path, xyz(server))
    with pytest.raises(NoTile):
        Basemaps(tmp_path).tile("theirs", z, x, y)
    assert server.asked == []


def test_where_the_source_has_none_is_remembered(server: TileServer, tmp_path: Path) -> None:
    written(tmp_path, xyz(server))
    server.status = 404
    for _ in range(2):
        with pytest.raises(NoTile):
            Basemaps(tmp_path).tile("theirs", 5, 1, 1)
    assert len(server.asked) == 1


def test_a_source_that_does_not_answer_is_said_and_left_alone_and_comes_back(server: TileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        written(tmp_path, xyz(server), {**xyz(server), "id": "dead", "url": f"http://127.0.0.1:{dead.getsockname()[1]}/{{z}}/{{x}}/{{y}}"})
        basemaps, other = Basemaps(tmp_path), Basemaps(tmp_path)
        for n in range(3):
            with pytest.raises(BasemapDown):
                basemaps.tile("dead", 5, n, 1)
    states = {one["id"]: one for one in other.described("zh")}
    assert (states["dead"]["state"], states["theirs"]["state"]) == ("down", "ready"), "every process knows"
    since = states["dead"]["since"]
    assert since.timestamp() == pytest.approx(time.time(), abs=20)
    monkeypatch.setattr(keeping, "RETRY_S", 0.0)
    again = Basemaps(tmp_path)
    object.__setattr__(again.shown["dead"].source, "template", server.template("/{z}/{x}/{y}"))
    assert again.tile("dead", 5, 0, 1).kind == "image/png"
    assert {one["id"]: one["state"] for one in other.described("zh")}["dead"] == "ready"


def test_a_hanging_source_costs_three_seconds_once(server: TileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT_S", 0.3)
    server.wait_s = 2.0
    written(tmp_path, xyz(server))
    basemaps = Basemaps(tmp_path)
    for n in range(5):
        with pytest.raises(BasemapDown):
            basemaps.tile("theirs", 5, n, 1)
    assert len(server.asked) == 1, "while it rests nobody waits for it"


def test_an_old_tile_is_better_than_none(server: TileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, xyz(server))
    basemaps = Basemaps(tmp_path)
    kept = basemaps.tile("theirs", 5, 1, 1).content
    monkeypatch.setattr(keeping, "FRESH_S", -1)
    server.status = 500
    assert basemaps.tile("theirs", 5, 1, 1).content == kept
    assert len(server.asked) == 2


def test_the_kept_tiles_stay_within_their_room(tmp_path: Path, server: TileServer) -> None:
    kept = keeping.Keeping(tmp_path, read(written(tmp_path, xyz(server)))[0], 100_000)
    for n in range(30):
        kept.keep(10, n, 1, bytes(10_000))
    kept.prune()
    assert 60_000 <= sum(one.stat().st_size for one in kept.folder.rglob("*.tile")) <= 100_000


@pytest.mark.parametrize(("address", "intranet", "may"), [
    ("93.184.216.34", False, True), ("10.1.2.3", False, False), ("192.168.1.9", True, True), ("127.0.0.1", False, False), ("127.0.0.1", True, True),
    ("169.254.169.254", True, False), ("::1", False, False), ("fe80::1", True, False), ("::ffff:10.0.0.1", False, False), ("::ffff:169.254.169.254", True, False),
    ("0.0.0.0", True, False), ("224.0.0.1", True, False), ("100.64.0.1", False, False), ("fd00::5", True, True),
])
def test_which_addresses_may_be_asked(address: str, intranet: bool, may: bool) -> None:
    assert fetching.permitted(address, intranet=intranet) is may


def test_a_host_of_the_intranet_is_asked_only_when_the_file_says_so(server: TileServer, tmp_path: Path) -> None:
    written(tmp_path, xyz(server, intranet=False))
    with pytest.raises(BasemapDown):
        Basemaps(tmp_path).tile("theirs", 5, 1, 1)
    assert server.asked == []


def test_no_other_host_no_other_scheme(server: TileServer) -> None:
    for url in (f"http://localhost:{server.port}/1/1/1", "file:///etc/passwd", "ftp://127.0.0.1/1"):
        with pytest.raises(fetching.Failed):
            fetching.fetch(url, frozenset({"127.0.0.1"}), intranet=True)
    assert server.asked == []


@pytest.mark.parametrize(("status", "content", "location"), [
    (302, b"", "http://127.0.0.1:1/"), (200, b"<html>login</html>", ""), (200, b"<svg xmlns='http://www.w3.org/2000/svg'/>", ""), (200, b"\x89PNG\r\n\x1a\n" + bytes(3_000_000), ""), (500, b"", ""),
])
def test_only_a_picture_of_the_host_itself_is_taken(server: TileServer, status: int, content: bytes, location: str) -> None:
    server.status, server.content, server.location = status, content, location
    with pytest.raises(fetching.Failed):
        fetching.fetch(f"http://127.0.0.1:{server.port}/1/1/1", frozenset({"127.0.0.1"}), intranet=True)
    assert len(server.asked) == 1, "a redirect is not followed"


def test_tiles_cut_in_degrees_lie_where_they_belong(server: TileServer, tmp_path: Path) -> None:
    """Each row of the source is coloured by its latitude: in the Mercator tile every pixel must carry its own."""
    def coloured(path: str) -> bytes:
        z, _, y = (int(one) for one in path.split("?")[0].strip("/").split("/"))
        lat = 90 - (y * 256 + np.arange(256) + 0.5) / (2 ** (z - 1) * 256) * 180
        value = np.round((lat + 90) * 10_000).astype(int)
        pixels = np.stack([value >> 16, (value >> 8) & 255, value & 255], axis=1).astype(np.uint8)
        out = BytesIO()
        Image.fromarray(np.repeat(pixels[:, None, :], 256, axis=1)).save(out, "PNG")
        return out.getvalue()

    server.content = coloured  # type: ignore[assignment]
    written(tmp_path, xyz(server, matrix="EPSG:4490", level_offset=0))
    z, x, y = 11, 1647, 769
    with Image.open(BytesIO(Basemaps(tmp_path).tile("theirs", z, x, y).content)) as image:
        column = np.asarray(image.convert("RGB"))[:, 128].astype(int)
    found = ((column[:, 0] << 16) + (column[:, 1] << 8) + column[:, 2]) / 10_000 - 90
    row = (y + (np.arange(256) + 0.5) / 256) / 2**z
    right = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * row))))
    pixel = 180 / (2 ** (z - 1) * 256)
    assert np.abs(found - right).max() <= pixel * 0.5 + 1e-4, "the nearest row, and what the colour rounds away"
    assert {path.split("/")[2] for path in server.asked} == {str(x)}, "columns of both are the same"


def test_a_small_file_with_a_huge_picture_is_not_opened(server: TileServer, tmp_path: Path) -> None:
    out = BytesIO()
    Image.new("1", (9_000, 9_000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    server.content = out.getvalue()
    written(tmp_path, xyz(server, matrix="EPSG:4490"))
    with pytest.raises(BasemapDown):
        Basemaps(tmp_path).tile("theirs", 5, 1, 1)


def test_rows_of_mercator_and_of_degrees_agree_at_the_equator() -> None:
    assert degrees.rows_of(4, 8)[0] == pytest.approx(2**3 * 256 / 2, abs=1)


@pytest.mark.parametrize(("given", "code"), [
    ({"datum": "gcj02"}, "basemap-shifted"), ({"url": "https://webrd01.is.autonavi.com/t?x={x}&y={y}&z={z}"}, "basemap-shifted"), ({"matrix": "EPSG:3395"}, "basemap-matrix"),
    ({"key": ""}, "basemap-key"),
])
def test_what_would_lie_in_the_wrong_place_is_refused_in_words_and_never_asked(server: TileServer, tmp_path: Path, given: dict[str, Any], code: str) -> None:
    written(tmp_path, xyz(server, **given))
    basemaps = Basemaps(tmp_path)
    (said,) = basemaps.described("zh")
    assert said["state"] == "refused" and (basemaps.shown["theirs"].source.refused or ("",))[0] == code
    assert said["refused"] and said["refused"] != code
    with pytest.raises(NoTile):
        basemaps.tile("theirs", 5, 1, 1)
    assert server.asked == []


def test_tianditu_is_known_by_name(tmp_path: Path) -> None:
    written(tmp_path, {"id": "tdt", "kind": "tianditu", "layer": "img", "key": KEY}, {"id": "tdt-c", "kind": "tianditu", "layer": "vec", "matrix": "EPSG:4490", "key": KEY})
    web, geographic = read(tmp_path / "basemaps.json")
    assert web.hosts == {f"t{n}.tianditu.gov.cn" for n in range(8)}
    address = web.address(12, 3295, 1538)
    assert "/img_w/wmts?" in address and "TILEMATRIX=12&TILEROW=1538&TILECOL=3295" in address and address.endswith(f"tk={KEY}")
    assert "/vec_c/wmts?" in geographic.address(12, 1, 1) and geographic.geographic and not geographic.refused


@pytest.mark.parametrize("given", [
    {"url": "gopher://x/{z}/{x}/{y}"}, {"url": "http://x/{z}/{x}"}, {"url": "http://{x}.host/{z}/{x}/{y}"}, {"url": "http://user:pw@host/{z}/{x}/{y}"}, {"kind": "tms"}, {"id": "../x"}, {"colour": "red"},
])
def test_a_wrong_file_is_told_and_stops_nothing(server: TileServer, tmp_path: Path, given: dict[str, Any]) -> None:
    path = written(tmp_path, xyz(server, **given))
    with pytest.raises(BadBasemaps):
        read(path)
    basemaps = Basemaps(tmp_path)
    assert basemaps.described("zh") == [] and "basemaps.json" in (basemaps.said_problem("zh") or "")


def test_a_pmtiles_file_needs_no_network(tmp_path: Path) -> None:
    archive(tmp_path / "district.pmtiles")
    written(tmp_path, {"id": "offline", "kind": "pmtiles", "file": "district.pmtiles"})
    basemaps = Basemaps(tmp_path)
    assert basemaps.tile("offline", 3, 1, 2).content == picture((0, 90, 200))
    with pytest.raises(NoTile):
        basemaps.tile("offline", 3, 7, 2)
    (said,) = basemaps.described("en")
    assert (said["state"], said["min_zoom"], said["max_zoom"]) == ("ready", 3, 3)


def test_a_pmtiles_file_of_vectors_is_refused_and_a_missing_one_is_down_until_it_is_there(tmp_path: Path) -> None:
    archive(tmp_path / "vector.pmtiles", TileType.MVT, b"\x1a\x00")
    (tmp_path / "broken.pmtiles").write_bytes(b"no such thing" * 50)
    written(tmp_path, *({"id": name, "kind": "pmtiles", "file": f"{name}.pmtiles"} for name in ("vector", "broken", "later")))
    basemaps = Basemaps(tmp_path)
    assert "MVT" in {one["id"]: one for one in basemaps.described("zh")}["vector"]["refused"]
    for name in ("broken", "later"):
        with pytest.raises(BasemapDown):
            basemaps.tile(name, 3, 1, 2)
    assert {one["id"]: one["state"] for one in basemaps.described("zh")} == {"vector": "refused", "broken": "down", "later": "down"}
    archive(tmp_path / "later.pmtiles")
    assert basemaps.tile("later", 3, 1, 2).kind == "image/png"
    assert {one["id"]: one["state"] for one in basemaps.described("zh")}["later"] == "ready"


def test_over_http_the_key_stays_here_and_only_map_readers_are_served(server: TileServer, settings: Settings, database: Database, sign_in: Callable[[Role], Any]) -> None:
    written(settings.home, xyz(server))
    app = create_app(settings, database)
    people = app.extensions["onemap"].people
    people.accounts.add("viewer", "viewer", "correct horse battery", frozenset({Role.VIEWER}), "tests")
    client = app.test_client()
    assert client.get("/basemaps/theirs/5/1/1").status_code == 401
    client.post("/login", json={"name": "viewer", "password": "correct horse battery"})
    listed = client.get("/api/v1/basemaps")
    assert listed.json["basemaps"][0]["label"] == {"zh": "外来底图", "en": "Theirs"}
    tile = client.get("/basemaps/theirs/5/1/1")
    assert (tile.status_code, tile.mimetype) == (200, "image/png") and tile.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/basemaps/others/5/1/1").status_code == 404
    assert KEY not in listed.text and str(server.port) not in listed.text
    server.status = 500
    for n in range(2, 6):
        broken = client.get(f"/basemaps/theirs/5/{n}/1")
        assert broken.status_code == 503 and KEY not in broken.text and str(server.port) not in broken.text
    assert client.get("/api/v1/basemaps").json["basemaps"][0]["state"] == "down"
