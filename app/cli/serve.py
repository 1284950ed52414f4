"""`onemap serve`: the database, the web processes and the job worker, from start to a clean stop."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from app import program, quarters, settings, web
from app.cli._installation import SERVING, Installation
from app.listening import listen, reachable
from app.supervision import Part, Supervisor
from geodata.store import durability
from geodata.store.cluster import Cluster
from geodata.store.home import Home
from geodata.store.system_user import SystemUser, service_user
from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

if TYPE_CHECKING:
    from app.settings import Settings
    from geodata.store.database import Database

ORPHANS_S = 6.0  # web processes whose supervisor was killed end by themselves within this time
STOP_WEB_S = 4.0  # the web processes give answers under way 3 s
LOG = Path("log/onemap.log")  # under the home
READY_PATIENCE_S = 120.0
OPEN_FILES = 65536  # a stream takes a file descriptor


class NotReady(Misconfigured):
    """The web processes did not come up. `values`: log, said."""

    code = "not-ready"


declare({
    "not-ready": Sentence(
        Label("网页服务没有启动：{said}", "The web processes did not come up: {said}"),
        Label("查看日志 {log}", "See the log {log}")),
})


@click.command()
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="数据目录 · the folder of the installation")
@click.option("--host", help="监听地址 · the address to listen on (127.0.0.1)")
@click.option("--port", type=int, help="监听端口 · the port to listen on (8000)")
@click.option("--workers", type=int, help="网页服务进程数 · web processes (2)")
@click.option("--no-demo", is_flag=True, help="不放演示数据 · no demonstration data")
@click.option("--log-here", is_flag=True, help="日志写到终端而不是数据目录 · log to this terminal instead of the home")
@click.option("--no-jobs", is_flag=True, help="后台任务由别处的 onemap worker 执行 · background jobs run elsewhere, by `onemap worker`")
@click.pass_obj
def command(installation: Installation, home: Path | None, host: str | None, port: int | None, workers: int | None,
            no_demo: bool, log_here: bool, no_jobs: bool) -> None:
    """启动服务 · run the service until Ctrl-C or SIGTERM."""
    began = time.monotonic()
    signals = Signals()
    chosen = settings.chosen(home=home or installation.home, host=host, port=port, workers=workers)
    shape = settings.Settings(**{"database_url": "", "secret_key": "", **chosen})
    home_folder = Home(shape.home)
    user = service_user(shape.home)
    program.go_where_it_runs(user, shape.home, _say)
    ended_badly = home_folder.record.get("serving") and home_folder.holder() is None
    listening = listen(shape.host, shape.port, patience_s=ORPHANS_S if ended_badly else 0.0)
    stopped = began
    with suppress(KeyboardInterrupt), _database(shape, home_folder) as (url, cluster):
        key = chosen.get("secret_key") or home_folder.secrets["secret_key"]
        place = quarters.prepare(shape.home, user, _say)
        basemaps = quarters.Basemaps(shape.home, place, user, _say)
        basemaps.look()
        environment = _environment(shape, url, key, place, user)
        supervisor = Supervisor(environment, None if log_here else shape.home / LOG, _say, user)
        try:
            accounts = _fill(shape, url, key, place, demo=not no_demo)
            home_folder.remember(serving=True)
            for number in range(shape.workers):
                supervisor.start(Part(f"web-{number + 1}", partial(_web, home_folder, listening, environment)))
            if not no_jobs:
                supervisor.start(Part("jobs", [sys.executable, "-P", "-m", "app.jobs"]))
            _wait_until_ready(shape, supervisor)
            signals.breaks_off = False
            if not signals.stop.is_set():
                _announce(shape, accounts, time.monotonic() - began)
            while not signals.stop.wait(0.2):
                supervisor.look_after()
                basemaps.look()
                if cluster is not None and not cluster.alive:
                    _say("数据库意外停止，重新启动 · the database ended and is started again")
                    cluster.start()
        finally:
            signals.breaks_off = False
            stopped = time.monotonic()
            _say("正在停止 · stopping")
            listening.close()
            supervisor.stop(STOP_WEB_S)
            home_folder.remember(serving=False)
    _say(f"已停止 · stopped: {time.monotonic() - stopped:.1f} s")
    _end()


def _end() -> NoReturn:
    """End at once: all is put away, and taking down what was imported takes half a second more, several on a busy machine."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _web(home: Home, listening: socket.socket, environment: Mapping[str, str]) -> None:
    """A forked web process; what it needs is imported already."""
    home.leave_to_parent()
    web.serve(listening, environment)


