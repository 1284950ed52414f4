"""A need for articles is met from several depots, nearest first; what is short, what does not count and why are said."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.queries.engine import QueryEngine
from geodata.queries.nearest import NearestQuestion
from geodata.queries.needs import Article, Needs
from geodata.queries.supply import SupplyAnswer
from geodata.store.spaces import Space
from layers.errors import InvalidInput
from layers.spec import OPERATOR
from tests.geodata.queries.county import DEPOTS, HERE, INCIDENTS, ORDERS, STOCK, TEAMS, ago, depot, east, fit, line, names, put

FIVE_THOUSAND = Needs(articles=(Article("编织袋", 5_000), Article("帐篷", 200)))


def supplied(engine: QueryEngine, space: Space, needs: Needs = FIVE_THOUSAND, **more: object) -> SupplyAnswer:
    return engine.supply(space, NearestQuestion(*HERE, needs=needs, **more), OPERATOR)  # type: ignore[arg-type]


def drawn(space: Space, answer: SupplyAnswer) -> list[tuple[str, float, float, list[tuple[str, float]]]]:
    """Of each article its name, what is met, what is short, and how much from which depot."""
    who = names(space, DEPOTS)
    return [(one.article.name, one.met, one.short, [(who[each.source.id], each.quantity) for each in one.portions]) for one in answer.articles]


@pytest.fixture(params=["index", "postgis"])
def either(request: pytest.FixtureRequest, engine: QueryEngine, by_postgis: QueryEngine) -> QueryEngine:
    return engine if request.param == "index" else by_postgis


def tents(holder: int, quantity: float | None, code: str, **other: object) -> tuple[dict[str, object], None]:
    return line(holder, "帐篷", quantity, "顶", code=code, **other)


def test_depots_are_drawn_on_nearest_first_until_there_is_enough(space: Space, either: QueryEngine) -> None:
    put(space, DEPOTS, (depot(), east(3_000)), (depot(), east(1_000)), (depot(), east(2_000)), (depot(), east(500)))
    put(space, STOCK, line(0, quantity=9_000), line(1, quantity=2_000), line(2, quantity=2_500), tents(1, 80, "t1"), tents(2, 70, "t2"))
    answer = supplied(either, space)
    assert drawn(space, answer) == [("编织袋", 5_000, 0, [("1", 2_000), ("2", 2_500), ("0", 500)]), ("帐篷", 150, 50, [("1", 80), ("2", 70)])]
    assert [one.unit for one in answer.articles] == ["条", "顶"] and answer.layers[0].complete
    assert set(answer.layers[0].rests_on) == {STOCK, ORDERS}


def test_of_one_depot_what_goes_out_of_date_first_is_taken_first(space: Space, either: QueryEngine) -> None:
    put(space, DEPOTS, (depot(), east(100)))
    put(space, STOCK, line(0, quantity=100, code="no date"), line(0, quantity=100, code="late", expires_on=ago(days=-900).date()),
        line(0, quantity=100, code="soon", expires_on=ago(days=-9).date()))
    portion = supplied(either, space, Needs(articles=(Article("编织袋", 250),))).articles[0].portions[0]
    assert [(one.code, amount) for one, amount in portion.lines] == [("soon", 100), ("late", 100), ("no date", 50)]


def test_what_does_not_count_is_said_and_what_is_closed_is_named_with_what_it_holds(space: Space, either: QueryEngine) -> None:
    put(space, DEPOTS, (depot(status="closed"), east(100)), (depot(), east(200)), (depot(), east(300)), (depot(status="closed"), east(400)))
    put(space, INCIDENTS, ({"status": "open"}, shapely.Point(*HERE)))
    put(space, STOCK, line(0, quantity=700), line(1, quantity=50, expires_on=ago(days=3).date()), line(1, quantity=None, code="who knows"), line(1, quantity=3, unit="吨", code="tons"),
        line(2, quantity=400), line(2, quantity=0, expires_on=ago(days=9).date(), code="empty"))
    put(space, ORDERS, ({"incident": f"{INCIDENTS}-0", "depot": f"{DEPOTS}-2", "line": f"{STOCK}-4", "quantity": 100, "status": "ordered"}, None))
    needs = Needs(articles=(Article("编织袋", 1_000, "条"),))
    answer = supplied(either, space, needs)
    assert drawn(space, answer) == [("编织袋", 300, 700, [("2", 300)])]
    assert {(one.line.code, one.quantity, one.reason.code) for one in answer.articles[0].not_counted} == {
        (f"{STOCK}-1", 50, "stock-expired"), ("who knows", None, "stock-unknown"), ("tons", 3, "stock-other-unit"), (f"{STOCK}-4", 100, "ordered-elsewhere")}
    assert [([reason.code for reason in one.left_out.reasons], one.free) for one in answer.layers[0].closed] == [(["closed"], (700,))]
    assert drawn(space, supplied(either, space, needs, incident=f"{INCIDENTS}-0")) == [("编织袋", 400, 600, [("2", 400)])]


def test_a_limit_of_distance_or_a_zone_keeps_depots_out(space: Space, either: QueryEngine) -> None:
    put(space, DEPOTS, (depot(), east(100)), (depot(), east(5_000)), (depot(), east(40_000)))
    put(space, STOCK, *(line(holder, quantity=10) for holder in range(3)))
    needs = Needs(articles=(Article("编织袋", 100),))
    assert drawn(space, supplied(either, space, needs, max_distance_m=20_000.0, zone=shapely.Point(*HERE).buffer(0.01))) == [("编织袋", 10, 90, [("1", 10)])]


def test_a_question_without_articles_or_of_a_layer_without_stock_is_refused_by_name(space: Space, engine: QueryEngine) -> None:
    put(space, TEAMS, (fit(), east(100)))
    for needs, layers, pointer in ((Needs(), (), "/needs/articles"), (FIVE_THOUSAND, (TEAMS,), "/layers")):
        with pytest.raises(InvalidInput) as caught:
            supplied(engine, space, needs, layers=layers)
        assert caught.value.problems[0].pointer == pointer


def test_any_stock_adds_up_as_reckoned_by_hand(space: Space, engine: QueryEngine, by_postgis: QueryEngine) -> None:
    rng = np.random.default_rng(5)
    put(space, DEPOTS, *((depot(status="closed" if place % 7 == 3 else "open"), east(100.0 * (place + 1))) for place in range(40)))
    lines = [(int(rng.integers(40)), float(rng.integers(0, 50)), bool(rng.random() < 0.2)) for _ in range(150)]
    put(space, STOCK, *(line(holder, quantity=amount, expires_on=ago(days=9 if old else -9).date()) for holder, amount, old in lines))
    for wanted in (1.0, 40.0, 333.0, 2_000.0, 9_999.0):
        needs = Needs(articles=(Article("编织袋", wanted),))
        mine, theirs = supplied(engine, space, needs), supplied(by_postgis, space, needs)
        assert mine.articles == theirs.articles and (mine.layers[0].answered_by, theirs.layers[0].answered_by) == ("index", "postgis")
        left, truth = wanted, []
        for holder in (one for one in range(40) if one % 7 != 3):
            has = min(left, sum(amount for which, amount, old in lines if which == holder and not old))
            if has:
                truth.append((str(holder), has))
                left -= has
        assert drawn(space, mine) == [("编织袋", wanted - left, left, truth)]
