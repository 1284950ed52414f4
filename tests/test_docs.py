"""What the documents name exists: commands with their options, paths of the service, files; and the API examples run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from uuid import UUID

import click
import pytest
from flask import Flask
from shapely.geometry import Point
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from app.api.events import PATH as EVENTS
from app.cli import main
from geodata.store.spaces import Space
from layers.spec import OPERATOR, Role
from tests.app.conftest import Served, app, served, settings  # noqa: F401  (fixtures)

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
_CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_COMMAND = re.compile(r"(?:^|[\s/])onemap ([a-z][a-z_-]*)([^\n]*)")
_PATH = re.compile(r"(?<![\w.])((?:/api/v1|/ogc)(?:/[\w{}<>:.-]+)*)")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
_EXAMPLE = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def code_of(text: str) -> list[str]:
    return [block or span for block, span in _CODE.findall(text)]


def wrong_commands(text: str) -> list[str]:
    """The commands, subcommands and options in code that the command line does not have."""
    wrong = []
    for name, rest in (found for code in code_of(text) for found in _COMMAND.findall(code)):
        context = click.Context(main)
        command = main.get_command(context, name) if isinstance(main, click.Group) else None
        if command is None:
            wrong.append(f"onemap {name}")
            continue
        words = rest.split("#")[0].split()
        if isinstance(command, click.Group) and words and re.fullmatch("[a-z]+", words[0]):
            name, command = f"{name} {words[0]}", command.get_command(context, words[0])
            if command is None:
                wrong.append(f"onemap {name}")
                continue
        known = {option for one in command.get_params(context) for option in one.opts}
        wrong += [f"onemap {name} {word}" for word in words if word.startswith("--") and word.split("=")[0].strip("`") not in known]
    return wrong


def wrong_paths(text: str, app: Flask) -> list[str]:  # noqa: F811
    """The paths in code that no route answers; a name in braces or angles stands for any value."""
    router = app.url_map.bind("localhost")
    wrong = []
    for path in {found.rstrip(".") for code in code_of(text) for found in _PATH.findall(code)}:
        try:
            router.match(re.sub(r"\{\w+\}|<[\w:]+>", lambda name: str(UUID(int=1)) if "feature_id" in name[0] else "1", path))
        except (MethodNotAllowed, RequestRedirect):
            continue
        except HTTPException:  # the dispatcher answers the streams itself
            if not re.search(EVENTS, path) and not any(rule.rule.startswith(path + "/") for rule in app.url_map.iter_rules()):
                wrong.append(path)
    return wrong


def wrong_links(page: Path, text: str) -> list[str]:
    return [link for link in _LINK.findall(text) if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_links_of_a_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert wrong_commands(text) == []
    assert wrong_links(page, text) == []


def test_paths_of_the_pages_exist(app: Flask) -> None:  # noqa: F811
    assert {str(page.relative_to(ROOT)): found for page in PAGES if (found := wrong_paths(page.read_text(encoding="utf-8"), app))} == {}


def test_what_does_not_exist_is_caught(app: Flask) -> None:  # noqa: F811
    wrong = "`onemap laod x` `onemap load x y --sheet 2` `onemap drill start` ```\nonemap token create --rolle viewer\n``` `/api/v1/nearst?lon=1` [x](no.md)"
    assert wrong_commands(wrong) == ["onemap laod", "onemap load --sheet", "onemap drill start", "onemap token create --rolle"]
    assert wrong_paths(wrong, app) == ["/api/v1/nearst"]
    assert wrong_links(ROOT / "README.md", wrong) == ["no.md"]


def test_the_examples_of_the_api_run_as_they_stand(served: Served, space: Space) -> None:  # noqa: F811
    with space.transaction(OPERATOR) as store:
        store.insert("shelters", {"code": "S1", "name": "示例避难场所", "capacity": 300}, Point(109.645, 40.612))
    examples = _EXAMPLE.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
    assert len(examples) == 3
    token = served.token(Role.DUTY_OFFICER)["Authorization"].removeprefix("Bearer ")
    environment = {**os.environ, "ONEMAP": served.base, "TOKEN": token, "no_proxy": "127.0.0.1"}
    for example, expected in zip(examples, ('"distance_m":', '"count":1', "Feature Count: 1"), strict=True):
        done = subprocess.run(["bash", "-c", example], check=False, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        assert expected in done.stdout.replace('": ', '":'), done.stdout
