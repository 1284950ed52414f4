"""Finding a feature by its name in Chinese, by the initials or spelling of its pinyin, by its code, or by what its values say."""

from __future__ import annotations

import heapq
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

import shapely
from pypinyin import Style, lazy_pinyin

from geodata.store.changes import LayerVersion
from geodata.store.features import Store
from geodata.store.rows import Feature, is_shown, mask_value
from geodata.store.spaces import Space
from geodata.store.wording import Match, Said, fold, matches, said, told_fields, words_of
from layers.spec import OPERATOR, Action, Actor, Layer

MAX_NAMES = 100_000  # features of a layer kept in memory by name and values; a larger layer is searched by the database, without pinyin
MAX_LAYERS = 500  # layers of all spaces kept; those asked longest ago go, so closed drills do
MAX_QUERY = 100
PATIENCE_MS = 700  # for the values of one large layer: who types waits no longer, and is told that it was not gone through
BY_VALUES = 8  # the rank of what only its values answer, after every name and code
_PAGE = 10_000
_RUNS = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")
_LONGEST_NUMBER = 13  # digits, with the country's two
_NUMBER = re.compile(r"[\d\s()（）-]+")  # of a telephone; fewer than seven digits are no whole number


@dataclass(frozen=True)
class Found:
    """A feature that answers a search, with a place to go to (layers without geometry have none) and the fields that answered beside its name.

    Of a line that is kept in pieces, such as a road broken at its crossings, the first of the `parts` that answer; `bbox` is that of all.
    """

    feature: Feature
    title: str
    place: tuple[float, float] | None
    bbox: tuple[float, float, float, float] | None
    matches: tuple[Match, ...] = ()
    parts: int = 1


@dataclass(frozen=True)
class Answer(Sequence[Found]):
    """What was found, the closest first, and the layers whose values could not be gone through in time."""

    found: tuple[Found, ...]
    unsearched: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.found)

    def __getitem__(self, place: Any) -> Any:
        return self.found[place]


@dataclass(frozen=True, slots=True)
class _Name:
    title: str
    folded: str
    key: str
    initials: str
    spelling: str
    called: str  # all of the above in one text: what is not in it is not the name
    said: Said
    line: str  # what the pieces of one line have in common; empty for what stands for itself


@dataclass
class _LayerNames:
    version: LayerVersion | None = None
    names: dict[UUID, _Name] = field(default_factory=dict)
    too_many: bool = False


_Ranked = tuple[int, int, int, str, str, str, UUID]  # rank, length of the title, order of the layer, title, line, layer, feature
_Parts = dict[tuple[str, str], list[UUID]]  # the pieces that answer, of each layer and line
_Layer = tuple[int, Layer, _LayerNames]


