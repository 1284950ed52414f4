"""The process that makes one picture into tiles, apart from all others: strangers' TIFFs are parsed here, limited in memory and time, free to die.

Run as `python -m app.basemaps.placing REQUEST.json`. Each line of its output is JSON: a stage, and at the end the picture or the refusal.
"""

from __future__ import annotations

import ctypes
import json
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from app.basemaps.imagery import Imagery
from layers.errors import OnemapError

PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
MEMORY_BYTES = 4 << 30  # of addresses: GDAL maps what it reads; it keeps 128 MB of pixels
CPU_S = 4 * 3600  # 500 MB of compressed picture took a quarter of an hour


def main(request_path: str) -> int:
    """Make what the request names."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a worker that was killed works no more
    for kind, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError):  # the machine's own limit is lower still
            resource.setrlimit(kind, (most, most))
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    day = date.fromisoformat(request["date"]) if request["date"] else None
    try:
        made = Imagery(Path(request["home"])).make(Path(request["path"]), name=request["name"] or None, day=day, tell=lambda stage: _tell(stage=stage))
        _tell(made=asdict(made))
    except OnemapError as error:
        _tell(refused={"code": error.code, "values": dict(error.values)})
    return 0


def _tell(**said: Any) -> None:
    sys.stdout.write(json.dumps(said, default=str) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