@contextmanager
def _database(shape: Settings, home: Home) -> Iterator[tuple[str, Cluster | None]]:
    """The URL, and the cluster if it is our own. Holds the home either way."""
    home.hold(SERVING)
    if shape.database_url:
        try:
            yield shape.database_url, None
        finally:
            home.release()
        return
    home.remember(serving=False)
    cluster = Cluster(home, say=_say)
    try:
        yield cluster.start(), cluster
    finally:
        cluster.stop(patience_s=8.0)


def _environment(shape: Settings, url: str, key: str, place: Path, user: SystemUser) -> dict[str, str]:
    """What the processes of the service read their settings from. Secrets go this way only: not by a file, not on a command line."""
    given = {"ONEMAP_HOME": str(place), "ONEMAP_DATABASE_URL": url, "ONEMAP_SECRET_KEY": key, "ONEMAP_HOST": shape.host,
             "ONEMAP_PORT": str(shape.port), "ONEMAP_WORKERS": str(shape.workers)}
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))  # children inherit it
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the web processes share the cores already
    inherited = {name: value for name, value in os.environ.items() if not name.endswith("_FILE") or not name.startswith(settings.PREFIX)}
    if not user.is_self:
        inherited |= {"HOME": "/nonexistent", "USER": user.name, "LOGNAME": user.name}
        if "TMPDIR" in inherited and not user.may_write(Path(inherited["TMPDIR"])):
            del inherited["TMPDIR"]
    return {**inherited, **given, "PYTHONUNBUFFERED": "1"}


def _fill(shape: Settings, url: str, key: str, place: Path, *, demo: bool) -> list[tuple[str, str, str]]:
    """Bring the database to this version; into an empty one put the demonstration and its accounts, unless in service."""
    with _step("载入程序", "loading the program"):
        from app import jobs, metrics

        metrics.prepare(place, clear=True)  # before prometheus_client is imported, which looks for it then
        web.preload()
        from geodata.store.database import Database
    database = Database(url, key, pool_size=2)
    try:
        if shape.production:
            durability.refuse_unsafe(database.owner)  # before anything is written
        with _step("数据库升级到本版本", "bringing the database to this version"):
            database.migrate()
            jobs.prepare(database)  # an upload may come before the worker is there
        if shape.production:
            durability.refuse_unsafe(database.engine)  # the serving role may have settings of its own
            return []
        return _demonstrate(shape.home, database, data=demo)
    finally:
        database.dispose()


def _demonstrate(home: Path, database: Database, *, data: bool) -> list[tuple[str, str, str]]:
    if data:
        with _step("检查演示数据", "looking after the demonstration data"):
            from app.command.demo import ensure_demo

            ensure_demo(database)
    from app.command.demo_accounts import ensure_demo_accounts

    return ensure_demo_accounts(database, home)


def _wait_until_ready(shape: Settings, supervisor: Supervisor) -> None:
    address = f"{reachable(shape.host, shape.port)}/readyz"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by way of a proxy
    deadline = time.monotonic() + READY_PATIENCE_S
    while True:
        try:
            with opener.open(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        dead = [part for part in supervisor.parts if not part.alive and part.quick_ends >= 2]
        if dead or time.monotonic() > deadline:
            raise NotReady(said=supervisor.last_lines() or "-", log=str(shape.home / LOG))
        supervisor.look_after()
        time.sleep(0.05)


def _announce(shape: Settings, accounts: list[tuple[str, str, str]], seconds: float) -> None:
    _say(f"已就绪 · ready: {seconds:.1f} s")
    _say(f"\n  {reachable(shape.host, shape.port)}/\n")
    if shape.host in ("0.0.0.0", "::"):
        _say(f"  http://{socket.gethostname()}:{shape.port}/\n")
    if accounts:
        _say("演示账号（正式运行前请停用）· demonstration accounts (not for service):")
        for name, role, password in accounts:
            _say(f"  {name:<12} {password:<16} {role}")
        _say("")
    _say("Ctrl-C 停止 · stops the service")


class Signals:
    """Ctrl-C, SIGTERM and SIGHUP: while the service comes up they break off what is under way, later they set `stop`."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.breaks_off = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)

    def _asked(self, number: int, frame: Any) -> None:
        first = not self.stop.is_set()
        self.stop.set()
        if first and self.breaks_off:
            raise KeyboardInterrupt


@contextmanager
def _step(zh: str, en: str, say: Callable[[str], object] | None = None) -> Iterator[None]:
    started = time.monotonic()
    yield
    (say or _say)(f"{zh} · {en}: {time.monotonic() - started:.1f} s")


def _say(line: str) -> None:
    click.echo(line)
