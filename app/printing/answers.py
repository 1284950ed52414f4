"""The answers in words: the rows of the ranking with those left out, and of the exposure table with its basis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from math import ceil
from uuid import UUID

from app.printing import words
from app.printing.contents import ExposedRow, LeftOutRow, RankedRow, Ranking
from geodata.queries.exposure import ExposureAnswer, Inside, LayerExposure, MeasureSum, Portion
from geodata.queries.nearest import LayerRanking, NearestAnswer, Ranked
from geodata.queries.needs import Needs, choices
from geodata.queries.supply import SupplyAnswer
from geodata.store.rows import Feature
from layers.collection import Catalogue
from layers.fitness import Need
from layers.spec import Layer, Style

MAX_LEFT_OUT = 20  # rows for each layer; the head says how many there are
MAX_NAMED = 200  # features named in the exposure table for each layer; the count is always of all

Named = Mapping[tuple[str, str], Feature]


def rankings(catalogue: Catalogue, answer: NearestAnswer, named: Named, language: str) -> tuple[Ranking, ...]:
    """A table for each layer, in the order of the answer."""
    return tuple(_ranking(catalogue.layer(one.layer), one, named, language) for one in answer.layers)


def needed(catalogue: Catalogue, needs: Needs, language: str) -> str:
    """What was asked of resources, in one line; empty where nothing was."""
    asked = [(Need.SKILLS, needs.skills), (Need.HAZARD, (needs.hazard,))]
    said = [one.label.in_language(language) for need, values in asked for one in choices(catalogue, need) if one.value in values]
    said += [f"{one.name} {words.number(one.quantity)} {one.unit or ''}".strip() for one in needs.articles]
    return words.say("comma", language).join(said)


def _ranking(layer: Layer, ranking: LayerRanking, named: Named, language: str) -> Ranking:
    rows = []
    for one in ranking.ranked:
        feature = named.get((layer.id, str(one.id)))
        known = feature.properties if feature else {}
        verified = known.get("verified_at")
        rows.append(RankedRow(one.rank, words.title(layer, known, language), _about(layer, known, one, language), _far(one, language),
                              words.bearing(one.bearing_deg, language), words.day(verified) if verified else words.say("unverified", language)))
    left = [LeftOutRow(words.title(layer, feature.properties if (feature := named.get((layer.id, str(one.id)))) else {}, language), words.distance(one.distance_m),
                       words.say("comma", language).join(reason.label.in_language(language) for reason in one.reasons))
            for one in ranking.left_out[:MAX_LEFT_OUT]]
    return Ranking(layer.label.in_language(language), layer.style, tuple(rows), tuple(left), _note(ranking, language))


def supplied(catalogue: Catalogue, answer: SupplyAnswer, named: Named, language: str) -> tuple[Ranking, ...]:
    """A table for each article: which holder gives how much of which lines, nearest first, who has some but may not be drawn on, and what is still short."""
    if not answer.layers:
        return ()
    style = catalogue.layer(answer.layers[0].layer).style
    return tuple(_supplied(catalogue, answer, place, style, named, language) for place in range(len(answer.articles)))


def _supplied(catalogue: Catalogue, answer: SupplyAnswer, place: int, style: Style, named: Named, language: str) -> Ranking:
    one = answer.articles[place]

    def known(layer_id: str, feature_id: UUID) -> tuple[Layer, Mapping[str, object]]:
        feature = named.get((layer_id, str(feature_id)))
        return catalogue.layer(layer_id), feature.properties if feature else {}

    def amount(quantity: float) -> str:
        return f"{words.number(quantity)} {one.unit or ''}".strip()

    rows = []
    for rank, portion in enumerate(one.portions, 1):
        layer, properties = known(portion.source.layer, portion.source.id)
        verified = properties.get("verified_at")
        lines = [words.say("supply.line", language, code=line.code or words.say("unknown", language), quantity=words.number(taken),
                           expires=line.expires_on.isoformat() if line.expires_on else words.say("unknown", language)) for line, taken in portion.lines]
        rows.append(RankedRow(rank, words.title(layer, properties, language), " · ".join([words.say("supply.take", language, quantity=amount(portion.quantity)), *lines]),
                              words.distance(portion.source.distance_m), "", words.day(verified) if isinstance(verified, datetime) else words.say("unverified", language)))
    closed = [each for layer_supply in answer.layers for each in layer_supply.closed if each.free[place] > 0]
    left = [LeftOutRow(words.title(*known(each.layer, each.left_out.id), language), words.distance(each.left_out.distance_m),
                       words.say("comma", language).join([words.say("supply.lies", language, quantity=amount(each.free[place])), *(reason.label.in_language(language) for reason in each.left_out.reasons)]))
            for each in closed[:MAX_LEFT_OUT]]
    left += [LeftOutRow(words.title(*known(each.layer, each.holder), language), words.distance(each.distance_m), each.reason.label.in_language(language))
             for each in one.not_counted[:MAX_LEFT_OUT]]
    note = words.say("supply.short", language, met=amount(one.met), short=amount(one.short)) if one.short else words.say("supply.met", language)
    return Ranking(words.say("supply.head", language, article=one.article.name, asked=amount(one.article.quantity)), style, tuple(rows), tuple(left), note)


def _far(one: Ranked, language: str) -> str:
    """How far by air; asked by road, how long it takes, where a road leads."""
    if one.driven is None or one.driven.duration_s is None:
        return words.distance(one.distance_m)
    return words.say("road.minutes", language, n=max(1, ceil(one.driven.duration_s / 60)))


def _about(layer: Layer, known: Mapping[str, object], one: Ranked, language: str) -> str:
    """What a ranked feature can do, and what is not known of it; asked by road, how it comes before that."""
    by_road = ""
    if one.driven is not None and one.driven.why is not None:
        by_road = one.driven.why.label.in_language(language)
    elif one.driven is not None and one.driven.length_m is not None:
        by_road = words.say("road.far", language, length=words.distance(one.driven.length_m), straight=words.distance(one.distance_m))
    return " · ".join(filter(None, (by_road, words.about(layer, known, language), *(reason.label.in_language(language) for reason in one.uncertain))))


def _note(ranking: LayerRanking, language: str) -> str:
    if ranking.more_left_out:
        said = words.say("nearest.left-more", language, n=len(ranking.left_out))
    elif ranking.left_out:
        said = words.say("nearest.left", language, n=len(ranking.left_out))
    else:
        said = words.say("nearest.all", language)
    return f"{said} · {words.say('legend.coarse', language)}" if ranking.positions == "coarse" else said


def exposure_rows(catalogue: Catalogue, answer: ExposureAnswer, named: Named, language: str) -> tuple[tuple[ExposedRow, ...], str]:
    """The layers that have something inside, and in one line those that have not."""
    rows = tuple(_exposed(catalogue.layer(one.layer), one, named, language) for one in answer.layers if one.count)
    none = [catalogue.layer(one.layer).label.in_language(language) for one in answer.layers if not one.count]
    if not rows:
        return rows, words.say("zone.nothing", language)
    return rows, words.say("zone.none", language, layers=words.say("comma", language).join(none)) if none else ""


def _exposed(layer: Layer, exposed: LayerExposure, named: Named, language: str) -> ExposedRow:
    sums = tuple(_sum(layer, name, one, language) for name, one in exposed.measures.items())
    names = [_name(layer, one, named, language) for one in exposed.features[:MAX_NAMED]]
    listed = words.say("comma", language).join(names)
    if exposed.count > len(names):
        listed += " " + words.say("zone.more", language, n=f"{exposed.count:,}")
    return ExposedRow(layer.label.in_language(language), layer.style, f"{exposed.count:,}", sums, _basis(layer, exposed, language), listed)


def _sum(layer: Layer, name: str, one: MeasureSum, language: str) -> str:
    field = layer.field(name)
    label = field.label.in_language(language) if field else name
    if one.sum is None:
        return f"{label} {words.say('unknown', language)}"
    said = f"{label} {words.number(one.sum)} {words.unit(one.unit, language)}".strip()
    return f"{said}（{words.say('zone.unknown', language, n=one.unknown)}）" if one.unknown else said


def _basis(layer: Layer, exposed: LayerExposure, language: str) -> tuple[str, ...]:
    """What the figures rest on; with several sources each one's own figures, for they stay two."""
    basis = exposed.basis
    by_source = [_source(layer, name, list(those), language) for name, those in groupby(sorted(basis.portions, key=_by_source), lambda one: one.source)]
    lines = [f"{origin}：{figures}" if len(by_source) > 1 else origin for origin, figures in by_source]
    if basis.verified_latest and basis.verified_oldest:
        lines.append(words.say("verified", language, when=words.span((basis.verified_oldest, basis.verified_latest))))
    if basis.verified_unknown:
        lines.append(words.say("unverified.n", language, n=basis.verified_unknown))
    if exposed.positions == "coarse":
        lines.append(words.say("legend.coarse", language))
    return tuple(lines)


def _by_source(one: Portion) -> tuple[bool, str]:
    return one.source is None, one.source or ""


def _source(layer: Layer, name: str | None, portions: list[Portion], language: str) -> tuple[str, str]:
    """Where a part of the figures comes from and of when, and its count and sums: figures of other dates of the same source are one."""
    dates = tuple(sorted(one.source_date for one in portions if one.source_date))
    origin = " ".join(filter(None, (name or words.say("no-source", language), words.span(dates))))
    sums = [_sum(layer, each, _added([one.measures[each] for one in portions]), language) for each in portions[0].measures]
    return origin, " · ".join([f"{sum(one.count for one in portions):,}", *sums])


def _added(sums: list[MeasureSum]) -> MeasureSum:
    known = [one.sum for one in sums if one.sum is not None]
    return replace(sums[0], sum=sum(known) if known else None, unknown=sum(one.unknown for one in sums))


def _name(layer: Layer, one: Inside, named: Named, language: str) -> str:
    feature = named.get((layer.id, str(one.id)))
    name = words.title(layer, feature.properties if feature else {}, language)
    if one.part is None:
        return name
    return f"{name} {words.area(one.part) if one.unit == 'm2' else words.distance(one.part)}"
