"""Reading a file in a process of its own: what comes back is a table or a refusal in words, whatever the file does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from geodata.files.notices import Refused
from geodata.files.table import Table, restore

UNUSED = ("geopandas", "pandas")  # pyogrio takes them with it where it finds them: half of what reading a small file would cost
_ASKED_S = 0.25  # how soon a reading that is not wanted any more ends
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """What one reading may use. A million polygons of a GBK shapefile need about 1.5 GB of address space and 20 s."""

    memory_mb: int = 4096
    cpu_s: int = 240
    wall_s: int = 300
    written_mb: int = 2048


def read(
    path: Path,
    *,
    sublayer: str | None = None,
    encoding: str | None = None,
    shapes_wanted: bool = True,
    limits: Limits | None = None,
    stopped: Callable[[], bool] | None = None,
) -> Table:
    """The table in a file, a folder or an archive. Raises Refused; a reader that crashes, hangs or grows too big is a refusal, too.

    When `stopped` says so, the reading process is killed and the refusal is `reading-stopped`.
    """
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="onemap-read-") as folder:
        work, out = Path(folder, "work"), Path(folder, "out")
        work.mkdir()
        out.mkdir()
        request = {
            "path": str(path.absolute()),
            "sublayer": sublayer,
            "encoding": encoding,
            "shapes_wanted": shapes_wanted,
            "work": str(work),
            "out": str(out),
            "drivers": drivers(),
            "memory_mb": limits.memory_mb,
            "cpu_s": limits.cpu_s,
            "written_mb": limits.written_mb,
        }
        asked = Path(folder, "request.json")
        asked.write_text(json.dumps(request), encoding="utf-8")
        said = _run([sys.executable, "-m", "geodata.files.sandbox", str(asked)], limits.wall_s, stopped)
        refused = out / "refused.json"
        if refused.exists():
            answer = json.loads(refused.read_text(encoding="utf-8"))
            raise Refused(answer["code"], about=answer["about"], **answer["values"])
        if said is not None:
            raise said
        return restore(out)


def _run(command: list[str], wall_s: int, stopped: Callable[[], bool] | None = None) -> Refused | None:
    """Run the reader; None when it ended well. It gets no secret and no variable of ours that could steer GDAL."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(_ROOT),
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
    }
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, start_new_session=True
    )
    try:
        errors = _ended(process, wall_s, stopped)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if isinstance(errors, Refused):
        return errors
    if process.returncode == 0:
        return None
    if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return Refused("reading-too-long", limit_s=wall_s)
    lines = errors.decode(errors="replace").strip().splitlines()
    if any("MemoryError" in one or "bad_alloc" in one for one in lines[-3:]):
        return Refused("reading-too-large", limit_mb=0)
    return Refused("reader-died", said=lines[-1][:200] if lines else f"signal {-process.returncode}")


def _ended(process: subprocess.Popen[bytes], wall_s: int, stopped: Callable[[], bool] | None) -> bytes | Refused:
    """What the reader complained of when it had ended, or why it is not waited for any longer."""
    end = time.monotonic() + wall_s
    while True:
        try:
            return process.communicate(timeout=_ASKED_S if stopped else wall_s)[1]
        except subprocess.TimeoutExpired:
            if stopped is not None and stopped():
                return Refused("reading-stopped")
            if time.monotonic() >= end:
                return Refused("reading-too-long", limit_s=wall_s)


@lru_cache(maxsize=1)
def drivers() -> list[str]:
    """All drivers of the GDAL that is installed, asked in a process of its own so that this one never loads it."""
    ask = f"import sys; sys.modules.update(dict.fromkeys({UNUSED!r})); import pyogrio, json; print(json.dumps(sorted(pyogrio.list_drivers())))"
    return json.loads(subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, timeout=60).stdout)
