"""Stock at the depot: what came in and went out is entered on the card, checked as it is typed, and the new stock is seen at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from shapely.geometry import Point

from geodata.store.features import Feature
from layers.spec import OPERATOR, Role
from tests.browser.conftest import Server, Visit

Come = Callable[..., Visit]
BOOK = "supply_movements"
SAVE = ".panel-acts .primary"


@dataclass
class Depots:
    server: Server
    first: UUID
    second: UUID
    sand: UUID
    other: UUID

    def stock(self, line: UUID) -> float | None:
        with self.server.database.space().reading(OPERATOR) as store:
            return store.get("supplies", line).properties["quantity"]  # type: ignore[no-any-return]

    def enter(self, line: UUID, kind: str, quantity: float) -> Feature:
        with self.server.database.space().transaction(OPERATOR) as store:
            return store.insert(BOOK, {"line": str(line), "kind": kind, "quantity": quantity, "reason": "抢险领用"}, None)


@pytest.fixture
def depots(live_server: Server, request: pytest.FixtureRequest) -> Iterator[Depots]:
    """Two depots of this test alone. What moved stays in the books, so they stay, too."""
    tag = str(abs(hash(request.node.name)) % 1000)
    with live_server.database.space().transaction(OPERATOR, "建账") as store:
        first, second = (store.insert("depots", {"name": f"{name}{tag}", "status": "open"}, Point(lon, 40.6)).id for name, lon in (("试验甲库", 109.6), ("试验乙库", 109.7)))

        def line(depot: UUID, name: str, quantity: float | None, **more: object) -> UUID:
            return store.insert("supplies", {"depot": str(depot), "name": name, "quantity": quantity, "quantity_unit": "条", **more}, None).id

        sand = line(first, f"试验沙袋{tag}", 120, minimum_quantity=100)
        other = line(second, f"试验沙袋{tag}", 30, minimum_quantity=50)
        line(first, f"试验口粮{tag}", 8, expires_on=datetime.now(UTC).date() - timedelta(days=30))
        line(first, f"试验铁锹{tag}", None)
    yield Depots(live_server, first, second, sand, other)


def open_card(one: Visit, layer: str, feature: UUID, words: str) -> None:
    one.page.evaluate(f"onemap.card('{layer}', '{feature}')")
    one.until(lambda: one.page.locator("#right h2").count() and words in one.page.inner_text("#right h2"), "its card is open")
    one.until(lambda: one.page.locator("#right table.book tr").count() > 1, "its entries are listed")


def press(one: Visit, words: str) -> None:
    one.page.click(f"#right .tool-row button:has-text('{words}')")


def test_stock_goes_out_and_the_card_shows_what_is_left(visit: Come, depots: Depots) -> None:
    one = visit(Role.DUTY_OFFICER)
    open_card(one, "supplies", depots.sand, "试验沙袋")
    assert one.page.inner_text(".figure b >> nth=0") == "120"
    press(one, "出库")
    one.see("先填：数量")
    one.page.fill("#f-quantity", "500")
    one.until(lambda: "不够：现有 120 条，要 500" in one.page.inner_text(".panel-acts"), "it is said before it is sent")
    one.page.fill("#f-quantity", "40")
    one.until(lambda: one.page.inner_text(SAVE) == "出库 40 条，结存 80", "the button says what it does")
    one.page.fill("#f-voucher", "CK-2026-001")
    one.page.fill("#f-reason", "三岔口抢险")
    one.shot("stock_out_1280")
    one.page.click(SAVE)
    one.until(lambda: one.page.locator(".figure b").count() and one.page.inner_text(".figure b >> nth=0") == "80", "the card has the new stock")
    one.see("低于 100")
    one.until(lambda: "三岔口抢险" in one.page.inner_text("table.book"), "the entry is in the book")
    row = one.page.inner_text("table.book tbody tr >> nth=0")
    assert "duty_officer" in row and "−40" in row and "CK-2026-001" in row and "80" in row
    assert "期初" in one.page.inner_text("table.book tbody tr >> nth=1")
    one.shot("stock_line_1280")
    assert depots.stock(depots.sand) == 80


def test_a_transfer_is_offered_to_the_same_article_only_and_moves_both(visit: Come, depots: Depots) -> None:
    one = visit(Role.DUTY_OFFICER)
    open_card(one, "depots", depots.first, "试验甲库")
    marks = one.page.inner_text("#right .scroll")
    assert "已过期" in marks and "结存未知" in marks
    one.shot("stock_depot_1280")
    press(one, "调拨")
    one.see("先选库存条目")
    one.page.select_option("#f-line", str(depots.sand))
    one.until(lambda: one.page.locator("#f-to_line option").count() == 2, "one other line has the same article")
    one.page.select_option("#f-to_line", str(depots.other))
    one.page.fill("#f-quantity", "50")
    one.until(lambda: one.page.inner_text(SAVE) == "调拨 50 条，结存 70", "the button says what it does")
    one.shot("stock_transfer_1280")
    one.page.click(SAVE)
    one.until(lambda: "调往试验乙库" in one.page.inner_text("#right"), "the depot's card lists it")
    assert (depots.stock(depots.sand), depots.stock(depots.other)) == (70, 80)
    open_card(one, "supplies", depots.other, "试验沙袋")
    row = one.page.inner_text("table.book tbody tr >> nth=0")
    assert "由试验甲库" in row and "+50" in row and "80" in row


def test_who_is_slower_is_told_what_is_left_and_can_go_on(visit: Come, depots: Depots) -> None:
    one = visit(Role.DUTY_OFFICER)
    open_card(one, "supplies", depots.sand, "试验沙袋")
    press(one, "出库")
    one.page.fill("#f-quantity", "100")
    depots.enter(depots.sand, "out", 60)
    one.refusals = (409,)
    one.page.click(SAVE)
    one.see("现有 60 条，不够 100 条")
    one.until(lambda: "不够：现有 60 条" in one.page.inner_text(".panel-acts"), "the button knows, too")
    assert depots.stock(depots.sand) == 60
    one.page.fill("#f-quantity", "60")
    one.page.click(SAVE)
    one.until(lambda: one.page.locator(".figure b").count() and one.page.inner_text(".figure b >> nth=0") == "0", "all of it is out")


def test_a_count_makes_an_unknown_stock_known_and_the_form_does_not_type_over_it(visit: Come, depots: Depots) -> None:
    with depots.server.database.space().reading(OPERATOR) as store:
        shovels = next(one for one in store.page("supplies", filter=f"depot = '{depots.first}'").features if one.properties["quantity"] is None)
    one = visit(Role.PLANNER, language="en")
    one.page.evaluate(f"onemap.card('supplies', '{shovels.id}')")
    one.see("Stock unknown")
    press(one, "Out")
    one.page.fill("#f-quantity", "1")
    one.until(lambda: "count it first" in one.page.inner_text(".panel-acts"), "nothing is taken from what nobody knows")
    press(one, "Count")
    one.page.fill("#f-quantity", "25")
    one.shot("stock_count_en_1280")
    one.page.click(SAVE)
    one.until(lambda: one.page.locator(".figure b").count() and one.page.inner_text(".figure b >> nth=0") == "25", "the card has the count")
    assert depots.stock(shovels.id) == 25
    one.page.click("#right button:has-text('Edit')")
    one.until(lambda: one.page.locator("#f-quantity").count() == 1, "the form is open")
    assert one.page.get_attribute("#f-quantity", "readonly") is not None and "Follows from the stock movements" in one.page.inner_text("#right")


def test_a_cut_line_enters_once(visit: Come, depots: Depots) -> None:
    one = visit(Role.DUTY_OFFICER)
    open_card(one, "supplies", depots.sand, "试验沙袋")
    press(one, "入库")
    one.page.fill("#f-quantity", "5")
    one.page.context.set_offline(True)
    one.page.click(SAVE)
    one.see("还没有记账")
    one.page.context.set_offline(False)
    one.complaints.clear()
    one.page.click(SAVE)
    one.until(lambda: one.page.locator(".figure b").count() and one.page.inner_text(".figure b >> nth=0") == "125", "entered once")
    one.complaints.clear()


def test_an_open_card_of_a_depot_follows_a_movement_by_somebody_else(visit: Come, depots: Depots) -> None:
    one = visit()
    open_card(one, "depots", depots.first, "试验甲库")
    one.until(lambda: one.page.locator("table.book tbody tr").count() > 0, "its entries are there")
    depots.enter(depots.sand, "out", 33)
    one.until(lambda: "33" in one.page.inner_text("table.book tbody tr >> nth=0") and "87" in one.page.inner_text("table.book tbody tr >> nth=0"), "the new one, too")
