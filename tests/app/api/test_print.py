"""The sheet says what the screen says, to those who may see it: Chinese that is found in the PDF, figures of the same answer."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from pypdf import PdfReader

from app.printing import drawing, words
from app.printing.contents import Sheet
from app.printing.gathering import MAX_FEATURES, Order, gather
from app.printing.press import Press, PressBusy, PressFailed
from geodata.queries.nearest import NearestQuestion
from geodata.store.database import Database
from layers.spec import Actor, Role
from tests.app.api.conftest import Program, post

VIEW = "lon=109.81&lat=40.6&scale=25000"
PLACES = [(109.80, 40.60), (109.81, 40.60), (109.82, 40.60), (109.85, 40.65)]


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """One press for all: each application would else load matplotlib into a process of its own."""
    made = Press(tmp_path_factory.mktemp("print"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def shared(app: Flask, press: Press) -> Iterator[None]:
    own = app.extensions["onemap"]
    app.extensions["onemap"] = replace(own, press=press)
    yield
    app.extensions["onemap"] = own


@pytest.fixture
def posts(planner_program: Program) -> list[str]:
    """Three posts in the view, the second not open, and one far off."""
    names = ["沙河哨所", "麻池哨所", "哈林格尔哨所", "远处哨所"]
    made = [planner_program.post("/api/v1/layers/posts/features", post(*place, code=f"SH-{n}", name=names[n], people=1200 + n, level=1, open=n != 1, phone="13812345678",
                                                                      source="核查", source_date="2026-05-01")) for n, place in enumerate(PLACES)]
    return [one.json["id"] for one in made]


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)


def test_a_pdf_carries_what_a_wall_needs_as_text_that_is_found(planner_program: Program, posts: list[str]) -> None:
    answer = planner_program.get(f"/api/v1/print?{VIEW}&layers=posts&title=沙河一带")
    assert answer.mimetype == "application/pdf" and answer.headers["X-Scale"] == "25000"
    said = text_of(answer)
    for wanted in ("沙河一带", "包头市九原区应急管理局", "比例尺 1 : 25 000", "图例", "哨所", "核查 2026-05-01", "沙河哨所", "打印：", "第 1 / 2 页", "EPSG:4546", "北"):
        assert wanted in said, wanted
    assert "远处哨所" not in said, "only what is in the frame"
    fonts = {font.get_object()["/BaseFont"]: font.get_object() for page in PdfReader(BytesIO(answer.data)).pages for font in page["/Resources"]["/Font"].values()}
    assert fonts and all("NotoSansSC" in name and "/ToUnicode" in font for name, font in fonts.items())
    assert all("/FontFile2" in font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts.values())


@pytest.mark.parametrize(("paper", "orientation", "size"), [("A4", "portrait", (210, 297)), ("A3", "landscape", (420, 297))])
def test_the_paper_is_of_the_size_asked_for(planner_program: Program, posts: list[str], paper: str, orientation: str, size: tuple[int, int]) -> None:
    asked = f"/api/v1/print?{VIEW}&layers=posts&paper={paper}&orientation={orientation}"
    page = PdfReader(BytesIO(planner_program.get(asked).data)).pages[0]
    assert [float(one) * 25.4 / 72 for one in page.mediabox[2:]] == pytest.approx(size, abs=0.1)
    answer = planner_program.get(f"{asked}&format=png&dpi=50")
    assert answer.mimetype == "image/png" and answer.headers["X-Pages"] == "2"
    assert Image.open(BytesIO(answer.data)).size == pytest.approx([one / 25.4 * 50 for one in size], abs=1)


def test_tables_hold_the_answers_of_the_screen(planner_program: Program, posts: list[str]) -> None:
    question = {"lon": 109.799, "lat": 40.6, "layers": ["posts"], "k": 2}
    zone = {"geometry": {"type": "Point", "coordinates": [109.80, 40.60]}, "buffer_m": 1500, "layers": ["posts"]}
    nearest, exposure = planner_program.post("/api/v1/nearest", question).json, planner_program.post("/api/v1/exposure", zone).json
    said = text_of(planner_program.post("/api/v1/print", {"lon": 109.81, "lat": 40.6, "scale": 25000, "nearest": question, "exposure": zone, "place": "甲路口"}))
    for feature in nearest["features"]:
        assert feature["properties"]["name"] in said and words.distance(feature["properties"]["distance_m"]) in said
    (left,) = nearest["layers"][0]["left_out"]
    assert words.distance(left["distance_m"]) in said and left["reasons"][0]["label"]["zh"] in said and "更近 1 处未列" in said
    layer = exposure["layers"][0]
    assert f"人数 {layer['measures']['people']['sum']:,} 人" in said and "核查 2026-05-01" in said
    assert "影响区 半径 1.5 km" in said and "自 甲路口 直线距离" in said


def test_a_ranking_by_road_is_printed_with_minutes_ways_and_who_has_no_road(planner_program: Program, posts: list[str]) -> None:
    road = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[109.799, 40.6], [109.82, 40.6]]}, "properties": {"code": "R1", "name": "甲路", "road_class": "county"}}
    assert planner_program.post("/api/v1/layers/roads/features", road).status_code == 201
    question = {"lon": 109.799, "lat": 40.6, "layers": ["posts"], "k": 5, "mode": "road"}
    ranked = planner_program.post("/api/v1/nearest", question).json["features"]
    assert [one["properties"]["rank"] for one in ranked] == [1, 2, None]
    said = text_of(planner_program.post("/api/v1/print", {"lon": 109.81, "lat": 40.6, "scale": 25000, "nearest": question, "place": "甲路口"}))
    assert "到 甲路口 按道路（消防车）" in said and "到得最快者的路线" in said
    length, straight = (words.distance(ranked[1]["properties"][name]) for name in ("length_m", "distance_m"))
    assert "3 分" in said and f"道路 {length}，直线 {straight}" in said
    assert "路网未覆盖" in said and words.distance(ranked[2]["properties"]["distance_m"]) in said


def test_what_a_reader_may_not_see_is_not_printed(planner_program: Program, viewer_program: Program, posts: list[str]) -> None:
    planner_program.post("/api/v1/layers/hazard_sources/features", {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [109.8121, 40.6032]}, "properties": {"code": "H1", "name": "甲化工厂"}})
    asked = f"/api/v1/print?{VIEW}&layers=hazard_sources,posts"
    exact, coarse = text_of(planner_program.get(asked)), text_of(viewer_program.get(asked))
    assert "位置概略到约 1 km" in coarse and "位置概略" not in exact
    assert "13812345678" not in exact + coarse


def test_the_coarse_place_is_the_one_drawn(planner_program: Program, app: Flask, database: Database) -> None:
    planner_program.post("/api/v1/layers/hazard_sources/features", {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [109.8121, 40.6032]}, "properties": {"code": "H1", "name": "甲化工厂"}})

    def drawn(role: Role) -> tuple[float, float]:
        engine = app.extensions["onemap"].engine
        sheet = gather(database.space(), Actor("某人", frozenset({role})), engine, Order(centre=(109.81, 40.6), scale=25000, layers=("hazard_sources",)), "zh")
        return sheet.layers[0].features[0].shape.coords[0]

    assert drawn(Role.PLANNER) == pytest.approx((109.8121, 40.6032))
    assert drawn(Role.VIEWER) == pytest.approx((109.81, 40.60))


@pytest.mark.parametrize(("storms", "said"), [(1, False), (9, True)])
def test_map_and_answers_are_of_one_moment_or_the_sheet_says_so(planner_program: Program, posts: list[str], app: Flask, database: Database, storms: int, said: bool) -> None:
    """Somebody writes between the answer and the map: it is asked again, and where that never ends the sheet tells."""
    engine = app.extensions["onemap"].engine

    class Overtaken:
        asked = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(engine, name)

        def nearest(self, *given: Any) -> Any:
            answer = engine.nearest(*given)
            self.asked += 1
            if self.asked <= storms:
                planner_program.post("/api/v1/layers/posts/features", post(109.8005, 40.6, name=f"新哨{self.asked}"))
            return answer

    overtaken = Overtaken()
    order = Order(centre=(109.81, 40.6), scale=25000, layers=("posts",), nearest=NearestQuestion(109.8, 40.6, layers=("posts",), k=50))
    made = gather(database.space(), Actor("某人", frozenset({Role.PLANNER})), overtaken, order, "zh")  # type: ignore[arg-type]
    on_map = {one.title for one in made.layers[0].features}
    in_answer = {one.feature.title for one in made.marked}
    assert overtaken.asked == (3 if said else 2)
    assert any("相差一次改动" in note for note in made.left_off) == said
    assert ("新哨1" in in_answer) and (on_map <= in_answer) == (not said)


def test_nobody_without_map_rights_prints(program: Callable[..., Program]) -> None:
    assert program(Role.AUDIT_ADMIN).get("/api/v1/print").status_code == 403


@pytest.mark.parametrize(("query", "status", "code"), [
    ("lon=109.8&lat=40.6&scale=25001", 422, "print-scale"), ("lon=109.8&lat=40.6", 400, "request-missing"), ("bbox=80,20,130,50", 422, "print-too-wide"),
    ("lon=109.8&lat=40.6&scale=500&layers=works", 422, "print-empty"), ("bbox=109.8,40.6,109.8,40.7", 422, "print-no-area"), ("dpi=9000", 400, "request-out-of-range"),
    ("paper=A0", 400, "request-choice"), ("lon=0&lat=0&scale=25000", 422, "print-outside"),
])
def test_what_cannot_be_printed_is_refused_with_words(planner_program: Program, query: str, status: int, code: str) -> None:
    answer = planner_program.get(f"/api/v1/print?{query}")
    assert answer.status_code == status, answer.text
    assert answer.json["errors"][0]["code"] == code and answer.json["errors"][0]["message"] != code


def test_a_layer_of_too_many_is_named_on_the_sheet_instead_of_blackening_it(planner_program: Program, posts: list[str], app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.printing.gathering.MAX_FEATURES", 2)
    planner_program.post("/api/v1/layers/works/features", {"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.81, 40.601]}, "properties": {"name": "堤"}})
    assert MAX_FEATURES > 1000
    said = text_of(planner_program.get(f"/api/v1/print?{VIEW}&layers=posts,works"))
    assert "未印 哨所：图幅内超过 2 个" in said and "堤段" in said
    alone = planner_program.get(f"/api/v1/print?{VIEW}&layers=posts")
    assert alone.status_code == 422 and "哨所" in alone.text


def test_every_page_of_a_drill_says_so(program: Callable[..., Program]) -> None:
    controller = program(Role.DRILL_CONTROLLER)
    made = controller.post("/api/v1/drills", {"name": "山洪推演"})
    assert made.status_code == 201, made.text
    api = f"/spaces/{made.json['id']}/api/v1"
    area = {"type": "Polygon", "coordinates": [[[109.80, 40.59], [109.82, 40.59], [109.82, 40.61], [109.80, 40.61], [109.80, 40.59]]]}
    controller.post(f"{api}/layers/scenario_areas/features", {"type": "Feature", "geometry": area, "properties": {"name": "淹没区", "kind": "flood"}})
    answer = controller.get(f"{api}/print?{VIEW}&layers=scenario_areas")
    for page in PdfReader(BytesIO(answer.data)).pages:
        said = page.extract_text()
        assert said.count("演练") >= 12 and "山洪推演 · 不是真实情况" in said
    assert "淹没区" in PdfReader(BytesIO(answer.data)).pages[0].extract_text()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sheet_speaks_the_readers_language(planner_program: Program, posts: list[str], language: str) -> None:
    said = text_of(planner_program.get(f"/api/v1/print?{VIEW}&layers=posts&lang={language}"))
    assert ("Legend" in said) == (language == "en") and ("图例" in said) == (language == "zh")


def test_names_are_text_and_never_formulas(planner_program: Program) -> None:
    planner_program.post("/api/v1/layers/posts/features", post(109.81, 40.6, name=r"$\frac{1}{0}$ <b>哨"))
    assert r"$\frac{1}{0}$ <b>哨" in text_of(planner_program.get(f"/api/v1/print?{VIEW}&layers=posts"))


@pytest.fixture
def sheet(planner_program: Program, posts: list[str], app: Flask, database: Database) -> Sheet:
    return gather(database.space(), Actor("某人", frozenset({Role.PLANNER})), app.extensions["onemap"].engine, Order(centre=(109.81, 40.6), scale=25000, layers=("posts",)), "zh")


def test_a_sheet_that_takes_too_long_is_ended_and_the_next_is_drawn(sheet: Sheet, press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as hurried:
        hurried.setattr(press, "_time_s", 0.001)
        with pytest.raises(PressFailed):
            press.print(sheet, "pdf", dpi=50, page=1)
    assert press.print(sheet, "png", dpi=40, page=1).pages == 2


def test_a_press_that_was_prepared_draws_in_the_room_it_made_then(sheet: Sheet, tmp_path: Any) -> None:
    press = Press(tmp_path)
    press.prepare()
    made = press._room
    assert made is not None and made.alive
    press.prepare()
    assert press.print(sheet, "png", dpi=40, page=1).pages == 2 and press._room is made
    press.close()


def test_the_third_who_would_wait_is_told_to_come_again(sheet: Sheet, tmp_path: Any) -> None:
    press = Press(tmp_path)
    entered, leave = threading.Event(), threading.Event()

    def slow(work: Any) -> Any:
        entered.set()
        leave.wait(60)
        return drawing.Printed(b"", 1)

    press._drawn = slow  # type: ignore[method-assign]  # stands for a sheet that takes long
    threads = [threading.Thread(target=press.print, args=(sheet, "pdf"), kwargs={"dpi": 50, "page": 1}) for _ in range(3)]
    for one in threads:
        one.start()
    assert entered.wait(30)
    ends = time.monotonic() + 30
    while press._places._value:
        assert time.monotonic() < ends
        time.sleep(0.01)
    with pytest.raises(PressBusy) as refused:
        press.print(sheet, "pdf", dpi=50, page=1)
    leave.set()
    for one in threads:
        one.join(30)
    assert refused.value.values["retry_after_s"] > 0


def test_the_scale_bar_is_as_long_as_it_says(sheet: Sheet) -> None:
    canvas, _ = drawing.map_page(sheet)
    bars = [one for one in canvas.axes.patches if type(one).__name__ == "Rectangle" and one.get_height() == 1.3]
    words_of = [one.get_text() for one in canvas.axes.texts if re.fullmatch(r"[\d.,]+ k?m", one.get_text())]
    longest = max(float(one.split()[0].replace(",", "")) * (1000 if "km" in one else 1) for one in words_of)
    assert sum(one.get_width() for one in bars) == pytest.approx(longest / sheet.view.scale * 1000)