class NameIndex:
    """Names of the features of every space, kept in step by version before each answer. One per process, thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._layers: dict[tuple[str, str], _LayerNames] = {}

    def search(self, space: Space, text: str, actor: Actor, limit: int = 20) -> Answer:
        """At most `limit` features whose name, code, pinyin or values answer the text, the closest match first.

        Whole name or code, then beginnings, then parts, then pinyin, then those whose values hold every word of the text;
        equal ones by length of name, order of layers, name. Only layers that the actor may read; none whose title is personal.
        Values are those that the actor sees. A whole telephone number finds whose it is, for those who may reveal it: each
        such hit is written down as a look. Empty text: nothing.
        """
        asked = fold(text)[:MAX_QUERY]
        if not asked:
            return Answer(())
        words = words_of(text[:MAX_QUERY])
        versions = space.versions()  # before the snapshot, so that nobody waits for a connection while holding one
        unsearched: list[str] = []
        parts: _Parts = {}
        with space.reading(OPERATOR) as whole:
            layers = [(order, layer, self._names(space.id, layer, versions[layer.id], whole))
                      for order, layer in enumerate(space.catalogue.values()) if _searchable(layer, actor) and layer.id in versions]
        with space.reading(actor) as store:
            ranked = heapq.nsmallest(limit, _whole_lines(_by_name(layers, asked, store, limit, unsearched), parts))
            if len(ranked) < limit and words:
                known = {one[-1] for one in ranked} | {one for pieces in parts.values() for one in pieces}
                others = (one for one in _by_values(layers, words, store, actor, limit, unsearched) if one[-1] not in known)
                ranked += heapq.nsmallest(limit - len(ranked), _whole_lines(others, parts))
            wanted: dict[str, list[UUID]] = {}
            for *_, line, layer_id, feature_id in ranked:
                wanted.setdefault(layer_id, []).extend(parts[layer_id, line] if line else [feature_id])
            features = {layer_id: store.by_ids(layer_id, ids) for layer_id, ids in wanted.items()}
        found = [_found(space.catalogue.layer(layer_id), features[layer_id][feature_id], words, actor, parts=[features[layer_id].get(one) for one in parts.get((layer_id, line), ())])
                 for *_, line, layer_id, feature_id in ranked if feature_id in features[layer_id]]
        return Answer((*_by_number(space, text, actor, limit), *found)[:limit], tuple(unsearched))

    def _names(self, space_id: str, layer: Layer, version: LayerVersion, store: Store) -> _LayerNames:
        with self._lock:
            known = self._layers.pop((space_id, layer.id), None) or _LayerNames()
            self._layers[space_id, layer.id] = known
            while len(self._layers) > MAX_LAYERS:
                del self._layers[next(iter(self._layers))]
            if known.version != version:
                _catch_up(known, layer, store)
            return known


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


def _whole_lines(ranked: Iterator[_Ranked], parts: _Parts) -> Iterator[_Ranked]:
    """Each line once, by the best of its pieces; `parts` takes all of them that answer."""
    best: dict[tuple[str, str], _Ranked] = {}
    for one in ranked:
        *_, line, layer_id, feature_id = one
        if not line:
            yield one
            continue
        parts.setdefault((layer_id, line), []).append(feature_id)
        best[layer_id, line] = min(best.get((layer_id, line), one), one)
    yield from best.values()


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
    return sorted({one for one in (layer.title, layer.key, *(layer.chainage.of if layer.chainage else ()), *(one.id for one in told_fields(layer))) if one})


def _all_names(layer: Layer, store: Store) -> Iterator[tuple[UUID, _Name]]:
    cursor = None
    while True:
        page = store.page_json(layer.id, fields=_fields(layer), geometry=False, count=False, limit=_PAGE, cursor=cursor)
        for feature in json.loads(f"[{page.features}]"):
            yield UUID(feature["id"]), _name(layer, feature["properties"])
        cursor = page.next_cursor
        if cursor is None:
            return


def _by_name(layers: Sequence[_Layer], asked: str, store: Store, limit: int, unsearched: list[str]) -> Iterator[_Ranked]:
    for order, layer, known in layers:
        names = _named_in_database(layer, asked, store, limit, unsearched) if known.too_many else known.names
        for feature_id, name in [one for one in list(names.items()) if asked in one[1].called]:
            rank = match_rank(asked, name)
            if rank is not None:
                yield rank, len(name.title), order, name.title, name.line, layer.id, feature_id


def _by_values(layers: Sequence[_Layer], words: Sequence[str], store: Store, actor: Actor, limit: int, unsearched: list[str]) -> Iterator[_Ranked]:
    """Features that hold every word in a value or, by its pinyin, in the name; `unsearched` takes the layers that were too slow."""
    for order, layer, known in layers:
        for feature_id, name in _holding(known.names, words, reveal=actor.may(Action.REVEAL, layer)):
            yield BY_VALUES, len(name.title), order, name.title, name.line, layer.id, feature_id
        if known.too_many and layer.id not in unsearched:
            rows = store.holding(layer.id, words, limit=limit, patience_ms=PATIENCE_MS)
            if rows is None:
                unsearched.append(layer.id)
            for one in rows or ():
                title = str(one.properties.get(layer.title or "") or "")
                yield BY_VALUES, len(title), order, title, _line(layer, title, one.properties), layer.id, one.id


def _holding(names: Mapping[UUID, _Name], words: Sequence[str], *, reveal: bool) -> list[tuple[UUID, _Name]]:
    """Word after word over what is left: twenty thousand features take some milliseconds."""
    left = list(names.items())
    for word in words:
        spelt = len(words) > 1 and word.isascii()  # alone, it was asked of the names already
        left = [one for one in left if word in one[1].said.public or (spelt and word in one[1].called) or (reveal and word in one[1].said.sensitive)]
    return left


def _by_number(space: Space, text: str, actor: Actor, limit: int) -> Iterator[Found]:
    """Whose a whole telephone number is, each written down as a look; a past moment writes nothing down, so it tells nothing."""
    digits = re.sub(r"\D", "", text)
    if not 7 <= len(digits) <= _LONGEST_NUMBER or not _NUMBER.fullmatch(text.strip()) or space.is_past:
        return
    with space.transaction(actor) as store:
        for layer in space.catalogue.values():
            if not (store.may(Action.READ, layer) and store.may(Action.REVEAL, layer)):
                continue
            for feature_id, one in store.with_number(layer.id, digits, limit=limit):
                store.reveal(layer.id, feature_id, [one.id])
                yield _found(layer, store.get(layer.id, feature_id), (), actor, (Match(one, mask_value(one, digits, reveal=False)),))


def _named_in_database(layer: Layer, asked: str, store: Store, limit: int, unsearched: list[str]) -> dict[UUID, _Name]:
    named = frozenset(one for one in (layer.title, layer.key) if one)
    rows = store.holding(layer.id, [asked], limit=limit, patience_ms=PATIENCE_MS, within=named)
    if rows is None:
        unsearched.append(layer.id)
    return {one.id: _name(layer, one.properties) for one in rows or ()}


def _name(layer: Layer, properties: Mapping[str, object]) -> _Name:
    title = str(properties.get(layer.title or "") or "")
    key = fold(str(properties.get(layer.key or "") or ""))
    folded = fold(title)
    syllables = [one for run in _RUNS.findall(folded) for one in (_syllables(run) if not run.isascii() else run)]
    initials, spelling = "".join(one[:1] for one in syllables), "".join(syllables)
    return _Name(title, folded, key, initials, spelling, "\n".join((folded, key, initials, spelling)), said(layer, properties), _line(layer, title, properties))


def _line(layer: Layer, title: str, properties: Mapping[str, object]) -> str:
    """What lines called the same share, in a layer of lines that are found by chainage; a nameless one stands for itself."""
    return "\n".join((title, *(str(properties.get(one) or "") for one in layer.chainage.of))) if layer.chainage and title else ""


@lru_cache(maxsize=50_000)  # names share their words: a thousand numbered posts are read once
def _syllables(run: str) -> tuple[str, ...]:
    return tuple(lazy_pinyin(run, style=Style.NORMAL, errors=_each))


def _each(rest: str) -> Any:
    """Letters and digits between Chinese characters count one by one: 3号楼 is found by 3hl."""
    return list(rest)


def _found(layer: Layer, feature: Feature, words: Sequence[str], actor: Actor, known: tuple[Match, ...] = (), parts: Sequence[Feature | None] = ()) -> Found:
    title = str(feature.properties.get(layer.title or "") or feature.properties.get(layer.key or "") or feature.id)
    answered = known or matches(layer, feature.properties, words, reveal=actor.may(Action.REVEAL, layer))
    if feature.geometry is None:
        return Found(feature, title, None, None, answered)
    place = shapely.point_on_surface(feature.geometry)
    pieces = [one.geometry for one in parts if one is not None and one.geometry is not None] or [feature.geometry]
    west, south, east, north = (float(one) for one in shapely.total_bounds(pieces))
    return Found(feature, title, (place.x, place.y), (west, south, east, north), answered, len(pieces))
