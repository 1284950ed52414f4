"""An operation of the API: what it reads, declared once, so that parsing and the OpenAPI document cannot disagree."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError

from app.api.body import read_json
from app.api.refusals import MalformedRequest
from layers.errors import InvalidInput, Problem
from layers.spec import Label

View = TypeVar("View", bound=Callable[..., Any])


class Parameters(BaseModel):
    """Query parameters of an operation; one that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Body(BaseModel):
    """A JSON body whose members are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, arbitrary_types_allowed=True)


@dataclass(frozen=True)
class Operation:
    """What an endpoint reads and answers. `answers` maps a status to the name of a schema or None (no body)."""

    tag: str
    summary: Label
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_types: tuple[str, ...] = ("application/json",)
    headers: tuple[str, ...] = ()
    answers: Mapping[int, str | None] = field(default_factory=lambda: {200: "object"})
    answer_type: str = "application/json"
    problems: tuple[int, ...] = (400, 401, 403, 404)
    open_query: bool = False
    upload: Mapping[str, Any] | None = None


def operation(**declared: Any) -> Callable[[View], View]:
    """Declare a view: it is then called with `query` and `body` already read where their models are given."""
    spec = Operation(**declared)

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def reading(**path: Any) -> Any:
            if spec.query:
                path["query"] = read_query(spec.query)
            elif not spec.open_query:
                read_query(_NoParameters)
            if spec.body:
                path["body"] = read_body(spec.body)
            return view(**path)

        reading.operation = spec  # type: ignore[attr-defined]
        return reading  # type: ignore[return-value]

    return wrap


class _NoParameters(Parameters):
    pass


def read_query(model: type[BaseModel]) -> Any:
    """The query parameters as `model`; MalformedRequest names each that is unknown, repeated, missing or wrong."""
    given = {name: values for name, values in request.args.lists() if name != "lang"}
    repeated = [name for name, values in given.items() if len(values) > 1]
    if repeated:
        raise MalformedRequest(problems=[Problem(f"/query/{name}", "request-repeated", {"name": name}) for name in repeated])
    if any("\x00" in name + values[0] for name, values in given.items()):
        refuse(next(name for name, values in given.items() if "\x00" in name + values[0]), "NUL")
    try:
        return model.model_validate({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        raise MalformedRequest(problems=problems_of(error, "/query", model)) from None


def read_body(model: type[BaseModel]) -> Any:
    """The JSON body as `model`; InvalidInput points at each member that is not as declared."""
    value = read_json()
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidInput(problems=problems_of(error, "", model)) from None


def refuse(name: str, expected: str) -> NoReturn:
    """MalformedRequest about one query parameter."""
    raise MalformedRequest(problems=[Problem(f"/query/{name}", "request-not-understood", {"name": name, "expected": expected})])


_CODES = {"missing": "request-missing", "extra_forbidden": "request-unknown", "finite_number": "request-not-number"}


def problems_of(error: ValidationError, root: str, model: type[BaseModel]) -> list[Problem]:
    """What a model refused, as problems with pointers under `root`."""
    known = ", ".join(one.alias or name for name, one in model.model_fields.items()) or "-"
    return [_problem(dict(one), root, known) for one in error.errors(include_url=False, include_input=False)]


def _problem(one: dict[str, Any], root: str, known: str) -> Problem:
    name = str(one["loc"][-1]) if one["loc"] else root.strip("/") or "body"
    pointer = root + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in one["loc"])
    return Problem(pointer, _code(str(one["type"])), {"name": name[:100], "expected": str(one["msg"]).removeprefix("Value error, "), "known": known})


def _code(kind: str) -> str:
    if kind in _CODES:
        return _CODES[kind]
    if kind.endswith("_parsing") and kind.split("_")[0] in ("float", "int"):
        return "request-not-number"
    if kind.startswith(("greater_than", "less_than", "too_long", "string_too_long")):
        return "request-out-of-range"
    return "request-not-understood"
