"""What the OGC pages share: link objects, media types, the format parameter."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from app.api.operation import Parameters
from app.api.rendering import JSON
from app.spaces import space_url

OPENAPI_30 = "application/vnd.oai.openapi+json;version=3.0"
OPENAPI_31 = "application/vnd.oai.openapi+json;version=3.1"
SCHEMA_JSON = "application/schema+json"


class FormatParameters(Parameters):
    f: Literal["json"] | None = Field(None, description="Only JSON is offered")


def link(rel: str, view: str, media: str = JSON, **values: Any) -> dict[str, str]:
    """A link to one of our views in the space of this request."""
    return {"rel": rel, "type": media, "href": space_url(view, _external=True, **values)}
