"""A tile server on this machine that does as it is told, and pictures whose place can be read from their colour."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer


def picture(colour: tuple[int, int, int] = (200, 30, 30), form: str = "PNG") -> bytes:
    """A tile of one colour."""
    out = BytesIO()
    Image.new("RGB", (256, 256), colour).save(out, form)
    return out.getvalue()


def archive(path: Path, kind: TileType = TileType.PNG, content: bytes = b"", zoom: int = 3, xs: Sequence[int] = (0, 1), ys: Sequence[int] = (2,)) -> None:
    """A PMTiles file with one zoom of tiles, all the same."""
    with path.open("wb") as file:
        writer = Writer(file)
        for tile in sorted(zxy_to_tileid(zoom, x, y) for x in xs for y in ys):
            writer.write_tile(tile, content or picture((0, 90, 200)))
        writer.finalize({"tile_type": kind, "tile_compression": Compression.NONE, "min_zoom": zoom, "max_zoom": zoom, "min_lon_e7": 0, "min_lat_e7": 0, "max_lon_e7": 0, "max_lat_e7": 0,
                         "center_zoom": zoom, "center_lon_e7": 0, "center_lat_e7": 0}, {})


class TileServer:
    """Answers `status` and `content` to `/z/x/y`; `asked` has the paths."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status, self.content, self.wait_s = 200, picture(), 0.0
        self.location = ""
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                told.asked.append(self.path)
                time.sleep(told.wait_s)
                content = told.content(self.path) if callable(told.content) else told.content  # type: ignore[misc]
                self.send_response(told.status)
                if told.location:
                    self.send_header("Location", told.location)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                try:
                    self.wfile.write(content)
                except OSError:
                    return

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def template(self, path: str = "/{z}/{x}/{y}?tk={key}") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def tile_server() -> Iterator[TileServer]:
    made = TileServer()
    try:
        yield made
    finally:
        made.close()
