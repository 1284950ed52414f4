"""The folders that the service's own user writes to: uploads, figures, kept tiles and pictures placed, in the home or apart from a closed one."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from geodata.store.cluster import APART
from geodata.store.system_user import SystemUser

FOLDERS = ("uploads", "metrics", "cache", "basemaps")
LASTING = ("basemaps",)  # what is in them is the bureau's, whoever ran the service before


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
