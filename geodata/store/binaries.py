"""Where PostgreSQL's programs with PostGIS lie on this machine."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from layers.errors import Misconfigured
from layers.messages import Sentence, declare
from layers.spec import Label

DEBIAN = Path("/usr/lib/postgresql")


class NoPostgres(Misconfigured):
    """PostgreSQL with PostGIS is not installed. `values`: where."""

    code = "no-postgres"


class OtherPostgres(Misconfigured):
    """The data were written by another major version than the installed ones. `values`: needed, found, directory."""

    code = "other-postgres"


declare({
    "no-postgres": Sentence(
        Label("没有找到带 PostGIS 的 PostgreSQL（查过 {where}）", "No PostgreSQL with PostGIS was found (looked in {where})"),
        Label("安装：apt-get install postgresql postgresql-NN-postgis-3（NN 为主版本号，Debian 12 为 15，Ubuntu 24.04 为 16）",
              "Install it: apt-get install postgresql postgresql-NN-postgis-3 (NN: 15 on Debian 12, 16 on Ubuntu 24.04)")),
    "other-postgres": Sentence(
        Label("{directory} 中的数据属于 PostgreSQL {needed}，而本机只有 {found}",
              "The data in {directory} are of PostgreSQL {needed}, but this machine has {found}"),
        Label("安装 postgresql-{needed} 和 postgresql-{needed}-postgis-3；或在旧机器上 onemap backup，在此 onemap restore",
              "Install postgresql-{needed} and postgresql-{needed}-postgis-3; or `onemap backup` there and `onemap restore` here")),
})


@dataclass(frozen=True)
class Postgres:
    """One installed PostgreSQL: its major version and its folder of programs."""

    major: int
    bin: Path


def installed(debian: Path = DEBIAN) -> list[Postgres]:
    """Every PostgreSQL of the distribution, or the one of the PATH, that has PostGIS; newest first."""
    found = [Postgres(int(folder.name), folder / "bin") for folder in debian.glob("*") if folder.name.isdigit()]
    found = [one for one in found if (one.bin / "postgres").exists() and _has_postgis(one)]
    return sorted(found or _on_path(), key=lambda one: one.major, reverse=True)


def choose(data_dir: Path | None, debian: Path = DEBIAN) -> Postgres:
    """The one for these data: their own major version, or the newest for new data. Raises NoPostgres, OtherPostgres."""
    found = installed(debian)
    if not found:
        raise NoPostgres(where=f"{debian}, PATH")
    version = data_dir / "PG_VERSION" if data_dir else None
    if version is None or not version.exists():
        return found[0]
    needed = int(version.read_text())
    for one in found:
        if one.major == needed:
            return one
    raise OtherPostgres(needed=needed, found=", ".join(str(one.major) for one in found), directory=str(data_dir))


def _has_postgis(postgres: Postgres) -> bool:
    folders = (Path(f"/usr/share/postgresql/{postgres.major}"), postgres.bin.parent / "share/postgresql", postgres.bin.parent / "share")
    return any((folder / "extension/postgis.control").exists() for folder in folders)


def _on_path() -> list[Postgres]:
    try:
        said = subprocess.run(["pg_config", "--version", "--bindir", "--sharedir"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    version, bindir, sharedir = said.splitlines()[:3]
    major = re.search(r"\d+", version)
    there = (Path(bindir) / "initdb").exists() and (Path(sharedir) / "extension/postgis.control").exists()
    return [Postgres(int(major.group()), Path(bindir))] if major and there else []
