"""The English pictures of the guides, each of a thing just done; with ONEMAP_TEST_PICTURES=1 they go into docs/pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from layers.spec import OPERATOR, Role
from tests.browser.conftest import Visit
from tests.browser.test_guides import CORNERS, draw

Come = Callable[..., Visit]


def test_the_duty_officers_answers(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER, language="en")
    one.find("109.64,40.61")
    one.page.keyboard.press("n")
    one.until(lambda: one.page.locator(".row .badge").count() >= 15, "ranked")
    one.picture("nearest_en_1280")
    one.page.keyboard.press("z")
    one.until(lambda: one.page.locator(".table tbody tr").count() > 0, "something lies in the first circle")
    one.page.fill("#radius", "3000")
    one.page.keyboard.press("Enter")
    one.until(lambda: "28.27" in one.page.inner_text(".right"), "the zone of 3 km")
    one.picture("zone_en_1280")


def test_the_planners_form_and_table(visit: Come) -> None:
    one = visit(Role.PLANNER, language="en")
    one.find("园区危化救援物资库")
    one.page.click("#right button:has-text('Edit')")
    one.page.fill("#f-area_m2", "1234")
    one.page.fill("#f-reason", "Measured on site")
    one.until(lambda: one.page.locator(".panel-acts .primary").is_enabled(), "it can be saved")
    one.picture("edit_en_1280")
    one.page.keyboard.press("Escape")
    one.page.evaluate("onemap.table.open('shelters')")
    one.until(lambda: one.page.locator(".dock tbody tr, .dock [role=row]").count() > 5, "rows")
    one.picture("table_en_1280")


def test_the_gis_staffs_report(visit: Come, tmp_path: Path) -> None:
    one = visit(Role.GIS_STAFF, language="en")
    file = tmp_path / "charging.csv"
    file.write_text("name,lon,lat\n" + "\n".join(f"Charger {i},{109.5 + i / 100},{40.6 + i / 500}" for i in range(12)) + "\n", encoding="utf-8")
    one.page.click("[data-part=load]")
    one.page.set_input_files("#load-file", file)
    one.page.fill("#load-name", "Charging stations")
    one.page.click(".panel-acts .primary")
    one.until(lambda: one.page.locator(".panel-acts .primary:has-text('12')").count() == 1, "the report")
    one.picture("load_en_1280")


def test_the_drill_controllers_scenario(visit: Come) -> None:
    one = visit(Role.DRILL_CONTROLLER, language="en")
    drill = one.server.database.open_drill("Flood exercise", OPERATOR)
    one.page.goto(f"{one.server.address}/spaces/{drill.id}/")
    one.ready()
    one.page.keyboard.press("p")
    one.page.click(".right .row:has-text('Scenario areas')")
    draw(one, CORNERS)
    one.page.fill("#f-name", "Assumed flood T+30")
    one.page.select_option("#f-kind", "flash_flood")
    one.page.click(".panel-acts .primary")
    one.see("Saved")
    one.picture("drill_en_1280")
    one.page.goto(f"{one.server.address}/")
    one.ready()
    one.server.database.close_drill(drill.id, OPERATOR)


def test_the_administrators_accounts(visit: Come) -> None:
    one = visit(Role.SECURITY_ADMIN, language="en", path="/accounts")
    one.until(lambda: one.page.locator("tbody tr").count() > 5, "accounts")
    one.page.locator("tr:has-text('duty_officer')").click()
    one.picture("accounts_en_1280")
