"""The OpenAPI documents, made from what the views declare, and a page that shows them without any script."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from werkzeug.routing import Rule

from app.api.ogc_links import OPENAPI_30, OPENAPI_31
from app.api.openapi_schemas import down_to_30, json_schema_of, shared_schemas
from app.api.operation import Operation, operation
from app.api.rendering import answer
from app.language import language_of
from app.security import Permission, requires
from app.spaces import current_space
from layers.collection import Catalogue
from layers.spec import Action, Label

blueprint = Blueprint("openapi", __name__)

_STATUS = {
    200: Label("成功", "Done"), 201: Label("已新建", "Made"), 202: Label("已受理", "Taken in"), 204: Label("已完成，无内容", "Done, nothing to show"),
    304: Label("未变", "Not changed"), 400: Label("请求无法读取", "The request cannot be read"), 401: Label("未登录", "Not signed in"),
    403: Label("无权限", "Not allowed"), 404: Label("没有找到", "Not found"), 409: Label("冲突", "Conflict"), 412: Label("版本已过期", "Stale version"),
    413: Label("内容过大", "Too large"), 415: Label("内容类型不支持", "Media type not read"), 422: Label("输入有误", "Invalid input"),
    428: Label("须说明版本", "A version is required"), 429: Label("请求过多", "Too many requests"), 503: Label("暂时不可用", "Not available now"),
    507: Label("服务器磁盘已满", "The server's disk is full"),
}
_HEADERS = {
    "If-Match": ("The version it was made from, as in ETag", True, r'^"[1-9][0-9]{0,8}"$'),
    "Content-Crs": ("The coordinate reference system of the geometry in the body; CRS84 without it", False, r"^<?[!-~]{1,200}>?$"),
    "Upload-Length": ("How many bytes the file has", True, r"^[0-9]{1,15}$"),
    "Upload-Metadata": ("`filename` and its name in base64 (UTF-8)", True, r"^filename [A-Za-z0-9+/=]*(,.*)?$"),
    "Upload-Offset": ("Where the piece begins: how much has arrived", True, r"^[0-9]{1,15}$"),
    "Idempotency-Key": ("Sent again with the same key, it is done once", False, r"^[!-~]{1,200}$"),
}
_PATH = re.compile(r"<(?:(\w+):)?(\w+)>")
_PATH_TYPES: dict[str | None, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer", "minimum": 0}, None: {"type": "string"}, "string": {"type": "string"},
}
_OGC, _API = "/ogc", "/api/v1"


@blueprint.get("/api/v1/openapi.json")
@requires(Permission.SIGNED_IN)
@operation(tag="docs", summary=Label("本接口的 OpenAPI 3.1 文档", "The OpenAPI 3.1 document"), problems=(401,), answer_type=OPENAPI_31)
def document() -> Response:
    return answer(describe((_API, _OGC), language_of(request)), content_type=OPENAPI_31)


@blueprint.get("/ogc/api")
@requires(Action.READ)
@operation(tag="docs", summary=Label("OGC 接口的 OpenAPI 3.0 文档", "The OpenAPI 3.0 document of the OGC part"), open_query=True, problems=(401, 403), answer_type=OPENAPI_30)
def ogc_document() -> Response:
    return answer(down_to_30(describe((_OGC,), language_of(request))), content_type=OPENAPI_30)


@blueprint.get("/api/v1/docs")
@requires(Permission.SIGNED_IN)
@operation(tag="docs", summary=Label("可阅读的接口文档", "The documentation to read"), problems=(401,), answer_type="text/html")
def docs() -> str:
    return render_template("api_docs.html", document=describe((_API, _OGC), language_of(request)), language=language_of(request))


def describe(roots: tuple[str, ...], language: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of every declared view whose address begins with one of `roots`, words in one language."""
    schemas = shared_schemas(current_space().catalogue, language)
    paths: dict[str, dict[str, Any]] = {}
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda one: one.rule):
        spec = getattr(current_app.view_functions[rule.endpoint], "operation", None)
        if spec is None or not rule.rule.startswith(roots):
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            paths.setdefault(_PATH.sub(r"{\2}", rule.rule), {})[method.lower()] = _described(rule, spec, schemas, language)
    return {
        "openapi": "3.1.0",
        "info": {"title": "应急指挥一张图" if language == "zh" else "One map for emergency command", "version": "1"},
        "servers": [{"url": request.script_root or "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _described(rule: Rule, spec: Operation, schemas: dict[str, Any], language: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"), "tags": [spec.tag], "summary": spec.summary.in_language(language),
        "parameters": [*_path_parameters(rule, current_space().catalogue), *_query_parameters(spec, schemas), *_header_parameters(spec)],
        "responses": {str(status): _answer(status, spec, language) for status in spec.answers}
        | {str(status): _problem(status, language) for status in spec.problems},
    }
    if spec.body:
        schema = json_schema_of(spec.body, schemas)
        described["requestBody"] = {"required": not spec.body_optional, "content": {media: {"schema": schema} for media in spec.body_types}}
    elif spec.upload:
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": dict(spec.upload)}}}
    return described


def _path_parameters(rule: Rule, catalogue: Catalogue) -> list[dict[str, Any]]:
    found = []
    for kind, name in _PATH.findall(rule.rule):
        schema = {"type": "string", "enum": list(catalogue)} if name == "layer_id" else dict(_PATH_TYPES[kind or None])
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    return found


def _query_parameters(spec: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if spec.query is None:
        return []
    whole = json_schema_of(spec.query, schemas, inline=True)
    found = []
    for name, schema in whole.get("properties", {}).items():
        parameter = {"name": name, "in": "query", "required": name in whole.get("required", ()), "schema": schema}
        if schema.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
        if "description" in schema:
            parameter["description"] = schema["description"]
        found.append(parameter)
    return found


def _header_parameters(spec: Operation) -> list[dict[str, Any]]:
    return [{"name": name, "in": "header", "required": _HEADERS[name][1], "description": _HEADERS[name][0],
             "schema": {"type": "string", "pattern": _HEADERS[name][2]}} for name in spec.headers]


def _answer(status: int, spec: Operation, language: str) -> dict[str, Any]:
    name = spec.answers[status]
    words = {"description": _STATUS[status].in_language(language)}
    if name is None:
        return words
    schema = {"object": {"type": "object"}, "binary": {"type": "string", "format": "binary"}}.get(name) or {"$ref": f"#/components/schemas/{name}"}
    return words | {"content": {spec.answer_type: {"schema": {"type": "string"} if spec.answer_type == "text/html" else schema}}}


def _problem(status: int, language: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _STATUS[status].in_language(language), "content": {"application/problem+json": {"schema": schema}}}
