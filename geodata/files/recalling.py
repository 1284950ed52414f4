"""The mapping that a person corrected last time, remembered for a file with the same columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from geodata.files.notices import Notice
from layers.messages import Sentence, declare
from layers.spec import Label, Layer

_HERE = timezone(timedelta(hours=8))  # the date that people in China call it

declare(
    {
        "mapping-remembered": Sentence(
            Label("有 {count} 列的对应与上次相同（{by}，{date}）", "Columns mapped as last time: {count} (by {by}, {date})"),
            Label("不对就改，或不沿用上次的对应", "Change it where it is wrong, or do without last time's mapping"),
        ),
    }
)


@dataclass(frozen=True)
class Remembered:
    """`mapping` (column -> field, empty for none) as `by` corrected it in the load of that id, finished at `at` (ISO 8601)."""

    mapping: Mapping[str, str]
    by: str
    at: str
    load: str

    def fitting(self, layer: Layer, given: Mapping[str, str]) -> Remembered | None:
        """What of it still fits: fields that the layer has, columns that nothing else was said about. None when nothing does."""
        kept = {column: field for column, field in self.mapping.items() if column not in given and (not field or layer.field(field))}
        return replace(self, mapping=kept) if kept else None

    def notice(self) -> Notice:
        """It is said in the report."""
        return Notice("mapping-remembered", {"count": len(self.mapping), "by": self.by, "date": datetime.fromisoformat(self.at).astimezone(_HERE).date().isoformat()})
