"""Where the program lies for the service's own user: here, or in a copy where this folder is closed to that user."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from geodata.store.cluster import APART, DiskFull
from geodata.store.sizing import MIB
from geodata.store.system_user import SystemUser
from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

CHECKOUT = Path(__file__).resolve().parents[1]
CODE = ("app", "geodata", "layers", "docs", "package.json", "pyproject.toml")
_TRY = "import app, click, geodata, layers"


class ProgramClosed(Misconfigured):
    """The service's user can run neither this program nor a copy of it. `values`: user, python."""

    code = "program-closed"


declare({
    "program-closed": Sentence(
        Label("服务用户 {user} 不能运行 {python}", "The service's user {user} cannot run {python}"),
        Label("该 Python 在别人进不去的目录下：apt-get install python3-venv，删除 .venv，再运行 scripts/up",
              "That Python lies below a closed folder: apt-get install python3-venv, remove .venv, and run scripts/up again")),
})


def runs_for(user: SystemUser, checkout: Path = CHECKOUT) -> bool:
    """Whether a user can run this program and read what its pages are made of."""
    # Through sh: setpriv itself starts a program wherever it lies, with root's reach.
    words = 'test -x "$(readlink -f "$1")" -a -r "$2" -a -x "$2" && exec "$1" -P -c "$3"'
    return user.run(["sh", "-c", words, "sh", str(_python(checkout)), str(checkout / "app/static"), _TRY]).returncode == 0


def go_where_it_runs(user: SystemUser, home: Path, say: Callable[[str], object]) -> None:
    """Go on as a copy of the program that the user can run, if it cannot run this one. Raises ProgramClosed."""
    if user.is_self or runs_for(user):
        return
    _go_on(copied(CHECKOUT, APART, user, say), home)


def copied(checkout: Path, apart: Path, user: SystemUser, say: Callable[[str], object]) -> Path:
    """A copy of the program under `apart` that the user can run, made or brought up to date. Raises ProgramClosed, DiskFull."""
    if not (checkout / ".venv").is_dir():
        raise ProgramClosed(user=user.name, python=sys.executable)
    place = apart / f"{hashlib.sha256(os.fsencode(checkout)).hexdigest()[:12]}-program"
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    for names, stamp in (((".venv",), _packages(checkout)), (CODE, _code(checkout))):
        note = place / f"{names[0]}.copied"
        if not note.exists() or note.read_text() != stamp:
            note.unlink(missing_ok=True)
            started = time.monotonic()
            _copy(checkout, place, [name for name in names if (checkout / name).exists()])
            note.write_text(stamp)
            say(f"{user.name} 进不了 {checkout}，程序复制到 {place} · {user.name} cannot enter the checkout: copied to {place}: {time.monotonic() - started:.1f} s")
    if not runs_for(user, place):
        raise ProgramClosed(user=user.name, python=str((checkout / ".venv/bin/python").resolve()))
    return place


def _copy(checkout: Path, place: Path, names: list[str]) -> None:
    for name in names:
        shutil.rmtree(place / name, ignore_errors=True)
    done = subprocess.run(["cp", "-a", "--reflink=auto", *(str(checkout / name) for name in names), str(place)], check=False, capture_output=True, text=True)
    if done.returncode:
        raise DiskFull(directory=str(place), free_mb=shutil.disk_usage(place).free // MIB, needed_mb=1200)
    subprocess.run(["chmod", "-R", "a+rX,go-w", *(str(place / name) for name in names)], check=True)
    for path in (place / ".venv").glob("lib/python*/site-packages/onemap.pth"):
        path.write_text(f"{place}\n")


def _python(checkout: Path) -> Path:
    own = checkout / ".venv/bin/python"
    return own if own.exists() else Path(sys.executable)


def _packages(checkout: Path) -> str:
    """What tells one state of the installed packages from another: the note that the set-up leaves, and when it did."""
    note = checkout / ".venv/set-up"
    return f"{note.read_text()} {note.stat().st_mtime_ns}" if note.exists() else str((checkout / ".venv").stat().st_mtime_ns)


def _code(checkout: Path) -> str:
    listed = "\n".join(f"{path.relative_to(checkout)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in sorted(_files(checkout)))
    return hashlib.sha256(listed.encode()).hexdigest()


def _files(checkout: Path) -> Iterator[Path]:
    for name in CODE:
        for path in [checkout / name, *(checkout / name).rglob("*")]:
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _go_on(place: Path, home: Path) -> NoReturn:
    """Become that copy: the same process, the same words, the same home."""
    python = str(place / ".venv/bin/python")
    os.execve(python, [python, "-P", "-m", "app.cli", *sys.argv[1:]], {**os.environ, "ONEMAP_HOME": str(home)})
