"""`onemap load`: a file into a layer, with a report that accounts for every row."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from app.cli._installation import Installation
from layers import messages
from layers.errors import OnemapError
from layers.spec import OPERATOR

SHOWN = 30


@click.command()
@click.argument("layer")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--create", is_flag=True, help="由文件新建图层 · make the layer from the file")
@click.option("--label", default="", metavar="NAME", help="新建图层的名称 · what the new layer is called")
@click.option("--sublayer", metavar="NAME", help="文件中的哪个图层或工作表 · which layer or sheet of the file")
@click.option("--crs", metavar="EPSG:n", help="坐标系 · the file's CRS, where it does not say or says it wrongly")
@click.option(
    "--datum", type=click.Choice(["gcj02", "bd09", "wgs84"]), help="坐标偏移：高德/腾讯 gcj02，百度 bd09 · the shift of web map coordinates"
)
@click.option(
    "--angles", type=click.Choice(["decimal", "d.mmss", "dddmmss", "dddmm.mm", "e6"]), help="经纬度数字的写法，拿不准时会问 · in which form bare numbers are degrees, where that is asked"
)
@click.option("--encoding", metavar="E", help="文字编码，如 GBK · the text's encoding")
@click.option(
    "--map", "mapping", metavar="SOURCE=field", multiple=True, help="列=字段，可多次；字段留空则不载入该列 · column=field, may be repeated"
)
@click.option(
    "--measure", "measures", metavar="FIELD=people", multiple=True,
    help="新建图层的字段计作 people capacity quantity area length 或 none，可多次 · what a field of a new layer counts, or none; may be repeated",
)
@click.option("--no-memory", is_flag=True, help="不沿用上次改过的字段对应 · do without the mapping corrected last time")
@click.option("--retire-missing", "retire", type=click.IntRange(min=1), metavar="N", help="停用文件中没有的 N 条；数目不符则什么也不写入 · retire the N features that the file does not have; nothing is written when they are not N")
@click.option("--reason", default="", help="停用的原因 · why they are retired")
@click.option("--anywhere", is_flag=True, help="允许远离本区 · let features lie far from the district")
@click.option("--space", default="live", help="空间：live 或演练标识 · live, or the id of a drill")
@click.option("--dry-run", is_flag=True, help="只报告，不写入 · report only")
@click.option("--json", "as_json", is_flag=True, help="报告为一个 JSON 对象 · the report as one JSON object")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="报告语言 · the report's language")
@click.pass_obj
def command(
    installation: Installation, /, layer: str, file: Path, as_json: bool, lang: str, mapping: tuple[str, ...], measures: tuple[str, ...], space: str,
    no_memory: bool, retire: int | None, reason: str, **chosen: Any
) -> None:
    """把文件导入图层 · load FILE into LAYER. Exit 0: all in; 1: some rows rejected; 2: refused, nothing changed."""
    from app.cli._progress import progress
    from app.command.loads import load_now
    from geodata.files.loading import LoadOptions

    pairs = dict(one.rpartition("=")[::2] for one in mapping)
    if "" in pairs:
        raise click.BadParameter("SOURCE=field", param_hint="--map")
    counted = dict(one.rpartition("=")[::2] for one in measures)
    if "" in counted:
        raise click.BadParameter("FIELD=people|none", param_hint="--measure")
    if retire and not reason.strip():
        raise click.BadParameter("--reason", param_hint="--retire-missing")
    options = LoadOptions(mapping=pairs, measures=counted, remember=not no_memory, retire=retire, retire_reason=reason.strip(), **chosen)
    try:
        with installation.database() as database, progress(lang) as watch:
            report = load_now(database, space, layer, file, options, OPERATOR, watch=watch)
        answer, code = report.to_json(lang), report.exit_code
    except OnemapError as error:
        if not as_json:
            raise
        answer, code = _refusal(layer, file, error, lang), 2
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _tell(answer, lang)
    sys.exit(code)


def _refusal(layer: str, file: Path, error: OnemapError, lang: str) -> dict[str, Any]:
    """A report for what was refused outside the file: no such space, a layer that may not be made."""
    from geodata.files.report import LoadReport

    problem = {
        "row": None,
        "field": None,
        "code": error.code,
        "severity": "error",
        "message": messages.message(error.code, error.values, lang),
        "remedy": messages.remedy(error.code, error.values, lang),
    }
    return {**LoadReport(layer, file.name).to_json(lang), "problems": [problem], "problems_total": 1}


def _tell(answer: dict[str, Any], lang: str) -> None:
    zh = lang == "zh"
    for name, label in (("encoding", "编码" if zh else "encoding"), ("crs", "坐标系" if zh else "CRS")):
        click.echo(f"{label}: {answer[name]['value'] or '-'} ({answer[name]['reason']})")
    counts = (("read", "读取"), ("accepted", "接受"), ("repaired", "其中修复"), ("skipped", "跳过"), ("rejected", "拒绝"))
    click.echo("  ".join(f"{label if zh else name} {answer[name]}" for name, label in counts))
    if answer["inserted"] is not None:
        changes = (("inserted", "新增"), ("updated", "更改"), ("unchanged", "不变"), *((("retired", "停用"),) if answer["retired"] else ()))
        click.echo("  ".join(f"{label if zh else name} {answer[name]}" for name, label in changes))
    for one in answer["problems"][:SHOWN]:
        place = "".join(
            [
                f"{'第' if zh else 'record '}{one['row']}{'条 ' if zh else ' '}" if one["row"] else "",
                f"{one['field']}: " if one["field"] else "",
            ]
        )
        click.echo(f"[{one['severity']}] {place}{one['message']}" + (f" → {one['remedy']}" if one["remedy"] else ""))
    if answer["problems_total"] > SHOWN:
        click.echo(f"… {answer['problems_total'] - SHOWN} {'条未列出，用 --json 看全部' if zh else 'more: see --json'}")
    done = answer["committed"]
    click.echo(("已写入" if zh else "committed") if done else ("未写入" if zh else "nothing was written"))
