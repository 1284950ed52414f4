"""A real server on demonstration data, and Debian's Chromium looking at it: no other host, no refused script, no error."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, sync_playwright
from sqlalchemy.engine import URL

from app.command.demo import ensure_demo
from app.jobs import prepare
from app.people import People
from app.settings import Settings
from geodata.store.database import Database
from geodata.store.definitions import definition, remove
from geodata.store.rows import Feature
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Layer, Role
from tests.app.basemaps.tiles import archive, picture
from tests.browser.tabs import leave, remember, tab
from tests.conftest import SECRET, _create, _drop

PASSWORD = "correct horse battery"
ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"  # of the guides
SCREENSHOTS = Path(__file__).parent / "screenshots"
CHROMIUM = next(filter(None, (os.environ.get("ONEMAP_TEST_BROWSER"), *map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))), "/usr/bin/chromium")
_UNUSED = ("WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup",  # each window would start a process for the address bar that nobody sees
           "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying",
           "OptimizationHints", "PaintHolding")  # Playwright's own, whose flag this one replaces
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--disable-features={','.join(_UNUSED)}"]
PATIENCE_S = 45.0
PICTURED = bool(os.environ.get("ONEMAP_TEST_PICTURES"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A page that did not come in time on a busy machine is looked at once more. The report names it, as unsteady: it is mended, not lived with.

    Tests of a dear installation come before all others: the first process then does them alone, and only it makes one.
    """
    items.sort(key=lambda item: "infested" not in getattr(item, "fixturenames", ()))
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.flaky(reruns=1))


@dataclass
class Server:
    """A running service: its address, and its database for looking behind the page."""

    address: str
    database: Database
    home: Path
    revive: Callable[[], None] = lambda: None  # starts again what ended, as the supervisor of an installation does
    signed_in: dict[Role, Any] = field(default_factory=dict)  # cookies of each role's session, for the visits after the first


