"""The schemas of the OpenAPI documents: of what we read (pydantic models), of each layer, and of what we answer."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from layers.collection import Catalogue
from layers.schema import json_schema
from layers.spec import Geometry, Layer

_REF = "#/components/schemas/{model}"
_TEXT: dict[str, Any] = {"type": "string"}
_WHOLE: dict[str, Any] = {"type": "integer"}
_NUMBER: dict[str, Any] = {"type": "number"}
_OR_NULL = {"type": ["string", "null"]}
_BOX = {"type": ["array", "null"], "items": _NUMBER, "minItems": 4, "maxItems": 4, "description": "west, south, east, north"}
_LABEL = {"type": "object", "properties": {"zh": _TEXT, "en": _TEXT}, "required": ["zh", "en"]}


def _object(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required.split()}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def json_schema_of(model: type[BaseModel], schemas: dict[str, Any], *, inline: bool = False) -> dict[str, Any]:
    """A reference to the model's schema, put among `schemas`; the schema itself with `inline`."""
    whole = model.model_json_schema(ref_template=_REF, by_alias=True)
    schemas.update(whole.pop("$defs", {}))
    if inline:
        return whole
    schemas[model.__name__] = whole
    return {"$ref": _REF.format(model=model.__name__)}


def shared_schemas(catalogue: Catalogue, language: str) -> dict[str, Any]:
    """What answers are made of, and the properties of every layer's features as `properties_<layer>`."""
    return {**_ANSWERS, **{f"properties_{layer.id}": _properties(layer, language) for layer in catalogue.values()}}


def _properties(layer: Layer, language: str) -> dict[str, Any]:
    schema = json_schema(layer, language)
    schema.pop("$schema", None)
    # Answers carry what the store keeps beside the fields, and unknown values of required fields may be masked.
    schema.pop("additionalProperties", None)
    return schema | {"description": schema.get("description", "") + _shape(layer)}


def _shape(layer: Layer) -> str:
    return "" if layer.geometry is Geometry.NONE else " [" + " | ".join(layer.geometry.types) + "]"


def down_to_30(value: Any) -> Any:
    """An OpenAPI 3.1 document as 3.0: null becomes `nullable`, JSON Schema words that 3.0 does not know go."""
    if isinstance(value, list):
        return [down_to_30(one) for one in value]
    if not isinstance(value, dict):
        return "3.0.3" if value == "3.1.0" else value
    made = {name: down_to_30(one) for name, one in value.items() if name not in ("$schema", "$id", "const", "prefixItems")}
    if "const" in value and not isinstance(value["const"], dict):
        made["enum"] = [value["const"]]
    return _without_null(made)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if isinstance(kind, list):
        rest = [one for one in kind if one != "null"]
        schema = {**schema, "type": rest[0], "nullable": "null" in kind}
        if "enum" in schema:
            schema["enum"] = [one for one in schema["enum"] if one is not None]
    variants = schema.get("anyOf")
    if isinstance(variants, list) and {"type": "null"} in variants:
        rest = [one for one in variants if one != {"type": "null"}]
        others = {name: one for name, one in schema.items() if name not in ("anyOf", "default")}
        schema = {**rest[0], **others, "nullable": True} if len(rest) == 1 and "$ref" not in rest[0] else {**others, "anyOf": rest, "nullable": True}
    return schema


_GEOMETRY = {"type": ["object", "null"], "properties": {"type": _TEXT, "coordinates": {"type": "array"}}}
_FEATURE = _object("type id properties geometry", type={"const": "Feature"}, id={"type": "string", "format": "uuid"},
                   properties={"type": "object", "description": "properties_<layer>, with version, created_at, created_by, updated_at, updated_by"},
                   geometry=_GEOMETRY)
_VERSIONED = {"layer": _TEXT, "version": _WHOLE, "token": _TEXT}
_OR_NONE = {"type": ["number", "null"]}
_SIZE = _object("length_m area_m2 perimeter_m parts vertices", length_m=_OR_NONE, area_m2=_OR_NONE, perimeter_m=_OR_NONE, parts=_WHOLE, vertices=_WHOLE)
_REASON = _object("code label values", code=_TEXT, label=_LABEL, values={"type": "object", "description": "What was found, by name"})
_LEFT_OUT = _object("feature distance_m reasons", feature=_TEXT, distance_m=_NUMBER, reasons=_list(_REASON))
_RESTS_ON = {"type": "object", "description": "Versions of other layers that it rests on", "additionalProperties": {"type": "object"}}
_TRUTH: dict[str, Any] = {"type": "boolean"}
_ROAD = _object("layer version token profile", **_VERSIONED, profile=_TEXT, off_m=_OR_NONE, covered={"type": "boolean"}, barred={"type": "boolean"},
                complete={"type": "boolean"})
