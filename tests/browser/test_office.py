"""The pages beside the map: each administrator's own work, by mouse and by keyboard, in both languages."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import text

from geodata.store.audit import Audit, Question
from layers.spec import Role
from tests.browser.conftest import PASSWORD, Visit
from tests.conftest import actor

Come = Callable[..., Visit]


def menu(one: Visit) -> list[str]:
    one.page.click(".who")
    return one.page.locator(".drop [role=menuitem]").all_inner_texts()


def sign_out_and_in(one: Visit, name: str, password: str) -> None:
    one.page.context.clear_cookies()
    one.page.context.add_cookies([{"name": "lang", "value": "zh", "url": one.server.address}])
    one.page.goto(f"{one.server.address}/login")
    one.page.fill("#name", name)
    one.page.fill("#password", password)
    one.page.click("button[type=submit]")


@pytest.mark.parametrize(("role", "there", "not_there"), [
    (Role.SYSTEM_ADMIN, {"账号", "会话"}, {"审计", "演练"}), (Role.SECURITY_ADMIN, {"账号", "会话"}, {"审计", "演练"}),
    (Role.AUDIT_ADMIN, {"审计", "会话"}, {"账号", "演练"}), (Role.VIEWER, {"会话", "更换口令", "演练"}, {"账号", "审计"})])
def test_each_signs_in_to_the_own_page_and_the_menu_names_what_one_may_see(visit: Come, role: Role, there: set[str], not_there: set[str]) -> None:
    words = set(menu(visit(role)))
    assert there <= words and not (not_there & words)


def test_an_account_goes_from_made_to_working_through_two_administrators(visit: Come) -> None:
    """The system administrator makes it, the security administrator gives it roles, its person chooses the password."""
    name = f"zhang{uuid.uuid4().hex[:5]}"
    system = visit(Role.SYSTEM_ADMIN)
    system.see("新建账号")
    system.picture("accounts_1280")
    system.page.get_by_role("button", name="新建账号").first.click()
    system.page.keyboard.type(name)
    system.page.keyboard.press("Tab")
    system.page.keyboard.type("张三")
    system.page.keyboard.press("Enter")
    system.see("只显示这一次")
    password = system.page.inner_text(".secret")
    system.shot("account_made_1280")
    system.until(lambda: name in system.page.inner_text("table"))
    assert "待授予" in system.page.inner_text(f"tr:has-text('{name}')")

    security = visit(Role.SECURITY_ADMIN, size=(1920, 1080))
    row = security.page.locator(f"tr:has-text('{name}')")
    row.focus()
    security.page.keyboard.press("Enter")
    security.page.get_by_label("审计管理员").check()
    security.page.get_by_label("值班员").check()
    assert not security.page.get_by_label("审计管理员").is_checked(), "an administrator's role stands alone"
    security.page.fill("#reason", "调入值班室")
    security.shot("account_roles_1920")
    security.page.get_by_role("button", name="授予所选角色").click()
    security.until(lambda: "值班员" in security.page.inner_text(f"tr:has-text('{name}')"))

    person = visit(Role.VIEWER)
    sign_out_and_in(person, name, password)
    person.see("请先更换口令")
    person.shot("password_first_1280")
    person.page.goto(f"{person.server.address}/")
    person.see("请先更换口令")
    for box, value in (("present", password), ("new", PASSWORD + name[-2:]), ("again", PASSWORD + name[-2:])):
        person.page.fill(f"#{box}", value)
    person.page.keyboard.press("Enter")
    person.ready()
    person.until(lambda: person.page.url.rstrip("/") == person.server.address, "on to the map")


def test_the_audit_is_searched_opened_and_verified(visit: Come) -> None:
    with visit(Role.DUTY_OFFICER).server.database.space().transaction(actor(Role.PLANNER, name="李规划"), "核对后更正") as store:
        feature = store.page("shelters", limit=1).features[0]
        store.patch("shelters", feature.id, {"capacity": 321}, version=feature.version)
    one = visit(Role.AUDIT_ADMIN)
    one.see("登录")
    one.page.select_option("#audit-action", "feature")
    one.until(lambda: "李规划" in one.page.inner_text("tbody"))
    one.page.fill("#audit-text", "核对后更正")
    one.page.keyboard.press("Enter")
    one.until(lambda: one.page.locator("tbody tr").count() == 1)
    one.page.locator("tbody tr").focus()
    one.page.keyboard.press("Enter")
    one.see("onemap_live")
    one.page.get_by_role("button", name="核验审计链").click()
    one.see("审计链完整")
    one.picture("audit_1280")
    one.page.keyboard.press("Escape")
    assert one.page.locator("#right").is_hidden()


def test_a_broken_chain_is_told_in_words(visit: Come) -> None:
    one = visit(Role.AUDIT_ADMIN, size=(1920, 1080), language="en")
    owner = one.server.database.owner
    changed = "UPDATE onemap_control.audit SET who = :who WHERE chain = 'control' AND sequence = 1"
    with owner.begin() as connection:
        before = connection.scalar(text("SELECT who FROM onemap_control.audit WHERE chain = 'control' AND sequence = 1"))
        connection.execute(text("ALTER TABLE onemap_control.audit DISABLE TRIGGER USER"))
        connection.execute(text(changed), {"who": "somebody else"})
    try:
        one.page.get_by_role("button", name="Verify the chain").click()
        one.see("control row 1 was changed")
        one.shot("audit_broken_1920_en")
    finally:
        with owner.begin() as connection:
            connection.execute(text(changed), {"who": before})
            connection.execute(text("ALTER TABLE onemap_control.audit ENABLE TRIGGER USER"))


def test_a_session_ended_by_the_security_administrator_puts_its_page_out_at_once(visit: Come) -> None:
    officer = visit(Role.GIS_STAFF)
    officer.refusals = (401,)
    security = visit(Role.SECURITY_ADMIN)
    security.page.goto(f"{security.server.address}/sessions")
    security.ready()
    security.shot("sessions_security_1280")
    security.page.get_by_role("button", name="结束 gis_staff").first.click()
    officer.until(lambda: "/login" in officer.page.url, "the open page learns of it from its stream")


@pytest.mark.parametrize(("language", "size"), [("zh", (1280, 800)), ("en", (1920, 1080))])
def test_the_pages_fit_their_window(visit: Come, language: str, size: tuple[int, int]) -> None:
    for role, path in ((Role.SECURITY_ADMIN, "/accounts"), (Role.SECURITY_ADMIN, "/sessions"), (Role.AUDIT_ADMIN, "/audit"), (Role.VIEWER, "/password")):
        one = visit(role, size=size, language=language, path=path)
        one.shot(f"office{path.replace('/', '_')}_{size[0]}_{language}")
        assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth && document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth")


def test_a_masked_phone_is_shown_by_a_button_and_written_down(visit: Come) -> None:
    one = visit(Role.DUTY_OFFICER)
    one.ready()
    with one.server.database.space().reading(actor(Role.DUTY_OFFICER)) as store:
        feature = next(each for each in store.page("shelters", limit=50).features if "**" in str(each.properties.get("phone")))
    one.find(feature.properties["name"])
    one.see(feature.properties["phone"])
    one.page.locator("dd", has_text=feature.properties["phone"]).get_by_role("button").click()
    one.see("已显示，并记入审计")
    one.shot("card_revealed_1280")
    (row,) = Audit(one.server.database.engine).search(Question(action="reveal"), actor(Role.AUDIT_ADMIN)).entries[:1]
    assert (row.who, row.object) == ("duty_officer", f"shelters/{feature.id}")
