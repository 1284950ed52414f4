"""Every reason that applies is said, nothing is filtered silently, what is not known is never taken for available; index and PostGIS agree."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from geodata.queries.deadline import TakesTooLong
from geodata.queries.engine import QueryEngine
from geodata.queries.nearest import LayerRanking, NearestQuestion, Reason
from geodata.queries.needs import Article, Needs
from geodata.queries.showing import Show
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.dates import CHINA
from layers.errors import Forbidden, InvalidInput
from layers.fitness import Passed
from layers.spec import OPERATOR, Family, Field, Geometry, Label, Layer, Role, Style
from tests.conftest import actor
from tests.geodata.queries.county import (
    DEPOTS,
    HERE,
    INCIDENTS,
    NOW,
    ORDERS,
    SHELTERS,
    STOCK,
    TEAMS,
    ZONES,
    ago,
    asked,
    depot,
    east,
    fit,
    line,
    put,
    told,
)

SKILL = Needs(skills=("chemical",))
ROUND = shapely.Point(*HERE).buffer(0.002)  # some 200 m


def bags(quantity: float = 1_000.0, unit: str | None = None) -> Needs:
    return Needs(articles=(Article("编织袋", quantity, unit),))


@pytest.fixture
def both(engine: QueryEngine, by_postgis: QueryEngine) -> tuple[QueryEngine, QueryEngine]:
    return engine, by_postgis


def test_every_reason_against_a_team_is_said_at_once(space: Space, both: tuple[QueryEngine, QueryEngine]) -> None:
    put(space, TEAMS, (fit(duty="off_duty", position_at=ago(days=3), verified_at=ago(days=400)), east(100)), (fit(skills=["fire", "chemical"]), east(900)))
    put(space, INCIDENTS, ({"status": "open"}, shapely.Point(109.9, 40.6)))
    put(space, ORDERS, ({"incident": f"{INCIDENTS}-0", "team": f"{TEAMS}-0", "status": "under_way"}, None))
    for engine in both:
        ranking = asked(engine, space, k=1, needs=SKILL, zone=ROUND, filter="size > 3 OR duty = 'on_duty'")
        assert told(space, ranking) == (["1"], {"0": ["off-duty", "ordered-elsewhere", "wrong-skill", "position-old", "contact-old", "filter-not-met", "in-zone"]}, {})
        said = {reason.code: reason for reason in ranking.left_out[0].reasons}
        assert said["wrong-skill"].label.zh == "无所需能力：危化救援" and said["wrong-skill"].values == {"missing": ["chemical"]}
        assert said["position-old"].label.zh == "位置 3 天未更新（限 24 小时）" and said["contact-old"].label.en == "Contact not verified for 400 d (limit 180 d)"
        assert said["position-old"].values == {"age": 4320, "limit": 1440, "unit": "min"}
        assert set(ranking.rests_on) == {ORDERS}


def test_what_is_not_known_is_ranked_and_said_only_where_it_was_asked(space: Space, both: tuple[QueryEngine, QueryEngine]) -> None:
    put(space, TEAMS, ({}, east(100)), (fit(), east(200)))
    put(space, SHELTERS, ({"capacity": 100}, east(100)))
    for engine in both:
        assert told(space, asked(engine, space)) == (["0", "1"], {}, {"0": ["duty-unknown", "position-at-unknown", "verified-at-unknown"]})
        assert told(space, asked(engine, space, needs=Needs(skills=("fire",))))[2] == {"0": ["duty-unknown", "skills-unknown", "position-at-unknown", "verified-at-unknown"]}
        assert told(space, asked(engine, space, limits={"contact_days": 0}))[2] == {"0": ["duty-unknown", "position-at-unknown"]}
        assert told(space, asked(engine, space, SHELTERS, needs=Needs(hazard="flood")))[2] == {"0": ["status-unknown", "people-now-unknown", "suits-unknown", "verified-at-unknown"]}


def test_limits_of_age_hold_to_the_second_and_change_with_the_question(space: Space, database: Database, both: tuple[QueryEngine, QueryEngine]) -> None:
    put(space, TEAMS, (fit(position_at=ago(minutes=59)), east(100)), (fit(position_at=ago(minutes=61)), east(200)), (fit(verified_at=ago(days=181)), east(300)))
    for engine in both:
        assert told(space, asked(engine, space))[1] == {"2": ["contact-old"]}
        assert told(space, asked(engine, space, limits={"position_minutes": 60, "contact_days": 0}))[:2] == (["0", "2"], {"1": ["position-old"]})
    strict = QueryEngine(database, limits={"position_minutes": 60})
    assert told(space, asked(strict, space))[1] == {"1": ["position-old"], "2": ["contact-old"]}
    assert told(space, asked(strict, space, limits={"position_minutes": 0}))[1] == {"2": ["contact-old"]}
    strict.close()


def test_a_shelter_is_full_by_its_numbers_and_unfit_by_its_hazards(space: Space, both: tuple[QueryEngine, QueryEngine]) -> None:
    known = {"status": "open", "verified_at": ago(days=1), "suits": ["flood"]}
    put(space, SHELTERS, ({**known, "capacity": 100, "people_now": 100}, east(100)), ({**known, "capacity": 100, "people_now": 99}, east(200)),
        ({**known, "capacity": 100, "people_now": 0, "suits": ["fire"]}, east(300)), ({**known, "status": "full", "capacity": 5, "people_now": 9}, east(50)))
    for engine in both:
        ranking = asked(engine, space, SHELTERS, needs=Needs(hazard="洪水"))
        assert told(space, ranking) == (["1"], {"3": ["full"], "0": ["full"], "2": ["not-suited"]}, {})
        assert ranking.left_out[2].reasons == (Reason("not-suited", ranking.left_out[2].reasons[0].label, {"missing": ["flood"]}),)
        assert ranking.left_out[2].reasons[0].label.zh == "不适用于洪水"


def test_an_incident_keeps_its_zones_free_its_own_orders_are_not_elsewhere_and_its_hazard_counts(space: Space, both: tuple[QueryEngine, QueryEngine]) -> None:
    put(space, INCIDENTS, ({"code": "SJ-1", "status": "open", "hazard": "flood"}, shapely.Point(*HERE)), ({"code": "SJ-2", "status": "open"}, shapely.Point(110.0, 40.6)))
    zone = {"kind": "danger", "basis": "modelled"}
    put(space, ZONES, ({"incident": "SJ-1", "from_time": ago(hours=1), **zone}, east(100).buffer(0.0005)), ({"incident": "SJ-1", "to_time": ago(hours=1), **zone}, east(300).buffer(0.0005)),
        ({"incident": "SJ-1", "from_time": NOW + timedelta(hours=1), **zone}, east(500).buffer(0.0005)), ({"incident": "SJ-2", **zone}, east(700).buffer(0.0005)))
    put(space, TEAMS, *((fit(), east(metres)) for metres in (100, 300, 500, 700)))
    put(space, ORDERS, ({"incident": "SJ-1", "team": f"{TEAMS}-1", "status": "on_site"}, None), ({"incident": "SJ-2", "team": f"{TEAMS}-2", "status": "ordered"}, None),
        ({"team": f"{TEAMS}-3", "status": "ordered"}, None), ({"incident": "SJ-2", "team": f"{TEAMS}-1", "status": "released"}, None))
    put(space, SHELTERS, ({"suits": ["fire"], "status": "open", "capacity": 9, "people_now": 0, "verified_at": ago(days=1)}, east(900)))
    for engine in both:
        assert told(space, asked(engine, space, incident="SJ-1")) == (["1"], {"0": ["in-zone"], "2": ["ordered-elsewhere"], "3": ["ordered-elsewhere"]}, {})
        assert told(space, asked(engine, space, incident="SJ-2"))[:2] == (["0", "2"], {"1": ["ordered-elsewhere"], "3": ["ordered-elsewhere", "in-zone"]})
        assert told(space, asked(engine, space))[:2] == (["0"], {"1": ["ordered-elsewhere"], "2": ["ordered-elsewhere"], "3": ["ordered-elsewhere"]})
        assert told(space, asked(engine, space, SHELTERS, incident="SJ-1"))[1] == {"0": ["not-suited"]}
        assert told(space, asked(engine, space, SHELTERS, incident="SJ-1", needs=Needs(hazard="fire")))[1] == {}
        answer = engine.nearest(space, NearestQuestion(*HERE, (TEAMS, SHELTERS), incident="SJ-1"), OPERATOR)
        assert answer.needs.hazard == "flood" and set(answer.layers[0].rests_on) == {ORDERS, ZONES, INCIDENTS}


def test_a_new_order_is_in_the_next_answer(space: Space, engine: QueryEngine) -> None:
    """Orders are kept between questions by the version of their layer."""
    put(space, TEAMS, (fit(), east(100)))
    assert told(space, asked(engine, space))[0] == ["0"]
    for status, there in (("ordered", []), ("released", ["0"]), ("under_way", [])):
        put(space, ORDERS, ({"team": f"{TEAMS}-0", "status": status}, None))
        assert told(space, asked(engine, space))[0] == there and asked(engine, space).answered_by == "index"


def test_what_a_depot_lacks_is_told_by_article(space: Space, both: tuple[QueryEngine, QueryEngine]) -> None:
    put(space, DEPOTS, *((depot(), east(100 * (place + 1))) for place in range(8)))
    put(space, STOCK, line(0, "帐篷", 10, "顶"), line(1, quantity=400), line(2, quantity=5_000, expires_on=ago(days=2).date()), line(3, quantity=3, unit="吨"),
        line(4, quantity=5_000), line(5, quantity=None), line(6, unit=None), line(7, quantity=600), line(7, quantity=600, code="second", expires_on=NOW.astimezone(CHINA).date()))
    put(space, INCIDENTS, ({"status": "open"}, shapely.Point(*HERE)))
    put(space, ORDERS, ({"incident": f"{INCIDENTS}-0", "depot": f"{DEPOTS}-4", "line": f"{STOCK}-4", "quantity": 4_500, "status": "ordered"}, None))
    for engine in both:
        ranking = asked(engine, space, DEPOTS, needs=bags(1_000, "条"), k=9)
        assert told(space, ranking) == (["5", "6", "7"], {
            "0": ["no-stock"], "1": ["not-enough"], "2": ["stock-expired"], "3": ["stock-other-unit"], "4": ["not-enough", "ordered-elsewhere"]},
            {"5": ["stock-unknown"], "6": ["stock-unknown"]})
        words = [reason.label.zh for one in ranking.left_out for reason in one.reasons]
        assert words == ["没有编织袋", "编织袋不足：仅 400 条", "编织袋 5,000 条已过期", "编织袋有以其他单位计的库存，未计入", "编织袋不足：仅 500 条", "已调派他处"]
        assert ranking.left_out[1].reasons[0].values == {"article": "编织袋", "asked": 1_000, "there": 400, "unit": "条"}
        assert told(space, asked(engine, space, DEPOTS, needs=bags(1_000, "条"), k=9, incident=f"{INCIDENTS}-0"))[0] == ["4", "5", "6", "7"]


def test_several_articles_are_all_needed_and_each_that_lacks_is_named(space: Space, both: tuple[QueryEngine, QueryEngine]) -> None:
    put(space, DEPOTS, (depot(status="closed"), east(100)), (depot(), east(200)))
    put(space, STOCK, line(0, quantity=10), line(1), line(1, "帐篷", 50, "顶", code="tents", item_code="1010101"))
    needs = Needs(articles=(Article("编织袋", 1_000), Article("1010101", 20)))
    for engine in both:
        ranking = asked(engine, space, DEPOTS, needs=needs)
        assert told(space, ranking) == (["1"], {"0": ["closed", "not-enough", "no-stock"]}, {})
        assert [reason.values.get("article") for reason in ranking.left_out[0].reasons] == [None, "编织袋", "1010101"]


@pytest.mark.parametrize(("needs", "pointer", "near"), [
    (Needs(skills=("fire", "hazmat")), "/needs/skills/1", ""), (Needs(skills=("危化",)), None, ""), (Needs(hazard="flod"), "/needs/hazard", "flood"),
    (Needs(articles=(Article("编制袋", 5),)), "/needs/articles/0/name", "编织袋"), (bags(5, "吨"), "/needs/articles/0/unit", "条"), (bags(5, " 条"), None, ""),
])
def test_a_word_that_is_not_there_is_refused_by_name_with_those_near_it(space: Space, engine: QueryEngine, needs: Needs, pointer: str | None, near: str) -> None:
    put(space, DEPOTS, (depot(), east(100)))
    put(space, STOCK, line(0), line(0, "帐篷", 10, "顶", code="tents"))
    question = NearestQuestion(*HERE, needs=needs)
    if pointer is None:
        engine.nearest(space, question, OPERATOR)
        return
    with pytest.raises(InvalidInput) as caught:
        engine.nearest(space, question, OPERATOR)
    problem = caught.value.problems[0]
    assert problem.pointer == pointer and near in str(problem.values)


def test_units_that_differ_are_not_added_unasked(space: Space, engine: QueryEngine) -> None:
    put(space, DEPOTS, (depot(), east(100)))
    put(space, STOCK, line(0), line(0, quantity=2, unit="吨", code="other"))
    with pytest.raises(InvalidInput) as caught:
        asked(engine, space, DEPOTS, needs=bags())
    assert (caught.value.problems[0].pointer, caught.value.problems[0].values["units"]) == ("/needs/articles/0/unit", "吨, 条")


@pytest.mark.parametrize("article", [Article("编织袋", 0), Article("编织袋", -1), Article("编织袋", float("nan")), Article("编织袋", 1e12)])
def test_a_quantity_that_is_none_is_refused_by_name(article: Article) -> None:
    with pytest.raises(InvalidInput) as caught:
        Needs(articles=(article,))
    assert caught.value.problems[0].pointer == "/needs/articles/0/quantity"


def test_an_incident_that_is_not_there_is_refused_by_name(space: Space, engine: QueryEngine) -> None:
    put(space, INCIDENTS, ({"code": "SJ-1", "status": "open"}, shapely.Point(*HERE)))
    for given in ("SJ-2", "0190a5c0-0000-7000-8000-000000000000"):
        with pytest.raises(InvalidInput) as caught:
            asked(engine, space, incident=given)
        assert caught.value.problems[0].pointer == "/incident" and "SJ-1" in str(caught.value.problems[0].values)


def test_stock_is_told_to_those_who_may_read_it(space: Space, engine: QueryEngine) -> None:
    with pytest.raises(Forbidden):
        engine.nearest(space, NearestQuestion(*HERE, (DEPOTS,), needs=bags()), actor(Role.AUDIT_ADMIN))


def test_the_past_is_judged_by_its_own_moment(database: Database, space: Space, engine: QueryEngine) -> None:
    import time

    put(space, TEAMS, (fit(), east(100)))
    with space.reading(OPERATOR) as store:
        first = max(one.at for one in store.commits())
    time.sleep(1.1)  # past moments are whole seconds
    from geodata.store.past import space_id_of

    moment = first + timedelta(seconds=1)
    put(space, ORDERS, ({"team": f"{TEAMS}-0", "status": "ordered"}, None))
    then = database.space(space_id_of(moment))
    assert told(space, asked(engine, space))[1] == {"0": ["ordered-elsewhere"]}
    assert told(then, asked(engine, then))[:2] == (["0"], {})


def test_a_drill_has_orders_of_its_own(database: Database, space: Space, engine: QueryEngine) -> None:
    put(space, TEAMS, (fit(), east(100)))
    drill = database.space(database.open_drill("orders", actor(Role.DRILL_CONTROLLER)).id)
    put(drill, ORDERS, ({"team": f"{TEAMS}-0", "status": "ordered"}, None))
    assert (told(drill, asked(engine, drill))[0], told(space, asked(engine, space))[0]) == ([], ["0"])


def test_a_question_past_its_limit_is_refused_with_the_fact(space: Space, both: tuple[QueryEngine, QueryEngine], monkeypatch: pytest.MonkeyPatch) -> None:
    put(space, TEAMS, (fit(), east(100)))
    monkeypatch.setattr("geodata.queries.deadline.time.monotonic", iter(np.arange(0, 1e6, 1.0)).__next__)  # every look at the clock is a second later
    for engine in both:
        with pytest.raises(TakesTooLong) as caught:
            asked(engine, space, limit_ms=1_500)
        assert caught.value.values == {"limit_ms": 1_500}


def test_a_statement_that_waits_longer_than_the_question_may_take_is_stopped(database: Database, space: Space, by_postgis: QueryEngine) -> None:
    put(space, TEAMS, (fit(), east(100)))
    with database.owner.begin() as holding:
        holding.execute(text("LOCK TABLE onemap.rescue_teams IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(TakesTooLong):
            asked(by_postgis, space, limit_ms=200)
    assert told(space, asked(by_postgis, space, limit_ms=2_000))[0] == ["0"]


def test_a_date_that_is_over_and_a_moment_that_has_come_leave_out(space: Space, both: tuple[QueryEngine, QueryEngine]) -> None:
    """A date is good until its day ends in China; a moment until it comes."""
    word = Label("词", "Word")
    layer = Layer("leases", word, Geometry.POINT, (Field("code", word), Field("until", word, date), Field("till", word, datetime)), Style(Family.RESOURCE), key="code", title="code", ranked=True,
                  out_of_service=(Passed("until", "over", word, word), Passed("till", "ended", word)))
    space.create_layer(layer, OPERATOR)
    today = datetime.now(CHINA).date()
    rows = ((today, None), (today - timedelta(days=1), ago(minutes=1)), (None, NOW + timedelta(hours=1)), (today + timedelta(days=1), ago(seconds=1)))
    with space.transaction(OPERATOR, "test") as store:
        store.upsert("leases", [Row({"code": f"leases-{place}", "until": until, "till": till}, east(100 * (place + 1)), place) for place, (until, till) in enumerate(rows)])
    for engine in both:
        assert told(space, asked(engine, space, "leases")) == (["0", "2"], {"1": ["over", "ended"], "3": ["ended"]}, {"2": ["until-unknown"]})


def test_an_order_given_while_the_question_is_answered_is_in_an_answer_that_is_shown(space: Space, engine: QueryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures, features and orders are of one snapshot: what was read before it and has moved on is read again."""
    put(space, TEAMS, (fit(), east(100)), (fit(), east(200)))
    engine.warm(space, [TEAMS])
    answer, given = QueryEngine._by_index, []

    def meanwhile(self: QueryEngine, *how: Any) -> Any:
        found = answer(self, *how)
        if not given:
            given.append(put(space, ORDERS, ({"team": f"{TEAMS}-0", "status": "ordered"}, None)))
        return found

    monkeypatch.setattr(QueryEngine, "_by_index", meanwhile)
    show = Show[LayerRanking](named=lambda ranking: [one.id for one in ranking.ranked], read=lambda store, layer, ids: store.by_ids_json(layer, ids))
    ranking = engine.nearest(space, NearestQuestion(*HERE, (TEAMS,)), OPERATOR, show).layers[0]
    assert told(space, ranking)[:2] == (["1"], {"0": ["ordered-elsewhere"]}) and set(ranking.shown) == {one.id for one in ranking.ranked}
    assert ranking.rests_on == {ORDERS: space.versions()[ORDERS]}


