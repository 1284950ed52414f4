"""The typeface of the sheet: Noto Sans SC, put beside our static files at set-up, so that Chinese never comes out as boxes."""

from __future__ import annotations

import os
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from layers.errors import Unavailable
from layers.messages import Sentence, declare
from layers.spec import Label

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties
    from matplotlib.ft2font import FT2Font

FOLDER = Path(__file__).resolve().parents[1] / "static" / "vendor" / "fonts"
FILES = {400: "NotoSansSC-Regular.ttf", 600: "NotoSansSC-SemiBold.ttf"}
MISSING = "〓"  # the printer's mark for a character that the font lacks
_NOT_NEEDED = {"GSUB", "GPOS", "GDEF", "BASE", "STAT", "vhea", "vmtx", "gasp", "prep"}
_EM = 100  # the size at which widths are measured


class NoPrintFont(Unavailable):
    """The Chinese font of the sheet is not where set-up puts it. `values`: path."""

    code = "no-print-font"


declare({
    "no-print-font": Sentence(
        Label("打印用的中文字体不在：{path}", "The Chinese font for printing is not there: {path}"),
        Label("重新运行 scripts/up 取前端组件和字体", "Run scripts/up again: it fetches front-end parts and fonts")),
})


def require(folder: Path | None = None) -> None:
    """Raise NoPrintFont unless both weights are there."""
    for name in FILES.values():
        path = (folder or FOLDER) / name
        if not path.is_file():
            raise NoPrintFont(path=str(path))


@cache
def face(weight: int = 400) -> FontProperties:
    """What matplotlib writes with."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(_lean(weight)))


@cache
def _lean(weight: int) -> Path:
    """The font without the tables of other scripts' and vertical setting, kept beside matplotlib's own cache: a PDF then takes a third of the time."""
    import matplotlib
    from fontTools.ttLib import TTFont

    source = FOLDER / FILES[weight]
    lean = Path(matplotlib.get_cachedir()) / f"{source.stem}-{source.stat().st_size}.ttf"
    if not lean.is_file():
        font = TTFont(source, lazy=True, recalcBBoxes=False, recalcTimestamp=False)
        for table in _NOT_NEEDED & set(font.keys()):
            del font[table]
        draft = lean.with_suffix(f".{os.getpid()}")
        font.save(draft, reorderTables=None)
        draft.replace(lean)
    return lean


@cache
def _glyphs(weight: int) -> FT2Font:
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(_lean(weight)))
    font.set_size(_EM, 72)
    return font


@lru_cache(maxsize=20_000)
def _advance(character: str, weight: int) -> float:
    from matplotlib.ft2font import LoadFlags

    shown = writable(character)  # what the canvas will write in its place
    return float(_glyphs(weight).load_char(ord(shown), LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / _EM


def width(text: str, size_mm: float, weight: int = 400) -> float:
    """How wide a line of text is, in the unit of its size."""
    return size_mm * sum(_advance(one, weight) for one in text)


def writable(text: str) -> str:
    """The text with 〓 for each character that the font lacks, and blanks for what controls a printer."""
    glyphs = _glyphs(400)
    return "".join(" " if ord(one) < 32 or one in "\u2028\u2029\x7f" else one if glyphs.get_char_index(ord(one)) else MISSING for one in text)


def cut(text: str, most_mm: float, size_mm: float, weight: int = 400) -> str:
    """The text, or its beginning with an ellipsis, in at most so much width."""
    if width(text, size_mm, weight) <= most_mm:
        return text
    while text and width(text + "…", size_mm, weight) > most_mm:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, most_mm: float, size_mm: float, weight: int = 400) -> list[str]:
    """The text in lines no wider than that: Chinese breaks anywhere, a word of letters only when it alone is too wide."""
    lines, line, since = [], "", 0.0
    for piece in _pieces(text):
        wide = width(piece, size_mm, weight)
        if since + wide > most_mm and line:
            lines.append(line.rstrip())
            line, since = "", 0.0
            piece = piece.lstrip()
        while width(piece, size_mm, weight) > most_mm and len(piece) > 1:
            fits = next(n for n in range(len(piece), 0, -1) if n == 1 or width(piece[:n], size_mm, weight) <= most_mm)
            lines.append(piece[:fits])
            piece = piece[fits:]
        line += piece
        since += width(piece, size_mm, weight)
    return [*lines, line.rstrip()] if line or not lines else lines


_CLOSING = set("，。、；：！？）」』》〉】…％·,.;:!?)]%")


def _pieces(text: str) -> list[str]:
    """What must stay together on a line: words of letters, and a character with the closing mark after it."""
    pieces: list[str] = []
    for one in text:
        after = pieces[-1] if pieces else ""
        latin = ord(one) < 0x2E80 and one != " "
        if after and (one in _CLOSING or (latin and ord(after[-1]) < 0x2E80 and after[-1] != " ")):
            pieces[-1] += one
        else:
            pieces.append(one)
    return pieces
