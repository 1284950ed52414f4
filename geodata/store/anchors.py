"""Heads of the audit's chains kept in a file outside the database, each line sealed with the installation's secret."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, select

from geodata.store.audit import AUDIT_HEAD
from geodata.store.faults import translated
from layers.errors import Conflict
from layers.messages import Sentence, declare
from layers.spec import Label

FOLDER = "audit"  # of the service's own user: the home itself may be root's
FILE = "audit-anchors.jsonl"

declare({
    "anchors-broken": Sentence(
        Label("审计锚点文件第 {line} 行不是本系统所写", "Line {line} of the audit's anchors was not written by this installation"),
        Label("保留该文件，按管理员指南「审计链断裂」处理", "Keep the file and follow the administrator's guide")),
})


class AnchorsBroken(Conflict):
    """The file of anchors was changed. `values`: line."""

    code = "anchors-broken"


@dataclass(frozen=True)
class Anchor:
    """Where a chain stood; `hash` in hexadecimal digits."""

    chain: str
    sequence: int
    hash: str


class Anchors:
    """The file of one installation. Each line's seal covers the line before, so none can be changed or left out but the last."""

    def __init__(self, home: Path, secret: str) -> None:
        self.path = home / FOLDER / FILE
        self._former = home / FILE  # of earlier versions
        self._key = hashlib.sha256(f"audit anchors {secret}".encode()).digest()

    def all(self) -> list[Anchor]:
        """Every anchor kept. Raises AnchorsBroken."""
        return [one for heads, _ in self._lines() for one in heads]

    def add(self, engine: Engine) -> int:
        """Write down the heads that moved since the last line; how many."""
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        if self._former.exists() and not self.path.exists():
            os.replace(self._former, self.path)  # the chain of seals goes on
        with open(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            known: dict[str, Anchor] = {}
            seal = ""
            for heads, last in self._lines():
                known |= {one.chain: one for one in heads}
                seal = last
            with translated(), engine.connect() as connection:
                rows = connection.execute(select(AUDIT_HEAD).order_by(AUDIT_HEAD.c.chain)).all()
            now = [Anchor(row.chain, row.sequence, bytes(row.hash).hex()) for row in rows]
            moved = [one for one in now if known.get(one.chain) != one]
            if moved:
                body = json.dumps({"at": datetime.now(UTC).isoformat(), "heads": [[one.chain, one.sequence, one.hash] for one in moved]}, ensure_ascii=False)
                file.seek(len(self._whole(self.path)))
                file.truncate()
                file.write(f"{self._seal(seal, body)} {body}\n")
                file.flush()
                os.fsync(file.fileno())
        return len(moved)

    def _whole(self, path: Path) -> bytes:
        """Up to the last whole line: a crash may have cut one short."""
        kept = path.read_bytes()
        return kept[:kept.rfind(b"\n") + 1]

    def _lines(self) -> Iterator[tuple[list[Anchor], str]]:
        seal = ""
        path = self.path if self.path.exists() or not self._former.exists() else self._former
        kept = self._whole(path).decode() if path.exists() else ""
        for number, line in enumerate(kept.split("\n")[:-1], 1):
            given, _, body = line.partition(" ")
            if not hmac.compare_digest(given.encode(), self._seal(seal, body).encode()):
                raise AnchorsBroken(line=number, what=FILE)
            seal = given
            yield [Anchor(*one) for one in json.loads(body)["heads"]], seal

    def _seal(self, before: str, body: str) -> str:
        return hmac.new(self._key, f"{before} {body}".encode(), hashlib.sha256).hexdigest()
