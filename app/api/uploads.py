"""Files sent piece by piece, resumable after a lost connection, in the words of tus 1.0.0 (core, creation, termination)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import BinaryIO, cast
from uuid import UUID

from flask import Blueprint, Response, request

from app.api.operation import operation
from app.api.refusals import MalformedRequest, UnsupportedMedia
from app.api.rendering import answer
from app.command import incoming
from app.command.incoming import Incoming
from app.security import current_actor, requires
from app.services import services
from app.spaces import space_url
from layers.errors import Problem
from layers.spec import Action, Label

blueprint = Blueprint("uploads", __name__, url_prefix="/api/v1/uploads")

_PIECE = "application/offset+octet-stream"
_NUMBER = re.compile(r"^[0-9]{1,15}$")
_PROBLEMS = (400, 401, 403, 404, 409, 413, 415, 507)


@blueprint.post("")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("开始分段上传一个文件（tus 1.0.0）", "Announce a file that comes in pieces (tus 1.0.0)"), headers=("Upload-Length", "Upload-Metadata"), answers={201: "object"}, problems=_PROBLEMS)
def begin() -> Response:
    made = incoming.begin(services().settings.home, current_actor(), _name(), _number("Upload-Length"))
    return _told(answer(_shown(made), 201, headers={"Location": space_url("uploads.one", upload_id=made.id)}), made)


@blueprint.get("/<uuid:upload_id>")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("已收到多少（HEAD 亦可）", "How much has arrived (HEAD as well)"), answers={200: "object"}, problems=(401, 403, 404))
def one(upload_id: UUID) -> Response:
    found = incoming.look(services().settings.home, current_actor(), upload_id)
    return _told(answer(_shown(found)), found)


@blueprint.patch("/<uuid:upload_id>")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("接着传下一段", "The next piece"), headers=("Upload-Offset",), answers={204: None}, problems=_PROBLEMS)
def append(upload_id: UUID) -> Response:
    if request.mimetype != _PIECE:
        raise UnsupportedMedia(given=request.mimetype or "-", accepted=_PIECE)
    done = incoming.append(services().settings.home, current_actor(), upload_id, _number("Upload-Offset"), cast(BinaryIO, request.stream))
    return _told(Response(status=204), done)


@blueprint.delete("/<uuid:upload_id>")
@requires(Action.LOAD)
@operation(tag="loads", summary=Label("放弃上传", "Forget a file"), answers={204: None}, problems=(401, 403, 404))
def drop(upload_id: UUID) -> Response:
    incoming.drop(services().settings.home, current_actor(), upload_id)
    return Response(status=204, headers={"Tus-Resumable": "1.0.0"})


def _shown(one: Incoming) -> dict[str, object]:
    return {"id": one.id, "name": one.name, "size": one.size, "offset": one.offset}


def _told(response: Response, one: Incoming) -> Response:
    response.headers.update({"Tus-Resumable": "1.0.0", "Upload-Offset": str(one.offset), "Upload-Length": str(one.size)})
    return response


def _number(name: str) -> int:
    given = request.headers.get(name, "")
    if not _NUMBER.match(given):
        raise MalformedRequest(problems=[Problem(f"/header/{name}", "request-not-understood", {"name": name, "expected": "a number of bytes"})])
    return int(given)


def _name() -> str:
    """The file's name in Upload-Metadata: `filename <base64>`."""
    pairs = dict(one.strip().partition(" ")[::2] for one in request.headers.get("Upload-Metadata", "").split(","))
    try:
        return base64.b64decode(pairs.get("filename", ""), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise MalformedRequest(problems=[Problem("/header/Upload-Metadata", "request-not-understood", {"name": "Upload-Metadata", "expected": "filename <base64 of UTF-8>"})]) from None
