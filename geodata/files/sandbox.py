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
from geodata.files.notices import Notice, Refused
from geodata.files.table import Table, save

_OPEN_FILES = 128


def main(request_path: str) -> int:
    """Read what the request names; 0 when a table or a refusal was written."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    _limit(request)
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
    found = sniffing.sources(parts, named=len(parts) == 1 and parts[0].path == Path(request["path"]))
    source, inner = _chosen(found, request["sublayer"])
    gdal.confine(source.format, request["drivers"])
    table = _by_format(source, request, inner, work)
    table.notices[:0] = notices
    if len(found) > 1:
        table.notices.append(Notice("other-sublayers", {"there": ", ".join(one.name for one in found if one is not source)}))
    return table


def _chosen(found: list[sniffing.Source], sublayer: str | None) -> tuple[sniffing.Source, str | None]:
    """The source to read, and the layer wanted inside it: a name may mean either."""
    if len(found) == 1:
        several = found[0].format not in (sniffing.SHAPEFILE, sniffing.GEOJSON, sniffing.DELIMITED)
        if sublayer is not None and not several:
            gdal.chosen([found[0].name], sublayer, found[0].main.name)
        return found[0], sublayer if several else None
    names = [one.name if [other.name for other in found].count(one.name) == 1 else one.main.name for one in found]
    name = gdal.chosen(names, sublayer, "")
    return found[names.index(name)], None


def _by_format(source: sniffing.Source, request: dict[str, Any], sublayer: str | None, work: Path) -> Table:
    encoding, shapes_wanted = request["encoding"], request["shapes_wanted"]
    if source.format == sniffing.SHAPEFILE:
        from geodata.files.shapefile import read_shapefile

        return read_shapefile(source, encoding=encoding, work=work)
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
    return gdal.read_features(source, sublayer=sublayer, work=work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
