"""Finding a feature by its name in Chinese, by the initials or spelling of its pinyin, or by its code."""

from __future__ import annotations

import json
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import shapely
from pypinyin import Style, lazy_pinyin

from geodata.store.changes import LayerVersion
from geodata.store.features import Store
from geodata.store.rows import Feature, is_shown
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Action, Actor, Layer

MAX_NAMES = 100_000  # names of a layer kept in memory; a larger layer is searched by the database, without pinyin
MAX_LAYERS = 500  # layers of all spaces kept; those asked longest ago go, so closed drills do
MAX_QUERY = 100
_PAGE = 10_000


@dataclass(frozen=True)
class Found:
    """A feature that answers a search, with a place to go to; layers without geometry have none."""

    feature: Feature
    title: str
    place: tuple[float, float] | None
    bbox: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class _Name:
    title: str
    folded: str
    key: str
    initials: str
    spelling: str


@dataclass
class _LayerNames:
    version: LayerVersion | None = None
    names: dict[UUID, _Name] = field(default_factory=dict)
    too_many: bool = False


class NameIndex:
    """Names of the features of every space, kept in step by version before each answer. One per process, thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._layers: dict[tuple[str, str], _LayerNames] = {}

    def search(self, space: Space, text: str, actor: Actor, limit: int = 20) -> list[Found]:
        """At most `limit` features whose name, code or pinyin answers the text, the closest match first.

        Whole name or code, then beginnings, then parts, then pinyin; equal ones by length of name, order of layers, name.
        Only layers that the actor may read; none whose title is personal. Empty text: nothing.
        """
        asked = fold(text)[:MAX_QUERY]
        if not asked:
            return []
        versions = space.versions()  # before the snapshot, so that nobody waits for a connection while holding one
        with space.reading(OPERATOR) as whole:
            ranked = sorted(self._matches(space, versions, whole, asked, actor, limit))[:limit]
        wanted: dict[str, list[UUID]] = {}
        for _, _, _, _, layer_id, feature_id in ranked:
            wanted.setdefault(layer_id, []).append(feature_id)
        with space.reading(actor) as store:
            features = {layer_id: store.by_ids(layer_id, ids) for layer_id, ids in wanted.items()}
        return [_found(space.catalogue.layer(layer_id), features[layer_id][feature_id])
                for *_, layer_id, feature_id in ranked if feature_id in features[layer_id]]

    def _matches(self, space: Space, versions: Mapping[str, LayerVersion], store: Store, asked: str, actor: Actor,
                 limit: int) -> Iterator[tuple[int, int, int, str, str, UUID]]:
        for order, layer in enumerate(space.catalogue.values()):
            if not _searchable(layer, actor) or layer.id not in versions:
                continue
            known = self._names(space.id, layer, versions[layer.id], store)
            names = _by_database(layer, asked, store, limit) if known.too_many else known.names
            for feature_id, name in list(names.items()):
                rank = match_rank(asked, name)
                if rank is not None:
                    yield rank, len(name.title), order, name.title, layer.id, feature_id

    def _names(self, space_id: str, layer: Layer, version: LayerVersion, store: Store) -> _LayerNames:
        with self._lock:
            known = self._layers.pop((space_id, layer.id), None) or _LayerNames()
            self._layers[space_id, layer.id] = known
            while len(self._layers) > MAX_LAYERS:
                del self._layers[next(iter(self._layers))]
            if known.version != version:
                _catch_up(known, layer, store)
            return known


def fold(text: str) -> str:
    """One form for what should be found alike: full-width and half-width, capitals, blanks."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def match_rank(asked: str, name: _Name) -> int | None:
    """How well a name answers: 0 the whole of it ... 7 a part of its pinyin; None not at all."""
    if asked in (name.folded, name.key):
        return 0
    if name.folded.startswith(asked) or (name.key and name.key.startswith(asked)):
        return 1
    if asked in name.folded:
        return 2
    if len(asked) > 1 and asked in name.key:
        return 3
    if not asked.isascii():
        return None
    if asked == name.initials:
        return 4
    if name.initials.startswith(asked):
        return 5
    if name.spelling.startswith(asked):
        return 6
    if len(asked) > 1 and (asked in name.initials or (len(asked) > 2 and asked in name.spelling)):
        return 7
    return None


def _searchable(layer: Layer, actor: Actor) -> bool:
    title = layer.field(layer.title) if layer.title else None
    if title is None or not actor.may(Action.READ, layer):
        return False
    return is_shown(title, reveal=actor.may(Action.REVEAL, layer))


def _catch_up(known: _LayerNames, layer: Layer, store: Store) -> None:
    changes = store.changes_since(layer.id, known.version, _fields(layer))
    if not changes.known:
        known.too_many = store.count(layer.id) > MAX_NAMES
        known.names = {} if known.too_many else dict(_all_names(layer, store))
    elif not known.too_many:
        gone = {item.id for item in changes.items if item.row is None}
        names = {one: name for one, name in known.names.items() if one not in gone}
        known.names = names | {item.id: _name(layer, item.row) for item in changes.items if item.row is not None}
    known.version = changes.version


def _fields(layer: Layer) -> list[str]:
    return sorted({one for one in (layer.title, layer.key) if one})


def _all_names(layer: Layer, store: Store) -> Iterator[tuple[UUID, _Name]]:
    cursor = None
    while True:
        page = store.page_json(layer.id, fields=_fields(layer), geometry=False, count=False, limit=_PAGE, cursor=cursor)
        for feature in json.loads(f"[{page.features}]"):
            yield UUID(feature["id"]), _name(layer, feature["properties"])
        cursor = page.next_cursor
        if cursor is None:
            return


def _by_database(layer: Layer, asked: str, store: Store, limit: int) -> dict[UUID, _Name]:
    pattern = asked.replace("\\", "").replace("%", "").replace("_", "").replace("'", "''")
    fields = [one.id for one in layer.fields if one.id in (layer.title, layer.key) and one.type is str]
    if not pattern or not fields:
        return {}
    filter_text = " OR ".join(f"{one} ILIKE '%{pattern}%'" for one in fields)
    return {one.id: _name(layer, one.properties) for one in store.page(layer.id, filter=filter_text, limit=limit).features}


def _name(layer: Layer, properties: Mapping[str, object]) -> _Name:
    title = str(properties.get(layer.title or "") or "")
    key = fold(str(properties.get(layer.key or "") or ""))
    folded = fold(title)
    syllables = lazy_pinyin(folded, style=Style.NORMAL, errors=_each)
    return _Name(title, folded, key, "".join(one[:1] for one in syllables), "".join(syllables))


def _each(rest: str) -> Any:
    """Letters and digits between Chinese characters count one by one: 3号楼 is found by 3hl."""
    return list(rest)


def _found(layer: Layer, feature: Feature) -> Found:
    title = str(feature.properties.get(layer.title or "") or feature.properties.get(layer.key or "") or feature.id)
    shape = feature.geometry
    if shape is None:
        return Found(feature, title, None, None)
    place = shapely.point_on_surface(shape)
    west, south, east, north = shape.bounds
    return Found(feature, title, (place.x, place.y), (west, south, east, north))
