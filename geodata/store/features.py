"""Writing to a space: insert, replace, patch, delete, changesets and bulk loads, each checked, versioned and permitted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final
from uuid import UUID

import numpy as np
import shapely
from geoalchemy2.elements import WKBElement
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Table, func, select, text, update

from geodata.store import bulk
from geodata.store.acting import say_reason
from geodata.store.answers import HistoryEntry, JsonPage, Page, Snapshot
from geodata.store.audit import note, reveals_lately
from geodata.store.batch import Row, Rows
from geodata.store.bulk import UpsertCounts
from geodata.store.comparing import Comparison, compare
from geodata.store.faults import translated
from geodata.store.idempotency import Answered, claim, settle
from geodata.store.kept import KeptPages
from geodata.store.metadata import STORAGE_SRID
from geodata.store.reading import MAX_PAGE, Reader
from geodata.store.referring import References
from geodata.store.retiring import Retire
from geodata.store.reverting import Undone, revert_feature, undo_commit
from geodata.store.rows import Feature, feature_select, mask_value, to_feature
from geodata.store.shapes import admit
from geodata.store.tables import SpaceTables
from geodata.whereabouts import misplaced, near
from layers.checking import examine
from layers.collection import Catalogue
from layers.district import JIUYUAN
from layers.errors import FeatureNotFound, InvalidInput, OnemapError, Problem, StaleVersion, TooMany, Unavailable, VersionRequired
from layers.messages import Sentence, declare
from layers.spec import Action, Actor, Field, Geometry, Label, Layer, Sensitivity

__all__ = ["MAX_PAGE", "UNCHANGED", "Change", "Feature", "HistoryEntry", "JsonPage", "Page", "Snapshot", "Store", "Unchanged"]


REVEALS_PER_HOUR = 300  # a call every 12 s, all hour; copying a layer takes thousands

declare({
    "value-masked": Sentence(Label("带星号的值不是完整的值", "A value with asterisks is not the whole value"), Label("填写完整的值，或留空", "Write the whole value, or leave it empty")),
})


class Unchanged(Enum):
    """Says that a patch leaves the geometry as it is (None would remove it)."""

    UNCHANGED = "unchanged"


_NAMED_ROWS = 100  # of those far from the district in one load

UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True)
class Change:
    """One act of a changeset: op is insert, replace, patch or delete. An insert may start from another feature's values (`copy_of`)."""

    op: str
    layer: str
    id: UUID | None = None
    version: int | None = None
    properties: Mapping[str, Any] | None = None
    geometry: BaseGeometry | Unchanged | None = UNCHANGED
    copy_of: UUID | None = None


