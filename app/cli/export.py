"""`onemap export`: a layer, or all of them, out as a file in the format of its extension."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli._installation import Installation
from layers.spec import OPERATOR

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_BOX = click.FloatRange(-180, 180)


@click.command()
@click.argument("layer")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--all", "everything", is_flag=True, help="全部图层，存为一个 GeoPackage · all layers as one GeoPackage: onemap export --all FILE.gpkg")
@click.option("--crs", metavar="EPSG:n", help="坐标系：EPSG:4490（默认）、EPSG:4326、CGCS2000 高斯-克吕格如 EPSG:4546 · the system written in")
@click.option("--datum", type=click.Choice(["gcj02", "wgs84"]), help="gcj02：偏移成网络地图的坐标并标明 · shifted as web maps draw, and marked")
@click.option("--filter", "filter_", metavar="CQL2", help="条件，如 capacity > 500 · only those that meet it")
@click.option("--bbox", nargs=4, type=_BOX, metavar="W S E N", help="经纬度框 · only those that touch this box, in degrees")
@click.option("--zone", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="范围：GeoJSON 的面 · only those that touch the areas of this GeoJSON")
@click.option("--at", metavar="TIME", help="当时的数据，如 2026-01-05T08:00 · as it stood at this moment")
@click.option("--encoding", type=click.Choice(["UTF-8", "GBK"], case_sensitive=False), default="UTF-8", help="Shapefile 的文字编码 · of the texts of Shapefiles")
@click.option("--words", type=click.Choice(["zh", "en"]), help="CSV、XLSX 用文字而非代码 · words for codes in tables")
@click.option("--space", default="live", help="空间 · live, or the id of a drill")
@click.option("--reason", help="用途，记入审计 · what for; kept in the audit")
@click.pass_obj
def command(installation: Installation, /, layer: str, file: Path | None, everything: bool, space: str, reason: str | None, at: str | None, crs: str | None,
            datum: str | None, **which: Any) -> None:
    """把图层导出为文件（.geojson .gpkg .csv .xlsx .zip .kml .fgb .dxf），个人信息以星号遮盖 · write LAYER to FILE, in the format of its extension; personal values are masked."""
    from app.qgis import qml
    from geodata.files import refusal_words  # noqa: F401 - declares the sentences
    from geodata.files.coordinates import coordinates
    from geodata.files.writing import export, export_all
    from geodata.store.accounts import SERVER
    from geodata.store.audit import record

    if everything == (file is not None):
        raise click.UsageError("onemap export LAYER FILE | onemap export --all FILE.gpkg")
    target, path = ("*", Path(layer)) if file is None else (layer, file)
    where = coordinates(crs, datum)
    space = _past(at) if at else space
    with installation.database() as database, database.space(space).reading(OPERATOR) as store:
        def written(count: int) -> None:
            record(database.engine, SERVER, "export.file", target, reason=reason, space=space, file=path.name, count=count)

        if file is None:
            count = export_all(store, path, where, written, qml)
        else:
            count = export(store, _extract(layer, where, **which), path, written, qml)
    click.echo(f"{count} → {path}")


def _extract(layer: str, where: Any, filter_: str | None, bbox: tuple[float, ...] | None, zone: Path | None, encoding: str, words: str | None) -> Any:
    from geodata.files.extract import Extract

    return Extract(layer, tuple(bbox) if bbox else None, filter_, zone=_zone(zone) if zone else None, language=words, coordinates=where, encoding=encoding)  # type: ignore[arg-type]


def _past(at: str) -> str:
    from geodata.files.extract import HERE
    from geodata.store.past import space_id_of

    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise click.BadParameter("2026-01-05T08:00", param_hint="--at") from None
    return space_id_of(moment if moment.tzinfo else moment.replace(tzinfo=HERE))


def _zone(path: Path) -> BaseGeometry:
    """The areas of a GeoJSON file as one, judged as the zones of questions are."""
    import shapely

    from geodata.files.notices import Refused
    from geodata.queries import refusals

    try:
        shape = shapely.union_all([one for one in shapely.get_parts(shapely.from_geojson(path.read_bytes())) if shapely.get_dimensions(one) == 2])
    except (shapely.errors.GEOSException, OSError):
        shape = shapely.Polygon()
    if shape.is_empty:
        raise Refused("export-zone", path=path.name)
    return refusals.zone("zone", shape)
