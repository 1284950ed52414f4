"""Errors as Flask responses: problem+json for programs, a page for people, the sign-in page for visitors."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import structlog
from flask import Flask, Response, g, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.language import language_of
from app.problems import PasswordOld, ProblemAnswer, describe
from app.security import current_credential
from layers.errors import NotSignedIn

ENTRY = "/wall/enter"  # where a wall is given its token
log = structlog.get_logger("onemap")


def install(app: Flask) -> None:
    """Answer every error by the table."""
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> AnyResponse:
    """The response to an error; what nobody expected is logged with its stack and told without."""
    if isinstance(error, HTTPException) and error.code is None:
        return error.get_response()  # type: ignore[return-value]  # abort(response)
    problem = describe(error, language_of(request), g.get("request_id", ""))
    if problem.status >= 500:
        expected = problem.status == 503
        log.log(30 if expected else 40, "refused", error=type(error).__name__, request_id=g.get("request_id"), exc_info=None if expected else error)
    if not wants_page():
        return problem_response(problem)
    if isinstance(error, NotSignedIn) and request.method == "GET":
        return redirect(ENTRY if ends_a_wall() else "/login?" + urlencode({"next": request.full_path.rstrip("?")}))
    if isinstance(error, PasswordOld) and request.method == "GET":
        return redirect("/password")
    return Response(render_template("problem.html", problem=problem.body), problem.status, {**problem.headers}, mimetype="text/html")


def ends_a_wall() -> bool:
    """Whether the page refused is that of a wall whose token is no longer good."""
    credential = current_credential()
    return credential is not None and credential.kind == "wall"


def problem_response(problem: ProblemAnswer) -> Response:
    """RFC 9457."""
    text = json.dumps(problem.body, ensure_ascii=False, default=str)
    return Response(text, problem.status, {**problem.headers}, mimetype="application/problem+json")


def wants_page() -> bool:
    """Whether a person's browser asks for a page: not under the APIs, and HTML before JSON."""
    path = request.path
    if path.startswith("/spaces/"):
        path = "/" + path.split("/", 3)[-1]
    if path.startswith(("/api/", "/ogc/", "/static/")) or path == "/ogc":
        return False
    return request.accept_mimetypes.best_match(["application/json", "text/html"], default="application/json") == "text/html"
