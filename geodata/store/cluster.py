"""The private PostGIS cluster of one home: made, started, recovered and stopped here; reached by its unix socket only."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from geodata.store import postmaster
from geodata.store.binaries import Postgres, choose
from geodata.store.home import Home, HomeInUse, HomeNotOurs
from geodata.store.sizing import MIB, memory_bytes, memory_settings
from geodata.store.system_user import SystemUser, clean_environment, database_user
from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

OWNER = "onemap"
DATABASE = "onemap"
SUPERUSER = "onemap_admin"  # has no password: only the system user that owns the data may be it
APART = Path("/var/lib/onemap")  # for data whose home the database user cannot reach
SOCKET_BYTES = 107  # what the kernel takes for the path of a unix socket
START_PATIENCE_S = 120.0  # replaying the log after a crash on a slow disk
LITTLE_DISK = 1024 * MIB  # below this the operator is told
NO_DISK_NEW, NO_DISK = 400 * MIB, 100 * MIB  # a new cluster takes 60 MB and 1 GB of log at most; a full disk stops PostgreSQL in a panic


class DiskFull(Misconfigured):
    """Too little space for the database. `values`: directory, free_mb, needed_mb."""

    code = "disk-full"


class DatabaseMissing(Misconfigured):
    """The home names a database directory that is not there. `values`: home, directory."""

    code = "database-missing"


class DatabaseFailed(Misconfigured):
    """PostgreSQL did not do what it was asked. `values`: what, log, said."""

    code = "database-failed"


declare({
    "disk-full": Sentence(
        Label("磁盘将满：{directory} 只剩 {free_mb} MB，数据库至少需要 {needed_mb} MB",
              "The disk is nearly full: {directory} has {free_mb} MB left, the database needs at least {needed_mb} MB"),
        Label("清理磁盘，或用 --home 放到别的磁盘上", "Free some space, or put the home on another disk with --home")),
    "database-missing": Sentence(
        Label("{home} 的数据库应在 {directory}，但该目录不存在", "The database of {home} should lie in {directory}, which is not there"),
        Label("若数据已迁走，请移回该目录；若要从头开始，另选 --home", "Bring that folder back; or, to begin anew, choose another --home")),
    "database-failed": Sentence(
        Label("数据库{what}失败：{said}", "PostgreSQL failed to {what}: {said}"),
        Label("查看日志 {log}", "See the log {log}")),
})


class Cluster:
    """One PostgreSQL server with PostGIS, for one home.

    `start` makes the cluster the first time (data checksums on, password only over its unix socket, no network), ends what
    an earlier crash left running, and holds the home's lock until `stop`. The server ends with this process, even when
    that is killed. `say` gets one line for each step. `settings` are PostgreSQL settings on top of those for the machine.
    """

    def __init__(self, home: Path | Home, say: Callable[[str], object] = print, *, settings: Mapping[str, str] | None = None, what: str = "") -> None:
        self.home = home if isinstance(home, Home) else Home(home)
        self._say = say
        self._settings = dict(settings or {})
        self._what = what or Path(sys.argv[0]).name or "python"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def directory(self) -> Path:
        """Where `data`, `run` (the socket) and `log` lie: `<home>/database`, or a folder apart that it is a link to."""
        return Path(self.home.record.get("directory") or self.home.path / "database")

    @property
    def data_dir(self) -> Path:
        return self.directory / "data"

    @property
    def log_dir(self) -> Path:
        return self.directory / "log"

    @property
    def socket_dir(self) -> Path:
        """The folder of the unix socket; a short one of its own under /tmp where the home's path is too long for a socket."""
        inside = self.directory / "run"
        if len(os.fsencode(inside)) + len("/.s.PGSQL.5432.lock") < SOCKET_BYTES:
            return inside
        return Path(f"/tmp/onemap-{hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:16]}")

    @property
    def url(self) -> str:
        """SQLAlchemy's URL of the database, as the role that owns it."""
        return f"postgresql+psycopg://{OWNER}:{self.home.secrets['database_password']}@/{DATABASE}?host={quote(str(self.socket_dir))}"

    @property
    def ready(self) -> bool:
        """Whether the server takes connections now, whichever process started it."""
        return postmaster.is_ready(self.data_dir)

    def start(self) -> str:
        """Bring the server up and answer its URL. Raises HomeInUse and the other children of Misconfigured, each with its remedy."""
        if not self.home.held:
            self.home.hold(self._what)
        try:
            postgres = choose(self.data_dir)
            user = database_user(self.data_dir)
            self._place(user)
            self._check_disk()
            self._take_over()
            if not self.data_dir.exists():
                self._make(postgres, user)
            self._configure(user)
            self._launch(postgres, user)
            if not self.home.record.get("prepared"):
                self._prepare(postgres, user)
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self, patience_s: float = 10.0) -> None:
        """End the server (after `patience_s` without its last checkpoint; nothing committed is lost) and let the home go."""
        if not self.home.held:
            return
        if self.data_dir.exists() and postmaster.processes_of(self.data_dir):
            postmaster.end(self.data_dir, patience_s)
        if self._process is not None:
            self._process.wait()
            self._process = None
        self.home.release()

    @property
    def alive(self) -> bool:
        """Whether the server that `start` started still runs."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _place(self, user: SystemUser) -> None:
        """Decide once where the database lies, and make its folders."""
        if "directory" not in self.home.record:
            inside = self.home.path / "database"
            self._give(inside, user)
            chosen = inside if user.may_write(inside) else self._apart(inside, user)
            self.home.remember(directory=str(chosen))
        if not self.directory.exists():
            raise DatabaseMissing(home=str(self.home.path), directory=str(self.directory))
        try:
            user.make_folder(self.log_dir, 0o750)
            user.make_folder(self.socket_dir, 0o755)
        except PermissionError as error:
            raise HomeNotOurs(path=str(self.directory), user=user.name) from error

    def _apart(self, inside: Path, user: SystemUser) -> Path:
        name = hashlib.sha256(os.fsencode(self.home.path)).hexdigest()[:12]
        chosen = next(path for path in (APART / f"{name}{suffix}" for suffix in ("", *(f"-{n}" for n in range(2, 1000)))) if not path.exists())
        APART.mkdir(mode=0o755, parents=True, exist_ok=True)
        self._give(chosen, user)
        inside.rmdir()
        inside.symlink_to(chosen)
        self._say(f"数据库用户 {user.name} 进不了 {self.home.path}，数据放在 {chosen} · {user.name} cannot enter the home: the database lies in {chosen}")
        return chosen

    @staticmethod
    def _give(folder: Path, user: SystemUser) -> None:
        """A folder in a place that only we write to, handed to the database user."""
        folder.mkdir(mode=0o755, exist_ok=True)
        if not user.is_self:
            os.chown(folder, user.uid, user.gid)

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self.directory).free
        needed = NO_DISK if self.data_dir.exists() else NO_DISK_NEW
        if free < needed:
            raise DiskFull(directory=str(self.directory), free_mb=free // MIB, needed_mb=needed // MIB)
        if free < LITTLE_DISK:
            self._say(f"注意：磁盘只剩 {free // MIB} MB · note: only {free // MIB} MB of disk are left in {self.directory}")

    def _take_over(self) -> None:
        """End what still runs of an earlier life: the lock is ours, so whoever started it is dead."""
        if postmaster.processes_of(self.data_dir):
            with self._step("停止上次遗留的数据库进程", "ending the database left by a killed run"):
                postmaster.end(self.data_dir, 20.0)
        postmaster.forget_dead(self.data_dir, self.socket_dir)

    def _make(self, postgres: Postgres, user: SystemUser) -> None:
        with self._step("建立数据库目录", "making the database cluster"):
            draft = self.directory / "data.new"
            shutil.rmtree(draft, ignore_errors=True)
            made = user.run([str(postgres.bin / "initdb"), "-D", str(draft), "-U", SUPERUSER, "--data-checksums", "--encoding=UTF8",
                             "--locale=C.UTF-8", "--auth=reject"])
            if made.returncode:
                raise DatabaseFailed(what="initialise", log=str(self.log_dir), said=(made.stderr or made.stdout).strip()[-500:])
            self.home.remember(prepared=False)
            draft.rename(self.data_dir)

    def _configure(self, user: SystemUser) -> None:
        """Write our settings and rules of access anew: they follow the machine and this version."""
        settings = {**memory_settings(memory_bytes(), os.cpu_count() or 1), **_SETTINGS, "log_directory": str(self.log_dir),
                    "unix_socket_directories": str(self.socket_dir), **self._settings}
        lines = [f"{name} = '{_quoted(value)}'" for name, value in settings.items()]
        self._write("onemap.conf", lines, user)
        self._write("pg_hba.conf", [f"local all {SUPERUSER} peer map=onemap", f"local replication {SUPERUSER} peer map=onemap",
                                    "local all all scram-sha-256"], user)
        self._write("pg_ident.conf", [f'onemap "{user.name}" {SUPERUSER}'], user)
        main = self.data_dir / "postgresql.conf"
        said = main.read_text()
        if "include 'onemap.conf'" not in said:
            user.write(main, said + "\ninclude 'onemap.conf'\n")

    def _write(self, name: str, lines: list[str], user: SystemUser) -> None:
        user.write(self.data_dir / name, "\n".join(["# Written by onemap at each start; see docs/operate.md.", *lines, ""]))

    def _launch(self, postgres: Postgres, user: SystemUser) -> None:
        with self._step("启动数据库", "starting the database"):
            first_words = self.home.path / "database-start.log"  # what PostgreSQL says before its own log is open
            with open(first_words, "wb") as log:
                self.home.hand_over(first_words)
                self._process = subprocess.Popen(
                    [*user.prefix(end_with_parent="INT"), str(postgres.bin / "postgres"), "-D", str(self.data_dir)],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_environment(), cwd="/", start_new_session=True)
            deadline = time.monotonic() + START_PATIENCE_S
            while not postmaster.is_ready(self.data_dir, self._process.pid):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise DatabaseFailed(what="start", log=str(self.log_dir), said=self._last_words(first_words))
                time.sleep(0.02)

    def _last_words(self, first_words: Path) -> str:
        """The last complaint in the newest log."""
        newest = max([first_words, *self.log_dir.glob("*.log")], key=lambda path: path.stat().st_mtime)
        lines = [line for path in (first_words, newest) for line in path.read_text(errors="replace").splitlines()[-50:]]
        return next((line for line in reversed(lines) if "FATAL" in line or "PANIC" in line), lines[-1] if lines else "no answer in time")

    def _prepare(self, postgres: Postgres, user: SystemUser) -> None:
        """Make the owner role and the database. The owner is no superuser, so PostGIS is put in here, into the template too."""
        with self._step("建立数据库和 PostGIS 扩展", "making the database with PostGIS"):
            script = _PREPARE.format(password=self.home.secrets["database_password"])
            made = user.run([str(postgres.bin / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket_dir), "-U", SUPERUSER, "-d", "template1"],
                            stdin=script)
            if made.returncode:
                raise DatabaseFailed(what="prepare the database", log=str(self.log_dir), said=made.stderr.strip()[-500:])
            self.home.remember(prepared=True)

    @contextmanager
    def _step(self, zh: str, en: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self._say(f"{zh} · {en}: {time.monotonic() - started:.1f} s")


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",  # no network: programs on this machine use the socket
    "unix_socket_permissions": "0777",  # whoever gets to the socket still needs the password
    "password_encryption": "scram-sha-256",
    "max_connections": "120",  # 2 workers with three pools each, jobs, and what the operator opens
    "superuser_reserved_connections": "3",
    "wal_level": "replica",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",  # the data fit in memory or lie on flash
    "jit": "off",  # the questions are short; compiling them costs more than it saves
    "huge_pages": "try",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",  # one for each weekday, overwritten a week later
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_file_mode": "0640",
    "log_line_prefix": "%m [%p] %a %u@%d ",
    "log_min_duration_statement": "1000",
    "log_parameter_max_length": "0",  # values may be names and telephone numbers
    "log_error_verbosity": "terse",  # DETAIL repeats whole rows
    "log_lock_waits": "on",
    "log_temp_files": "64MB",
    "log_autovacuum_min_duration": "10s",
}

# Idempotent, for a run that was killed in the middle. \gexec runs what the query before it answers.
_PREPARE = f"""
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS postgis;
SELECT 'CREATE ROLE {OWNER}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}') \\gexec
ALTER ROLE {OWNER} LOGIN CREATEDB CREATEROLE PASSWORD '{{password}}';
GRANT pg_monitor, pg_signal_backend TO {OWNER};
SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE template1 STRATEGY file_copy' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
"""

__all__ = ["Cluster", "DatabaseFailed", "DatabaseMissing", "DiskFull", "HomeInUse", "HomeNotOurs"]
