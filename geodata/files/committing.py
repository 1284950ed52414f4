"""A plan put into its space: one transaction, all of it or nothing."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from geodata.files.notices import Notice
from geodata.files.plans import LoadPlan
from geodata.files.report import LoadReport
from geodata.files.watching import Watch
from geodata.store.bulk import UpsertCounts
from geodata.store.features import Store
from geodata.store.retiring import Retire, RetireUnclear
from geodata.store.spaces import Space
from layers.errors import Conflict, InvalidInput
from layers.spec import Actor


class Around(Protocol):
    """What is done in the transaction of a load around its rows, so that it is committed with them (or they are not)."""

    def __call__(self, store: Store, report: LoadReport) -> AbstractContextManager[None]: ...


def _nothing(store: Store, report: LoadReport) -> AbstractContextManager[None]:
    return nullcontext()


def commit(space: Space, planned: LoadPlan, actor: Actor, *, reason: str | None = None, around: Around = _nothing, watch: Watch | None = None) -> LoadReport:
    """Put a plan's rows into the space in one transaction, which also makes the layer where it is new. All is in, or nothing.

    Returns the report with `committed` and the counts; a plan that was refused stays so. `around` sees the report complete at its
    end, `watch` hears how many rows are on their way. Raises Forbidden.
    """
    report = planned.report
    if report.refused or planned.layer is None:
        return report
    reason = reason or f"load {report.file}"
    new = planned.new_layer and planned.layer.id not in space.catalogue
    try:
        with space.creating(planned.layer, actor, reason) if new else space.transaction(actor, reason) as store, around(store, report):
            if planned.new_layer and not new:  # somebody else made a layer of that name meanwhile
                raise Conflict(what=planned.layer.id)
            counts = store.upsert(planned.layer.id, planned.rows, anywhere=planned.anywhere, retire=_retire(planned), wrote=(watch or Watch()).wrote) if planned.rows else UpsertCounts(0, 0, 0)
            planned.count(counts)
            report.created, report.committed = new, True
            if report.inserted == 0 and report.updated == 0 and not report.retired:
                report.warnings.append(Notice("all-unchanged", {"count": report.unchanged}))
    except InvalidInput as refused:
        planned.refuse_for(refused)
    except Conflict as conflict:
        planned.refuse(Notice(conflict.code, conflict.values))
    return report


def _retire(planned: LoadPlan) -> Retire | None:
    """What is to be taken away as missing from the file. Raises RetireUnclear where it cannot be told what that is."""
    options, layer = planned.options, planned.layer
    if options.retire is None or layer is None:
        return None
    if planned.new_layer or layer.key is None or planned.besides.unclear:
        raise RetireUnclear(count=planned.besides.unclear)
    return Retire(options.retire, planned.besides.keys, options.retire_reason)
