"""Our own style sheets, scripts and pictures, at addresses that change with their content, so that a browser keeps them for good."""

from __future__ import annotations

import gzip
from functools import cache, lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

KEPT_S = 31_536_000  # a year, the most that RFC 9111 caches are asked for in practice
STATIC = Path(__file__).parent / "static"
WORTH_PACKING = 1_000  # bytes: below it a packed answer saves no packet
_TEXT = frozenset({".js", ".css", ".svg", ".json"})


@cache
def version_of(folder: Path) -> str:
    """Names the content of a folder: twelve hex digits of a digest over every path and every byte in it.

    One name for the whole folder, in the path: modules import one another by relative addresses, so they stay within it.
    """
    digest = sha256()
    for name, path in sorted((one.relative_to(folder).as_posix(), one) for one in folder.rglob("*") if one.is_file()):
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def is_packed(folder: Path) -> bool:
    """Whether `packed` in a folder of static files was made of its modules as they are now; see scripts/bundle.mjs, which counts the same digest."""
    note = folder / "packed" / "of"
    return note.is_file() and note.read_text(encoding="ascii") == version_of(folder / "js")


def start_of(folder: Path, page: str) -> str:
    """The path of the script that a page starts with: one file with all its modules, or its first module, which asks for the others."""
    return f"{'packed' if is_packed(folder) else 'js'}/{page}"


class SiteWithAssets(Flask):
    """Flask whose `static` files live below their version: `/static/<version>/<path>`."""

    def __init__(self, name: str, root: Path) -> None:
        super().__init__(name, root_path=str(root), static_folder="static", static_url_path="/static/<version>", template_folder="templates")
        self.version = version_of(root / "static")
        self.url_defaults(self._name_version)
        self.jinja_env.globals["start_of"] = partial(start_of, root / "static")

    def _name_version(self, endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("version", self.version)

    def send_static_file(self, filename: str, version: str = "") -> Response:
        """The file as it is now. Under its present version it may be kept for good; a page that was opened before an
        upgrade still asks under the version of then, and must not keep what it gets as that.
        """
        response = super().send_static_file(filename)
        if version == self.version:
            response.headers["Cache-Control"] = f"public, max-age={KEPT_S}, immutable"
        return _packed(response, Path(str(self.static_folder), filename))


def _packed(response: Response, path: Path) -> Response:
    """The same answer with its text packed, where the browser reads that."""
    if response.status_code != 200 or path.suffix not in _TEXT or path.stat().st_size < WORTH_PACKING:
        return response
    response.vary.add("Accept-Encoding")
    if request.method == "GET" and request.accept_encodings["gzip"]:
        tag, _ = response.get_etag()
        response.direct_passthrough = False
        response.close()
        response.set_data(_pack(path, path.stat().st_mtime_ns))
        response.headers["Content-Encoding"] = "gzip"
        response.set_etag(f"{tag}-gzip")
        response.make_conditional(request)
    return response


@lru_cache(maxsize=256)
def _pack(path: Path, changed_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), 9, mtime=0)
