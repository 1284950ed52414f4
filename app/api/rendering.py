"""Answers as text: GeoJSON that PostGIS made passes through untouched, with members of ours set around it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from flask import Response
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from layers.spec import Label

GEOJSON = "application/geo+json"
JSON = "application/json"

# Geometry and id come before it in a stored feature's text, and neither can hold this word.
_PROPERTIES = re.compile(r'"properties"\s*:\s*\{\s*(\}?)')


def as_json(value: Any) -> str:
    """JSON text of plain values, dates (ISO 8601), ids, labels ({zh, en}), shapes (GeoJSON) and dataclasses of them."""
    return json.dumps(value, ensure_ascii=False, default=_plain, separators=(",", ":"))


def answer(value: Any, status: int = 200, *, headers: Mapping[str, str] | None = None, content_type: str = JSON) -> Response:
    """A JSON answer; text is taken as JSON already made."""
    return Response(value if isinstance(value, str) else as_json(value), status, headers, content_type=content_type)


def collection(features: Iterable[str] | str, members: Mapping[str, Any]) -> str:
    """A FeatureCollection of feature texts with these members beside `features`."""
    joined = features if isinstance(features, str) else ",".join(features)
    beside = as_json(members)[1:-1]
    return '{"type":"FeatureCollection",' + (beside + "," if beside else "") + '"features":[' + joined + "]}"


def with_properties(feature: str, extra: Mapping[str, Any]) -> str:
    """A stored feature's text with these properties set before its own."""
    more = as_json(extra)[1:-1]
    return _PROPERTIES.sub(lambda found: '"properties":{' + more + ("}" if found[1] else ","), feature, count=1)


def etag(version: int) -> str:
    """The entity tag of a feature: its version."""
    return f'"{version}"'


def _plain(value: Any) -> Any:
    if isinstance(value, Label):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, BaseGeometry):
        return mapping(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
