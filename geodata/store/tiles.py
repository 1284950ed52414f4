"""The tiles that readers ask for: who may see what of them, and those drawn before as long as nothing changed where they lie."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from geodata.store import pyramid
from geodata.store.changes import Box, LayerVersion, Standing
from geodata.store.chosen import Chosen
from geodata.store.rows import coarse_box, sees_exactly
from geodata.store.spaces import Space
from geodata.store.tile_address import TileAddress
from geodata.store.tile_drawing import MARGIN, draw, no_pyramid
from layers.errors import Forbidden, LayerNotFound, TooMany
from layers.spec import Action, Actor, Geometry, Layer

DRAW_TIMEOUT_MS = 20_000  # a layer that gathers nothing (all shapes large) is read whole for its lowest zooms
_ENTRY_BYTES = 400  # key and bookkeeping, so that many empty tiles fill the cache too
_PACKED_FROM = 1_000  # bytes; packing less saves no packet
_BOXES_KEPT = 2_000  # of the changes of a layer; tiles older than these are drawn anew


@dataclass(frozen=True)
class Shown:
    """What a reader's tile shows: the layer at a version, with exact positions or coarse ones, all of it or what a filter chose."""

    version: int
    token: UUID
    reveals: bool
    chosen: Chosen | None = None


@dataclass(frozen=True)
class Tile:
    """A tile as it is sent: its MVT bytes, packed by gzip or not, and a tag that is the same as long as the bytes are."""

    body: bytes
    packed: bool
    tag: str

    @staticmethod
    def of(mvt: bytes) -> Tile:
        packed = len(mvt) >= _PACKED_FROM
        return Tile(gzip.compress(mvt, 5, mtime=0) if packed else mvt, packed, hashlib.blake2b(mvt, digest_size=9).hexdigest())

    @property
    def mvt(self) -> bytes:
        """The bytes unpacked."""
        return gzip.decompress(self.body) if self.packed else self.body


@dataclass
class _Kept:
    tile: Tile
    history: int  # which of the layer's known histories it was drawn in
    good_until: int  # the newest version known to have changed nothing here


