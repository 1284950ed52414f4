"""The system users that run PostgreSQL and the service: this user, or unprivileged ones of their own when this is root."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

DATABASE_USER = "onemap-db"
SERVICE_USER = "onemap-web"
PR_SET_NO_NEW_PRIVS = 38  # <linux/prctl.h>


class NoSystemUser(Misconfigured):
    """Root may not run this, and its own user could not be made. `values`: name, why."""

    code = "no-system-user"


declare({
    "no-system-user": Sentence(
        Label("不能建立系统用户 {name}：{why}", "The system user {name} cannot be made: {why}"),
        Label("以 root 运行：useradd --system --shell /usr/sbin/nologin {name}", "As root, run: useradd --system --shell /usr/sbin/nologin {name}")),
})


@dataclass(frozen=True)
class SystemUser:
    """A system user; `prefix` makes a command run as it, `become` this process."""

    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        return self.uid == os.geteuid()

    def prefix(self, *, end_with_parent: str | None = None) -> list[str]:
        """The words before a command; with `end_with_parent` it gets that signal ("INT", "TERM") when this process ends."""
        words = ["setpriv"]
        if not self.is_self:
            words += ["--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups", "--no-new-privs"]
        if end_with_parent:
            words += ["--pdeathsig", end_with_parent]
        return words if len(words) > 1 else []

    def become(self) -> None:
        """Make this process the user's, for good: no group of the old one, no way back. What is open stays open."""
        if self.is_self:
            return
        os.setgroups([])
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

    def run(self, command: Sequence[str], *, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, in its environment, and wait for it."""
        return subprocess.run([*self.prefix(), *command], check=False, input=stdin, capture_output=True, text=True, env=clean_environment(), cwd="/")

    def make_folder(self, folder: Path, mode: int) -> None:
        """Make a folder of this user's where it may write, and set its mode; root itself writes nothing where this user could lay a link."""
        done = self.run(["sh", "-c", 'mkdir -p "$1" && chmod "$2" "$1"', "sh", str(folder), f"{mode:o}"])
        if done.returncode:
            raise PermissionError(done.stderr.strip())

    def write(self, path: Path, text: str) -> None:
        """Put a text, readable to this user only, where this user may write; untouched when it is there already."""
        if not path.is_symlink() and path.exists() and path.read_text() == text:
            return
        done = self.run(["sh", "-c", 'umask 077; cat > "$1"', "sh", str(path)], stdin=text)
        if done.returncode:
            raise PermissionError(done.stderr.strip())

    def may_write(self, folder: Path) -> bool:
        """Whether this user gets to a folder and may write in it; asked of the kernel, for a home may lie below a closed folder."""
        return self.run(["test", "-w", str(folder), "-a", "-x", str(folder)]).returncode == 0


def clean_environment() -> Mapping[str, str]:
    """What PostgreSQL's programs see: no PG* settings of the caller, and words in English for its log."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}


def database_user(data_dir: Path | None = None) -> SystemUser:
    """Who runs PostgreSQL: the owner of existing data; else this user, or for root `onemap-db`. Raises NoSystemUser."""
    if os.geteuid() != 0:
        return _entry(os.geteuid())
    if data_dir is not None and data_dir.exists() and data_dir.stat().st_uid != 0:
        return _entry(data_dir.stat().st_uid)
    return _own(DATABASE_USER)


def service_user(home: Path) -> SystemUser:
    """Who runs the web processes and the worker: this user; for root the owner of the home, or `onemap-web` where that is root.

    Not the user of the database: whoever takes over a web process does not get to the database's files. Raises NoSystemUser.
    """
    if os.geteuid() != 0:
        return SystemUser(os.environ.get("USER", ""), os.geteuid(), os.getegid())
    owner = home.stat().st_uid
    if owner != 0:
        with contextlib.suppress(NoSystemUser):
            found = _entry(owner)
            if found.name != DATABASE_USER:
                return found
    return _own(SERVICE_USER)


def _own(name: str) -> SystemUser:
    """A system user of ours, made if it is not there."""
    try:
        return _named(name)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
        try:
            why = subprocess.run(command, check=False, capture_output=True, text=True).stderr.strip()
        except FileNotFoundError:
            why = "useradd?"
    try:
        return _named(name)  # also when another process made it at the same moment
    except KeyError:
        raise NoSystemUser(name=name, why=why) from None


def _named(name: str) -> SystemUser:
    found = pwd.getpwnam(name)
    return SystemUser(found.pw_name, found.pw_uid, found.pw_gid)


def _entry(uid: int) -> SystemUser:
    try:
        found = pwd.getpwuid(uid)
    except KeyError as error:  # initdb and peer authentication need a name
        raise NoSystemUser(name=DATABASE_USER, why=f"uid {uid} has no name in /etc/passwd") from error
    return SystemUser(found.pw_name, found.pw_uid, found.pw_gid)
