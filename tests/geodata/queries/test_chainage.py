"""A chainage is answered between known ends on the geodesic length, and refused with what is known everywhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from pyproj import Geod

from geodata.queries.chainage import Located, Unlocated, along, locate
from geodata.store.batch import Row
from geodata.store.database import Database
from geodata.store.spaces import Space
from layers.chainage import Chainage, read_chainage
from layers.spec import OPERATOR, Actor, Family, Field, Geometry, Label, Layer, Role, Sensitivity, Style

GRS80 = Geod(ellps="GRS80")
VIEWER = Actor("viewer", frozenset({Role.VIEWER}))


def of(word: str) -> Label:
    return Label(word, word)


DIKES = Layer("dikes", of("堤"), Geometry.LINE, (
    Field("name", of("名称")), Field("river", of("河")), Field("from_m", of("起"), float, unit="m"), Field("to_m", of("止"), float, unit="m")),
    Style(Family.HAZARD), title="name", chainage=Chainage(("river", "name"), "from_m", "to_m"))
LANES = Layer("lanes", of("路"), Geometry.LINE, (Field("name", of("名称")), Field("number", of("编号"))), Style(Family.BASE), title="name", chainage=Chainage(("number", "name")))


def line(*places: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(places)


# The parallel 40.5 eastwards: 10+000 to 12+000, a gap, 13+000 to 14+000; each drawn with a bend in its middle that makes it longer.
WEST, MIDDLE, EAST = (109.60, 40.5), (109.61, 40.51), (109.62, 40.5)
ROWS = (
    Row({"name": "上段", "river": "清河", "from_m": 10_000, "to_m": 12_000}, line(WEST, MIDDLE, EAST), 0),
    Row({"name": "下段", "river": "清河", "from_m": 13_000, "to_m": 14_000}, line((109.63, 40.5), (109.64, 40.5)), 1),
    Row({"name": "孤段", "river": "白河", "from_m": 0, "to_m": 1_000}, line((109.7, 40.5), (109.71, 40.5)), 2),
    Row({"name": "未测段", "river": "黑河"}, line((109.7, 40.6), (109.71, 40.6)), 3),
    Row({"name": "前段", "river": "倒河", "from_m": 0, "to_m": 1_000}, line((109.81, 40.5), (109.80, 40.5)), 4),
    Row({"name": "后段", "river": "倒河", "from_m": 1_000, "to_m": 2_000}, line((109.81, 40.5), (109.82, 40.5)), 5),
    Row({"name": "断段", "river": "断河", "from_m": 0, "to_m": 1_000}, shapely.MultiLineString([[(109.7, 40.4), (109.71, 40.4)], [(109.72, 40.4), (109.73, 40.4)]]), 6),
)


@pytest.fixture(scope="module")
def dikes(database_of_module: Database) -> Space:
    space = database_of_module.space()
    for one in (DIKES, LANES, replace(DIKES, id="hidden", geometry_sensitivity=Sensitivity.SENSITIVE)):
        space.create_layer(one, OPERATOR)
    with space.transaction(OPERATOR, "test") as store:
        store.upsert("dikes", list(ROWS))
        store.upsert("lanes", [Row({"name": "京藏高速", "number": "G6"}, line(WEST, EAST), 0), Row({"name": "京藏高速", "number": "G6"}, line(EAST, (109.7, 40.5)), 1)])
        store.upsert("hidden", [Row({"name": "密段", "river": "密河", "from_m": 0, "to_m": 1_000}, line(WEST, EAST), 0)])
    return space


def ask(space: Space, written: str, actor: Actor = VIEWER) -> list[Located]:
    asked = read_chainage(written)
    assert asked is not None
    return locate(space, asked, actor)


@pytest.mark.parametrize(("written", "place"), [("清河 K10+000", WEST), ("清河 11+000", MIDDLE), ("上段 K12+000", EAST), ("清河12公里", EAST), ("K13+000", (109.63, 40.5)), ("清河K14", (109.64, 40.5))])
def test_known_ends_and_the_middle_of_the_length(dikes: Space, written: str, place: tuple[float, float]) -> None:
    (one,) = ask(dikes, written)
    assert one.place is not None
    assert GRS80.inv(*one.place, *place)[2] < 0.001, "the bend is half way, for both legs are of one length"
    assert one.confirmed, "the other stretch of the river shows the direction"


def test_a_quarter_is_a_quarter_of_the_geodesic_length(dikes: Space) -> None:
    (one,) = ask(dikes, "清河 K10+500")
    whole_m = GRS80.inv(*WEST, *MIDDLE)[2] + GRS80.inv(*MIDDLE, *EAST)[2]
    assert one.place is not None and one.length_m == pytest.approx(whole_m, abs=1e-6)
    assert GRS80.inv(*WEST, *one.place)[2] == pytest.approx(whole_m / 4, abs=1e-4)
    bearing = GRS80.inv(*WEST, *MIDDLE)[0]
    assert GRS80.inv(*WEST, *one.place)[0] == pytest.approx(bearing, abs=1e-6), "on the drawn line"


@pytest.mark.parametrize("written", ["清河 K9+999", "清河 K12+500", "清河 K14+001"])
def test_nothing_is_extrapolated_and_no_gap_is_filled(dikes: Space, written: str) -> None:
    (one,) = ask(dikes, written)
    assert (one.place, one.why) == (None, Unlocated.OUTSIDE)
    assert [(each.start_m, each.end_m) for each in one.known] == [(10_000, 12_000), (13_000, 14_000)]


@pytest.mark.parametrize(("written", "why"), [
    ("G6 K512+300", Unlocated.NOT_KEPT), ("京藏高速512公里300米", Unlocated.NOT_KEPT), ("黑河 K1+000", Unlocated.NOT_KNOWN), ("断河 K0+500", Unlocated.IN_PARTS),
    ("倒河 K0+500", Unlocated.DIRECTION), ("红河 K1+000", Unlocated.NO_LINE), ("G65 K1+000", Unlocated.NO_LINE),
])
def test_what_is_not_known_is_said(dikes: Space, written: str, why: Unlocated) -> None:
    assert [(one.place, one.why) for one in ask(dikes, written)] == [(None, why)]


def test_a_stretch_without_neighbours_is_answered_with_its_direction_unconfirmed(dikes: Space) -> None:
    (one,) = ask(dikes, "白河 K0+000")
    assert one.place == pytest.approx((109.7, 40.5)) and not one.confirmed


def test_a_bare_distance_that_calls_no_line_is_not_answered(dikes: Space) -> None:
    assert ask(dikes, "红河3公里") == []
    assert ask(dikes, "K900+000") == []


def test_a_hidden_shape_gives_no_place(dikes: Space) -> None:
    assert [one.why for one in ask(dikes, "密河 K0+500")] == [Unlocated.NO_LINE]
    assert ask(dikes, "密河 K0+500", OPERATOR)[0].place is not None


def test_the_line_may_be_drawn_against_its_chainage(dikes: Space) -> None:
    place, length_m = along(line(WEST, EAST), 0.25)
    back, same_m = along(line(EAST, WEST), 0.75)
    assert length_m == pytest.approx(same_m) and GRS80.inv(*place, *back)[2] < 1e-3
