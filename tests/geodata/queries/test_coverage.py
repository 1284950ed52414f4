"""Coverage says which villages a resource reaches and how many people, and what would change; it writes nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
import shapely

from geodata.crs import GEOD
from geodata.queries.costs import Straight, Ways
from geodata.queries.coverage import At, Counts, CoverageAnswer, CoverageQuestion, coverage
from geodata.store.spaces import Space
from layers.errors import Forbidden, InvalidInput, LayerNotFound, TooLarge
from layers.spec import OPERATOR, Role
from tests.conftest import actor
from tests.geodata.queries.planned import add, village

LIMIT_M = 5_000.0


def depot(space: Space, name: str, lon: float, **more: Any) -> UUID:
    return add(space, "depots", shapely.Point(lon, 40.6), **{"name": name, "status": "open", **more})


def asked(space: Space, costs: Any = None, **more: Any) -> CoverageAnswer:
    return coverage(space, CoverageQuestion(**{"layer": "depots", "limit_m": LIMIT_M, **more}), OPERATOR, costs or Straight())


def seen(answer: CoverageAnswer, then: bool = False) -> dict[str, tuple[bool, str | None]]:
    """Of each village whether it is covered, and the resource nearest to it."""
    made = answer.then if then and answer.then else answer.now
    return {place.name: (reach.covered, None if reach.resource is None else made.resources[reach.resource].name)
            for place, reach in zip(answer.people.places, made.reaches, strict=True)}


@pytest.fixture
def district(space: Space) -> dict[str, UUID]:
    """Villages along a parallel, depots at both ends."""
    for name, lon, people in (("一村", 109.70, 100), ("二村", 109.74, 200), ("三村", 109.80, 400), ("四村", 109.86, 800), ("新村", 109.87, None)):
        village(space, name, lon, 40.6, people)
    return {"west": depot(space, "西库", 109.70), "east": depot(space, "东库", 109.88)}


def test_each_village_has_its_nearest_depot_and_the_sums_say_what_is_not_known(space: Space, district: dict[str, UUID]) -> None:
    answer = asked(space)
    assert seen(answer) == {"一村": (True, "西库"), "二村": (True, "西库"), "三村": (False, "东库"), "四村": (True, "东库"), "新村": (True, "东库")}
    assert (answer.now.covered, answer.now.uncovered) == (Counts(4, 1100, 1), Counts(1, 400, 0))
    assert dict(zip([one.name for one in answer.now.resources], answer.now.serves, strict=True)) == {"西库": Counts(2, 300, 0), "东库": Counts(2, 800, 1)}
    third = next(reach for place, reach in zip(answer.people.places, answer.now.reaches, strict=True) if place.name == "三村")
    assert third.length_m == pytest.approx(GEOD.inv(109.8, 40.6, 109.88, 40.6)[2], abs=1e-3) and third.duration_s is None
    assert answer.then is None and (answer.lost, answer.gained) == ((), ())


def test_people_of_villages_that_do_not_say_are_unknown_and_not_nobody(space: Space, district: dict[str, UUID]) -> None:
    answer = asked(space, limit_m=1_000.0, filter="name = '东库'")
    assert answer.now.covered == Counts(1, None, 1)


def test_the_limit_itself_counts_in(space: Space, district: dict[str, UUID]) -> None:
    exactly = float(Straight().between([(109.70, 40.6)], [(109.74, 40.6)]).length_m[0, 0])
    assert seen(asked(space, limit_m=exactly))["二村"][0] and not seen(asked(space, limit_m=exactly - 0.001))["二村"][0]


def test_closed_moved_and_added_are_tried_and_nothing_is_written(space: Space, district: dict[str, UUID]) -> None:
    before = space.versions()
    closed = asked(space, closed=(district["east"],))
    names = [place.name for place in closed.people.places]
    assert [names[place] for place in closed.lost] == ["四村", "新村"] and closed.lost_counts == Counts(2, 800, 1) and closed.gained == ()
    assert seen(closed) == seen(asked(space)) and seen(closed, then=True)["四村"] == (False, "西库")
    moved = asked(space, moved=(At(district["east"], "", 109.82, 40.6),))
    assert [names[place] for place in moved.gained] == ["三村"] and moved.gained_counts == Counts(1, 400, 0)
    assert [(one.name, one.trial) for one in moved.then.resources if one.trial] == [("东库", "moved")]  # type: ignore[union-attr]
    added = asked(space, added=(At(None, "新库", 109.80, 40.6),))
    assert seen(added, then=True)["三村"] == (True, "新库") and added.then.uncovered == Counts(0, 0, 0)  # type: ignore[union-attr]
    assert space.versions() == before


def test_a_depot_that_is_closed_or_not_known_to_be_open_covers_nobody_and_that_is_said(space: Space, district: dict[str, UUID]) -> None:
    depot(space, "停用库", 109.80, status="closed")
    depot(space, "未知库", 109.80, status=None)
    answer = asked(space)
    assert not seen(answer)["三村"][0]
    assert {one.name: [reason.code for reason in one.against] for one in answer.now.resources if one.against} == {"停用库": ["closed"], "未知库": ["status-unknown"]}
    trusting = asked(space, use_uncertain=True)
    assert seen(trusting)["三村"] == (True, "未知库")
    assert [reason.code for one in trusting.now.resources for reason in one.doubts] == ["status-unknown"]


def test_without_a_resource_nobody_is_covered(space: Space, district: dict[str, UUID]) -> None:
    answer = asked(space, filter="name = '没有的'")
    assert answer.now.covered == Counts(0, 0, 0) and {reach.resource for reach in answer.now.reaches} == {None}


class River:
    """By road at 60 km/h; no road to anything west of 109.72."""

    mode = "road"
    profile = "truck"

    def between(self, origins: Any, destinations: Any) -> Ways:
        length_m = Straight().between(origins, destinations).length_m
        length_m[:, [at[0] < 109.72 for at in destinations]] = np.inf
        return Ways(length_m, length_m / (60 / 3.6))


def test_by_road_the_limit_is_minutes_and_no_road_is_not_covered(space: Space, district: dict[str, UUID]) -> None:
    answer = asked(space, River(), limit_m=None, limit_min=7.0)
    assert seen(answer) == {"一村": (False, None), "二村": (True, "西库"), "三村": (True, "东库"), "四村": (True, "东库"), "新村": (True, "东库")}
    second = next(reach for place, reach in zip(answer.people.places, answer.now.reaches, strict=True) if place.name == "二村")
    assert second.duration_s == pytest.approx((second.length_m or 0.0) / (60 / 3.6))


def test_it_is_what_one_geodesic_after_another_finds(space: Space) -> None:
    chance = np.random.default_rng(3)
    spots = chance.uniform((109.4, 40.5), (110.0, 40.75), (60, 2))
    for place, (lon, lat) in enumerate(spots[:40]):
        village(space, f"村{place:02d}", lon, lat, place)
    for place, (lon, lat) in enumerate(spots[40:]):
        add(space, "depots", shapely.Point(lon, lat), name=f"库{place:02d}", status="open")
    answer = asked(space)
    for place, reach in zip(answer.people.places, answer.now.reaches, strict=True):
        away = [GEOD.inv(one.lon, one.lat, place.lon, place.lat)[2] for one in answer.now.resources]
        assert reach.resource == int(np.argmin(away)) and reach.length_m == pytest.approx(min(away), abs=1e-6)
        assert reach.covered is (min(away) <= LIMIT_M)


@pytest.mark.parametrize(("wrong", "pointer", "code"), [
    ({"limit_m": None}, "/limit_m", "coverage-one-limit"),
    ({"limit_min": 15.0}, "/limit_m", "coverage-one-limit"),
    ({"limit_m": None, "limit_min": 15.0}, "/limit_min", "coverage-minutes-straight"),
    ({"limit_m": -1.0}, "/limit_m", "question-range"),
    ({"layer": "supplies"}, "/layer", "question-no-geometry"),
    ({"closed": (uuid4(),)}, "/closed/0", "resource-unknown"),
    ({"moved": (At(uuid4(), "", 109.8, 40.6),)}, "/moved/0", "resource-unknown"),
    ({"added": (At(None, "x", 109.8, 91.0),)}, "/added/0/lat", "question-range"),
    ({"filter": "name = = 1"}, "/filter", None),
])
def test_what_is_wrong_is_named(space: Space, district: dict[str, UUID], wrong: dict[str, Any], pointer: str, code: str | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(space, **wrong)
    assert [one.pointer for one in refused.value.problems] == [pointer]
    assert code is None or [one.code for one in refused.value.problems] == [code]


def test_permission_and_size_are_looked_at_below_the_interface(space: Space, district: dict[str, UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Forbidden):
        coverage(space, CoverageQuestion("depots", LIMIT_M), actor(Role.SYSTEM_ADMIN), Straight())
    with pytest.raises(LayerNotFound):
        asked(space, layer="nowhere")
    monkeypatch.setattr("geodata.queries.coverage.MAX_PAIRS", 5)
    with pytest.raises(TooLarge):
        asked(space)
