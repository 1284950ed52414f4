"""How far a load is, as a bar on a terminal; in a pipe or a log there is none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from geodata.files.watching import STAGES, Watch

_WIDE = 1000
_FROM = dict(zip(STAGES, (0, 350, 500, 700), strict=True))  # thousandths; reading takes longest of what comes before the rows are written
_WRITING = 750
_WORDS = {
    "zh": {"reading": "读取文件", "placing": "定位和检查图形", "matching": "核对字段和数值", "comparing": "与现有数据比较", "writing": "写入"},
    "en": {"reading": "reading", "placing": "placing", "matching": "matching", "comparing": "comparing", "writing": "writing"},
}


@contextmanager
def progress(lang: str) -> Iterator[Watch]:
    """Watches a load and draws its bar on the terminal behind stderr, which is not what the command answers."""
    if not sys.stderr.isatty():
        yield Watch()
        return
    words = _WORDS[lang]
    longest = max(len(one) * 2 if lang == "zh" else len(one) for one in words.values())
    with click.progressbar(length=_WIDE, file=sys.stderr, show_eta=False, show_percent=True, label=words["reading"]) as bar:

        def to(place: int, stage: str) -> None:
            said = words[stage]
            bar.label = said + " " * (longest - (len(said) * 2 if lang == "zh" else len(said)))
            bar.update(max(0, place - bar.pos))

        yield Watch(tell=lambda stage: to(_FROM[stage], stage), wrote=lambda rows, of: to(_WRITING + (_WIDE - _WRITING) * rows // max(1, of), "writing"))
