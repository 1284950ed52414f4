"""From a sheet to a file: PDF of all pages, or PNG of one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages

from app.printing import fonts, furniture
from app.printing.canvas import Canvas
from app.printing.contents import Sheet
from app.printing.legend import draw_legend
from app.printing.mapping import MapDrawing, Shown
from app.printing.tables import table_pages

# 42: the font goes in as TrueType with ToUnicode, so that Chinese is found and copied; as Type 3 most characters would be pictures.
matplotlib.rcParams.update({"pdf.fonttype": 42, "path.simplify": True, "hatch.linewidth": 0.35, "text.hinting": "no_hinting"})


class Format(StrEnum):
    PDF = "pdf"
    PNG = "png"


@dataclass(frozen=True)
class Printed:
    """The file, and how many pages the sheet has."""

    content: bytes
    pages: int


def render(sheet: Sheet, form: Format | str, *, dpi: int = 200, page: int = 1) -> Printed:
    """The sheet as PDF, or one page of it (from 1; the last when there are fewer) as PNG. Raises NoPrintFont."""
    fonts.require()
    first, shown = map_page(sheet)
    canvases = [first, *table_pages(sheet, shown)]
    for number, canvas in enumerate(canvases, 1):
        furniture.band(canvas, sheet)
        furniture.foot(canvas, sheet, number, len(canvases))
        furniture.watermark(canvas, sheet)
    content = _pdf(sheet, canvases) if form == Format.PDF else _png(canvases[min(page, len(canvases)) - 1], dpi)
    return Printed(content, len(canvases))


def map_page(sheet: Sheet) -> tuple[Canvas, Shown]:
    """The first page, without what every page has."""
    canvas = Canvas(sheet.paper)
    shown = MapDrawing(canvas, sheet).draw()
    furniture.graticule(canvas, sheet)
    furniture.header(canvas, sheet)
    furniture.scale(canvas, sheet)
    draw_legend(canvas, sheet, shown)
    return canvas, shown


def _pdf(sheet: Sheet, canvases: list[Canvas]) -> bytes:
    out = BytesIO()
    about = {"Title": sheet.title, "Author": f"{sheet.bureau} {sheet.made_by}", "Creator": "onemap", "CreationDate": sheet.made_at}
    with PdfPages(out, metadata=about) as pages:
        for canvas in canvases:
            pages.savefig(canvas.figure)
    return out.getvalue()


def _png(canvas: Canvas, dpi: int) -> bytes:
    out = BytesIO()
    canvas.figure.set_dpi(dpi)
    FigureCanvasAgg(canvas.figure).print_png(out, metadata={"Software": "onemap"})
    return out.getvalue()
