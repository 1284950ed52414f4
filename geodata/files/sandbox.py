"""The process that reads a file: started fresh for each, limited in memory and time, free to die without harm.

Run as `python -m geodata.files.sandbox REQUEST.json`; writes a table or `refused.json` into the request's folder.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from geodata.files import gdal, packing, sniffing
from geodata.files.garbling import garbled
from geodata.files.notices import Notice, Refused
from geodata.files.reading import UNUSED
from geodata.files.sublayers import Sublayer, chosen, several
from geodata.files.system_named import heed_names
from geodata.files.table import MOST_COLUMNS, Table, save

_OPEN_FILES = 128


def main(request_path: str) -> int:
    """Read what the request names; 0 when a table or a refusal was written."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    _limit(request)
    sys.modules.update(dict.fromkeys(UNUSED))  # type: ignore[arg-type]  # None: as if it were not installed
    out = Path(request["out"])
    try:
        save(_read(request), out)
    except Refused as refused:
        _refuse(out, refused)
    except MemoryError:
        _refuse(out, Refused("reading-too-large", limit_mb=request["memory_mb"]))
    except RecursionError:
        _refuse(out, Refused("too-deep", limit=32))
    return 0


def _refuse(out: Path, refused: Refused) -> None:
    text = json.dumps({"code": refused.code, "about": refused.about, "values": dict(refused.values)}, default=str)
    (out / "refused.json").write_text(text, encoding="utf-8")


def _limit(request: dict[str, Any]) -> None:
    for kind, value in (
        (resource.RLIMIT_AS, request["memory_mb"] * packing.MEBI),
        (resource.RLIMIT_CPU, request["cpu_s"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, request["written_mb"] * packing.MEBI),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard),) * 2)


def _read(request: dict[str, Any]) -> Table:
    work = Path(request["work"])
    parts, notices = packing.gather(Path(request["path"]), work)
    found = sniffing.sources(parts, named=len(parts) == 1 and parts[0].path == Path(request["path"]), tables=not request["shapes_wanted"])
    source, inner, name = _chosen(found, request["sublayer"])
    gdal.confine(source.format, request["drivers"])
    try:
        table = _by_format(source, request, inner, work)
    except Refused as refused:
        raise _named_within(refused, name) if name else refused from refused
    if len(table.columns) > MOST_COLUMNS:
        raise Refused("too-many-columns", count=len(table.columns), limit=MOST_COLUMNS)
    table.notices[:0] = notices
    heed_names(table)
    table.notices += garbled(table)
    if len(found) > 1:
        table.notices.append(Notice("other-sublayers", {"there": ", ".join(one.name for one in found if one is not source)}))
    return table


def _chosen(found: list[sniffing.Source], sublayer: str | None) -> tuple[sniffing.Source, str | None, str | None]:
    """The source to read, the layer wanted inside it, and, of several sources, its name: `a.gdb/roads` names both."""
    if len(found) == 1:
        several = found[0].format not in sniffing.ONE_LAYER
        if sublayer is not None and not several:
            chosen([Sublayer(found[0].name)], sublayer, found[0].main.name)
        return found[0], sublayer if several else None, None
    names = [one.name if [other.name for other in found].count(one.name) == 1 else one.main.name for one in found]
    if sublayer is not None and sublayer not in names:
        for name, one in zip(names, found, strict=True):
            if sublayer.startswith(f"{name}/") and one.format not in sniffing.ONE_LAYER:
                return one, sublayer.removeprefix(f"{name}/"), name
    listed = [Sublayer(name, *_counted(one)) for name, one in zip(names, found, strict=True)]
    name = chosen(listed, sublayer, "")
    return found[names.index(name)], None, name


def _counted(source: sniffing.Source) -> tuple[int | None, tuple[str, ...]]:
    """Records and kind of a shapefile, told by its head alone; of other sources nothing is known before they are read."""
    if source.format != sniffing.SHAPEFILE:
        return None, ()
    from geodata.files.shapefile import counted

    return counted(source)


def _named_within(refused: Refused, name: str) -> Refused:
    """A list of layers inside one source of several, each with the name that chooses it from outside."""
    if refused.code not in ("several-sublayers", "no-such-sublayer"):
        return refused
    return several([Sublayer(f"{name}/{one['name']}", one["count"], tuple(one["kinds"])) for one in refused.values["layers"]])


def _by_format(source: sniffing.Source, request: dict[str, Any], sublayer: str | None, work: Path) -> Table:
    """Each format has a reader of its own, which is imported only where it is needed: GDAL not at all for a table."""
    encoding, shapes_wanted = request["encoding"], request["shapes_wanted"]
    if source.format == sniffing.SHAPEFILE:
        from geodata.files.shapefile import read_shapefile

        return read_shapefile(source, encoding=encoding, work=work)
    if source.format == sniffing.DBASE:
        from geodata.files.shapefile import read_dbase

        return read_dbase(source, encoding=encoding)
    if source.format == sniffing.GEOPACKAGE:
        from geodata.files.geopackage import read_geopackage

        return read_geopackage(source, sublayer=sublayer, shapes_wanted=shapes_wanted, work=work)
    if source.format == sniffing.GEOJSON:
        from geodata.files.geojson import read_geojson

        return read_geojson(source, encoding=encoding)
    if source.format == sniffing.DELIMITED:
        from geodata.files.delimited import read_delimited

        return read_delimited(source, encoding=encoding, shapes_wanted=shapes_wanted)
    if source.format == sniffing.WORKBOOK:
        from geodata.files.workbook import read_workbook

        return read_workbook(source, sublayer=sublayer, shapes_wanted=shapes_wanted)
    return _by_newer_format(source, encoding, sublayer, shapes_wanted, work)


def _by_newer_format(source: sniffing.Source, encoding: str | None, sublayer: str | None, shapes_wanted: bool, work: Path) -> Table:
    if source.format in (sniffing.MAPINFO_TAB, sniffing.MAPINFO_MIF):
        from geodata.files.mapinfo import read_mapinfo

        return read_mapinfo(source, encoding=encoding, work=work)
    if source.format == sniffing.CAD:
        from geodata.files.cad import read_cad

        return read_cad(source, sublayer=sublayer, encoding=encoding, work=work)
    if source.format == sniffing.KML:
        from geodata.files.kml import read_kml

        return read_kml(source, sublayer=sublayer, encoding=encoding)
    if source.format == sniffing.ALERT:
        from geodata.files.alert import read_alert

        return read_alert(source, sublayer=sublayer, encoding=encoding)
    if source.format == sniffing.OSM:
        from geodata.files.osm import read_osm

        return read_osm(source, sublayer=sublayer, work=work)
    return gdal.read_features(source, sublayer=sublayer, shapes_wanted=shapes_wanted, encoding=encoding, work=work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
