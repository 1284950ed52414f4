"""The table of styles in a GeoPackage, from which QGIS takes how a layer is drawn when it is opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from layers.spec import Geometry, Layer

STYLES = "layer_styles"
_TABLE = f"""CREATE TABLE IF NOT EXISTS {STYLES} (
    id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""
_LISTED = f"INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier) VALUES ('{STYLES}', 'attributes', '{STYLES}')"
_STYLE = (f"INSERT INTO {STYLES} (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner) "
          "VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '')")


def put_style(path: Path, layer: Layer, qml: str | None) -> None:
    """Keep a layer's style in its GeoPackage; nothing to do without one or without shapes."""
    if qml is None or layer.geometry is Geometry.NONE:
        return
    with closing(sqlite3.connect(path)) as book, book:
        book.execute(_TABLE)
        book.execute(_LISTED)
        book.execute(_STYLE, (layer.id, layer.id[:30], qml, f"{layer.label.zh} {layer.label.en}"))
