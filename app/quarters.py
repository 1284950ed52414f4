"""What of a home the service's own user gets to: the folders that it writes to, in the home or apart from a closed one, and the file of basemaps."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from app.basemaps.sources import FILE as BASEMAPS
from geodata.store.cluster import APART
from geodata.store.system_user import SystemUser

FOLDERS = ("uploads", "metrics", "cache", "basemaps", "audit")
LASTING = ("basemaps", "audit")  # what is in them is the bureau's, whoever ran the service before


def prepare(home: Path, user: SystemUser, say: Callable[[str], object], *, apart: Path = APART) -> Path:
    """Make the folders for `user` and answer the one they lie in, which is the home of the service's processes.

    It is the home itself; where the user cannot enter that (below `/root`), it is a folder under `apart` that the
    home's own folders of these names are links to. What an earlier run as root left in them is handed over.
    """
    if user.is_self:
        for name in FOLDERS:
            (home / name).mkdir(exist_ok=True)
        return home
    for name in FOLDERS:
        if not (home / name).is_symlink():
            _give(home / name, user)
    if all(user.may_write(home / name) for name in FOLDERS):  # a link leads nowhere for a user who cannot enter the home
        return home
    place = apart / f"{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}-web"
    apart.mkdir(mode=0o755, parents=True, exist_ok=True)
    place.mkdir(mode=0o755, exist_ok=True)
    made = [name for name in FOLDERS if _lead(home / name, place / name)]
    for name in FOLDERS:
        _give(place / name, user)
    if made:
        say(f"服务用户 {user.name} 进不了 {home}，上传的文件放在 {place} · {user.name} cannot enter the home: uploads lie in {place}")
    return place


def _give(folder: Path, user: SystemUser) -> None:
    """Make a folder the user's, with what root put there. Once it is the user's, root changes nothing inside: the user could lay links there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.stat().st_uid
    if owner not in (0, user.uid):  # of another user, from an earlier life of this home
        if folder.name in LASTING:
            _take_over(folder, owner, user)
            return
        shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
    if owner == user.uid:
        return
    folder.chmod(0o700)  # closed to the user until all is handed over
    for inside, names, files in os.walk(folder):
        for name in (*names, *files):
            os.chown(Path(inside, name), user.uid, user.gid, follow_symlinks=False)
    os.chown(folder, user.uid, user.gid)


def _take_over(folder: Path, owner: int, user: SystemUser) -> None:
    """Copy the plain files that the former user had alone: what links lead to is not theirs to give."""
    before = folder.with_name(f".{folder.name}.before")
    folder.rename(before)
    folder.mkdir(mode=0o700)
    for one in before.iterdir():
        with suppress(OSError), os.fdopen(os.open(one, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as source:
            known = os.fstat(source.fileno())
            if stat.S_ISREG(known.st_mode) and known.st_uid == owner and known.st_nlink == 1:
                with (folder / one.name).open("wb") as out:
                    shutil.copyfileobj(source, out)
                os.chown(folder / one.name, user.uid, user.gid)
    os.chown(folder, user.uid, user.gid)
    shutil.rmtree(before)


def _lead(link: Path, target: Path) -> bool:
    """Put a link in the place of a folder in the home, what is in it moved along. Answers whether there was none yet."""
    if link.is_symlink():
        if link.readlink() == target:
            return False
        link.unlink()
    elif target.exists():
        for one in link.iterdir() if link.name in LASTING else ():
            if not (target / one.name).exists():
                shutil.move(one, target / one.name)
        shutil.rmtree(link)
    else:
        shutil.move(link, target)
    link.symlink_to(target)
    return True


class Basemaps:
    """The file of basemaps, which is root's and closed, for it holds keys: the service's user may read it where it is, or has a copy apart.

    It is changed while the service runs, so it is looked at again and again.
    """

    def __init__(self, home: Path, place: Path, user: SystemUser, say: Callable[[str], object]) -> None:
        self._file, self._copy, self._user, self._say = home / BASEMAPS, place / BASEMAPS, user, say
        self._as_of: tuple[int, int] | None = None

    def look(self) -> None:
        """Hand on what was changed since the last look."""
        if self._user.is_self:
            return
        now = _changed(self._file)
        if now == self._as_of:
            return
        self._as_of = now
        with suppress(OSError):  # gone since, or the disk is full: the service goes on without it
            if self._copy == self._file:
                self._open()
            elif now is None:
                self._copy.unlink(missing_ok=True)
            else:
                self._bring()
        self._tell_closed()

    def _open(self) -> None:
        """Let the user read the file, through its group; a link is followed nowhere."""
        with suppress(OSError), os.fdopen(os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            known = os.fstat(file.fileno())
            if stat.S_ISREG(known.st_mode) and known.st_uid == 0 and known.st_nlink == 1:
                os.fchown(file.fileno(), -1, self._user.gid)
                os.fchmod(file.fileno(), stat.S_IMODE(known.st_mode) | stat.S_IRGRP)
                self._as_of = _changed(self._file)

    def _bring(self) -> None:
        """A copy for the user alone, files of tiles named by where they lie."""
        made = self._copy.with_name(f".{BASEMAPS}")
        text = self._file.read_text(encoding="utf-8", errors="replace")
        with suppress(ValueError, TypeError, KeyError):  # one that is wrong is told of by who reads it
            whole = json.loads(text)
            for one in whole["basemaps"]:
                if "file" in one:
                    one["file"] = str(self._file.parent / one["file"])
            text = json.dumps(whole, ensure_ascii=False)
        made.unlink(missing_ok=True)
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            os.fchown(out.fileno(), self._user.uid, self._user.gid)
            out.write(text)
        made.replace(self._copy)

    def _tell_closed(self) -> None:
        with suppress(OSError, ValueError, TypeError, KeyError):
            for one in json.loads(self._copy.read_text(encoding="utf-8"))["basemaps"]:
                if "file" in one and self._user.run(["test", "-r", str(self._copy.parent / one["file"])]).returncode:
                    self._say(f"服务用户 {self._user.name} 读不到离线底图 {one['file']}：放到它进得去的目录 · the offline basemap cannot be read by {self._user.name}: put it where that user may go")


def _changed(path: Path) -> tuple[int, int] | None:
    try:
        known = path.stat()
    except OSError:
        return None
    return known.st_ino, known.st_mtime_ns
