"""What lies in a folder, a zip or beside a named file: parts by name, unpacked within limits and nowhere else."""

from __future__ import annotations

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

SHAPE_PARTS = ("shp", "shx", "dbf", "prj", "cpg", "qpj")
_PACKED = {"zip": "ZIP", "7z": "7-Zip", "rar": "RAR", "gz": "gzip", "tgz": "gzip", "tar": "tar", "bz2": "bzip2", "xz": "xz", "kmz": "KMZ"}
_PACKED_BY_HEAD = (
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
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
    if head.startswith(ZIP_HEADS) or part.suffix in ("zip", "kmz"):
        return _zip(part, work)
    if part.suffix in SHAPE_PARTS:
        stem = part.stem.casefold()
        beside = [
            one
            for one in sorted(path.parent.iterdir())
            if one.is_file() and one.stem.casefold() == stem and Part(one.name, one).suffix in SHAPE_PARTS
        ]
        return [_plain(Part(one.name, one)) for one in beside], []
    return [part], []


def _plain(part: Part) -> Part:
    size = part.path.stat().st_size
    if size > MOST_PLAIN:
        raise Refused("file-too-large", size_mb=size // MEBI, limit_mb=MOST_PLAIN // MEBI)
    return part


def _folder(path: Path, work: Path) -> tuple[list[Part], list[Notice]]:
    if path.suffix.lower() == ".gdb":
        raise Refused("format-unsupported", kind="File Geodatabase", path=path.name)
    files = sorted(
        one for one in path.rglob("*") if one.is_file() and not one.is_symlink() and not _ignored(one.relative_to(path).as_posix())
    )
    if len(files) > MOST_ENTRIES:
        raise Refused("too-many-entries", count=len(files), limit=MOST_ENTRIES)
    zips = [one for one in files if one.suffix.lower() == ".zip"]
    if len(files) == 1 and zips:
        return _zip(Part(zips[0].name, zips[0]), work)
    packed = [one for one in files if _PACKED.get(one.suffix.lower().lstrip("."))]
    if files and len(packed) == len(files):
        raise Refused("packing-unsupported", kind=_PACKED[packed[0].suffix.lower().lstrip(".")], path=packed[0].name)
    return [_plain(Part(one.relative_to(path).as_posix(), one)) for one in files], []


def _ignored(name: str) -> bool:
    return any(piece == "__MACOSX" or piece.startswith(".") for piece in PurePosixPath(name).parts)


def _zip(part: Part, work: Path) -> tuple[list[Part], list[Notice]]:
    size = part.path.stat().st_size
    if size == 0:
        raise Refused("empty-file", part=part.name)
    if size > MOST_ARCHIVE:
        raise Refused("archive-too-large", size_mb=size // MEBI, limit_mb=MOST_ARCHIVE // MEBI)
    try:
        with zipfile.ZipFile(part.path) as archive:
            entries = archive.infolist()
            if any(one.filename in ("xl/workbook.xml", "[Content_Types].xml") for one in entries):
                _check([(one.filename, one) for one in entries], office=True)
                return [part], []
            named = [(_name(one), one) for one in entries]
            _check(named)
            return _unpack(archive, named, work, part)
    except zipfile.BadZipFile as error:
        raise Refused("archive-damaged", path=part.name) from error
    except (zlib.error, EOFError, OSError, ValueError) as error:
        raise Refused("archive-damaged", path=part.name) from error
    except NotImplementedError as error:
        raise Refused("archive-method", path=part.name) from error


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


def _check(named: Sequence[tuple[str, zipfile.ZipInfo]], *, office: bool = False) -> None:
    """Refuse before a byte is unpacked: too many, too big, encrypted, outside its folder, links, archives inside."""
    if len(named) > MOST_ENTRIES and not (office and len(named) <= 5 * MOST_ENTRIES):
        raise Refused("too-many-entries", count=len(named), limit=MOST_ENTRIES)
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
        if suffix in _PACKED and not office and not _ignored(name):
            raise Refused("archive-nested", member=name)


def _unpack(
    archive: zipfile.ZipFile, named: Sequence[tuple[str, zipfile.ZipInfo]], work: Path, source: Part
) -> tuple[list[Part], list[Notice]]:
    parts, left = [], MOST_UNPACKED
    for number, (name, entry) in enumerate(named):
        if entry.is_dir() or name.endswith(("/", "\\")) or _ignored(name):
            continue
        target = work / f"member{number}"
        with archive.open(entry) as packed, target.open("wb") as out:
            while chunk := packed.read(MEBI):
                left -= len(chunk)
                if left < 0:
                    raise Refused("archive-bomb", size_mb=MOST_UNPACKED // MEBI, limit_mb=MOST_UNPACKED // MEBI)
                out.write(chunk)
        part = Part(name.replace("\\", "/"), target)
        if part.head(4).startswith(ZIP_HEADS) and part.suffix not in _OFFICE:
            raise Refused("archive-nested", member=name)
        parts.append(part)
    if not parts:
        raise Refused("archive-empty", path=source.name)
    return parts, []
