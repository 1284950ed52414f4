"""The HTTP interface, one blueprint a module. Listed by module name, so that importing one of them does not import all."""

from __future__ import annotations

# Mounted once: they are of the whole site.
SITE_BLUEPRINTS: tuple[str, ...] = (
    "app.api.session",
    "app.api.health",
    "app.api.accounts",
    "app.api.sessions",
    "app.api.audit",
    "app.api.basemaps",
    "app.api.imagery",
    "app.pages.office",
    "app.pages.wall_entry",
    "app.pages.help",
    "app.api.views",
)

# Mounted twice, for the live space and under /spaces/<space_id>; each module has a `blueprint`.
BLUEPRINTS: tuple[str, ...] = (
    "app.api.layers",
    "app.api.features",
    "app.api.reveal",
    "app.api.summary",
    "app.api.export",
    "app.api.changesets",
    "app.api.definitions",
    "app.api.shapes",
    "app.api.commits",
    "app.api.nearest",
    "app.api.roads",
    "app.api.needs",
    "app.api.exposure",
    "app.api.shelter_plan",
    "app.api.domino",
    "app.api.coverage",
    "app.api.search",
    "app.api.print",
    "app.api.changes",
    "app.api.drills",
    "app.api.uploads",
    "app.api.loads",
    "app.api.load_details",
    "app.api.openapi",
    "app.api.ogc",
    "app.api.ogc_items",
    "app.api.tiles",
    "app.api.tile_matrices",
    "app.pages.map",
    "app.pages.wall",
)
