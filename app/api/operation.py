"""An operation of the API: what it reads, declared once, so that parsing and the OpenAPI document cannot disagree."""

from __future__ import annotations

import codecs
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, NoReturn, TypeVar, Union, get_args, get_origin

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError

from app.api.body import read_json
from app.api.faults import faulted
from app.api.parameters import PLAIN_NUMBER
from app.api.refusals import MalformedRequest
from app.pointers import under
from layers.errors import InvalidInput, Problem
from layers.spec import Label

View = TypeVar("View", bound=Callable[..., Any])


class Parameters(BaseModel):
    """Query parameters of an operation; one that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Body(BaseModel):
    """A JSON body whose members are all known and of the very kind declared: true is no number, "no" no truth value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)


@dataclass(frozen=True)
class Operation:
    """What an endpoint reads and answers. `answers` maps a status to the name of a schema or None (no body)."""

    tag: str
    summary: Label
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_optional: bool = False
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
                path["body"] = spec.body() if spec.body_optional and not request.get_data() else read_body(spec.body)
            if spec.body or not spec.query:
                return view(**path)
            with under("/query", only=[one.alias or name for name, one in spec.query.model_fields.items()]):
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
    crooked = [name for name, values in given.items() if _is_number(model, name) and not PLAIN_NUMBER.fullmatch(values[0])]
    if crooked:
        raise MalformedRequest(problems=[Problem(f"/query/{name}", "request-not-number", {"name": name}) for name in crooked])
    try:
        return model.model_validate({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        raise MalformedRequest(problems=problems_of(error, "/query", model)) from None


def read_body(model: type[BaseModel]) -> Any:
    """The JSON body as `model`; InvalidInput points at each member that is not as declared."""
    read_json()  # refuses what is not JSON, or too much of it; the model then reads the same text, for lists and ids are text there
    try:
        return model.model_validate_json(request.get_data().removeprefix(codecs.BOM_UTF8))
    except ValidationError as error:
        raise InvalidInput(problems=problems_of(error, "", model)) from None


def refuse(name: str, expected: str) -> NoReturn:
    """MalformedRequest about one query parameter."""
    raise MalformedRequest(problems=[Problem(f"/query/{name}", "request-not-understood", {"name": name, "expected": expected})])


def _is_number(model: type[BaseModel], name: str) -> bool:
    field = next((one for key, one in model.model_fields.items() if name == (one.alias or key)), None)
    return field is not None and _numeric(field.annotation)


def _numeric(kind: Any) -> bool:
    return kind in (int, float) or (get_origin(kind) in (Union, UnionType, Annotated) and any(map(_numeric, get_args(kind))))


def problems_of(error: ValidationError, root: str, model: type[BaseModel]) -> list[Problem]:
    """What a model refused, as problems with pointers under `root`."""
    known = ", ".join(one.alias or name for name, one in model.model_fields.items()) or "-"
    found = error.errors(include_url=False, include_input=False)
    deeper = {one["loc"][:depth] for one in found for depth in range(len(one["loc"]))}  # a list whose items fail is also said to be short
    return [_problem(dict(one), root, known) for one in found if one["type"] != "too_short" or one["loc"] not in deeper]


def _problem(one: dict[str, Any], root: str, known: str) -> Problem:
    name = str(one["loc"][-1]) if one["loc"] else root.strip("/") or "body"
    pointer = root + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in one["loc"])
    code, expected = faulted(str(one["type"]), one.get("ctx") or {})
    return Problem(pointer, code, {"name": name[:100], "expected": expected, "known": known})