_ROAD_END = _object("off_m covered", off_m=_OR_NONE, covered={"type": "boolean"})

_OR_WHOLE = {"type": ["integer", "null"]}
_COUNTS = _object("places people unknown", places=_WHOLE, people=_OR_WHOLE, unknown=_WHOLE)
_POPULATION = _object("layer total unknown portions", layer=_TEXT, total=_OR_WHOLE, unknown=_WHOLE, shared=_WHOLE, portions=_list(_object(
    "basis as_of places people", basis=_OR_NULL, as_of=_OR_NULL, places=_WHOLE, people=_WHOLE)), others=_list({"type": "object"}))
_COVERAGE = _object("covered uncovered resources", covered=_COUNTS, uncovered=_COUNTS, resources=_list(_object(
    "id name lon lat against serves", id=_OR_NULL, name=_TEXT, lon=_NUMBER, lat=_NUMBER, against=_list(_REASON), doubts=_list(_REASON), trial=_OR_NULL, serves=_COUNTS)))

_ANSWERS: dict[str, Any] = {
    "Problem": _object("type title status code", type=_TEXT, title=_TEXT, status=_WHOLE, code=_TEXT, detail=_TEXT, remedy=_TEXT, request_id=_TEXT,
                       errors=_list(_object("pointer code message", pointer=_TEXT, code=_TEXT, message=_TEXT, remedy=_TEXT))),
    "Feature": _FEATURE,
    "FeatureCollection": _object("type features", type={"const": "FeatureCollection"}, features=_list({"$ref": "#/components/schemas/Feature"}),
                                 numberMatched=_WHOLE, numberReturned=_WHOLE, next=_OR_NULL, **_VERSIONED),
    "History": _object("layer id entries", layer=_TEXT, id=_TEXT, entries=_list(_object("version op at by", version=_WHOLE, op=_TEXT, at=_TEXT, by=_TEXT,
                       reason=_OR_NULL, before={"type": ["object", "null"]}, after={"type": ["object", "null"]}))),
    "ChangesetAnswer": _object("results", dry_run={"type": "boolean"}, results=_list(_object(
        "op layer id version", op=_TEXT, layer=_TEXT, id=_OR_NULL, version={"type": ["integer", "null"]}, problem={"type": ["object", "null"], "description": "a Problem; in a dry run"}))),
    "Summary": _object("layer version token count measures position", **_VERSIONED, count=_WHOLE, position={"type": ["integer", "null"]},
                       measures={"type": "object", "additionalProperties": _object("sum unknown", sum=_OR_NONE, unknown=_WHOLE)}),
    "ShapeSize": _object("size moved in_district", size=_SIZE, in_district={"type": "boolean"},
                         moved={"type": ["object", "null"], "properties": {"distance_m": _NUMBER, "bearing_deg": {"type": ["number", "null"]}}}),
    "Shapes": _object("geometries sizes", geometries=_list(_GEOMETRY), sizes=_list(_SIZE)),
    "Commits": _object("commits", commits=_list(_object("token at by reason layers", token=_TEXT, at=_TEXT, by=_TEXT, reason=_OR_NULL, layers=_list(_object(
        "layer version inserted updated deleted", layer=_TEXT, version=_WHOLE, inserted=_WHOLE, updated=_WHOLE, deleted=_WHOLE))))),
    "CommitFeatures": _object("token features", token=_TEXT, features=_list(_object("layer id op version there", layer=_TEXT, id=_TEXT, op=_TEXT, version=_WHOLE,
                                                                                    title=_OR_NULL, there={"type": "boolean"}))),
    "Undone": _object("token layers", token=_TEXT, layers=_list(_object("layer restored changed removed", layer=_TEXT, restored=_WHOLE, changed=_WHOLE, removed=_WHOLE))),
    "Layers": _object("space layers", space=_TEXT, layers=_list({"$ref": "#/components/schemas/Layer"})),
    "Layer": _object("id label group geometry style fields count version token allowed", id=_TEXT, label=_LABEL, group={"type": "object"}, geometry=_TEXT,
                     style={"type": "object"}, fields=_list({"type": "object"}), count=_WHOLE, version=_WHOLE, token=_TEXT, bounds=_BOX,
                     freshness={"type": "object"}, allowed=_list(_TEXT)),
    "ExportPreview": _object("layer count masked coarse", layer=_TEXT, count=_WHOLE, masked=_list(_TEXT) | {"description": "Fields that this reader gets masked"}, coarse=_TRUTH),
    "ExportSystems": _object("degrees grids", degrees=_list(_object("crs", crs=_TEXT)),
                             grids=_list(_object("crs meridian width zoned", crs=_TEXT, meridian=_WHOLE, width=_WHOLE, zoned=_TRUTH))),
    "NearestAnswer": _object("type features layers asked needs limits", type={"const": "FeatureCollection"}, features=_list({"$ref": "#/components/schemas/Feature"}),
                             asked={"type": "object"}, needs={"type": "object", "description": "By value, with the hazard of the incident"},
                             limits={"type": "object", "additionalProperties": _NUMBER},
                             layers=_list(_object("layer version token answered_by returned left_out", **_VERSIONED, answered_by=_TEXT,
                                                  returned=_WHOLE, left_out=_list(_LEFT_OUT), more_left_out=_TRUTH, rests_on=_RESTS_ON, road=_ROAD, without_road=_WHOLE))),
    "NearestAnswers": {"anyOf": [{"$ref": "#/components/schemas/NearestAnswer"}, {"$ref": "#/components/schemas/NearestInShort"}]},
    "NearestInShort": _object("asked layers", asked={"type": "object"}, layers=_list(_object(
        "layer version token answered_by features ranked distance_m left_out reasons more_left_out", **_VERSIONED, answered_by=_TEXT, positions=_TEXT, rests_on=_RESTS_ON,
        features=_list(_TEXT), uncertain={"type": "object", "description": "Reasons by the place of a feature in `features`"},
        ranked=_list(_list(_WHOLE)) | {"description": "For each point the places in `features` of the nearest"}, distance_m=_list(_list(_NUMBER)),
        left_out=_list(_WHOLE), reasons=_list({"type": "object", "additionalProperties": _WHOLE}) | {"description": "For each point how many were left out by reason"},
        more_left_out=_list(_TRUTH)))),
    "NeedsThereAre": _object("skills hazard articles limits", skills=_list(_object("value label", value=_TEXT, label=_LABEL)), hazard=_list(_object("value label", value=_TEXT, label=_LABEL)),
                             articles=_list(_object("name unit quantity lines unknown", name=_TEXT, unit=_OR_NULL, quantity={"type": ["number", "null"]}, lines=_WHOLE, unknown=_WHOLE)),
                             limits={"type": "object", "additionalProperties": _object("label unit value most", label=_LABEL, unit=_TEXT, value=_NUMBER, most=_WHOLE)}),
    "SupplyAnswer": _object("type features articles layers asked", type={"const": "FeatureCollection"}, features=_list({"$ref": "#/components/schemas/Feature"}),
                            asked={"type": "object"}, articles=_list(_object(
                                "name unit asked short met from not_counted", name=_TEXT, unit=_OR_NULL, asked=_NUMBER, short=_NUMBER, met=_NUMBER,
                                **{"from": _list(_object("layer feature distance_m quantity lines", layer=_TEXT, feature=_TEXT, distance_m=_NUMBER, quantity=_NUMBER,
                                                         lines=_list(_object("id code quantity expires_on", id=_TEXT, code=_OR_NULL, quantity=_NUMBER, expires_on=_OR_NULL))))},
                                not_counted=_list(_object("layer feature distance_m line quantity unit reason", layer=_TEXT, feature=_TEXT, distance_m=_NUMBER, line=_TEXT,
                                                          code=_OR_NULL, quantity={"type": ["number", "null"]}, unit=_OR_NULL, expires_on=_OR_NULL, reason=_REASON)))),
                            layers=_list(_object("layer version token answered_by complete left_out", **_VERSIONED, answered_by=_TEXT, complete=_TRUTH, rests_on=_RESTS_ON,
                                                 left_out=_list(_object("feature distance_m reasons holds", feature=_TEXT, distance_m=_NUMBER, reasons=_list(_REASON), holds=_list(_NUMBER)))))),
    "ServiceAreas": _object("type features road covered", type={"const": "FeatureCollection"}, road=_ROAD, off_m=_OR_NONE, covered={"type": "boolean"},
                            features=_list(_object("type geometry properties", type={"const": "Feature"}, geometry=_GEOMETRY,
                                                   properties=_object("minutes", minutes=_NUMBER)))),
    "RoadMatrix": _object("duration_s length_m origins destinations road", duration_s=_list(_list(_OR_NONE)), length_m=_list(_list(_OR_NONE)),
                          origins=_list(_ROAD_END), destinations=_list(_ROAD_END), road=_ROAD),
    "RoadRoute": _object("type geometry properties", type={"const": "Feature"}, geometry=_GEOMETRY, properties=_object(
        "duration_s length_m origin destination road", duration_s=_OR_NONE, length_m=_OR_NONE, origin=_ROAD_END, destination=_ROAD_END, road=_ROAD)),
    "RoadProfiles": _object("profiles", profiles=_list(_object("code name speeds_kmh", code=_TEXT, name=_TEXT, speeds_kmh={"type": "object"},
                                                               keeps_one_way={"type": "boolean"}, weight_t=_OR_NONE, source=_OR_NULL))),
    "RoadReport": _object("layer version token nodes edges length_m dangling islands doubled", **_VERSIONED, nodes=_WHOLE, edges=_WHOLE, length_m=_NUMBER,
                          dangling=_list(_object("feature near lon lat away_m", feature=_TEXT, near=_TEXT, lon=_NUMBER, lat=_NUMBER, away_m=_NUMBER)),
                          islands=_list(_object("nodes edges length_m feature", nodes=_WHOLE, edges=_WHOLE, length_m=_NUMBER, feature=_TEXT)),
                          doubled=_list(_list(_TEXT)), dangling_count=_WHOLE, island_count=_WHOLE, doubled_count=_WHOLE),
    "ExposureAnswer": _object("type features layers asked zone", type={"const": "FeatureCollection"}, features=_list({"$ref": "#/components/schemas/Feature"}),
                              asked={"type": "object"}, zone=_GEOMETRY, zone_area_m2=_OR_NONE,
                              layers=_list(_object("layer version token count measures basis", **_VERSIONED, count=_WHOLE, measures={"type": "object"},
                                                   basis={"type": "object"}))),
    "ShelterPlan": _object(
        "need placed short unknown groups fills ways unused needs", need=_WHOLE, placed=_WHOLE, short=_WHOLE, unknown=_WHOLE, split=_WHOLE, room=_WHOLE, mean_way_m=_OR_NONE, longest_way_m=_OR_NONE,
        groups=_list(_object("place need placed unplaced", place={"type": "object"}, need=_OR_WHOLE, placed=_WHOLE, unplaced=_WHOLE)),
        fills=_list(_object("id layer name room placed left to_open", id=_OR_NULL, layer=_OR_NULL, name=_TEXT, capacity=_OR_WHOLE, occupied=_OR_WHOLE, room=_WHOLE, placed=_WHOLE, left=_WHOLE,
                            to_open={"type": "boolean"}, doubts=_list(_REASON), lon=_NUMBER, lat=_NUMBER)),
        ways=_list(_object("group fill people length_m", group=_WHOLE, fill=_WHOLE, people=_WHOLE, length_m=_NUMBER, duration_s=_OR_NONE, off_m=_OR_NONE)),
        unused=_list(_object("id layer name reasons", id=_OR_NULL, layer=_OR_NULL, name=_TEXT, capacity=_OR_WHOLE, reasons=_list(_REASON), lon=_NUMBER, lat=_NUMBER)),
        needs=_list(_object("article quantity unit daily", article=_TEXT, quantity=_OR_NONE, unit=_OR_NULL, daily={"type": ["boolean", "null"]}, amount=_OR_NONE, persons=_OR_WHOLE, basis=_OR_NULL))),
    "ShelterPlanAnswer": _object("type features asked zone population share plan trial difference versions", type={"const": "FeatureCollection"}, features=_list({"type": "object"}),
                                 asked={"type": "object"}, zone=_GEOMETRY, zone_area_m2=_OR_NONE, mode=_TEXT, profile=_OR_NULL, population=_POPULATION, share={"type": "object"},
                                 plan={"$ref": "#/components/schemas/ShelterPlan"}, trial={"type": ["object", "null"]}, difference={"type": ["object", "null"]},
                                 versions=_list(_object("layer version token", **_VERSIONED))),
    "DominoAnswer": _object("type features asked zone cut looked_at versions", type={"const": "FeatureCollection"}, asked={"type": "object"}, zone=_GEOMETRY, zone_area_m2=_OR_NONE,
                            cut={"type": "boolean"}, coarse=_list(_TEXT), looked_at=_list(_TEXT), numberReturned=_WHOLE, versions=_list(_object("layer version token", **_VERSIONED)),
                            features=_list(_object("type id geometry properties", type={"const": "Feature"}, id=_TEXT, geometry=_GEOMETRY, properties=_object(
                                "layer name step chain causes zone reach_m", layer=_TEXT, name=_TEXT, step=_WHOLE, causes=_WHOLE, zone={"enum": ["none", "unknown", "known", "not-followed"]},
                                reach_m=_OR_NONE, chain=_list(_object("layer feature name", layer=_TEXT, feature=_TEXT, name=_TEXT)))))),
    "CoverageAnswer": _object("type features asked now then lost gained population versions", type={"const": "FeatureCollection"}, asked={"type": "object"}, mode=_TEXT, profile=_OR_NULL, now=_COVERAGE,
                              then={"type": ["object", "null"]}, lost={"type": ["object", "null"]}, gained={"type": ["object", "null"]}, population=_POPULATION, numberReturned=_WHOLE,
                              versions=_list(_object("layer version token", **_VERSIONED)), features=_list(_object("type id geometry properties", type={"const": "Feature"}, id=_TEXT,
                              geometry=_GEOMETRY, properties=_object("layer name people covered resource", layer=_TEXT, name=_TEXT, people=_OR_WHOLE, covered={"type": "boolean"},
                              resource=_OR_WHOLE, resource_name=_OR_NULL, length_m=_OR_NONE, duration_s=_OR_NONE, off_m=_OR_NONE)))),
    "SearchAnswer": _object("results unsearched", unsearched=_list(_TEXT), results=_list(_object("kind title lon lat", kind={"enum": ["feature", "coordinate", "chainage"]}, layer=_OR_NULL, id=_OR_NULL,
                            title=_TEXT, subtitle=_TEXT, lon={"type": ["number", "null"]}, lat={"type": ["number", "null"]}, bbox=_BOX, datum=_TEXT, parts={"type": "integer", "minimum": 1},
                            matches=_list(_object("field label value", field=_TEXT, label=_TEXT, value=_TEXT))))),
    "PositionForms": _object("forms", forms=_list(_object("form text label", form=_TEXT, text=_TEXT, label=_TEXT))),
    "Feed": _object("cursor reset items", cursor=_TEXT, reset={"type": "boolean"},
                    items=_list(_object("layer version token at by features truncated", **_VERSIONED, at=_TEXT, by=_TEXT, reason=_OR_NULL,
                                        features=_list(_object("id op", id=_TEXT, op=_TEXT, bbox=_BOX)), truncated={"type": "boolean"}))),
    "Drill": _object("id name opened_at opened_by as_of url", id=_TEXT, name=_TEXT, opened_at=_TEXT, opened_by=_TEXT, as_of=_TEXT, closed_at=_OR_NULL,
                     url=_TEXT, api=_TEXT),
    "Drills": _object("drills", drills=_list({"$ref": "#/components/schemas/Drill"})),
    "View": _object("id name owner own shared arrangement updated_at url", id=_TEXT, name=_TEXT, owner=_TEXT, own={"type": "boolean"}, shared={"type": "boolean"},
                    arrangement={"type": "object"}, updated_at=_TEXT, url=_TEXT),
    "Views": _object("views", views=_list({"$ref": "#/components/schemas/View"})),
    "Load": _object("id space layer file state asked_by asked_at", id=_TEXT, space=_TEXT, layer=_TEXT, file=_TEXT, state=_TEXT, asked_by=_TEXT, asked_at=_TEXT,
                    confirmed_by=_OR_NULL, finished_at=_OR_NULL, sha256=_OR_NULL, commit=_OR_NULL, undone_at=_OR_NULL, undone_by=_OR_NULL, options={"type": "object"}, report={"type": ["object", "null"]}),
}