def strange(rng: np.random.Generator) -> dict[str, Any]:
    """A team of which anything may be so or otherwise or not known."""
    def some(*values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    return {"duty": some("on_duty", "on_duty", "off_duty", "dispatched", None), "skills": some(["fire"], ["chemical", "fire"], ["chemical"], None),
            "position_at": some(None, ago(minutes=10), ago(hours=5), ago(days=2)), "verified_at": some(None, ago(days=3), ago(days=100), ago(days=300))}


def judged(team: dict[str, Any], needs: Needs, limits: dict[str, float], ordered: frozenset[str | None], incident: str | None) -> tuple[set[str], set[str]]:
    """What stands against a team and what is not known of it, in plain words: nothing in common with geodata.queries.admission."""
    against, unsure = set(), set()
    against |= {"off_duty": {"off-duty"}, "dispatched": {"dispatched"}}.get(team["duty"], set())
    if team["duty"] is None:
        unsure.add("duty-unknown")
    if any(one is None or one != incident for one in ordered):
        against.add("ordered-elsewhere")
    if needs.skills:
        if team["skills"] is None:
            unsure.add("skills-unknown")
        elif not set(needs.skills) <= set(team["skills"]):
            against.add("wrong-skill")
    for field, code, unknown, limit in (("position_at", "position-old", "position-at-unknown", timedelta(minutes=limits["position_minutes"])),
                                        ("verified_at", "contact-old", "verified-at-unknown", timedelta(days=limits["contact_days"]))):
        if limit and team[field] is None:
            unsure.add(unknown)
        elif limit and NOW - team[field] > limit:
            against.add(code)
    return against, unsure


def test_index_postgis_and_plain_judgement_agree_on_any_mixture(space: Space, both: tuple[QueryEngine, QueryEngine]) -> None:
    rng = np.random.default_rng(12)
    teams = [strange(rng) for _ in range(200)]
    put(space, INCIDENTS, ({"code": "A", "status": "open"}, shapely.Point(*HERE)), ({"code": "B", "status": "open"}, shapely.Point(*HERE)))
    put(space, TEAMS, *((team, east(30.0 * (place + 1))) for place, team in enumerate(teams)))
    orders = [(int(rng.integers(200)), (None, "A", "B")[int(rng.integers(3))], ("ordered", "on_site", "released")[int(rng.integers(3))]) for _ in range(120)]
    put(space, ORDERS, *(({"team": f"{TEAMS}-{team}", "incident": incident, "status": status}, None) for team, incident, status in orders))
    for _ in range(12):
        needs = Needs(skills=[(), ("chemical",), ("chemical", "fire")][int(rng.integers(3))])
        limits: dict[str, float] = {"position_minutes": float(rng.choice([0, 60, 1440])), "contact_days": float(rng.choice([0, 30, 180]))}
        incident = (None, "A", "B")[int(rng.integers(3))]
        answers = [told(space, asked(engine, space, k=8, needs=needs, limits=limits, incident=incident)) for engine in both]
        assert answers[0] == answers[1]
        ranked, left_out, unsure = answers[0]
        truth = [judged(team, needs, limits, frozenset(to for which, to, status in orders if which == place and status != "released"), incident) for place, team in enumerate(teams)]
        fine = [place for place, (against, _) in enumerate(truth) if not against]
        assert ranked == [str(place) for place in fine[:8]]
        assert {int(who): set(codes) for who, codes in left_out.items()} == {place: against for place, (against, _) in enumerate(truth) if against and place < fine[7]}
        assert {int(who): set(codes) for who, codes in unsure.items()} == {place: truth[place][1] for place in fine[:8] if truth[place][1]}
