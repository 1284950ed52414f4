"""What a zone sets off is followed step by step, each feature once with its chain, and never in circles."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import shapely

from geodata.queries import domino as module
from geodata.queries.domino import DominoAnswer, DominoQuestion, Touched, domino
from geodata.store.spaces import Space
from layers.errors import Forbidden, InvalidInput
from layers.spec import OPERATOR, Role
from tests.conftest import actor
from tests.geodata.queries.planned import add, shelter, village

START = shapely.Point(109.800, 40.6)
STEP_DEG = 0.01  # 846 m to the east at this latitude


def source(space: Space, name: str, steps: float, reach_m: float | None) -> UUID:
    return add(space, "hazard_sources", shapely.Point(109.8 + steps * STEP_DEG, 40.6), name=name, safety_distance_m=reach_m)


def asked(space: Space, **more: Any) -> DominoAnswer:
    return domino(space, DominoQuestion(**{"zone": START, "buffer_m": 900.0, **more}), OPERATOR)


def chain(answer: DominoAnswer, one: Touched) -> list[str]:
    return [answer.touched[place].name for place in one.chain]


def told(answer: DominoAnswer) -> list[tuple[str, int, list[str], str]]:
    return [(one.name, one.step, chain(answer, one), one.zone) for one in answer.touched]


def test_a_chain_is_followed_three_steps_and_no_further(space: Space) -> None:
    for steps, name in enumerate(("甲", "乙", "丙", "丁", "戊"), 1):
        source(space, name, steps, 900.0)
    answer = asked(space)
    assert told(answer) == [("甲", 1, [], "known"), ("乙", 2, ["甲"], "known"), ("丙", 3, ["甲", "乙"], "not-followed")]
    last = answer.touched[2]
    assert last.outline is not None and not last.outline.is_empty  # its zone is drawn, though nobody followed it
    assert [one.name for one in asked(space, depth=1).touched] == ["甲"]


def test_two_that_reach_each_other_do_not_go_round(space: Space) -> None:
    source(space, "甲", 0.5, 2_000.0)
    source(space, "乙", 0.9, 2_000.0)
    answer = asked(space)
    assert sorted(told(answer)) == [("乙", 1, [], "known"), ("甲", 1, [], "known")]
    assert {one.name: one.causes for one in answer.touched} == {"甲": 2, "乙": 2}  # by the zone and by the other


def test_the_shortest_chain_is_told(space: Space) -> None:
    source(space, "甲", 1, 2_000.0)
    source(space, "乙", 2, 900.0)
    source(space, "丙", 3, None)  # from 甲 in one step, from 乙 in two
    answer = asked(space)
    assert told(answer)[2] == ("丙", 2, ["甲"], "unknown") and answer.touched[2].causes == 2  # 乙 reaches it too, a step later
    assert told(asked(space, depth=3)) == told(answer)


def test_what_is_known_of_a_zone_is_said_and_never_guessed(space: Space) -> None:
    source(space, "有距离", 0.1, 300.0)
    source(space, "没填", 0.2, None)
    source(space, "零距离", 0.3, 0.0)
    shelter(space, "避难所", 109.801, 40.6, 100)
    road = add(space, "roads", shapely.LineString([(109.79, 40.601), (109.83, 40.601)]), name="大路")
    village(space, "村", 109.802, 40.6, 10)
    answer = asked(space)
    assert {one.name: (one.zone, one.reach_m) for one in answer.touched} == {
        "有距离": ("known", 300.0), "没填": ("unknown", None), "零距离": ("known", 0.0), "避难所": ("none", None), "大路": ("none", None)}
    assert next(one for one in answer.touched if one.id == road).outline is None
    assert "villages" not in answer.looked_at and "hazard_sources" in answer.looked_at


def test_touching_counts_and_a_metre_beyond_does_not(space: Space) -> None:
    add(space, "hazard_sources", shapely.box(109.81, 40.59, 109.82, 40.61), name="贴边")
    add(space, "hazard_sources", shapely.box(109.81002, 40.59, 109.82, 40.61), name="差一点")
    assert [one.name for one in asked(space, zone=shapely.box(109.79, 40.59, 109.81, 40.61), buffer_m=0.0).touched] == ["贴边"]


def test_more_than_can_be_listed_is_cut_and_that_is_said(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    for steps, name in enumerate(("甲", "乙", "丙")):
        source(space, name, 0.1 * steps, 100.0)
    assert not asked(space).cut
    monkeypatch.setattr(module, "MAX_TOUCHED", 2)
    assert (len(asked(space).touched), asked(space).cut) == (2, True)
    monkeypatch.setattr(module, "MAX_TOUCHED", 2_000)
    monkeypatch.setattr(module, "MAX_ZONES", 1)
    cut = asked(space)
    assert cut.cut and [one.zone for one in cut.touched].count("known") == 1


def test_a_build_that_forgets_what_it_has_passed_would_be_caught(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard of the test above: without its memory the chain lists the same source again and again."""
    source(space, "甲", 0.5, 2_000.0)
    source(space, "乙", 0.9, 2_000.0)

    def forgetful(self: Any, layer: Any, fresh: Any, step: int, chain: Any) -> None:
        self._at.clear()
        noted(self, layer, fresh, step, chain)
        self._at.clear()

    noted = module._Chain._note
    monkeypatch.setattr(module._Chain, "_note", forgetful)
    assert len(asked(space).touched) > 2


def test_who_may_not_know_positions_is_answered_by_the_coarse_ones_and_told(space: Space) -> None:
    source(space, "甲", 0.04, 300.0)
    viewer = domino(space, DominoQuestion(START, 900.0), actor(Role.VIEWER))
    assert viewer.coarse == ("hazard_sources",) and [(one.lon, one.lat) for one in viewer.touched] == [(109.8, 40.6)]
    assert asked(space).coarse == () and asked(space).touched[0].lon == pytest.approx(109.8004)
    with pytest.raises(Forbidden):
        domino(space, DominoQuestion(START, 900.0), actor(Role.AUDIT_ADMIN))


@pytest.mark.parametrize(("wrong", "pointer"), [({"depth": 4}, "/depth"), ({"depth": 0}, "/depth"), ({"buffer_m": -1.0}, "/buffer_m"),
                                                ({"zone": shapely.Point(200, 40)}, "/zone")])
def test_what_is_wrong_is_named(space: Space, wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(space, **wrong)
    assert [one.pointer for one in refused.value.problems] == [pointer]