@pytest.fixture(scope="session")
def live_server(cluster_url: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The web process and the worker of one installation with the demonstration data and an account of each role."""
    name = f"onemap_browser_{uuid.uuid4().hex[:8]}"
    _create(cluster_url, name)
    url = cluster_url.set(database=name).render_as_string(hide_password=False)
    home = tmp_path_factory.mktemp("home")
    database = Database(url, SECRET)
    database.migrate()
    prepare(database)
    ensure_demo(database)
    _basemaps(home)
    with serving(database, url, home) as server:
        yield server
    database.dispose()
    _drop(cluster_url, name)


@contextmanager
def serving(database: Database, url: str, home: Path) -> Iterator[Server]:
    """The processes of an installation on a prepared database, with an account of each role."""
    people = People(Settings(home=home, database_url=url, secret_key=SECRET), database)
    for role in Role:
        people.accounts.add(role.value, role.value, PASSWORD, frozenset({role}), "tests")
    port = _free_port()
    environment = {**{key: value for key, value in os.environ.items() if not key.startswith("ONEMAP_")},
                   "ONEMAP_HOME": str(home), "ONEMAP_DATABASE_URL": url, "ONEMAP_SECRET_KEY": SECRET, "ONEMAP_PORT": str(port)}
    commands = (
        [sys.executable, "-m", "uvicorn", "app.asgi:application", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"],
        [sys.executable, "-m", "app.jobs"],
    )
    log = (home / "log.txt").open("w")

    def start(command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)

    running = [start(one) for one in commands]

    def revive() -> None:
        for place, command in enumerate(commands):
            if running[place].poll() is not None:
                running[place] = start(command)

    try:
        _wait_for(f"http://127.0.0.1:{port}/login", home / "log.txt")
        yield Server(f"http://127.0.0.1:{port}", database, home, revive)
    finally:
        for one in running:
            one.send_signal(signal.SIGTERM)
        for one in running:
            try:
                one.wait(10)
            except subprocess.TimeoutExpired:
                one.kill()
        log.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """Somebody in front of the page; what the browser complained of is kept and fails the test."""

    page: Page
    server: Server
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    refusals: tuple[int, ...] = ()  # statuses that the test provokes; the browser notes each as an error

    def listen(self) -> Callable[[], object]:
        """Write down what the browser complains of and whom it asks; what comes back ends it."""
        def complained(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.complaints.append(f"{message.text} {message.location.get('url', '')}".strip())

        def asked(request: Request) -> None:
            if not request.url.startswith(("data:", "blob:")):
                self.hosts.add(urlsplit(request.url).netloc)

        def failed(error: Error) -> None:
            self.complaints.append(str(error))

        heard: dict[str, Any] = {"console": complained, "pageerror": failed, "request": asked}
        page = self.page
        for event, listener in heard.items():
            page.on(event, listener)  # type: ignore[call-overload]
        return lambda: [page.remove_listener(event, listener) for event, listener in heard.items()]

    def until(self, claim: Callable[[], object], what: str = "", patience_s: float = PATIENCE_S) -> None:
        """Wait by asking again: `wait_for_function` needs eval, which our policy forbids."""
        end, pause_ms = time.monotonic() + patience_s, 30.0
        while not claim():
            if time.monotonic() > end:
                self.shot("failed")
                raise AssertionError(f"did not come true: {what or claim}")
            self.page.wait_for_timeout(pause_ms)
            pause_ms = min(150.0, pause_ms * 1.5)  # to read a whole page takes it 20 ms, which what is waited for could use

    def ready(self) -> None:
        """All layers that are shown have been read."""
        self.until(lambda: self.page.evaluate("document.body && document.body.dataset.ready === '1' && document.body.dataset.pending === '0'"), "the page is ready")

    def see(self, words: str) -> None:
        self.until(lambda: words in self.page.inner_text("body"), f"the page says {words!r}")

    def find(self, text: str) -> None:
        """Search by keyboard and take the first."""
        self.page.keyboard.press("/")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.until(lambda: self.page.locator("#found:not([hidden]) [role=option]").count() > 0 and self.page.get_attribute("#found", "data-answers") == text.strip(), f"something is found for {text}")
        self.page.keyboard.press("Enter")

    def shot(self, name: str) -> None:
        """A screenshot for whoever wants to look, with ONEMAP_TEST_PICTURES=1; each takes most of a second. One of a failure is always taken."""
        if not PICTURED and name != "failed":
            return
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.wait_for_timeout(350)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def picture(self, name: str) -> None:
        """A picture that a guide shows; with ONEMAP_TEST_PICTURES=1 it is taken anew, and looked at before it is committed."""
        self.shot(name)
        if PICTURED:
            Image.open(SCREENSHOTS / f"{name}.png").convert("RGB").save(PICTURES / f"{name}.png", optimize=True)


@pytest.fixture
def afterwards() -> Iterator[ExitStack]:
    """`afterwards.callback(...)`: what puts the shared data back, when the pages of the test are closed: a page that asks for what just went would complain."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def made(live_server: Server, afterwards: ExitStack) -> Callable[..., Feature]:
    """`made(layer, geometry, **properties)`: a feature of this test alone, gone afterwards with all that has its name."""

    def make(layer: str, geometry: Any, reason: str = "test", **properties: Any) -> Feature:
        afterwards.callback(clear, live_server, layer, properties["name"])
        with live_server.database.space().transaction(OPERATOR, reason=reason) as store:
            return store.insert(layer, properties, geometry)

    return make


def clear(server: Server, layer: str, name: str) -> None:
    """Delete the features of a layer whose names begin so."""
    with server.database.space().transaction(OPERATOR) as store:
        for one in store.page(layer, filter=f"name LIKE '{name}%'").features:
            store.delete(layer, one.id, version=one.version, reason="test")


@contextmanager
def layers_of_tests(server: Server, *layers: Layer) -> Iterator[Space]:
    """Run-time layers while a module's tests run; off the map again for those of others."""
    space = server.database.space()
    for layer in layers:
        space.create_layer(layer, OPERATOR)
    yield space
    for layer in layers:
        remove(space, layer.id, OPERATOR, version=definition(space, layer.id, OPERATOR).version, reason="test")
        with server.database.owner.begin() as connection:  # a name whose layer still holds features is not given anew
            connection.exec_driver_sql(f"ALTER TABLE onemap.{layer.id} DISABLE TRIGGER USER; TRUNCATE onemap.{layer.id}")


@pytest.fixture
def visit(browser: Browser, live_server: Server, afterwards: ExitStack) -> Iterator[Callable[..., Visit]]:
    """`visit(role, size=(w, h), language="zh")`: sign in and open the map; `first`: as somebody who was never there."""
    with visits(browser, live_server) as come:
        yield come


def as_it_is(page: Page) -> None:
    """Nothing is done with a page before it goes anywhere."""


@contextmanager
def visits(browser: Browser, server: Server) -> Iterator[Callable[..., Visit]]:
    """Visitors of a server; `before` is done with the page before it goes anywhere, `context` are options of the browser's context."""
    opened: list[Visit] = []
    with ExitStack() as left:
        def come(role: Role = Role.DUTY_OFFICER, size: tuple[int, int] = (1280, 800), language: str = "zh", path: str = "/", first: bool = False,
                 before: Callable[[Page], object] = as_it_is, **context: Any) -> Visit:
            server.revive()
            alone = before is not as_it_is
            page = tab(browser, context, alone)
            remember(page, server.address, [*server.signed_in.get(role, []), {"name": "lang", "value": language, "url": server.address}],
                     {} if first else {f"onemap-tour-{role.value}": "1"})  # it has seen the tour
            page.set_viewport_size({"width": size[0], "height": size[1]})
            before(page)
            one = Visit(page, server)
            opened.append(one)
            left.callback(one.listen())
            left.callback(leave, browser, page, context, alone)
            page.goto(f"{server.address}/login?next={path}")
            if urlsplit(page.url).path == "/login":  # nobody is sent on: the first of this role, or its session was ended
                page.fill("#name", role.value)
                page.fill("#password", PASSWORD)
                page.click("button[type=submit]")
            one.ready()
            server.signed_in[role] = [cookie for cookie in page.context.cookies() if cookie["name"] != "lang"]
            return one

        yield come
    for one in opened:
        assert one.hosts == {urlsplit(server.address).netloc}, "the page asked another host"
        unexpected = [line for line in one.complaints if not any(f"status of {status} " in line for status in one.refusals)]
        assert unexpected == [], "the browser complained (a refused script, a missing file, an error)"


_NOBODY = socket.socket()  # holds its port and does not listen, so that no other server of the run is there
_NOBODY.bind(("127.0.0.1", 0))


def _basemaps(home: Path) -> None:
    """An offline file for the district, and a source on a port where nobody listens."""
    archive(home / "district.pmtiles", zoom=9, xs=range(409, 415), ys=range(189, 196), content=picture((206, 214, 190)))
    dead = {"id": "dead", "label": {"zh": "天地图 影像", "en": "Tianditu imagery"}, "kind": "xyz", "url": f"http://127.0.0.1:{_NOBODY.getsockname()[1]}/{{z}}/{{x}}/{{y}}", "intranet": True}
    offline = {"id": "offline", "label": {"zh": "离线底图", "en": "Offline"}, "kind": "pmtiles", "file": "district.pmtiles", "date": "2026-05-01"}
    (home / "basemaps.json").write_text(json.dumps({"basemaps": [dead, offline]}))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, log: Path) -> None:
    end = time.monotonic() + 120  # 5 s where nothing else runs
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the server did not come up:\n{log.read_text()[-4000:]}")
