"""A reader of vector tiles for the tests, through GDAL's MVT driver: another's reading of the format than PostGIS's writing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio


def read_mvt(tile: bytes, folder: Path, z: int, x: int, y: int, layer: str | None = None) -> list[dict[str, Any]]:
    """The features of a tile's first layer, or of the one named: properties, and `geometry` in EPSG:3857."""
    path = folder / str(z) / str(x) / f"{y}.pbf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tile)
    if not tile:
        return []
    frame = pyogrio.read_dataframe(f"MVT:{path}", layer=layer or pyogrio.list_layers(f"MVT:{path}")[0][0])
    return [{name: (None if pd.isna(value) else value) for name, value in row.items() if name != "geometry"} | {"geometry": row["geometry"]}
            for row in frame.to_dict("records")]
