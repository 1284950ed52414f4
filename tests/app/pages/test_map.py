"""The map's page as it leaves the server: folium's figure, our files only, no data, nothing that a name could break."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from app.pages.shell import script_json
from geodata.store.database import Database
from layers.spec import OPERATOR, Role

HOSTILE = '</script><script>alert(1)</script>{{ 7*7 }}{% raw %}{# x #}"\\\u2028'


def config_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="onemap-config">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_page_names_no_other_host(sign_in: Callable[[Role], Any]) -> None:
    html = sign_in(Role.DUTY_OFFICER).client.get("/", headers={"Accept": "text/html"}).text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
    assert "folium-map" in html


def test_every_script_carries_the_nonce_or_comes_from_us(sign_in: Callable[[Role], Any]) -> None:
    answer = sign_in(Role.DUTY_OFFICER).client.get("/", headers={"Accept": "text/html"})
    nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
    assert nonce
    for script in re.findall(r"<script[^>]*>", answer.text):
        assert f'nonce="{nonce[1]}"' in script or 'src="/static/' in script or 'type="application/json"' in script, script
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", answer.text)


def test_the_configuration_says_who_and_where(sign_in: Callable[[Role], Any]) -> None:
    config = config_of(sign_in(Role.PLANNER).client.get("/?lang=en", headers={"Accept": "text/html"}).text)
    assert config["user"] == {"name": "test-planner", "roles": ["planner"]}
    assert config["api"] == "/api/v1" and config["space"]["drill"] is False and config["language"] == "en"
    assert "shelter" in config["symbols"]


def test_a_drill_has_its_own_addresses_and_no_typed_name_in_the_page(sign_in: Callable[[Role], Any], database: Database) -> None:
    drill = database.open_drill(HOSTILE[:100], OPERATOR)
    html = sign_in(Role.DUTY_OFFICER).client.get(f"/spaces/{drill.id}/", headers={"Accept": "text/html"}).text
    config = config_of(html)
    assert config["api"] == f"/spaces/{drill.id}/api/v1" and config["space"]["drill"] is True
    assert "alert(1)" not in html and "7*7" not in html and ">49<" not in html


def test_administrators_see_no_map(sign_in: Callable[[Role], Any]) -> None:
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN):
        assert sign_in(role).client.get("/", headers={"Accept": "text/html"}).status_code == 403


def test_whatever_a_name_holds_it_stays_a_value() -> None:
    text = str(script_json({"name": HOSTILE}))
    assert json.loads(text) == {"name": HOSTILE}
    assert "<" not in text and "{{" not in text and "{%" not in text and "{#" not in text and "\u2028" not in text
