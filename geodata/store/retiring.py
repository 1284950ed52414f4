"""Taking away the features that a file does not have: as many as a person agreed to, in the transaction of its rows, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from geodata.store.acting import say_reason
from layers.errors import Conflict
from layers.messages import Sentence, declare
from layers.spec import Label


class MissingDiffer(Conflict):
    """Not as many features are missing from the file as was agreed to. `values`: expected, now."""

    code = "missing-differ"


class RetireUnclear(Conflict):
    """Which features are missing from the file cannot be told. `values`: count (of rows without a readable key)."""

    code = "retire-unclear"


declare({
    "missing-differ": Sentence(
        Label("库中现有 {now} 条不在文件里，确认时是 {expected} 条；什么也没有写入", "{now} stored features are not in the file, where {expected} were agreed to; nothing was written"),
        Label("有人刚改过这个图层：重新预演，看清后再确认", "Somebody has just changed the layer: rehearse again and look before confirming")),
    "retire-unclear": Sentence(
        Label("文件中有 {count} 行读不出编号，分不清库中哪些不在文件里，不能停用", "{count} rows of the file have no readable key, so it cannot be told which features are missing; none can be retired"),
        Label("改正这些行的编号，或保留未见的要素", "Correct the keys of these rows, or keep what the file does not have")),
})


@dataclass(frozen=True)
class Retire:
    """Agreed to: `expected` features go, with the reason. `spared` are keys that stand in the file on rows that are not loaded."""

    expected: int
    spared: Sequence[Any]
    reason: str


def missing(target: str, key: str, kind: str) -> str:
    """The features of a table `t` that have a key which neither the staged rows nor `:spared` have, in SQL from FROM on."""
    return (f'FROM {target} t WHERE t."{key}" IS NOT NULL AND NOT EXISTS (SELECT FROM pg_temp.staging s WHERE t."{key}" = s."{key}") '
            f'AND NOT (t."{key}" = ANY(CAST(:spared AS {kind}[])))')


def retire(connection: Connection, target: str, key: str, kind: str, agreed: Retire) -> int:
    """Take away what the staged rows and `spared` do not have. Raises MissingDiffer; then nothing of the transaction may stay."""
    before = connection.scalar(text("SELECT current_setting('onemap.reason', true)")) or ""
    now = connection.scalar(text(f"SELECT count(*) {missing(target, key, kind)}"), {"spared": list(agreed.spared)}) or 0
    if now != agreed.expected:
        raise MissingDiffer(expected=agreed.expected, now=now)
    if not now:
        return 0  # a DELETE of no rows would still raise the layer's version
    say_reason(connection, agreed.reason)
    gone = connection.execute(text(f"DELETE {missing(target, key, kind)}"), {"spared": list(agreed.spared)}).rowcount
    say_reason(connection, before)
    if gone != agreed.expected:
        raise MissingDiffer(expected=agreed.expected, now=gone)
    return gone
