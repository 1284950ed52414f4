"""Other servers of OGC API Features and Tiles, in an environment of their own, on the same PostGIS table: tipg and pygeoapi."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import URL

PACKAGES = ("tipg==1.6.1", "uvicorn", "pygeoapi==0.21.0", "gunicorn", "psycopg2-binary")
SCHEMA = "onemap"  # where the owner's tables come to lie
_MARK = "installed.json"


@contextmanager
def peers(home: Path, url: URL, table: str) -> Iterator[dict[str, str]]:
    """Each peer that could be had, by name, with the address of its collection; none where no package registry answers.

    They read the table as it is kept for peers, by one process each (tipg with two costs it 41 ms an answer).
    """
    python = _environment(home)
    found: dict[str, str] = {}
    with ExitStack() as stack:
        if python is not None:
            for name, start in (("tipg", _tipg), ("pygeoapi", _pygeoapi)):
                port = _free_port()
                with suppress(RuntimeError, subprocess.CalledProcessError):
                    found[name] = stack.enter_context(start(python, home, url, table, port))
        yield found


def _environment(home: Path) -> Path | None:
    """The interpreter of an environment with the peers, made at the first call."""
    folder = home / "bench-peers"
    python = folder / "bin" / "python"
    mark = folder / _MARK
    if mark.is_file() and json.loads(mark.read_text()) == list(PACKAGES):
        return python
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, capture_output=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True, capture_output=True)
    except (subprocess.CalledProcessError, OSError):
        return None
    mark.write_text(json.dumps(PACKAGES))
    return python


@contextmanager
def _tipg(python: Path, home: Path, url: URL, table: str, port: int) -> Iterator[str]:
    database = f"postgresql://{quote(url.username or '')}:{quote(url.password or '')}@{quote(_host(url), safe='')}:{url.port or 5432}/{url.database}"
    environment = {"DATABASE_URL": database, "TIPG_DB_SCHEMAS": json.dumps([SCHEMA]), "TIPG_DB_TABLES": json.dumps([f"{SCHEMA}.{table}"])}
    with _running([str(python), "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "error"], home, environment, port, "/healthz"):
        yield f"http://127.0.0.1:{port}/collections/{SCHEMA}.{table}"


@contextmanager
def _pygeoapi(python: Path, home: Path, url: URL, table: str, port: int) -> Iterator[str]:
    config, described = home / "bench-pygeoapi.json", home / "bench-pygeoapi-openapi.json"
    config.touch(mode=0o600)  # it holds the password
    config.write_text(json.dumps(_pygeoapi_config(url, table, port)))  # JSON is YAML
    environment = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(described)}
    try:
        said = subprocess.run([python.parent / "pygeoapi", "openapi", "generate", config, "--format", "json"], check=True, capture_output=True, env={**os.environ, **environment})
        described.write_bytes(said.stdout)
        with _running([str(python.parent / "gunicorn"), "--workers", "1", "--bind", f"127.0.0.1:{port}", "pygeoapi.flask_app:APP"], home, environment, port, "/conformance"):
            yield f"http://127.0.0.1:{port}/collections/{table}"
    finally:
        config.unlink(missing_ok=True)
        described.unlink(missing_ok=True)


def _pygeoapi_config(url: URL, table: str, port: int) -> dict[str, object]:
    data = {"host": _host(url), "port": url.port or 5432, "dbname": url.database, "user": url.username, "password": url.password, "search_path": [SCHEMA, "public"]}
    text = {"en": "bench"}
    return {
        "server": {"bind": {"host": "127.0.0.1", "port": port}, "url": f"http://127.0.0.1:{port}", "mimetype": "application/json; charset=UTF-8", "encoding": "utf-8", "languages": ["en-US"],
                   "limits": {"default_items": 10, "max_items": 10_000}, "map": {"url": "http://127.0.0.1/", "attribution": "none"}},
        "logging": {"level": "ERROR"},
        "metadata": {"identification": {"title": text, "description": text, "keywords": {"en": ["bench"]}, "keywords_type": "theme", "terms_of_service": "none", "url": "http://127.0.0.1/"},
                     "license": {"name": "none"}, "provider": {"name": "bench"}, "contact": {"name": "bench"}},
        "resources": {table: {"type": "collection", "title": text, "description": text, "keywords": {"en": ["bench"]}, "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
                              "providers": [{"type": "feature", "name": "PostgreSQL", "data": data, "id_field": "id", "table": table, "geom_field": "geom"}]}},
    }


@contextmanager
def _running(command: list[str], home: Path, environment: Mapping[str, str], port: int, path: str) -> Iterator[None]:
    with open(home / "bench-peers.log", "ab") as log:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log, cwd=home)
    try:
        _wait(process, f"http://127.0.0.1:{port}{path}")
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.1)
    raise RuntimeError("the peer did not start")


def _host(url: URL) -> str:
    """A host, or the folder of the server's socket."""
    host = url.query.get("host")
    return (host if isinstance(host, str) else None) or url.host or "127.0.0.1"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
