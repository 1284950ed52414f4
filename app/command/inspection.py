"""What `onemap check` looks at: the settings, the home, the machine, and through `geodata.store` the database. It changes nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app.pages.shell import Assets
from app.quarters import FOLDERS
from app.settings import Settings
from geodata.store import contents, promises, soundness
from geodata.store import loads as records
from geodata.store.accounts import Accounts
from geodata.store.backup import last_backup
from geodata.store.cluster import LITTLE_DISK
from geodata.store.database import Database
from geodata.store.home import HomeInUse
from geodata.store.sizing import MIB
from geodata.store.soundness import Fault, Look
from geodata.store.system_user import service_user
from layers.errors import OnemapError
from layers.messages import Sentence, declare
from layers.spec import Label

STATIC = Path(__file__).resolve().parents[1] / "static"
BACKUP_EVERY = timedelta(hours=48)  # a daily backup, and one that failed unseen
LEFT_AFTER = timedelta(hours=2)  # the worker removes files of loads that have ended within the hour

CHECKS: Mapping[str, Label] = {
    "settings": Label("设置", "settings"),
    "service": Label("服务", "service"),
    "disk": Label("磁盘余量（MB）", "free disk (MB)"),
    "files": Label("文件权限", "file permissions"),
    "assets": Label("前端组件", "front-end parts"),
    "backup": Label("最近的备份", "last backup"),
    "database": Label("数据库", "database"),
    "durability": Label("断电不丢数据", "safe in a power cut"),
    "migrations": Label("数据库版本与表", "migrations and tables"),
    "promises": Label("触发器、函数、版本记录", "triggers, functions, versions"),
    "rights": Label("服务角色的权限", "rights of the serving role"),
    "seal": Label("演练与实战隔离", "drills sealed from live data"),
    "shapes": Label("图形", "shapes"),
    "references": Label("引用", "references"),
    "ledgers": Label("结存等于出入库之和", "balances are the sum of their entries"),
    "history": Label("历史与现状一致", "history folds to what is there"),
    "uploads": Label("遗留的上传文件", "uploads left over"),
    "accounts": Label("账号", "accounts"),
}

declare({
    "check-failed": Sentence(Label("检查没有完成：{said}", "The check could not be made: {said}"), Label("先解决上面的问题，再检查一次", "Settle what is above, then check again")),
    "database-silent": Sentence(Label("进程 {pid}（{what}）占用 {home}，但数据库不答", "Process {pid} ({what}) holds {home}, but the database does not answer"), Label("看 database/log 和 log/onemap.log；仍不答则重新启动服务", "See database/log and log/onemap.log; start the service again if it stays so")),
    "nothing-here": Sentence(Label("{home} 里还没有装过", "Nothing has been set up in {home}"), Label("运行 scripts/up，或用 --home 指出数据目录", "Run scripts/up, or name the home with --home")),
    "little-disk": Sentence(Label("{directory} 只剩 {free_mb} MB", "{directory} has {free_mb} MB left"), Label("清理磁盘：不足 100 MB 时数据库不再启动", "Free some space: below 100 MB the database does not start")),
    "readable-by-others": Sentence(Label("{path} 的权限是 {mode}，别人可以读", "{path} has mode {mode}: others can read it"), Label("chmod 600（目录 700）{path}；密钥可能已泄露，考虑更换", "chmod 600 (a folder: 700) {path}; the secret may be out: consider a new one")),
    "not-writable": Sentence(Label("服务用户 {user} 不能写 {path}", "The service's user {user} cannot write to {path}"), Label("重新启动服务，启动时会改正", "Start the service again: it corrects that")),
    "assets-missing": Sentence(Label("缺少 {count} 个前端文件，如 {path}", "{count} front-end files are missing, such as {path}"), Label("删除 node_modules/set-up，运行 scripts/up", "Remove node_modules/set-up and run scripts/up")),
    "no-backup": Sentence(Label("还没有备份", "There is no backup yet"), Label("执行 onemap backup 文件，并每天定时执行", "Run onemap backup FILE, and let it run every day")),
    "old-backup": Sentence(Label("最近的备份是 {hours} 小时前的（{file}）", "The last backup is {hours} hours old ({file})"), Label("查定时任务为何没有执行；现在就执行 onemap backup", "Find out why the timer did not run it; run onemap backup now")),
    "uploads-left": Sentence(Label("{count} 个上传文件夹不属于任何未完成的导入", "{count} upload folders belong to no load under way"), Label("后台任务会清理；仍在则看它是否在运行", "The worker sweeps them; if they stay, see whether it runs")),
    "demo-in-service": Sentence(Label("正式运行中仍有 {count} 个可用的演示账号", "In service, and {count} demonstration accounts still work"), Label("逐个执行 onemap user disable 名称", "Run onemap user disable NAME for each")),
})


@dataclass(frozen=True)
class Finding:
    """What one check came to: the facts in few words, or a fault."""

    check: str
    found: str = ""
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        return self.fault is None


@dataclass(frozen=True)
class Inspected:
    """One installation as `onemap check` sees it. `connect` gives its database the way every command gets it."""

    settings: Callable[[], Settings]
    connect: Callable[[], AbstractContextManager[Database]]
    running: Callable[[], str]
    there: Callable[[], bool]
    record: Mapping[str, Any] = field(default_factory=dict)


def inspect(it: Inspected) -> Iterator[Finding]:
    """Every check in turn; one that cannot be made is a fault and does not keep the others from being made."""
    try:
        settings = it.settings()
    except OnemapError as error:
        yield Finding("settings", fault=Fault(error.code, error.values))
        return
    yield Finding("settings", "ONEMAP_*")
    if not it.there():
        yield Finding("service", fault=Fault("nothing-here", {"home": str(settings.home)}))
        return
    yield Finding("service", it.running())
    for name, look in _of_the_machine(settings, it.record):
        yield from _made(name, look)
    try:
        with it.connect() as database:
            for name, of_database in _of_the_database(settings):
                yield from _made(name, lambda of_database=of_database: of_database(database))  # type: ignore[misc]
    except (OnemapError, SQLAlchemyError) as error:
        yield Finding("database", fault=_why(error))


def _of_the_machine(settings: Settings, record: Mapping[str, Any]) -> list[tuple[str, Callable[[], Look]]]:
    return [("disk", lambda: disk(settings.home, record)), ("files", lambda: files(settings.home, record)), ("assets", assets),
            ("backup", lambda: backup(settings))]


def _of_the_database(settings: Settings) -> list[tuple[str, Callable[[Database], Look]]]:
    return [("database", soundness.server), ("durability", soundness.durable), ("migrations", soundness.migrated), ("promises", promises.kept),
            ("rights", promises.rights), ("seal", promises.sealed), ("shapes", contents.shapes), ("references", contents.references),
            ("ledgers", contents.balances), ("history", contents.history), ("uploads", lambda database: uploads(settings.home, database)), ("accounts", lambda database: accounts(settings, database))]


def _made(name: str, look: Callable[[], Look]) -> Iterator[Finding]:
    try:
        seen = look()
    except (OnemapError, SQLAlchemyError, OSError) as error:
        yield Finding(name, fault=_why(error))
        return
    if not seen.faults:
        yield Finding(name, seen.found)
    for fault in seen.faults:
        yield Finding(name, seen.found, fault)


def _why(error: Exception) -> Fault:
    if isinstance(error, HomeInUse):
        return Fault("database-silent", error.values)
    if isinstance(error, OnemapError):
        return Fault(error.code, error.values)
    return Fault("check-failed", {"said": str(getattr(error, "orig", None) or error).strip().splitlines()[0]})


def disk(home: Path, record: Mapping[str, Any]) -> Look:
    """Room where the home, the database and the uploads lie."""
    places = dict.fromkeys(Path(os.path.realpath(one)) for one in (home, record.get("directory") or home, home / "uploads") if Path(one).exists())
    free = {place: shutil.disk_usage(place).free for place in places}
    faults = [Fault("little-disk", {"directory": str(place), "free_mb": left // MIB}) for place, left in free.items() if left < LITTLE_DISK]
    return Look(f"{min(free.values()) // MIB}", tuple(faults))


def files(home: Path, record: Mapping[str, Any]) -> Look:
    """That secrets are closed to others, and that the service can write where it must."""
    faults = []
    closed = {home / "secret.json": 0o077, home / "demo-accounts.txt": 0o077, Path(record.get("directory", home / "database"), "data"): 0o027}
    for path, others in closed.items():
        if path.exists() and path.stat().st_mode & others:
            faults.append(Fault("readable-by-others", {"path": str(path), "mode": f"{path.stat().st_mode & 0o7777:o}"}))
    user = service_user(home)
    for folder in (home / name for name in FOLDERS):
        target = Path(os.path.realpath(folder))  # where the user goes itself, when the home is closed to it
        if target.exists() and not (os.access(target, os.W_OK) if user.is_self else user.may_write(target)):
            faults.append(Fault("not-writable", {"user": user.name, "path": str(target)}))
    return Look(user.name, tuple(faults))


def assets(static: Path = STATIC) -> Look:
    """The files that the page asks for."""
    wanted = [path for _, path in (*Assets.scripts, *Assets.styles, *Assets.modules)]
    missing = [path for path in wanted if not (static / path).is_file()]
    return Look(f"{len(wanted)}", (Fault("assets-missing", {"count": len(missing), "path": missing[0]}),) if missing else ())


def backup(settings: Settings, now: datetime | None = None) -> Look:
    """How old the last backup is; outside service it is only told."""
    last = last_backup(settings.home)
    if last is None:
        return Look("-", (Fault("no-backup"),) if settings.production else ())
    age = (now or datetime.now(UTC)) - last.at
    late = settings.production and age > BACKUP_EVERY
    return Look(f"{last.at:%Y-%m-%d %H:%M} UTC", (Fault("old-backup", {"hours": int(age.total_seconds() // 3600), "file": last.file}),) if late else ())


def uploads(home: Path, database: Database) -> Look:
    """Files of loads that ended long ago."""
    under_way = {str(one.id) for one in records.newest(database.engine, states=records.UNFINISHED, limit=10_000)}
    old = (datetime.now(UTC) - LEFT_AFTER).timestamp()
    folders = list((home / "uploads").glob("*"))
    left = [one for one in folders if one.name not in under_way and one.stat().st_mtime < old]
    return Look(f"{len(folders)}", (Fault("uploads-left", {"count": len(left)}),) if left else ())


def accounts(settings: Settings, database: Database) -> Look:
    """That no demonstration account works in service."""
    there = [one for one in Accounts(database.engine).all() if one.disabled_at is None]
    demo = [one for one in there if one.demo]
    return Look(f"{len(there)}", (Fault("demo-in-service", {"count": len(demo)}),) if demo and settings.production else ())


def to_json(finding: Finding) -> dict[str, Any]:
    """A finding for programs: codes in English, sentences in both languages."""
    from layers.messages import message, remedy

    said = finding.fault
    answer: dict[str, Any] = {"check": finding.check, "ok": finding.ok, "found": finding.found, "code": said.code if said else None, "message": None, "remedy": None}
    if said:
        answer |= {name: {one: words(said.code, said.values, one) for one in ("zh", "en")} for name, words in (("message", message), ("remedy", remedy))}
        answer["values"] = json.loads(json.dumps(dict(said.values), default=str))
    return answer
