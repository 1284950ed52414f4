"""What became of a file: counts that add up, what was found and why, and every problem in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from geodata.files.mapping import ColumnMapping
from geodata.files.notices import Found, Notice
from layers import messages

MOST_SHOWN = 1000  # lines of problems in one report; `problems_total` counts all

ERROR, WARNING, NOTE = "error", "warning", "note"
_NOTES = frozenset(
    {
        "record-deleted",
        "row-empty",
        "row-doubled",
        "row-total",
        "row-note",
        "row-header",
        "row-numbers",
        "row-units",
        "rows-empty",
        "sheets-hidden",
        "zm-dropped",
        "column-unmatched",
        "column-retired",
        "other-sublayers",
        "shx-rebuilt",
        "bare-geometry",
        "archive-inside",
        "overlaps-not-looked-for",
        "oddities-not-looked-for",
        "circles-as-polygons",
        "ways-cut",
        "ways-turned",
        "column-not-read",
        "times-local",
        "all-unchanged",
        "layer-made",
        "layer-would-be-made",
        "measure-by-name",
        "measure-given",
        "mapping-remembered",
    }
)


@dataclass
class LoadReport:
    """The account of one load. read = accepted + skipped + rejected; the repaired are among the accepted.

    `row` in a problem is the number of the record in the file (the first is 1); in tables with a header `line` is the line of the
    file or the row of the sheet. `refused` is the problem for which nothing was loaded.
    """

    layer: str
    file: str
    format: str | None = None
    sublayer: str | None = None
    encoding: Found | None = None
    crs: Found | None = None
    read: int = 0
    accepted: int = 0
    repaired: int = 0
    skipped: int = 0
    rejected: int = 0
    committed: bool = False
    created: bool = False
    inserted: int | None = None
    updated: int | None = None
    unchanged: int | None = None
    retired: int | None = None
    mapping: ColumnMapping | None = None
    place_columns: list[str] = field(default_factory=list)
    datum: str | None = None
    errors: list[Notice] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    refused: Notice | None = None
    first_line: int | None = None
    dry_run: bool = False
    rehearsal: dict[str, Any] | None = None  # see geodata.files.rehearsal; the same in every language

    @property
    def exit_code(self) -> int:
        """0 all in, 1 some rows rejected, 2 refused and nothing changed."""
        return 2 if self.refused else 1 if self.rejected else 0

    def to_json(self, language: str = "zh") -> dict[str, Any]:
        """The report as JSON values, its sentences in `language`."""
        lines = [(ERROR, one) for one in ([self.refused] if self.refused else [])]
        lines += [(ERROR, one) for one in sorted(self.errors, key=_by_row)]
        lines += [(NOTE if one.code in _NOTES else WARNING, one) for one in sorted(self.warnings, key=_by_row)]
        return {
            "layer": self.layer,
            "file": self.file,
            "format": self.format,
            "sublayer": self.sublayer,
            "encoding": _found(self.encoding, language),
            "crs": _found(self.crs, language),
            "datum": self.datum,
            "read": self.read,
            "accepted": self.accepted,
            "repaired": self.repaired,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "committed": self.committed,
            "created": self.created,
            "dry_run": self.dry_run,
            "inserted": self.inserted,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "retired": self.retired,
            "mapping": [{"column": one.column, "field": one.field, "by": one.by} for one in self.mapping.mapped] if self.mapping else [],
            "place_columns": self.place_columns,
            "unmatched": list(self.mapping.unmatched) if self.mapping else [],
            "problems": [self._line(severity, one, language) for severity, one in lines[:MOST_SHOWN]],
            "problems_total": len(lines),
        }

    def _line(self, severity: str, notice: Notice, language: str) -> dict[str, Any]:
        values = dict(notice.values)
        if not language.startswith("zh"):
            values |= {name.removesuffix("_en"): value for name, value in values.items() if name in ("district_en", "measure_en", "said_en", "label_en")}
        line = self.first_line + notice.row - 1 if self.first_line and notice.row else None
        return {
            "row": notice.row,
            **({"line": line} if line else {}),
            "field": notice.field,
            "code": notice.code,
            "severity": severity,
            "value": values.get("value"),
            **{name: values[name] for name in ("first", "layers", "readings") if name in values},
            "message": messages.message(notice.code, values, language),
            "remedy": messages.remedy(notice.code, values, language),
            "remedy_on_page": messages.remedy_on_page(notice.code, values, language),
        }


def in_both(report: LoadReport) -> dict[str, Any]:
    """A report as a record keeps it: in both languages, and what was rehearsed beside them."""
    return {"zh": report.to_json("zh"), "en": report.to_json("en"), **({"rehearsal": report.rehearsal} if report.rehearsal else {})}


def of_json(data: dict[str, Any]) -> int:
    """The exit code of a report that was stored as JSON."""
    errors = [one for one in data.get("problems", ()) if one["severity"] == ERROR and one["row"] is None]
    return 2 if errors and not data["committed"] else 1 if data["rejected"] else 0


def _found(found: Found | None, language: str) -> dict[str, Any]:
    if found is None:
        return {"value": None, "code": "not-looked-at", "reason": messages.message("not-looked-at", {}, language)}
    return {"value": found.value, "code": found.code, "reason": messages.message(found.code, found.values, language)}


def _by_row(notice: Notice) -> int:
    return notice.row or 0


def with_rows(notices: Iterable[tuple[int, Notice]]) -> list[Notice]:
    """Notices put to record numbers."""
    return [Notice(one.code, one.values, row, one.field) for row, one in notices]
