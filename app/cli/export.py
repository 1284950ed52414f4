"""`onemap export`: a layer out as GeoJSON, GeoPackage, CSV, XLSX or Shapefiles in a zip."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli._installation import Installation
from layers.spec import OPERATOR


@click.command()
@click.argument("layer")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--space", default="live", help="空间 · live, or the id of a drill")
@click.pass_obj
def command(installation: Installation, layer: str, file: Path, space: str) -> None:
    """把图层导出为文件（.geojson .gpkg .csv .xlsx .zip）· write LAYER to FILE, in the format of its extension."""
    from geodata.files import words  # noqa: F401 - declares the sentences
    from geodata.files.writing import export

    with installation.database() as database, database.space(space).reading(OPERATOR) as store:
        count = export(store, layer, file)
    click.echo(f"{count} → {file}")
