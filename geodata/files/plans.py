"""A file judged and what was asked of it: what `plan` makes and `commit` puts in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geodata.columns import Places, ShapeColumn
from geodata.files.besides import Besides
from geodata.files.notices import Notice
from geodata.files.recalling import Remembered
from geodata.files.report import LoadReport
from geodata.files.table import Table
from geodata.store.batch import Rows
from geodata.store.bulk import UpsertCounts
from geodata.store.comparing import Comparison
from layers.errors import InvalidInput
from layers.spec import Layer


@dataclass(frozen=True)
class LoadOptions:
    """What the user says about a file. `mapping` is column -> field; `datum` says which shift the coordinates carry (`wgs84`: none).

    `create` makes the layer from the file, called `label` (empty: as the file is), `measures` (field or column -> measure or `none`) says what its numbers count; `anywhere` lets features of a built-in layer lie far from the district;
    `file_name` is shown instead of the path's own name (uploads). `swapped` reads each pair of coordinates the other way round; `angles` says in which form bare numbers are degrees (`geodata.files.angles.FORMS`);
    `datum_rows` are the rows that carry the datum's shift (none named: all); `rows` what was decided about single rows
    (see `geodata.files.decisions`). `remember` takes the mapping that a person corrected last time for the same columns, which is
    then kept in `remembered`. `retire` takes away so many stored features that the file does not have, for `retire_reason`; None keeps them.
    """

    create: bool = False
    sublayer: str | None = None
    crs: str | None = None
    datum: str | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    anywhere: bool = False
    file_name: str | None = None
    swapped: bool = False
    angles: str | None = None
    datum_rows: Sequence[int] = ()
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    remember: bool = True
    remembered: Remembered | None = None
    retire: int | None = None
    retire_reason: str = ""
    label: str = ""


@dataclass
class LoadPlan:
    """A file judged: its report, the rows to put in, and the layer that is to be made (`new_layer`) or filled.

    `anywhere`: rows may lie far from the district, as the user or the layer says; all others were judged already. `besides` are
    the keys that the file holds on rows that are not loaded.
    """

    report: LoadReport
    rows: Rows = field(default_factory=Rows.none)
    layer: Layer | None = None
    new_layer: bool = False
    options: LoadOptions = LoadOptions()
    anywhere: bool = False
    table: Table | None = None
    placed: tuple[Places, ShapeColumn] | None = None  # row numbers and their shapes, also of rows that are rejected for their values
    comparison: Comparison | None = None
    besides: Besides = Besides()

    def refuse(self, first: Notice, *others: Notice) -> None:
        """Nothing of it goes in, for this reason; what was noticed on the way stays in the report."""
        report = self.report
        report.refused, report.committed, report.created = first, False, False
        report.errors += others
        report.rejected = report.read - report.skipped
        report.accepted = report.repaired = 0
        report.inserted = report.updated = report.unchanged = report.retired = None
        report.warnings = [one for one in report.warnings if one.code not in ("layer-made", "layer-would-be-made", "measure-by-name", "measure-given")]
        self.rows = Rows.none()

    def refuse_for(self, refused: InvalidInput) -> None:
        """The same for what the store has against the rows, each with its row and field."""
        found = [Notice(one.code, one.values, one.values.get("row"), one.pointer.rsplit("/", 1)[-1] or None) for one in refused.problems]
        self.refuse(*(found or [Notice(refused.code, refused.values)]))

    def count(self, counts: UpsertCounts) -> None:
        """What became of the rows; those that were known to be stored already count as unchanged."""
        report = self.report
        report.inserted, report.updated, report.retired = counts.inserted, counts.updated, counts.retired
        report.unchanged = counts.unchanged + (report.accepted - len(self.rows))
