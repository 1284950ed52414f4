"""Each conformance class that is claimed, with the tests that show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from app.api.ogc import CONFORMANCE
from tests.app.api import test_clients, test_crs, test_ogc, test_openapi
from tests.app.api.conftest import Program
from tests.geodata.store import test_cql2, test_cql2_json, test_tiles

_FEATURES, _CQL2, _TILES = (f"http://www.opengis.net/spec/{one}" for one in ("ogcapi-features-{}/1.0/conf/", "cql2/1.0/conf/", "ogcapi-tiles-1/1.0/conf/"))
Shown = Mapping[str, tuple[Callable[..., Any], ...]]

SHOWN: Shown = {
    _FEATURES.format(1) + "core": (test_ogc.test_landing_page_leads_to_everything, test_ogc.test_every_layer_is_a_collection_and_every_link_of_it_answers,
                                   test_ogc.test_next_links_walk_through_all_items_once, test_ogc.test_items_are_chosen, test_ogc.test_what_cannot_be_read_is_400,
                                   test_ogc.test_pages_miss_nothing_and_repeat_nothing_while_others_write),
    _FEATURES.format(1) + "geojson": (test_clients.test_gdal_of_the_wheel_reads_by_pages_in_any_system_and_by_box_and_filter, test_openapi.test_answers_are_as_described),
    _FEATURES.format(1) + "oas30": (test_ogc.test_both_openapi_documents_hold_together,),
    _FEATURES.format(2) + "crs": (test_crs.test_every_system_on_offer_has_the_numbers_of_pyproj_and_the_axes_of_its_uri, test_crs.test_a_box_is_read_in_its_own_system_and_axes),
    _FEATURES.format(3) + "queryables": (test_ogc.test_personal_field_is_no_queryable_for_a_viewer, test_clients.test_owslib_reads_filters_and_sorts),
    _FEATURES.format(3) + "queryables-query-parameters": (test_ogc.test_items_are_chosen,),
    _FEATURES.format(3) + "filter": (test_crs.test_shapes_in_a_filter_are_read_in_filter_crs, test_ogc.test_what_cannot_be_read_is_400),
    _FEATURES.format(3) + "features-filter": (test_ogc.test_items_are_chosen,),
    _FEATURES.format(4) + "create-replace-delete": (test_ogc.test_item_is_read_made_replaced_and_deleted, test_clients.test_owslib_makes_replaces_and_deletes),
    _FEATURES.format(4) + "update": (test_ogc.test_a_merge_patch_changes_what_it_names_and_empties_what_is_null,),
    _FEATURES.format(4) + "optimistic-locking-etags": (test_ogc.test_item_is_read_made_replaced_and_deleted,),
    **dict.fromkeys([_CQL2 + one for one in ("cql2-text", "basic-cql2", "advanced-comparison-operators", "case-insensitive-comparison", "basic-spatial-functions")],
                    (test_cql2.test_each_form_of_condition_chooses_its_rows,)),
    _CQL2 + "cql2-json": (test_cql2_json.test_each_form_chooses_the_rows_that_its_text_does,),
    **dict.fromkeys([_TILES + one for one in ("core", "tileset", "tilesets-list", "geodata-tilesets")], (test_clients.test_gdal_reads_the_tiles_by_their_own_description,)),
    _TILES + "mvt": (test_tiles.test_tile_has_the_features_with_title_shade_and_summary_and_no_personal_field,),
}


def test_every_class_claimed_has_a_test_and_every_class_tested_is_claimed(planner_program: Program) -> None:
    claimed = planner_program.get("/ogc/conformance").json["conformsTo"]
    assert set(claimed) == set(CONFORMANCE) == set(SHOWN)
    assert len(claimed) == len(set(claimed))


@pytest.mark.parametrize("one", ["html", "geometry"])
def test_what_is_not_there_is_not_claimed(one: str, planner_program: Program) -> None:
    assert not any(claim.endswith(one) for claim in CONFORMANCE)
    assert planner_program.get("/ogc/?f=html").status_code == 400


def test_tiles_say_where_they_have_something(planner_program: Program) -> None:
    assert "tileMatrixSetLimits" not in planner_program.get("/ogc/collections/posts/tiles/WebMercatorQuad").json
    for lon, lat in ((109.5, 40.5), (109.9, 40.9)):
        planner_program.post("/ogc/collections/posts/items", {"type": "Feature", "properties": {"name": "甲"}, "geometry": {"type": "Point", "coordinates": [lon, lat]}})
    told = planner_program.get("/ogc/collections/posts/tiles/WebMercatorQuad").json
    assert told["boundingBox"]["lowerLeft"] == [109.5, 40.5] and told["boundingBox"]["upperRight"] == [109.9, 40.9]
    limits = told["tileMatrixSetLimits"][10]
    assert limits == {"tileMatrix": "10", "minTileRow": 384, "maxTileRow": 385, "minTileCol": 823, "maxTileCol": 824}  # reckoned by hand
    matrices = planner_program.get("/ogc/tileMatrixSets/WebMercatorQuad").json["tileMatrices"]
    assert matrices[0]["scaleDenominator"] == pytest.approx(559_082_264.0287178) and matrices[10]["matrixWidth"] == 1024
