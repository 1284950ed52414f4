"""Schools, hospitals, fire stations and care homes of the demonstration, beside the places they serve."""

from __future__ import annotations

from collections.abc import Iterator

from shapely.geometry import Point

from app.command.demo.ground import TOWNS
from app.command.demo.marks import Marks, Spots, numbered
from app.command.demo.metres import at
from app.command.demo.places import Place
from geodata.store.batch import Row

_FIRE_STATIONS = (("沙河消防救援站", (109.9410, 40.6090)), ("麻池消防救援站", (109.8120, 40.5810)),
                  ("哈林格尔消防救援站", (109.6450, 40.5750)),
                  ("萨如拉消防救援站", (109.8570, 40.6200)), ("哈业胡同消防救援站", (109.4850, 40.6000)), ("园区消防站",
                      (109.6480, 40.6050)))


def facility_rows(marks: Marks, spots: Spots, places: list[Place]) -> list[Row]:
    """A school or two beside each community and larger village, hospitals by town, six fire stations, care homes here and there."""
    wanted = list(_wanted(marks, spots, places))
    return [marks.row({"code": code, "name": name, "kind": kind, "people": people, "beds": beds,
                       "address": f"包头市九原区{name}（演示地址）",
                       "person": marks.person(), "phone": marks.phone()}, point)
            for code, (name, kind, people, beds, point) in zip(numbered("FC", len(wanted)), wanted, strict=True)]


def _wanted(marks: Marks, spots: Spots, places: list[Place]) -> Iterator[tuple[str, str, int | None, int | None, Point]]:
    rng = marks.rng
    urban = [place for place in places if place.urban]
    rural = sorted((place for place in places if not place.urban), key=lambda place: -place.population)
    for number, place in enumerate(urban):
        short = place.name.removesuffix("社区")
        kind = ("小学", "幼儿园", "中学")[number % 3]
        yield short + kind, "school", rng.randrange(*{"小学": (500, 1500), "幼儿园": (120, 360),
                                                      "中学": (800, 2200)}[kind]), None, spots.near(place.point, 110, 330)
        if number % 6 == 2:
            yield f"{short}养老院", "care_home", rng.randrange(30, 120), 140, spots.near(place.point, 110, 360)
        if number % 5 == 3:
            yield f"{short}社区卫生服务中心", "hospital", None, rng.choice((20, 30, 40)), spots.near(place.point, 110, 360)
    for number, place in enumerate(rural[:20]):
        yield f"{place.name}小学", "school", rng.randrange(40, 260), None, spots.near(place.point, 80, 260)
        if number % 7 == 1:
            yield f"{place.name}敬老院", "care_home", rng.randrange(15, 60), 70, spots.near(place.point, 80, 260)
    for town in TOWNS:
        yield f"{town.name}卫生院", "hospital", None, rng.choice((30, 50, 80)), spots.near(at(*town.seat), 100, 420)
    yield "九原区医院", "hospital", None, 420, spots.near(at(109.9480, 40.5990), 0, 250)
    yield "九原区中蒙医院", "hospital", None, 180, spots.near(at(109.9180, 40.6000), 0, 250)
    for name, where in _FIRE_STATIONS:
        yield name, "fire_station", None, None, spots.near(at(*where), 0, 220)
