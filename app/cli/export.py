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
@click.option("--reason", help="用途，记入审计 · what for; kept in the audit")
@click.pass_obj
def command(installation: Installation, layer: str, file: Path, space: str, reason: str | None) -> None:
    """把图层导出为文件（.geojson .gpkg .csv .xlsx .zip），个人信息以星号遮盖 · write LAYER to FILE, in the format of its extension; personal values are masked."""
    from geodata.files import refusal_words  # noqa: F401 - declares the sentences
    from geodata.files.writing import export
    from geodata.store.accounts import SERVER
    from geodata.store.audit import record

    with installation.database() as database, database.space(space).reading(OPERATOR) as store:
        def written(count: int) -> None:
            record(database.engine, SERVER, "export.file", layer, reason=reason, space=space, file=file.name, count=count)

        count = export(store, layer, file, written)
    click.echo(f"{count} → {file}")
