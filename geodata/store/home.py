"""The home of one installation: the folder with its secret, its lock, and the word where its database lies."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label


class HomeInUse(Misconfigured):
    """Another process runs on this home. `values`: home, pid, what, since."""

    code = "home-in-use"


class HomeNotOurs(Misconfigured):
    """The home, or a file in it, may not be read or written by this user. `values`: path, user."""

    code = "home-not-ours"


declare({
    "home-in-use": Sentence(
        Label("目录 {home} 正被进程 {pid}（{what}，始于 {since}）使用", "The home {home} is held by process {pid} ({what}, since {since})"),
        Label("先停止该进程，或用 --home 另选目录", "Stop that process, or choose another folder with --home")),
    "home-not-ours": Sentence(
        Label("当前用户（{user}）不能读写 {path}", "This user ({user}) may not read or write {path}"),
        Label("改用该目录的所有者运行，或用 --home 另选目录", "Run as the owner of the folder, or choose another with --home")),
})


@dataclass(frozen=True)
class Holder:
    """Who holds a home: a process and what it is doing there."""

    pid: int
    what: str
    since: str


class Home:
    """The folder of one installation. Makes it (0755) when it is not there; raises HomeNotOurs when it cannot."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._lock: IO[str] | None = None
        try:
            self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError as error:
            raise self._not_ours(self.path) from error
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise self._not_ours(self.path)

    @property
    def secrets(self) -> dict[str, str]:
        """`secret_key` and `database_password` of this installation; made at first asking, readable by the owner only."""
        return {**self._made_once()}

    def _made_once(self) -> dict[str, str]:
        path = self.path / "secret.json"
        if not path.exists():
            made = {"secret_key": secrets.token_hex(32), "database_password": secrets.token_hex(24)}
            draft = self.path / f".secret.{os.getpid()}"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                self.hand_over(draft)
                json.dump(made, file)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)  # fails when another process was first: then its secret is the one
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        found: dict[str, str] = self._read(path)
        return found

    @property
    def record(self) -> dict[str, Any]:
        """What the home remembers of its database (`directory`, `prepared`); empty at first."""
        path = self.path / "cluster.json"
        return self._read(path) if path.exists() else {}

    def remember(self, **facts: Any) -> None:
        """Add to the record, all or nothing."""
        draft = self.path / "cluster.json.new"
        draft.write_text(json.dumps({**self.record, **facts}))
        draft.chmod(0o644)  # whatever root's umask: the owner of the home reads it next time
        self.hand_over(draft)
        draft.replace(self.path / "cluster.json")

    def hand_over(self, path: Path) -> None:
        """Give a file that root made here to the owner of the home, whom it would lock out."""
        owner = self.path.stat()
        if os.geteuid() == 0 != owner.st_uid:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(path.read_text())
        except PermissionError as error:
            raise self._not_ours(path) from error
        return found

    def _not_ours(self, path: Path) -> HomeNotOurs:
        return HomeNotOurs(path=str(path), user=os.environ.get("USER") or f"uid {os.geteuid()}")

    def hold(self, what: str) -> None:
        """Take the home for this process until `release` or its end. Raises HomeInUse with who holds it."""
        try:
            file = open(self.path / "lock", "a+")  # noqa: SIM115  (open for as long as the home is held)
        except PermissionError as error:
            raise self._not_ours(self.path / "lock") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            holder = self.holder() or Holder(0, "?", "?")
            raise HomeInUse(home=str(self.path), pid=holder.pid, what=holder.what, since=holder.since) from None
        self.hand_over(self.path / "lock")
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid(), "what": what, "since": time.strftime("%Y-%m-%d %H:%M:%S")}, file)
        file.flush()
        self._lock = file

    def release(self) -> None:
        """Let the home go; does nothing when it is not held."""
        if self._lock is not None:
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def leave_to_parent(self) -> None:
        """In a forked child: close the copy of the lock, which else would outlive the parent."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def held(self) -> bool:
        """Whether this object holds the home."""
        return self._lock is not None

    def holder(self) -> Holder | None:
        """The living process that holds the home, or None."""
        try:
            with open(self.path / "lock") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return _written(file)
        except FileNotFoundError:
            pass
        return None


def _written(file: IO[str]) -> Holder:
    for _ in range(20):  # the holder writes its name just after it got the lock
        file.seek(0)
        try:
            return Holder(**json.loads(file.read()))
        except ValueError:
            time.sleep(0.01)
    return Holder(0, "?", "?")
