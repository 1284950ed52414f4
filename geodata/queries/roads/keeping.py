"""Keeps the road network of one space in step with PostGIS, by the (version, token) of each layer that it rests on, before each answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.queries.roads import closing, refusals
from geodata.queries.roads.access import ACCESS_M
from geodata.queries.roads.closing import Closure
from geodata.queries.roads.graph import RoadGraph, RoadRows, build, rows_of
from geodata.queries.roads.profile import Profile, profiles_of
from geodata.queries.roads.roads import Roads
from geodata.store.changes import LayerVersion
from geodata.store.features import Store
from geodata.store.spaces import Space
from layers.collection import Catalogue
from layers.network import Blocks, Network
from layers.spec import OPERATOR, Layer


@dataclass(frozen=True)
class Block:
    """A shape in degrees, widened as its layer says, that closes roads from `start` (inclusive) until `end` (not)."""

    shape: BaseGeometry
    start: datetime | None
    end: datetime | None

    def in_force(self, moment: datetime) -> bool:
        """Whether it closes roads at a moment."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


@dataclass(frozen=True)
class _Read:
    """What was read of each layer, and where it stood. Layers: the network, the profiles, then those with blocks."""

    layers: tuple[Layer, ...]
    versions: Mapping[str, LayerVersion]
    graph: RoadGraph
    profiles: Mapping[str, Profile]
    blocks: Mapping[str, tuple[Block, ...]]
    closures: dict[tuple[int, ...], Closure] = field(default_factory=dict)  # by the blocks in force, the last only


class RoadKeeper:
    """One space's network. Thread-safe: whoever finds it behind reads anew while the others wait."""

    def __init__(self, space: Space, access_m: float = ACCESS_M) -> None:
        self._space = space
        self._access_m = access_m
        self._lock = threading.Lock()
        self._read: _Read | None = None
        self.built = 0

    def keeps(self, space: Space) -> bool:
        """Whether it still is for this space (a drill may have been reset)."""
        return self._space is space

    def roads(self) -> Roads:
        """The network as it stands now, or later. Raises InvalidInput where no layer is a road network, Unavailable."""
        versions = self._space.versions()
        layers = _rests_on(self._space.catalogue)
        read = self._read
        if read is None or not _stands(read, layers, versions):
            with self._lock:
                read = self._read
                if read is None or not _stands(read, layers, versions):
                    read = self._read = self._reading(layers, read)
        moment = self._space.record.as_of if self._space.is_past else datetime.now(UTC)
        return Roads(layers[0].id, read.graph, read.versions[layers[0].id], read.profiles, _closed(read, moment), self._access_m)

    def _reading(self, layers: tuple[Layer, ...], before: _Read | None) -> _Read:
        """All that differs from what was read before, in one snapshot."""
        known = before if before is not None and before.layers == layers else None
        with self._space.reading(OPERATOR) as store:
            now = {layer.id: store.version(layer.id) for layer in layers}
            same = {one for one, version in now.items() if known is not None and known.versions[one] == version}
            network, profiles, *blocks = layers
            assert network.network
            graph = known.graph if known is not None and network.id in same else None
            if graph is None and known is not None:
                graph = _changed(store, network.id, network.network, known.versions[network.id], known.graph)
            if graph is None:
                graph = build(_rows(store, network.id, network.network), network.network)
                self.built += 1
            return _Read(layers, now, graph,
                         known.profiles if known is not None and profiles.id in same else profiles_of(profiles, store.rows(profiles.id, _told(profiles))),
                         {one.id: known.blocks[one.id] if known is not None and one.id in same else _blocks(store, one.id, one.blocks) for one in blocks if one.blocks})


def _rests_on(catalogue: Catalogue) -> tuple[Layer, ...]:
    network, profiles = catalogue.network, catalogue.profiles
    if network is None or profiles is None:
        raise refusals.no_network()
    return network, profiles, *catalogue.blocks


def _told(profiles: Layer) -> list[str]:
    assert profiles.profiles
    return [*profiles.profiles.fields, "source", *([profiles.title] if profiles.title else [])]


def _stands(read: _Read, layers: tuple[Layer, ...], versions: Mapping[str, LayerVersion]) -> bool:
    return read.layers == layers and all(versions.get(one.id) == read.versions[one.id] for one in layers)


def _closed(read: _Read, moment: datetime) -> Closure:
    """What the blocks in force close; kept until others are."""
    blocks = [one for its in read.blocks.values() for one in its]
    force = tuple(place for place, one in enumerate(blocks) if one.in_force(moment))
    kept = read.closures.get(force)
    if kept is None:
        kept = closing.close(read.graph, [blocks[place].shape for place in force], reach_m=0.0)
        read.closures.clear()
        read.closures[force] = kept
    return kept


def _rows(store: Store, layer_id: str, network: Network) -> RoadRows:
    whole = store.snapshot(layer_id, network.fields)
    shapes = np.empty(len(whole.ids), dtype=object)
    shapes[:] = shapely.from_wkb(np.array(whole.wkb, dtype=object)) if whole.ids else []
    return rows_of(network, whole.ids, shapes, whole.columns)


def _changed(store: Store, layer_id: str, network: Network, since: LayerVersion, graph: RoadGraph) -> RoadGraph | None:
    """The graph with what its roads now say of themselves, where none came, went or was drawn anew; else None: it must be built."""
    found = store.changes_since(layer_id, since, network.fields)
    place_of = {one: place for place, one in enumerate(graph.rows.ids)} if found.known else {}
    rows = [item.row for item in found.items]
    if not found.known or any(row is None or row["id"] not in place_of for row in rows):
        return None
    present = [row for row in rows if row is not None]
    places = np.array([place_of[row["id"]] for row in present], dtype=np.intp)
    shapes = np.empty(len(present), dtype=object)
    shapes[:] = shapely.from_wkb(np.array([bytes(row["wkb"]) for row in present], dtype=object)) if present else []
    if not shapely.equals_identical(shapes, graph.rows.shapes[places]).all():
        return None
    return graph.saying(places, rows_of(network, [row["id"] for row in present], shapes, {name: [row[name] for row in present] for name in network.fields}))


def _blocks(store: Store, layer_id: str, declared: Blocks) -> tuple[Block, ...]:
    whole = store.snapshot(layer_id, declared.fields)
    shapes: list[Any] = list(shapely.from_wkb(np.array(whole.wkb, dtype=object))) if whole.ids else []
    return tuple(Block(closing.widen(shape, declared.reach_m), start, end)
                 for shape, start, end in zip(shapes, whole.columns[declared.start], whole.columns[declared.end], strict=True))
