"""Sixty payloads in every text of the map, shown everywhere it is shown: none runs, none becomes an element, all are read as typed."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, Route
from pypdf import PdfReader
from pypdf.generic import DictionaryObject
from sqlalchemy.engine import URL

from app.jobs import prepare
from app.people import People
from app.settings import Settings
from geodata.store.database import Database
from layers.catalogue import CATALOGUE
from layers.spec import Role
from tests.browser.carriers import HOSTILE, fill, texts_of
from tests.browser.conftest import PASSWORD, Server, Visit, serving, visits
from tests.browser.payloads import FORMULAS, PAYLOADS, Payload, packed
from tests.conftest import SECRET, _create, _drop

# What no page of ours is made of: elements and attributes that a payload would bring.
INTRUDERS = r"""root => [...(root || document).querySelectorAll('*')].flatMap(one => {
  const name = one.tagName.toLowerCase(), found = [];
  if (/^(iframe|object|embed|math|video|audio|template|animate|marquee|mglyph|base)$/.test(name) || name === 'script' && one.parentElement?.closest('svg')) found.push(name);
  if (name === 'img' && !/^(\/static\/|\/spaces\/|blob:)/.test(one.getAttribute('src') || '')) found.push(`img ${one.getAttribute('src')}`);
  for (const { name: attribute, value } of one.attributes) {
    if (/^on/i.test(attribute)) found.push(`${name} ${attribute}`);
    if (/^(href|src|action|data|formaction|srcdoc|xlink:href)$/i.test(attribute) && /^(javascript|data:text)/i.test(value.replace(/[\s\0-\x20]/g, ''))) found.push(`${name} ${attribute}=${value}`);
  }
  return found;
})"""


@pytest.fixture(scope="module")
def infested(cluster_url: URL, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """An installation whose every text is a payload, and the id of its drill."""
    name = f"onemap_payloads_{uuid.uuid4().hex[:8]}"
    _create(cluster_url, name, template)
    url = cluster_url.set(database=name).render_as_string(hide_password=False)
    home = tmp_path_factory.mktemp("infested")
    database = Database(url, SECRET)
    prepare(database)
    drill = fill(database)
    people = People(Settings(home=home, database_url=url, secret_key=SECRET), database)
    people.accounts.add("carrier", packed(60)[0], PASSWORD, frozenset({Role.PLANNER}), "tests")
    for turn, text in enumerate(packed(60)):
        people.tokens.create(f"{text[:58]}{turn}", frozenset({Role.VIEWER}), "tests", timedelta(days=1))
    with serving(database, url, home) as server:
        yield server, drill.id
    database.dispose()
    _drop(cluster_url, name)


@pytest.fixture
def ran() -> list[int]:
    """Numbers of the payloads that ran in some frame of some page."""
    return []


@pytest.fixture
def come(browser: Browser, infested: tuple[Server, str], ran: list[int]) -> Iterator[Callable[..., Visit]]:
    with visits(browser, infested[0]) as arrive:
        yield lambda *given, **how: arrive(*given, before=lambda page: heard(page, ran), **how)
    assert ran == []


def heard(page: Page, ran: list[int]) -> None:
    """From now on `X(n)` is written down, whatever frame it is called in."""
    page.expose_binding("X", lambda _, number: ran.append(number))


def clean(one: Visit, place: str) -> None:
    one.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert one.page.evaluate(INTRUDERS) == [], place


def careless_host(payload: Payload) -> Callable[[Route], None]:
    """One page that writes the payload as it is; nothing else is there."""
    def answer(route: Route) -> None:
        if route.request.url == "http://careless.test/":
            route.fulfill(body=payload.careless(), content_type="text/html; charset=utf-8")
        else:
            route.abort()

    return answer


def test_each_payload_runs_in_the_careless_place_it_is_made_for(browser: Browser, ran: list[int]) -> None:
    """Otherwise the tests below would hold nothing."""
    assert len(PAYLOADS) == len({one.text for one in PAYLOADS}) == 60
    with browser.new_context() as context:
        context.expose_binding("X", lambda _, number: ran.append(number))
        page = context.new_page()
        for one in PAYLOADS:
            page.unroute_all()
            page.route("**/*", careless_host(one))
            page.goto("http://careless.test/", wait_until="commit")
            for _ in range(250):
                if one.number in ran:
                    break
                page.wait_for_timeout(20)
            if one.place in ("link", "clicked", "frame"):  # what it left under way is the next one's no more
                page.close()
                page = context.new_page()
    assert sorted({one.number for one in PAYLOADS} - set(ran)) == []


def test_every_text_field_of_every_layer_carries_every_payload_that_fits() -> None:
    for layer in (*CATALOGUE.values(), HOSTILE):
        for name, values in texts_of(layer).items():
            field = layer.field(name)
            assert field and all(len(value) <= field.max_length for value in values)
            missing = [one.number for one in PAYLOADS if len(one.text) <= field.max_length and not any(one.text in value for value in values)]
            assert missing == [], f"{layer.id}.{name}"


# Every feature of a layer on a card, one after the other; the card's own further questions wait for ever.
CARDS = """async layer => {
  const card = new onemap.Card(onemap.question.panel, onemap.view, { nearest() {}, zone() {}, card() {}, edit() {}, back: null });
  const ask = window.fetch;
  const { features } = await (await ask(`${location.pathname}api/v1/layers/${layer}/features?limit=200`)).json();
  window.fetch = () => new Promise(() => undefined);
  const faults = [];
  for (const [turn, feature] of features.entries()) {
    card.show(onemap.state.layers.get(layer), feature);
    if (turn % 8 === 7) await new Promise(requestAnimationFrame);
    const panel = document.querySelector('#right'), said = panel.textContent;
    for (const [name, value] of Object.entries(feature.properties)) if (typeof value === 'string' && /X\\(/.test(value) && !said.includes(value)) faults.push(`unread ${name}: ${value}`);
    faults.push(...window.intruders(turn % 8 === 7 ? document : panel)); // the whole page is long, and stays as it was
  }
  faults.push(...window.intruders(document));
  window.fetch = ask;
  return [features.map(one => one.id), faults];
}"""


@pytest.mark.parametrize("drill", [False, True])
def test_on_cards_and_in_their_history(come: Callable[..., Visit], infested: tuple[Server, str], drill: bool) -> None:
    one = come(Role.DRILL_CONTROLLER if drill else Role.PLANNER, path=f"/spaces/{infested[1]}/" if drill else "/")
    one.page.evaluate(f"() => {{ window.intruders = {INTRUDERS}; }}")
    for layer in [each for each in CATALOGUE.values() if each.drill_only] if drill else [*(each for each in CATALOGUE.values() if not each.drill_only), HOSTILE]:
        ids, faults = one.page.evaluate(CARDS, layer.id)
        assert len(ids) == max(map(len, texts_of(layer).values()))
        assert faults == [], layer.id
        one.page.evaluate("([layer, id]) => onemap.view.act.choose(layer, id)", [layer.id, ids[0]])
        least = 1 if layer.ledger else 2
        one.until(lambda: one.page.locator(".history li").count() >= least, f"{layer.id}: the card has its history")  # noqa: B023
        for line in one.page.locator(".history li > button").all():
            line.click()
            clean(one, f"history of {layer.id}")
        assert "X(" in one.page.inner_text(".history")
    one.shot("payloads_card")


def all_rows(one: Visit, number: int, layer: str) -> None:
    one.until(lambda: one.page.locator("#table[aria-busy]").count() == 0 and one.page.locator(".grid-body .grid-row[data-id]").count() == number, f"{layer}: all rows are there")


def said(one: Visit, where: str, text: str) -> None:
    one.until(lambda: text in one.page.inner_text(where), f"{where} says {text}")


# The table of somebody who chose all columns once: chosen one after the other each would draw the table anew.
EVERY_COLUMN = """layer => {
  localStorage.setItem('onemap-table-look', JSON.stringify({ [layer]: { columns: onemap.state.layers.get(layer).fields.map(one => one.id) } }));
  onemap.table.open(layer);
  onemap.table.size(1800);
}"""


def test_in_tables(come: Callable[..., Visit]) -> None:
    """Every column of every layer, all rows at once on a tall screen."""
    one = come(Role.PLANNER, size=(1600, 2600))
    for layer in [*(each for each in CATALOGUE.values() if not each.drill_only), HOSTILE]:
        one.page.evaluate(EVERY_COLUMN, layer.id)
        number = max(map(len, texts_of(layer).values()))
        all_rows(one, number, layer.id)
        one.page.click("#table [data-act=columns]")
        assert one.page.locator(".wish-choice input:not(:checked)").count() == 0 < one.page.locator(".wish-choice input:checked").count()
        clean(one, layer.id)
        assert one.page.locator(".grid-body", has_text="X(").count() == 1
        one.page.keyboard.press("Escape")
    for field, text in (("name", PAYLOADS[0].text), ("code", PAYLOADS[32].text)):
        one.page.evaluate("([field, text]) => { const { table } = onemap; table.wishes.set(field, { field: table.layer.fields.find(one => one.id === field), wish: { text } }); table.ask(); }", [field, text])
        said(one, "#table", text)
    clean(one, "chips of filters")
    one.page.click("#table [data-act=export]")
    one.until(lambda: one.page.locator("[data-format=csv]").count() == 1, "the export panel is there")
    clean(one, "panel of exports")


def panel(one: Visit, act: str, seen: str, place: str) -> None:
    """Open a panel by a button and look at it."""
    one.page.click(act)
    one.until(lambda: one.page.locator(seen).count() > 0, f"{place} is there")
    clean(one, place)


def test_on_the_map_in_search_and_in_every_panel(come: Callable[..., Visit]) -> None:
    one = come(Role.PLANNER)
    one.refusals = (404, 422, 403)
    one.page.evaluate("onemap.view.map.setView([40.6, 109.64], 14, { animate: false })")
    one.until(lambda: one.page.locator(".sym").count() > 10, "symbols are drawn")
    clean(one, "map with labels")
    for name in ("hostile", "shelters", "rescue_teams"):
        one.page.click(f"[data-line={name}] .disclose")
        settings = one.page.locator(f"#settings-{name}")
        settings.locator("select[aria-label]").first.select_option(index=2)
        settings.locator("[id^=by-]").select_option(index=1)
        clean(one, f"settings of {name}")
        one.page.click(f"[data-line={name}] .disclose")
    clean(one, "legend with classes")
    for payload in PAYLOADS:
        one.page.fill("#find", payload.text.replace("\n", " "))
        one.page.locator("#find").press("Enter" if payload.number == 1 else "Home")
        if payload.number % 6 == 1:
            one.until(lambda: one.page.locator("#found:not([hidden]) > *, #right:not([hidden])").count() > 0, "search answers")
            clean(one, f"search for {payload.text}")
    one.page.keyboard.press("Escape")
    one.page.evaluate("onemap.question.at({ lon: 109.64, lat: 40.6, name: '<img src onerror=X(1)>' }, 'nearest')")
    one.until(lambda: one.page.locator(".row .badge").count() > 5 and one.page.locator(".left-out").count() > 0, "ranked, and some left out")
    clean(one, "ranking")
    one.page.evaluate("onemap.question.open('zone')")
    one.until(lambda: one.page.locator("#right .table tbody tr").count() > 0, "the zone is asked about")
    clean(one, "exposure")
    panel(one, "[aria-label=近来改动]", ".commit", "recent changes")
    for commit in one.page.locator(".commit").all()[:6]:
        commit.click()
        clean(one, "a commit")
    panel(one, ".tree-head [aria-label=视图]", ".view-row", "views")
    one.page.click(".view-row .row >> nth=0")
    clean(one, "notice of a view")
    one.page.evaluate("onemap.view.map.setView([40.6, 109.64], 14, { animate: false })")
    panel(one, ".bar .space", "#right a.row", "drills")
    one.page.keyboard.press("p")
    clean(one, "plot")
    one.page.evaluate("async () => onemap.view.act.choose('hostile', (await (await fetch('/api/v1/layers/hostile/features?limit=1')).json()).features[0].id)")
    panel(one, "#right button:has-text('编辑')", "#f-name", "form")
    one.page.fill("#f-beds", PAYLOADS[0].text)
    one.page.click(".panel-acts .primary")
    one.until(lambda: one.page.locator(".input.bad").count() == 1, "the problem is said")
    clean(one, "problem of a field")
    one.page.keyboard.press("Escape")
    one.page.click(".who")
    clean(one, "menu")


def test_a_file_whose_name_columns_and_values_are_payloads(come: Callable[..., Visit], tmp_path: Path) -> None:
    one = come(Role.GIS_STAFF)
    file = tmp_path / "<img src onerror=X(1)>'\"><svg onload=X(5)>.csv"
    heads = [each.text for each in PAYLOADS if "\n" not in each.text]
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["名称", "经度", "纬度", *heads])
        rows.writerows([[each.text, 109.6 + turn / 1000 if turn else each.text, 40.6, *heads] for turn, each in enumerate(PAYLOADS)])
    one.page.click("[aria-label=装载数据]")
    one.page.set_input_files("#load-file", file)
    clean(one, "chosen file")

    def report(layer: str) -> None:
        one.until(lambda: one.page.locator("#right .fates, #right .note[role=alert]").count() > 0, "the report is there", patience_s=60)
        assert "X(" in one.page.inner_text("#right")
        clean(one, f"report for {layer}")
        one.shot(f"payloads_load_{layer}")

    one.page.select_option("#load-layer", "shelters")  # examined at once
    report("shelters")
    one.page.click(".steps button >> nth=0")
    one.page.select_option("#load-layer", "")
    one.page.fill("#load-name", "loaded")
    one.page.click(".panel-acts .primary")
    report("loaded")
    one.page.click(".panel-acts .primary")
    one.until(lambda: one.page.locator(".layer[data-layer=loaded]").count() == 1, "the new layer is in the tree", patience_s=60)
    clean(one, "layer with columns that are payloads")


def test_in_a_drill(come: Callable[..., Visit], infested: tuple[Server, str]) -> None:
    one = come(Role.DRILL_CONTROLLER, path=f"/spaces/{infested[1]}/")
    one.until(lambda: "X(" in one.page.inner_text(".band"), "the band names the drill as it was typed")
    clean(one, "band")


@pytest.mark.parametrize(("role", "path"), [(Role.AUDIT_ADMIN, "/audit"), (Role.SECURITY_ADMIN, "/accounts"), (Role.SYSTEM_ADMIN, "/accounts"), (Role.SECURITY_ADMIN, "/sessions")])
def test_on_the_pages_of_administrators(come: Callable[..., Visit], role: Role, path: str) -> None:
    one = come(role, path=path)
    one.until(lambda: "X(" in one.page.inner_text("#main"), "payloads are listed")
    clean(one, path)
    for row in one.page.locator("tbody tr[tabindex]").all()[:8]:
        row.click()
        clean(one, f"a row of {path}")


def test_documents_of_the_server(come: Callable[..., Visit], infested: tuple[Server, str]) -> None:
    """The page of a problem, the documentation with run-time layers in it, and data opened as a document."""
    one = come(Role.PLANNER)
    one.refusals = (404, 400, 422)
    address = infested[0].address
    for path in ("/api/v1/docs", "/no/%3Cimg%20src%20onerror=X(1)%3E", "/api/v1/layers/hostile/features?limit=70", "/api/v1/layers?lang=%22%3E%3Csvg%20onload=X(5)%3E", "/login?next=%22%3E%3Csvg%20onload=X(5)%3E",
                 "/ogc/collections/hostile", "/api/v1/layers/%3Cimg%20src%20onerror=X(1)%3E/features", "/api/v1/search?q=%3Cimg%20src%20onerror=X(1)%3E"):
        one.page.goto(address + path)
        clean(one, path)
        answer = one.page.request.get(address + path)
        assert answer.headers["x-content-type-options"] == "nosniff" and "script-src" in answer.headers["content-security-policy"]
    one.page.goto(address)
    one.ready()


def test_in_files_taken_away(come: Callable[..., Visit], infested: tuple[Server, str]) -> None:
    """Sheets hold text that nothing computes; a file is handed over, never shown; a print has no script and no link."""
    one = come(Role.PLANNER)
    address = infested[0].address
    for layer in [*(each for each in CATALOGUE.values() if not each.drill_only), HOSTILE]:
        asked = f"{address}/api/v1/layers/{layer.id}/export?words=true&format="
        got = {kind: one.page.request.get(asked + kind) for kind in ("csv", "xlsx", "geojson")}
        for answer in got.values():
            assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["content-disposition"].startswith("attachment")
        assert got["geojson"].headers["content-type"] == "application/geo+json"
        cells = [cell for row in csv.reader(io.StringIO(got["csv"].text().lstrip("\ufeff"))) for cell in row]
        sheet = load_workbook(io.BytesIO(got["xlsx"].body())).active
        assert sheet is not None
        for cell in cells:
            assert not cell.startswith(("=", "+", "-", "@")) or cell.lstrip("-").replace(".", "").isdigit(), cell
        for row in sheet.iter_rows():
            for each in row:
                assert each.data_type != "f" and each.hyperlink is None and not str(each.value or "").startswith(("=", "+", "@")), each.value
        text = json.dumps(got["geojson"].json(), ensure_ascii=False)
        for formula in FORMULAS:
            assert f"'{formula}" in cells and json.dumps(formula)[1:-1] in text, "data keep what was typed, sheets show it"


def test_on_a_printed_sheet(come: Callable[..., Visit], infested: tuple[Server, str]) -> None:
    one = come(Role.PLANNER)
    token = one.page.evaluate("JSON.parse(document.querySelector('#onemap-config').textContent).csrf")
    asked = {"bbox": [109.59, 40.57, 109.7, 40.66], "layers": ["hostile", "shelters"], "title": PAYLOADS[0].text}
    answer = one.page.request.post(f"{infested[0].address}/api/v1/print", data=json.dumps(asked), headers={"Content-Type": "application/json", "X-CSRF-Token": token}, timeout=100_000)
    assert answer.status == 200, answer.text()
    assert answer.headers["content-type"] == "application/pdf" and answer.headers["x-content-type-options"] == "nosniff"
    pdf = PdfReader(io.BytesIO(answer.body()))
    assert PAYLOADS[0].text in "".join(page.extract_text() for page in pdf.pages)
    root = cast("DictionaryObject", pdf.trailer["/Root"])
    assert root.get("/OpenAction") is None and root.get("/Names") is None
    assert [len(page.annotations or ()) for page in pdf.pages] == [0] * len(pdf.pages)


@pytest.mark.parametrize("policy", [True, False])
def test_a_build_that_takes_text_for_html_is_caught(browser: Browser, infested: tuple[Server, str], ran: list[int], policy: bool) -> None:
    """With our policy such a build's payloads stand on the page and the browser complains; without it they run."""
    def hasty(route: Route) -> None:
        got = route.fetch()
        script, places = re.subn(r'(?<="text"\))(\w+)\.textContent=', r"\1.innerHTML=", got.text())
        assert places == 1, "the one place where elements get their text"
        route.fulfill(response=got, body=script)

    def careless(page: Page) -> None:
        heard(page, ran)
        page.route("**/packed/main.js", hasty)

    with visits(browser, infested[0]) as arrive:
        one = arrive(Role.PLANNER, before=careless, bypass_csp=not policy)
        one.page.evaluate("async () => onemap.view.act.choose('hostile', (await (await fetch('/api/v1/layers/hostile/features?limit=1')).json()).features[0].id)")
        one.until(lambda: one.page.locator(".history li").count() > 0, "the card is there")
        assert one.page.evaluate(INTRUDERS)
        one.until(lambda: one.complaints if policy else len(set(ran)) > 5, "it is noticed")
        assert not ran or not policy
        one.complaints.clear()
        one.hosts &= {one.server.address.split("//")[1]}
