"""Programs with a token of each role, and layers of the tests' own that can be checked by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import jobs
from geodata.store.database import Database
from layers.catalogue import CATALOGUE
from layers.spec import (
    Choice,
    Family,
    Field,
    Geometry,
    Group,
    Label,
    Layer,
    Measure,
    OutOfService,
    Role,
    Sensitivity,
    Style,
)
from tests.conftest import with_catalogue

POSTS = Layer(
    id="posts", label=Label("哨所", "Posts"), geometry=Geometry.POINT_OR_POLYGON, group=Group.RESOURCES, key="code", title="name",
    summary=("level", "people"), ranked=True, exposed=True, style=Style(Family.RESOURCE, "shelter", shade_by="level"),
    out_of_service=(OutOfService("open", (False,), "closed", Label("未开放", "Not open")),),
    fields=(
        Field("code", Label("编号", "Code"), max_length=20),
        Field("name", Label("名称", "Name"), required=True, max_length=60),
        Field("level", Label("级别", "Level"), int, choices=(Choice(1, Label("一级", "First")), Choice(2, Label("二级", "Second")))),
        Field("people", Label("人数", "People"), int, minimum=0, maximum=100_000, unit="persons", counts_as=Measure.PEOPLE),
        Field("share", Label("比例", "Share"), float),
        Field("open", Label("开放", "Open"), bool),
        Field("since", Label("启用", "Since"), date),
        Field("phone", Label("电话", "Phone"), max_length=30, sensitivity=Sensitivity.PERSONAL),
    ),
)
NOTES = Layer(
    id="notes", label=Label("记事", "Notes"), geometry=Geometry.NONE, title="text", style=Style(Family.BASE),
    fields=(Field("text", Label("内容", "Text"), required=True, max_length=200), Field("post", Label("哨所", "Post"), reference="posts")),
)
WORKS = Layer(
    id="works", label=Label("堤段", "Works"), geometry=Geometry.ANY, title="name", style=Style(Family.HAZARD), fields=(Field("name", Label("名称", "Name")),),
)
LAYERS = (POSTS, NOTES, WORKS)


@dataclass
class Program:
    """A program with a bearer token."""

    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Send a request; `headers` with _ for -. A body that is text or bytes goes as it is."""
        named = {"Authorization": f"Bearer {self.token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = body if isinstance(body, (bytes, str)) or body is None else json.dumps(body)
        if data is not None:
            named.setdefault("Content-Type", "application/json")
        return self.client.open(path, method=method, data=data, headers=named)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.ask("POST", path, body, **headers)


@pytest.fixture
def database(cluster_url: Any, template: str) -> Any:
    """A database whose catalogue has the tests' layers beside the built-in ones."""
    with with_catalogue(cluster_url, template, CATALOGUE.with_layers(*LAYERS)) as made:
        yield made


@pytest.fixture
def program(app: Flask) -> Callable[..., Program]:
    """`program(role)`: a program that may do what the role may."""
    people = app.extensions["onemap"].people

    def made(*roles: Role) -> Program:
        return Program(app.test_client(), people.tokens.create(f"{roles[0].value}-{uuid4().hex[:8]}", frozenset(roles), "tests", timedelta(hours=1)))

    return made


@pytest.fixture
def queue(database: Database) -> None:
    """The tables of the job queue."""
    jobs.prepare(database)


@pytest.fixture
def planner_program(program: Callable[..., Program]) -> Program:
    return program(Role.PLANNER)


@pytest.fixture
def viewer_program(program: Callable[..., Program]) -> Program:
    return program(Role.VIEWER)


def post(lon: float = 109.8, lat: float = 40.6, **properties: Any) -> dict[str, Any]:
    """A post at a place."""
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": {"name": "甲哨所", **properties}}
