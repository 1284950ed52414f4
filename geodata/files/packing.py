"""What lies in a folder, a zip or beside a named file: parts by name, unpacked within limits and nowhere else."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from geodata.files.notices import Notice, Refused

MEBI = 1024 * 1024
MOST_ARCHIVE = 50 * MEBI  # bars.md E5
MOST_UNPACKED = 500 * MEBI
MOST_ENTRIES = 200
MOST_PLAIN = 1024 * MEBI  # one loose file; a million polygons as a shapefile are about 300 MB

MOST_DATABASE_ENTRIES = 4000  # a File Geodatabase is a folder of eight files for each layer and as many for each system table

SHAPE_PARTS = ("shp", "shx", "dbf", "prj", "cpg", "qpj")
TAB_PARTS = ("tab", "dat", "map", "id", "ind")
MIF_PARTS = ("mif", "mid")
_FAMILIES = (SHAPE_PARTS, TAB_PARTS, MIF_PARTS)
_DATABASE_PART = re.compile(r"(?i)(^|.*/)(a[0-9a-f]{8}\.[a-z]+|gdb|timestamps)$")
_PACKED = {"zip": "ZIP", "7z": "7-Zip", "rar": "RAR", "gz": "gzip", "tgz": "gzip", "tar": "tar", "bz2": "bzip2", "xz": "xz", "kmz": "KMZ"}
_PACKED_BY_HEAD = (
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_OPENED_INSIDE = ("zip", "kmz")  # one archive deep: what offices send is often packed twice
_OFFICE = ("xlsx", "docx", "pptx")  # zips by their bytes, and lying beside the data as documents
ZIP_HEADS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


@dataclass(frozen=True)
class Part:
    """One file of a source: its name as people know it, and where its bytes are."""

    name: str
    path: Path

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name.replace("\\", "/")).stem

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name.replace("\\", "/")).suffix.lower().lstrip(".")

    def head(self, size: int = 4096) -> bytes:
        with self.path.open("rb") as file:
            return file.read(size)

    def read(self) -> bytes:
        return self.path.read_bytes()


def gather(path: Path, work: Path) -> tuple[list[Part], list[Notice]]:
    """All parts of what was named: a folder's files, a zip's members, a file with the parts of a shapefile beside it."""
    if not path.exists():
        raise Refused("no-such-file", path=path.name)
    if path.is_dir():
        return _folder(path, work)
    if not path.is_file():
        raise Refused("not-a-file", path=path.name)
    part = Part(path.name, path)
    _plain(part)
    head = part.head(512)
    for mark, name in _PACKED_BY_HEAD:
        if head.startswith(mark):
            raise Refused("packing-unsupported", kind=name, path=path.name)
    if head[257:262] == b"ustar":
        raise Refused("packing-unsupported", kind="tar", path=path.name)
    unsaved(part.name, path.with_name(path.name + "-wal"))
    if head.startswith(ZIP_HEADS) or (part.suffix in ("zip", "kmz") and not head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<")):  # a KML is often renamed
        return _zip(part, work)
    family = next((one for one in _FAMILIES if part.suffix in one), None)
    if family:
        stem = part.stem.casefold()
        beside = [
            one
            for one in sorted(path.parent.iterdir())
            if one.is_file() and one.stem.casefold() == stem and Part(one.name, one).suffix in family
        ]
        return [_plain(Part(one.name, one)) for one in beside], []
    return [part], []


def unsaved(name: str, log: Path) -> None:
    """Refuse a database whose last changes still lie in the log beside it: read without them it would be of yesterday."""
    if log.is_file() and log.stat().st_size:
        raise Refused("changes-not-saved", path=name, log=f"{name}-wal")


def _plain(part: Part) -> Part:
    size = part.path.stat().st_size
    if size > MOST_PLAIN:
        raise Refused("file-too-large", size_mb=size // MEBI, limit_mb=MOST_PLAIN // MEBI)
    return part


def _folder(path: Path, work: Path) -> tuple[list[Part], list[Notice]]:
    files = sorted(
        one for one in path.rglob("*") if one.is_file() and not one.is_symlink() and not _ignored(one.relative_to(path).as_posix())
    )
    top = f"{path.name}/" if path.suffix.lower() == ".gdb" else ""
    names = [top + one.relative_to(path).as_posix() for one in files]
    _count(names)
    zips = [one for one in files if one.suffix.lower() in (".zip", ".kmz")]
    if len(files) == 1 and zips:
        return _zip(Part(zips[0].name, zips[0]), work)
    packed = [one for one in files if _PACKED.get(one.suffix.lower().lstrip("."))]
    if not files:
        raise Refused("folder-empty", path=path.name)
    if len(packed) == len(files):
        raise Refused("packing-unsupported", kind=_PACKED[packed[0].suffix.lower().lstrip(".")], path=packed[0].name)
    return [_plain(Part(name, one)) for name, one in zip(names, files, strict=True)], []


def _count(names: Sequence[str]) -> None:
    others = [one for one in names if not _DATABASE_PART.match(one)]
    if len(others) > MOST_ENTRIES:
        raise Refused("too-many-entries", count=len(others), limit=MOST_ENTRIES)
    if len(names) > MOST_DATABASE_ENTRIES:
        raise Refused("too-many-entries", count=len(names), limit=MOST_DATABASE_ENTRIES)


def _ignored(name: str) -> bool:
    return any(piece == "__MACOSX" or piece.startswith(".") for piece in PurePosixPath(name).parts)


def _zip(part: Part, work: Path) -> tuple[list[Part], list[Notice]]:
    size = part.path.stat().st_size
    if size == 0:
        raise Refused("empty-file", part=part.name)
    if size > MOST_ARCHIVE:
        raise Refused("archive-too-large", size_mb=size // MEBI, limit_mb=MOST_ARCHIVE // MEBI)
    unpacking = _Unpacking(work)
    parts = unpacking.opened(part, inside="")
    if not parts:
        raise Refused("archive-empty", path=part.name)
    return parts, [Notice("archive-inside", {"members": ", ".join(unpacking.inner[:10])})] if unpacking.inner else []


def _name(entry: zipfile.ZipInfo) -> str:
    """A member's name: UTF-8 where flagged, else as Chinese Windows writes it (GBK), else as DOS did."""
    if entry.flag_bits & 0x800:
        return entry.filename
    raw = entry.filename.encode("cp437", errors="replace")
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _check(named: Sequence[tuple[str, zipfile.ZipInfo]], *, office: bool = False, nested: bool = False) -> None:
    """Refuse before a byte is unpacked: too many, too big, encrypted, outside its folder, links, archives too deep inside."""
    if not office:
        _count([name for name, _ in named])
    elif len(named) > 5 * MOST_ENTRIES:
        raise Refused("too-many-entries", count=len(named), limit=5 * MOST_ENTRIES)
    total = sum(entry.file_size for _, entry in named)
    if total > MOST_UNPACKED:
        raise Refused("archive-bomb", size_mb=total // MEBI, limit_mb=MOST_UNPACKED // MEBI)
    seen: set[str] = set()
    for name, entry in named:
        if entry.flag_bits & 0x1:
            raise Refused("archive-encrypted", member=name)
        pieces = PurePosixPath(name.replace("\\", "/")).parts
        if not pieces or name.startswith(("/", "\\")) or ".." in pieces or ":" in pieces[0] or "\x00" in name:
            raise Refused("archive-path", member=name)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Refused("archive-link", member=name)
        if name in seen and not entry.is_dir():
            raise Refused("archive-doubled", member=name)
        seen.add(name)
        suffix = PurePosixPath(name).suffix.lower().lstrip(".")
        if suffix in _PACKED and not office and not _ignored(name) and (nested or suffix not in _OPENED_INSIDE):
            raise Refused("archive-nested" if suffix in _OPENED_INSIDE else "packing-unsupported", member=name, kind=_PACKED[suffix], path=name)


class _Unpacking:
    """One archive and those directly inside it, unpacked within one measure."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.left = MOST_UNPACKED
        self.number = 0
        self.inner: list[str] = []

    def opened(self, part: Part, *, inside: str) -> list[Part]:
        """The members of a zip, named with what it lies in. Raises Refused for one that is damaged or not to be trusted."""
        try:
            with zipfile.ZipFile(part.path) as archive:
                entries = archive.infolist()
                if any(one.filename in ("xl/workbook.xml", "[Content_Types].xml") for one in entries):
                    _check([(one.filename, one) for one in entries], office=True)
                    return [part]
                if {"mimetype", "content.xml"} <= {one.filename for one in entries}:
                    raise Refused("format-unsupported", kind="OpenDocument", path=part.name)
                named = [(_name(one), one) for one in entries]
                _check(named, nested=bool(inside))
                return self._members(archive, named, inside)
        except zipfile.BadZipFile as error:
            raise Refused("archive-damaged", path=part.name) from error
        except NotImplementedError as error:
            raise Refused("archive-method", path=part.name) from error
        except UnicodeDecodeError as error:  # said to be UTF-8 and is not
            raise Refused("archive-names", path=part.name) from error
        except (zlib.error, EOFError, OSError, ValueError) as error:
            raise Refused("archive-damaged", path=part.name) from error

    def _members(self, archive: zipfile.ZipFile, named: Sequence[tuple[str, zipfile.ZipInfo]], inside: str) -> list[Part]:
        parts: list[Part] = []
        for name, entry in named:
            if entry.is_dir() or name.endswith(("/", "\\")) or _ignored(name):
                continue
            part = Part(inside + name.replace("\\", "/"), self._written(archive, entry))
            if part.suffix in _OPENED_INSIDE:
                self.inner.append(name)
                parts += self._inner(part)
            elif part.head(4).startswith(ZIP_HEADS) and part.suffix not in _OFFICE:
                part.path.unlink()
                raise Refused("archive-nested", member=name)
            else:
                parts.append(part)
        return parts

    def _inner(self, part: Part) -> list[Part]:
        found: list[Part] = []
        try:
            found = self.opened(part, inside=f"{part.name}/")
            return found
        finally:
            if part not in found:
                part.path.unlink()

    def _written(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Path:
        target = self.work / f"member{self.number}"
        self.number += 1
        with archive.open(entry) as packed, target.open("wb") as out:
            while chunk := packed.read(MEBI):
                self.left -= len(chunk)
                if self.left < 0:
                    raise Refused("archive-bomb", size_mb=MOST_UNPACKED // MEBI, limit_mb=MOST_UNPACKED // MEBI)
                out.write(chunk)
        return target