class Store(Reader):
    """What one actor can do in one transaction of one space. Made by `Space.transaction` or `Space.reading`.

    With `anywhere` the writer has said that what lies far from the district is meant to; the reason then tells how far.
    """

    def __init__(self, connection: Connection, catalogue: Catalogue, tables: SpaceTables, actor: Actor, *, is_drill: bool, is_past: bool = False,
                 anywhere: bool = False, kept: KeptPages | None = None) -> None:
        super().__init__(connection, catalogue, tables, actor, is_drill=is_drill, is_past=is_past, kept=kept)
        self._references = References(connection, catalogue, tables)
        self._anywhere = anywhere
        self._reason: str | None = None  # None: as the transaction was begun with
        self._farthest_km = 0

    def insert(self, layer_id: str, properties: Mapping[str, Any], geometry: BaseGeometry | None) -> Feature:
        """A new feature at version 1. Raises InvalidInput with every problem found, Conflict when its key is in use."""
        layer, table = self._open(layer_id, Action.WRITE)
        values = self._checked(layer, properties, geometry)
        feature_id = self.connection.scalar(table.insert().values(**values).returning(table.c.id))
        assert feature_id is not None
        return self.get(layer_id, feature_id)

    def copied(self, layer_id: str, feature_id: UUID, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a feature for a new one beside it, with `changes`: all but its key and balances, hidden ones too, which the copier need not see."""
        layer, _ = self._open(layer_id, Action.WRITE)
        left = {layer.key, *self.catalogue.balances(layer_id)}  # what is counted there is not here, too
        kept = {name: value for name, value in self._whole(layer, feature_id).properties.items() if name not in left}
        return {**kept, **changes}

    def replace(self, layer_id: str, feature_id: UUID, properties: Mapping[str, Any], geometry: BaseGeometry | None, *,
                version: int | None) -> Feature:
        """All values anew (fields not given become empty). Raises StaleVersion when the feature moved on since `version`."""
        layer, _ = self._open(layer_id, Action.WRITE)
        given = {one.id: properties.get(one.id) for one in layer.all_fields} | dict(properties)
        return self._write(layer, feature_id, given, geometry, version)

    def patch(self, layer_id: str, feature_id: UUID, changes: Mapping[str, Any], *, version: int | None,
              geometry: BaseGeometry | Unchanged | None = UNCHANGED) -> Feature:
        """Some values anew; the rest stays. The whole feature is checked as it would be. Raises StaleVersion."""
        layer, _ = self._open(layer_id, Action.WRITE)
        present = self._whole(layer, feature_id)
        shape = present.geometry if geometry is UNCHANGED else geometry
        return self._write(layer, feature_id, {**present.properties, **changes}, shape, version)  # type: ignore[arg-type]

    def delete(self, layer_id: str, feature_id: UUID, *, version: int | None, reason: str) -> None:
        """Take a feature away; its history stays, with the reason. Raises StaleVersion, Conflict when others refer to it."""
        layer, table = self._open(layer_id, Action.DELETE)
        if not reason or not reason.strip():
            raise InvalidInput(problems=[Problem("reason", "required", {"field": "reason"})])
        self._say(reason)
        expected = _given(version)
        gone = self.connection.execute(table.delete().where(table.c.id == feature_id, table.c.version == expected)).rowcount
        if not gone:
            self._refuse_stale(layer, table, feature_id, {}, expected)

    def apply(self, changes: Sequence[Change], reason: str | None = None) -> list[Feature | None]:
        """Several acts in order, all or nothing. Existing features are locked in sorted order first: no deadlock."""
        if reason:
            self._say(reason)
        self._hold(changes)
        return [self._placed(place, one, reason) for place, one in enumerate(changes)]

    def _hold(self, changes: Sequence[Change]) -> None:
        held = {(one.layer, one.id) for one in changes if one.id is not None}
        for layer_id, feature_id in sorted(held | set(self._accounts(changes))):
            table = self._open(layer_id, Action.READ)[1]
            self.connection.execute(select(table.c.id).where(table.c.id == feature_id).with_for_update())

    def _accounts(self, changes: Sequence[Change]) -> Iterator[tuple[str, UUID]]:
        """What new entries of ledgers will change; those named wrongly are refused when their turn comes."""
        for one in changes:
            layer = self.catalogue.get(one.layer)
            if layer is not None and layer.ledger and one.op == "insert":
                accounts = self.catalogue.accounts_of(layer).id
                with suppress(InvalidInput):
                    found = self._references.named(layer, one.properties or {})
                    yield from ((accounts, UUID(found[name])) for name in (layer.ledger.account, layer.ledger.counterpart) if name in found)

    def _placed(self, place: int, one: Change, reason: str | None) -> Feature | None:
        """One act; what is wrong with it is said to be at its place in the changeset."""
        try:
            with translated():
                return self._act(one, reason)
        except InvalidInput as refused:
            refused.problems = tuple(replace(each, pointer=f"/changes/{place}/{each.pointer.lstrip('/')}") for each in refused.problems)
            raise

    def _act(self, one: Change, reason: str | None) -> Feature | None:
        shape = None if one.geometry is UNCHANGED else one.geometry
        if one.op == "insert":
            given = one.properties or {}
            values = given if one.copy_of is None else self.copied(one.layer, one.copy_of, given)
            return self.insert(one.layer, values, shape)  # type: ignore[arg-type]
        if one.id is None or one.op not in ("replace", "patch", "delete"):
            raise InvalidInput(problems=[Problem("/op", "value-refused", {"constraint": one.op})])
        if one.op == "replace":
            return self.replace(one.layer, one.id, one.properties or {}, shape, version=one.version)  # type: ignore[arg-type]
        if one.op == "patch":
            return self.patch(one.layer, one.id, one.properties or {}, version=one.version, geometry=one.geometry)
        self.delete(one.layer, one.id, version=one.version, reason=reason or "")
        return None

    def rehearse(self, changes: Sequence[Change], reason: str | None = None) -> list[Feature | OnemapError | None]:
        """What `apply` would make of each act, or why it would refuse it; all is taken back.

        They are tried in order, each upon those before it that went well, so what is wrong with one hides nothing of another.
        """
        with self.connection.begin_nested() as rehearsal:
            self._hold(changes)
            found = [self._tried(one, reason) for one in changes]
            rehearsal.rollback()
        return found

    def _tried(self, one: Change, reason: str | None) -> Feature | OnemapError | None:
        try:
            with translated(), self.connection.begin_nested():
                return self._act(one, reason)
        except (Unavailable, TooMany):
            raise
        except OnemapError as refused:
            return refused

    def revert(self, layer_id: str, feature_id: UUID, to_version: int, *, version: int | None) -> Feature:
        """A feature as it was at `to_version`, as a new version; a deleted one comes back. See `geodata.store.reverting`."""
        revert_feature(self, layer_id, feature_id, to_version, version=version)
        return self.get(layer_id, feature_id)

    def undo(self, token: UUID) -> list[Undone]:
        """All that one commit did undone, or nothing; see `geodata.store.reverting.undo_commit`."""
        return undo_commit(self, token)

    def commit_token(self) -> UUID | None:
        """The token of the commit that this transaction will be; None while it has written nothing."""
        token = self.connection.scalar(text("SELECT nullif(current_setting('onemap.token', true), '')"))
        return UUID(token) if token else None

    def opened(self, layer_id: str, action: Action) -> tuple[Layer, Table]:
        """A layer and its table, for those who may do this with it. Raises LayerNotFound, Forbidden."""
        return self._open(layer_id, action)

    def expect(self, layer: Layer, feature_id: UUID, version: int | None, present: int) -> None:
        """Raises VersionRequired without a version, StaleVersion with the differences when it is not the present one."""
        expected = _given(version)
        if expected != present:
            self._refuse_stale(layer, self.tables.layers[layer.id], feature_id, {}, expected)

    def upsert(self, layer_id: str, rows: Iterable[Row], *, dry_run: bool = False, anywhere: bool = False, retire: Retire | None = None,
               wrote: bulk.Wrote | None = None) -> UpsertCounts:
        """Many rows by the layer's key, in one go; values must be clean already. `dry_run` counts and takes all back.

        `retire` also takes away what the rows do not have, for those who may delete; `wrote` hears how far the rows are. Raises InvalidInput for rows far from the
        district, unless the layer reaches far or `anywhere` lets them; MissingDiffer, RetireUnclear.
        """
        layer, table = self._open(layer_id, Action.LOAD)
        if retire:
            self._open(layer_id, Action.DELETE)
        rows = Rows.of(rows)
        resolve = self._admitted(layer, rows, anywhere)
        if not dry_run:
            return bulk.upsert(self.connection, self.schema, layer, table, rows, resolve, leave=retire, wrote=wrote)
        with self.connection.begin_nested() as rehearsal:
            counts = bulk.upsert(self.connection, self.schema, layer, table, rows, resolve)
            rehearsal.rollback()
        return counts

    def rehearse_upsert(self, layer_id: str, rows: Iterable[Row], *, anywhere: bool = False, spared: Sequence[Any] = ()) -> tuple[UpsertCounts, Comparison]:
        """What `upsert` would do, feature by feature; all of it is taken back. Raises as it does. `spared` keys are not absent."""
        layer, table = self._open(layer_id, Action.LOAD)
        rows = Rows.of(rows)
        resolve = self._admitted(layer, rows, anywhere)
        seen: list[Comparison] = []
        with self.connection.begin_nested() as rehearsal:
            def look(connection: Connection, target: str, layer: Layer, key: str | None, columns: dict[str, str]) -> None:
                seen.append(compare(connection, target, layer, key, columns, spared))

            counts = bulk.upsert(self.connection, self.schema, layer, table, rows, resolve, look=look)
            rehearsal.rollback()
        return counts, seen[0]

    def _admitted(self, layer: Layer, rows: Rows, anywhere: bool) -> dict[str, Any]:
        """Ids by key, by field, of the features that the rows may refer to. Raises InvalidInput for rows that lie too far away."""
        if not (anywhere or self._anywhere or layer.far_reaching or layer.geometry is Geometry.NONE):
            _refuse_misplaced(rows)
        return {one.id: self._references.keys(one.reference) for one in layer.references if one.reference}

    @property
    def schema(self) -> str:
        """The PostgreSQL schema of this space."""
        options = self.connection.get_execution_options()
        return str(next(iter(options["schema_translate_map"].values())))

    def _whole(self, layer: Layer, feature_id: UUID) -> Feature:
        """The feature with nothing hidden, for writing it or its like; never to be shown."""
        table = self.tables.layers[layer.id]
        row = self.connection.execute(feature_select(layer, table, reveal=True, unmasked=True).where(table.c.id == feature_id)).first()
        if row is None:
            raise FeatureNotFound(layer=layer.id, id=feature_id)
        return to_feature(layer, row)

    def _write(self, layer: Layer, feature_id: UUID, properties: Mapping[str, Any], geometry: BaseGeometry | None, version: int | None) -> Feature:
        table = self.tables.layers[layer.id]
        expected = _given(version)
        values = self._checked(layer, self._put_back(layer, feature_id, properties), geometry, feature_id)
        written = self.connection.execute(update(table).where(table.c.id == feature_id, table.c.version == expected).values(**values)).rowcount
        if not written:
            self._refuse_stale(layer, table, feature_id, values, expected)
        return self.get(layer.id, feature_id)

    def reveal(self, layer_id: str, feature_id: UUID, fields: Sequence[str]) -> dict[str, Any]:
        """Personal values of one feature as they are, written down in the same transaction. Raises Forbidden, TooMany past 300 an hour."""
        layer, table = self._open(layer_id, Action.REVEAL)
        personal = {one.id for one in layer.all_fields if one.sensitivity is Sensitivity.PERSONAL}
        wrong = [one for one in fields if one not in personal]
        if wrong or not fields:
            raise InvalidInput(problems=[Problem("/fields", "unknown-field", {"field": one[:60], "layer": layer_id}) for one in wrong or [""]])
        if reveals_lately(self.connection, self.actor) >= REVEALS_PER_HOUR:
            raise TooMany(retry_after_s=600, reason="reveals")
        row = self.connection.execute(select(*(table.c[one] for one in fields)).where(table.c.id == feature_id)).first()
        if row is None:
            raise FeatureNotFound(layer=layer_id, id=feature_id)
        note(self.connection, "reveal", f"{layer_id}/{feature_id}", space=self.schema.removeprefix("drill_") if self._is_drill else "live", fields=list(fields))
        return dict(row._mapping)

    def _put_back(self, layer: Layer, feature_id: UUID, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The given values with those that come back masked, as they were shown, read as unchanged."""
        suspects = [one.id for one in layer.all_fields if _looks_masked(one, given.get(one.id))]
        if not suspects:
            return given
        table = self.tables.layers[layer.id]
        row = self.connection.execute(select(*(table.c[one] for one in suspects)).where(table.c.id == feature_id)).first()
        kept = {} if row is None else {name: value for name, value in row._mapping.items()
                                       if given[name] == mask_value(layer.field(name), value, reveal=False)}  # type: ignore[arg-type]
        return {**given, **kept}

    def _checked(self, layer: Layer, properties: Mapping[str, Any], geometry: BaseGeometry | None, feature_id: UUID | None = None) -> dict[str, Any]:
        given = {**properties, **self._references.named(layer, properties)}
        values, problems = examine(layer, given, None)
        problems += [Problem(f"/properties/{one.id}", "value-masked", {"field": one.id}) for one in layer.all_fields if _looks_masked(one, properties.get(one.id))]
        problems = [one for one in problems if one.code != "geometry-missing"]  # shapes are judged below, as shapely has them
        shape = None
        try:
            shape = admit(layer, geometry)
            problems += self._misplaced(layer, shape, feature_id)
        except InvalidInput as refused:
            problems += refused.problems
        if problems:
            raise InvalidInput(problems=problems)
        values.update({one.id: UUID(values[one.id]) for one in layer.references if values.get(one.id)})
        if shape is not None:
            values["geom"] = WKBElement(shapely.to_wkb(shape), srid=STORAGE_SRID)
        return values

    def _misplaced(self, layer: Layer, shape: BaseGeometry | None, feature_id: UUID | None) -> list[Problem]:
        """The problem of a shape far from the district, unless the layer reaches far, the feature lies there already or the writer says so."""
        problem = None if shape is None or layer.far_reaching else misplaced(shape, JIUYUAN)
        if problem is None or shape is None or (feature_id is not None and self._lies_there(layer, feature_id, shape)):
            return []
        if not self._anywhere:
            return [problem]
        self._farthest_km = max(self._farthest_km, problem.values["distance_km"])
        if self._reason is None:
            self._reason = self.connection.scalar(text("SELECT current_setting('onemap.reason', true)")) or ""
        self._say(self._reason)
        return []

    def _lies_there(self, layer: Layer, feature_id: UUID, shape: BaseGeometry) -> bool:
        table = self.tables.layers[layer.id]
        stored = self.connection.scalar(select(func.ST_AsEWKB(table.c.geom)).where(table.c.id == feature_id))
        return stored is not None and shapely.equals_exact(shapely.from_wkb(bytes(stored)), shape, 0.0)

    def _refuse_stale(self, layer: Layer, table: Table, feature_id: UUID, wanted: Mapping[str, Any], expected: int) -> None:
        row = self.connection.execute(feature_select(layer, table, reveal=self._reveals(layer), unmasked=True).where(table.c.id == feature_id)).first()
        if row is None:
            raise FeatureNotFound(layer=layer.id, id=feature_id)
        present = to_feature(layer, row)
        reveal = self._reveals(layer)
        differences = [{"field": one.id, "yours": _plain(wanted.get(one.id)), "theirs": _plain(mask_value(one, present.properties[one.id], reveal=reveal))}
                       for one in layer.all_fields if one.id in wanted and _plain(wanted[one.id]) != _plain(present.properties[one.id])]
        if "geom" in wanted and present.geometry is not None:
            yours = shapely.from_wkb(bytes(wanted["geom"].data))
            if not shapely.equals_exact(yours, present.geometry, 0.0):
                differences.append({"field": "geometry", "yours": shapely.geometry.mapping(yours), "theirs": shapely.geometry.mapping(present.geometry)})
        raise StaleVersion(layer=layer.id, id=feature_id, given=expected, current=present.version, by=present.updated_by,
                           at=present.updated_at.isoformat(), differences=differences)

    def _say(self, reason: str) -> None:
        self._reason = reason
        if self._farthest_km:
            reason = "；".join(filter(None, [reason, f"确认在区外约 {self._farthest_km} 公里 (anywhere)"]))
        say_reason(self.connection, reason)

    def claim(self, key: str, request_hash: str) -> Answered | None:
        """Take an Idempotency-Key for this transaction, or give the answer that was made under it."""
        return claim(self.connection, self.tables, self.actor.name, key, request_hash)

    def settle(self, key: str, answer: Answered) -> None:
        """Keep the answer for a repeat of the same request."""
        settle(self.connection, self.tables, self.actor.name, key, answer)


def _looks_masked(one: Field, value: Any) -> bool:
    return one.sensitivity is not Sensitivity.PUBLIC and isinstance(value, str) and "**" in value


def _refuse_misplaced(rows: Rows) -> None:
    far: list[int] = []
    for start, stop in rows.shapes.pages():
        bounds = np.asarray(shapely.bounds(rows.shapes.page(start, stop)), dtype=float).reshape(-1, 4)
        far += (start + np.flatnonzero(np.isfinite(bounds).all(axis=1) & ~near(bounds, JIUYUAN))).tolist()
    found = [(place, misplaced(rows.shapes[place], JIUYUAN)) for place in far[:_NAMED_ROWS]]
    if found:
        raise InvalidInput(problems=[replace(one, values={**one.values, "row": int(rows.numbers[place])}) for place, one in found if one])


def _given(version: int | None) -> int:
    if version is None:
        raise VersionRequired()
    return version


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
