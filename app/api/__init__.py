"""The HTTP interface, one blueprint a module. Listed by module name, so that importing one of them does not import all."""

from __future__ import annotations

# Mounted once: they are of the whole site.
SITE_BLUEPRINTS: tuple[str, ...] = ("app.api.session", "app.api.health")

# Mounted twice, for the live space and under /spaces/<space_id>; each module has a `blueprint`.
BLUEPRINTS: tuple[str, ...] = (
    "app.api.layers",
    "app.api.features",
    "app.api.changesets",
    "app.api.shapes",
    "app.api.commits",
    "app.api.nearest",
    "app.api.exposure",
    "app.api.search",
    "app.api.changes",
    "app.api.drills",
    "app.api.loads",
    "app.api.load_details",
    "app.api.openapi",
    "app.api.ogc",
    "app.api.ogc_items",
    "app.api.tiles",
    "app.pages.map",
)