@dataclass
class _Changes:
    """Where one layer changed, as far back as it is known: a tile drawn before `start` cannot be judged."""

    newest: LayerVersion
    start: int
    history: int = 0
    boxes: list[tuple[int, Box | None]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def follow(self, space: Space, layer_id: str, version: LayerVersion) -> None:
        """Come to where the layer is; start anew where what happened meanwhile cannot be known."""
        with self.lock:
            if version == self.newest:
                return
            touched = space.touched(layer_id, self.newest)
            if touched is None:
                self.newest, self.start, self.boxes, self.history = version, version.version, [], self.history + 1
                return
            self.newest, self.boxes = touched.version, self.boxes + list(touched.boxes)
            if len(self.boxes) > _BOXES_KEPT:
                self.start = self.boxes[-_BOXES_KEPT - 1][0]
                self.boxes = self.boxes[-_BOXES_KEPT:]

    def spares(self, kept: _Kept, address: TileAddress, *, reveals: bool) -> bool:
        """Whether nothing changed on the tile since it was drawn."""
        with self.lock:
            if kept.history != self.history or kept.good_until < self.start:
                return False
            for version, box in reversed(self.boxes):
                if version <= kept.good_until:
                    break
                if box is None or address.meets(box if reveals else coarse_box(box) or box, MARGIN):
                    return False
            kept.good_until = max(kept.good_until, self.newest.version)
            return True


class TileKeeper:
    """The tiles of one process: each drawn once and kept until something changes where it lies. Thread-safe.

    Up to a number of bytes; those unused for longest go first.
    """

    def __init__(self, capacity_bytes: int = 64_000_000) -> None:
        self._capacity_bytes = capacity_bytes
        self._bytes = 0
        self._tiles: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()
        self._changes: dict[tuple[str, str], _Changes] = {}
        self._pyramids: dict[tuple[str, str], pyramid.Pyramid] = {}
        self._lock = threading.Lock()
        self.drawn = 0  # how many were drawn, for tests and figures

    def tile(self, space: Space, layer_id: str, address: TileAddress, shown: Shown) -> Tile:
        """The tile at that version or newer. Raises TileNotFound."""
        version = LayerVersion(shown.version, shown.token)
        changes = self._followed(space, layer_id, version)
        key = (space.id, space.catalogue.layer(layer_id), shown.reveals, shown.chosen, address)  # a layer defined anew is drawn anew
        with self._lock:
            kept = self._tiles.get(key)
            if kept is not None:
                self._tiles.move_to_end(key)
        if kept is not None and changes.spares(kept, address, reveals=shown.reveals):
            return kept.tile
        history = changes.history
        tile = Tile.of(self._draw(space, layer_id, address, shown))
        self._put(key, _Kept(tile, history, shown.version))
        return tile

    def _followed(self, space: Space, layer_id: str, version: LayerVersion) -> _Changes:
        with self._lock:
            changes = self._changes.setdefault((space.id, layer_id), _Changes(version, version.version))
        changes.follow(space, layer_id, version)
        return changes

    def _draw(self, space: Space, layer_id: str, address: TileAddress, shown: Shown) -> bytes:
        with space.connected() as connection:
            connection.execute(text(f"SET LOCAL statement_timeout = {DRAW_TIMEOUT_MS}"))
            mvt = draw(connection, space.schema, space.catalogue.layer(layer_id), address, exact=shown.reveals, chosen=shown.chosen,
                       pyramids=no_pyramid if space.is_past else partial(self._pyramid, space.id, LayerVersion(shown.version, shown.token)))
        self.drawn += 1
        return mvt

    def _pyramid(self, space_id: str, version: LayerVersion, connection: Connection, schema: str, layer: Layer) -> pyramid.Pyramid | None:
        """The layer's pyramid, asked for once a version."""
        known = self._pyramids.get((space_id, layer.id))
        if known is None or known.version != version:
            known = pyramid.keep(connection, schema, layer)
            if known is not None:
                self._pyramids[space_id, layer.id] = known
        return known

    def _put(self, key: tuple[Any, ...], kept: _Kept) -> None:
        with self._lock:
            before = self._tiles.pop(key, None)
            if before is not None:
                self._bytes -= len(before.tile.body) + _ENTRY_BYTES
            self._bytes += len(kept.tile.body) + _ENTRY_BYTES
            self._tiles[key] = kept
            while self._bytes > self._capacity_bytes and self._tiles:
                self._bytes -= len(self._tiles.popitem(last=False)[1].tile.body) + _ENTRY_BYTES


def current(space: Space, layer_id: str, actor: Actor, filter_text: str | None = None, *, standing: Standing | None = None) -> Shown:
    """What a tile asked for now would show this reader. Raises LayerNotFound, Forbidden, InvalidInput (filter).

    `standing`: where the layers stood at a look taken after the tile was asked for; without it the database is asked.
    """
    now = (space.versions({layer_id}) if standing is None else standing).get(layer_id)
    layer = space.catalogue.layer(layer_id)
    if now is None:
        raise LayerNotFound(layer=layer_id)
    if not space.may(actor, Action.READ, layer):
        raise Forbidden(action=Action.READ.value, layer=layer_id)
    reveal = space.may(actor, Action.REVEAL, layer)
    chosen = Chosen.by(filter_text, layer, space.tables.layers[layer_id], reveal=reveal) if filter_text else None
    return Shown(now.version, now.token, sees_exactly(layer, reveal=reveal), chosen)


def count_in_view(space: Space, layer_id: str, box: Box, shown: Shown) -> int:
    """How many features of the layer touch a box, as this reader sees them; exact, and quick for large layers too."""
    layer = space.catalogue.layer(layer_id)
    if layer.geometry is Geometry.NONE:
        return 0
    with space.connected() as connection:
        return pyramid.count_within(connection, space.schema, layer, box, exact=shown.reveals, cells=not space.is_past)


def keep_pyramids(space: Space) -> None:
    """Bring the pyramids of all large layers to where the layers are, so that nobody waits for one; see `geodata.store.pyramid`."""
    if space.is_past:
        return
    for layer in space.catalogue.values():
        with suppress(TooMany), space.connected() as connection:  # TooMany: another process is at it
            pyramid.keep(connection, space.schema, layer)
