"""From a file to features: a plan with its report, then one transaction. The command line and the web call these two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from geodata.columns import ShapeColumn
from geodata.datum import Datum
from geodata.files import refusal_words, report_words, stretch_words  # noqa: F401 - they declare the sentences
from geodata.files.besides import besides
from geodata.files.committing import Around, commit
from geodata.files.decisions import filled, places_kept, places_of, read_decisions, without_dropped
from geodata.files.domains import told
from geodata.files.keying import keyed_rows, not_yet_stored
from geodata.files.mapping import ColumnMapping, Mapped, carries, map_columns
from geodata.files.notices import Found, Notice, Refused
from geodata.files.oddities import MOST_LOOKED_AT, namesakes, oddities
from geodata.files.opening import families
from geodata.files.places import shift_said
from geodata.files.placing import Place, Placed, angles_given, place
from geodata.files.plans import LoadOptions, LoadPlan
from geodata.files.proposing import CONTENT_KEY, propose
from geodata.files.reading import Limits, read
from geodata.files.recalling import Remembered
from geodata.files.rehearsal import rehearsed
from geodata.files.report import LoadReport, with_rows
from geodata.files.stretches import is_measured, stretches
from geodata.files.table import Table
from geodata.files.valuing import Values, read_values
from geodata.files.watching import Watch
from geodata.store.batch import Rows
from geodata.store.spaces import Space
from layers.district import JIUYUAN, District
from layers.errors import Conflict, Forbidden, InvalidInput
from layers.spec import Action, Actor, Field, Geometry, Layer

Memory = Callable[[frozenset[str]], Remembered | None]  # what is remembered of a file with these columns


def plan(
    space: Space,
    layer_id: str,
    path: Path,
    options: LoadOptions,
    actor: Actor,
    *,
    district: District = JIUYUAN,
    limits: Limits | None = None,
    rehearse: bool = False,
    watch: Watch | None = None,
    memory: Memory | None = None,
) -> LoadPlan:
    """Read and judge a file; nothing is written. What is wrong with the file stands in the report (`report.refused`), never raised.

    `rehearse` (always with `options.dry_run`) also counts what would be new, changed and unchanged, and the report then has its
    `rehearsal`. `watch` hears of each stage; `memory` is asked for the mapping of last time. Raises Forbidden when the actor may not load into the layer.
    """
    watch = watch or Watch()
    space.refresh()
    report = LoadReport(layer_id, options.file_name or path.name, dry_run=options.dry_run)
    made = LoadPlan(report, options=options)
    layer = space.catalogue.get(layer_id)
    if layer is not None:
        with space.reading(actor) as store:
            if not store.may(Action.LOAD, layer):
                raise Forbidden(action=Action.LOAD.value, layer=layer_id)
    try:
        _plan(made, space, actor, layer, path, district, limits, watch, memory)
        watch.at("comparing")
        if not made.new_layer:
            _drop_stored(space, made, actor)
        if (rehearse or options.dry_run) and made.layer is not None:
            _rehearse(space, made, actor)
    except Refused as refused:
        if refused.about == "crs":
            report.crs = Found(None, refused.code, refused.values)
        elif refused.about == "encoding":
            report.encoding = Found(None, refused.code, refused.values)
        made.refuse(refused.notice())
    if rehearse:
        report.rehearsal = rehearsed(space, made, actor, district)
    return made


def _plan(made: LoadPlan, space: Space, actor: Actor, layer: Layer | None, path: Path, district: District, limits: Limits | None, watch: Watch, memory: Memory | None) -> None:
    options, report = made.options, made.report
    if layer is None and not options.create:
        raise Refused("load-no-layer", about="layer", layer=made.report.layer)
    shapes_wanted = layer is None or layer.geometry is not Geometry.NONE
    watch.at("reading")
    reader = partial(read, path, sublayer=options.sublayer, encoding=options.encoding, limits=limits, stopped=watch.stopped)
    try:
        table = reader(shapes_wanted=shapes_wanted)
    except Refused as refused:
        if not (refused.code == "no-coordinate-columns" or (refused.code, refused.values.get("part")) == ("part-missing", ".shp")) or layer is None or not is_measured(layer):
            raise
        table = reader(shapes_wanted=False)  # a table of chainages
    made.table = table
    decisions = read_decisions(options.rows)
    table = without_dropped(table, decisions)
    _note(report, table)
    datum = _datum(options, table)
    if options.angles:
        report.warnings = [*(one for one in report.warnings if one.code != "degrees-packed"), angles_given(options.angles)]
    placed = None
    if table.shapes is None and shapes_wanted:
        watch.at("placing")
        placed = _by_chainage(made, space, actor, layer, table, memory)
    elif table.shapes is not None and shapes_wanted and len(table.rows):
        loose = options.create or (layer is not None and layer.far_reaching)
        far_kept = places_kept(table, decisions)
        made.anywhere = loose or options.anywhere or bool(far_kept)  # all others that lie far away are out by then
        asked = Place(
            district, None if layer is None else layer.geometry, options.crs, datum, loose=loose, anywhere=options.anywhere,
            swapped=options.swapped, angles=options.angles, shifted=places_of(table, options.datum_rows), far_kept=far_kept,
        )
        watch.at("placing")
        placed = place(table, asked)
        report.datum = datum.value if datum else None
    if placed is not None:
        _take_places(report, table, placed)
    if options.swapped:
        report.warnings.append(Notice("axes-were-swapped", {}))
    kept = placed.kept if placed is not None else np.arange(len(table.rows))
    shapes = placed.shapes.take(kept) if placed is not None else ShapeColumn.nothing(len(kept))
    out = np.ones(len(table.rows), bool)
    out[kept] = False
    table = table.without(out) if out.any() else table
    if not len(table.rows):
        raise Refused("nothing-accepted", count=report.read)
    report.warnings += oddities(shapes, table.rows)
    made.placed = (table.rows, shapes)
    watch.at("matching")
    far = placed is not None and any(one.code == "outside-district" for one in placed.notices)
    _take_values(made, layer, table, shapes, far_reaching=far or options.anywhere, memory=memory)


def _note(report: LoadReport, table: Table) -> None:
    report.format, report.sublayer, report.encoding = table.format, table.sublayer, table.encoding
    report.read, report.skipped, report.rejected = table.read, len(table.skipped), len(table.rejected)
    report.place_columns, report.first_line = table.used_for_place, table.first_line
    report.errors += table.rejected
    report.warnings += table.notices + table.skipped + list(told(table.columns))


def _datum(options: LoadOptions, table: Table) -> Datum | None:
    """The shift that the user named; a file that names one itself (columns, heading, system) is asked about, never guessed."""
    if options.datum:
        try:
            return Datum(options.datum)
        except ValueError as error:
            raise Refused("datum-not-known", about="datum", datum=options.datum) from error
    for one in table.notices:
        if one.code == "datum-named":
            raise Refused("datum-asked", about="datum", **one.values)
    if table.crs_text and (shift := shift_said(table.crs_text)):
        raise Refused("datum-asked", about="datum", datum=shift, columns=table.crs_text[:60])
    return None


def _by_chainage(made: LoadPlan, space: Space, actor: Actor, layer: Layer | None, table: Table, memory: Memory | None) -> Placed:
    """Where the rows of a table without coordinates lie along the lines that the layer is measured by. Raises Refused where it is not."""
    if layer is None or not is_measured(layer):
        raise Refused("no-spatial-layer", path=made.report.file)
    options = made.options = _recalled(made.options, layer, table, memory)
    mapping = map_columns([one.name for one in table.columns], layer, options.mapping, options.remembered.mapping if options.remembered else None)
    with space.reading(actor) as store:
        return stretches(store, layer, filled(table, mapping, read_decisions(options.rows)), mapping, made.report.file)


def _take_places(report: LoadReport, table: Table, placed: Placed) -> None:
    report.crs = placed.judged.found
    if placed.rejected:
        report.errors += with_rows((int(table.rows[row]), one) for row, one in placed.rejected.items())
        report.rejected += len(placed.rejected)
    report.warnings += placed.notices
    report.warnings += with_rows((int(table.rows[row]), one) for row, one in placed.repaired.items() if row not in placed.rejected)


def _take_values(made: LoadPlan, layer: Layer | None, table: Table, shapes: ShapeColumn, *, far_reaching: bool, memory: Memory | None) -> None:
    options, report = made.options, made.report
    if layer is None:
        proposed, counted = propose(report.layer, table, families(shapes.kinds()), options.measures, options.label)
        layer = replace(proposed, far_reaching=far_reaching)
        made.new_layer = True
        report.warnings.append(
            Notice("layer-would-be-made" if options.dry_run else "layer-made", {"layer": layer.id, "fields": len(layer.fields)})
        )
        report.warnings += counted
    elif options.measures:
        raise Refused("measure-not-new", about="measures", layer=layer.id)
    columns = [one.name for one in table.columns if one.name not in table.used_for_place]
    if not made.new_layer:
        options = made.options = _recalled(options, layer, table, memory)
    report.mapping = mapping = map_columns(columns, layer, options.mapping, options.remembered.mapping if options.remembered else None)
    if options.remembered:
        report.warnings.append(options.remembered.notice())
    made.layer = layer
    retired = {column: field for column in mapping.unmatched for field in layer.retired if carries(column, field)}
    unknown = [one for one in mapping.unmatched if one not in retired]
    if options.create and not made.new_layer and unknown:
        raise Refused("layer-differs", about="layer", layer=layer.id, columns=", ".join(unknown[:20]))
    if not mapping.mapped and columns and layer.key != CONTENT_KEY:
        raise Refused("nothing-mapped", about="map", columns=", ".join(columns[:40]), fields=", ".join(one.id for one in layer.all_fields))
    report.warnings += [Notice("column-retired" if one in retired else "column-unmatched", {"column": one}, field=one) for one in mapping.unmatched]
    full = filled(table, mapping, read_decisions(options.rows))
    report.warnings += full.notices[len(table.notices) :]
    made.rows = _rows(report, full, layer, mapping, shapes, retired)
    names = made.rows.columns.get(layer.title) if layer.title else None
    if names is not None and len(names) <= MOST_LOOKED_AT and (twins := namesakes(names, made.rows.shapes, made.rows.numbers)):
        report.warnings.append(twins)
    if made.table is not None and layer.key and not made.new_layer:
        made.besides = besides(made.table, layer, mapping, made.rows)


def _rows(report: LoadReport, table: Table, layer: Layer, mapping: ColumnMapping, shapes: ShapeColumn, retired: Mapping[str, Field]) -> Rows:
    """The rows to put in. Where they are known again by what they say, what retired fields said of them still counts for that."""
    by_content = layer.key == CONTENT_KEY and bool(retired)
    read = replace(layer, fields=layer.fields + layer.retired, retired=()) if by_content else layer
    whole = replace(mapping, mapped=(*mapping.mapped, *(Mapped(column, one.id, "name") for column, one in retired.items()))) if by_content else mapping
    values = read_values(table, read, whole.mapped)
    report.warnings += values.notices
    if values.local_times:
        report.warnings.append(Notice("times-local", {}))
    _ruled(values, layer, len(table.rows))
    rows = keyed_rows(report, table, read, whole, values, shapes)
    gone = {one.id for one in retired.values()}
    return rows.without_columns(gone) if by_content else rows


def _recalled(options: LoadOptions, layer: Layer, table: Table, memory: Memory | None) -> LoadOptions:
    """With what was remembered, unless that is not wanted or was taken before; what does not fit the layer any more is left out."""
    if not options.remember:
        return replace(options, remembered=None)
    if options.remembered is None and memory is not None:
        found = memory(frozenset(one.name for one in table.columns))
        fitting = found.fitting(layer, options.mapping) if found else None
        return replace(options, remembered=fitting)
    return options


def _ruled(values: Values, layer: Layer, count: int) -> None:
    """The layer's own rules, for rows that have no problem so far."""
    if not layer.rules:
        return
    for row in range(count):
        if row in values.problems:
            continue
        properties = {name: column[row] for name, column in values.by_field.items()}
        found = [one for rule in layer.rules for one in rule(properties)]
        if found:
            values.problems[row] = [Notice(one.code, one.values, field=one.pointer.rsplit("/", 1)[-1]) for one in found]


def _drop_stored(space: Space, made: LoadPlan, actor: Actor) -> None:
    if made.layer is None or made.layer.key or not made.rows:
        return
    fresh = not_yet_stored(space, made.layer, made.rows, actor)
    made.report.unchanged = len(made.rows) - len(fresh)
    made.rows = fresh


def _rehearse(space: Space, made: LoadPlan, actor: Actor) -> None:
    report, layer = made.report, made.layer
    assert layer is not None
    if made.new_layer:
        report.inserted, report.updated, report.unchanged = len(made.rows), 0, 0
        return
    try:
        with space.transaction(actor, "rehearsal") as store:
            counts, made.comparison = store.rehearse_upsert(layer.id, made.rows, anywhere=made.anywhere, spared=made.besides.keys)
            made.count(counts)
    except InvalidInput as refused:
        made.refuse_for(refused)
    except Conflict as conflict:
        made.refuse(Notice(conflict.code, conflict.values))


__all__ = ["Around", "LoadOptions", "LoadPlan", "LoadReport", "Mapped", "Memory", "Remembered", "commit", "plan"]
