"""The system user that runs PostgreSQL: this user, or an unprivileged one of its own when this is root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

NAME = "onemap-db"


class NoDatabaseUser(Misconfigured):
    """Root may not run PostgreSQL, and its own user could not be made. `values`: name, why."""

    code = "no-database-user"


declare({
    "no-database-user": Sentence(
        Label("不能建立数据库用户 {name}：{why}", "The database user {name} cannot be made: {why}"),
        Label("以 root 运行：useradd --system --shell /usr/sbin/nologin {name}", "As root, run: useradd --system --shell /usr/sbin/nologin {name}")),
})


@dataclass(frozen=True)
class DatabaseUser:
    """A system user; `prefix` makes a command run as it, ending when this process ends if so asked."""

    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        return self.uid == os.geteuid()

    def prefix(self, *, dies_with_parent: bool = False) -> list[str]:
        """The words before a command. PostgreSQL takes SIGINT as "roll back, write everything down, stop"."""
        words = ["setpriv"]
        if not self.is_self:
            words += ["--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"]
        if dies_with_parent:
            words += ["--pdeathsig", "INT"]
        return words if len(words) > 1 else []

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


def database_user(data_dir: Path | None = None) -> DatabaseUser:
    """The owner of existing data; else this user, or for root `onemap-db`, made if it is not there. Raises NoDatabaseUser."""
    if os.geteuid() != 0:
        return _entry(os.geteuid())
    if data_dir is not None and data_dir.exists() and data_dir.stat().st_uid != 0:
        return _entry(data_dir.stat().st_uid)
    try:
        return _named(NAME)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", NAME]
        made = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        return _named(NAME)  # also when another process made it at the same moment
    except KeyError:
        raise NoDatabaseUser(name=NAME, why=made.stderr.strip()) from None


def _named(name: str) -> DatabaseUser:
    found = pwd.getpwnam(name)
    return DatabaseUser(found.pw_name, found.pw_uid, found.pw_gid)


def _entry(uid: int) -> DatabaseUser:
    try:
        found = pwd.getpwuid(uid)
    except KeyError as error:  # initdb and peer authentication need a name
        raise NoDatabaseUser(name=NAME, why=f"uid {uid} has no name in /etc/passwd") from error
    return DatabaseUser(found.pw_name, found.pw_uid, found.pw_gid)
