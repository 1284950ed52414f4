"""The legend: just what is on this map, each with how many, how fresh and from whom; what could not be printed is said first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.printing import fonts, symbols
from app.printing.canvas import Canvas, px
from app.printing.contents import Basis, PrintedLayer, Sheet
from app.printing.furniture import BODY, HEAD, META, north
from app.printing.inks import Paint, family_paint, ground_paint, ink, route_paint, widen, zone_paint
from app.printing.mapping import Shown
from app.printing.paper import Box, Orientation
from app.printing.words import day, say

_ROW, _ROW_PLAIN, _SWATCH, _GAP, _COLUMN = 7.4, 5.4, 7.0, 2.0, 58.0


@dataclass(frozen=True)
class Entry:
    """One row: `picture` draws into a box of the swatch's size; `aside` at the right, `about` below."""

    label: str
    picture: Callable[[Canvas, Box], None]
    aside: str = ""
    about: str = ""

    @property
    def height(self) -> float:
        return _ROW if self.about else _ROW_PLAIN


def draw_legend(canvas: Canvas, sheet: Sheet, shown: Shown) -> None:
    """In columns down the legend's box; what finds no room is told to be in the table of sources."""
    box = sheet.paper.legend
    canvas.text(box.x, box.top - 3.4, say("legend", sheet.language), HEAD, weight=600)
    top = box.top - 9
    beside = sheet.paper.orientation is Orientation.LANDSCAPE
    north(canvas, sheet, box.right - 6, box.top - 4.6)
    notes = [line for one in sheet.left_off for line in fonts.wrapped(one, box.w if beside else _COLUMN, META)]
    entries = entries_of(sheet, shown)
    columns = 1 if beside else max(1, int((box.w + 6) // (_COLUMN + 6)))
    wide = box.w if columns == 1 else (box.w - 6 * (columns - 1)) / columns
    x, y = box.x, top
    for line in notes:
        canvas.text(x, y - 1.5, line, META, weight=600, colour=ink("bad"))
        y -= 3.4
    y -= 1 if notes else 0
    for number, one in enumerate(entries):
        if y - one.height < box.y + (4 if x + wide > box.right - 1 else 0) and number < len(entries):
            if x + wide > box.right - 1:
                canvas.text(x, box.y + 1.6, say("legend.more", sheet.language, n=len(entries) - number), META, colour=ink("ink-2"))
                return
            x, y = x + wide + 6, top
        _row(canvas, Box(x, y - one.height, wide, one.height), one)
        y -= one.height


def _row(canvas: Canvas, box: Box, entry: Entry) -> None:
    one_line = not entry.about
    middle = box.middle[1] if one_line else box.top - 2.2
    entry.picture(canvas, Box(box.x, box.middle[1] - 2.4, _SWATCH, 4.8))
    x = box.x + _SWATCH + _GAP
    room = box.w - _SWATCH - _GAP - fonts.width(entry.aside, META) - (2 if entry.aside else 0)
    canvas.text(x, middle, fonts.cut(entry.label, room, BODY), BODY)
    if entry.aside:
        canvas.text(box.right, middle, entry.aside, META, colour=ink("ink-2"), align="right")
    if entry.about:
        canvas.text(x, box.top - 5.4, fonts.cut(entry.about, box.w - _SWATCH - _GAP, META - 0.15), META - 0.15, colour=ink("ink-3"))


def entries_of(sheet: Sheet, shown: Shown) -> list[Entry]:
    """What is visible: the question, then facts from above to below, then the ground."""
    language = sheet.language
    found: list[Entry] = []
    if sheet.place:
        found.append(Entry(say("legend.place", language), _symbol("point", "plot"), about=sheet.place.label))
    if sheet.zone:
        found.append(Entry(sheet.zone.label, _paint(zone_paint(), area=True)))
    if sheet.routes:
        found.append(Entry(say("legend.route", language), _paint(route_paint(), area=False)))
    if shown.ranks:
        found.append(Entry(say("legend.rank", language), _badge))
    if shown.left_out:
        found.append(Entry(say("legend.out", language), _struck))
    present = [one for one in reversed(sheet.layers) if shown.counts.get(one.id)]
    for one in present:
        if not one.style.paint:
            found.append(_fact(one, shown, language))
    if shown.clusters:
        found.append(Entry(say("legend.cluster", language), _disc))
    return found + [_ground(one, shown, sheet) for one in present if one.style.paint and _painted(one, shown, sheet)]


def _fact(layer: PrintedLayer, shown: Shown, language: str) -> Entry:
    kinds = shown.kinds[layer.id]
    if layer.style.symbol or "Point" in kinds:
        picture = _symbol(layer.style.symbol, layer.style.family)
    else:
        picture = _paint(family_paint(layer.style.family), area="Polygon" in kinds)
    about = basis_line(layer.basis, language)
    if layer.coarse:
        about = f"{say('legend.coarse', language)} · {about}"
    return Entry(layer.label, picture, f"{shown.counts[layer.id]:,}", about)


def _painted(layer: PrintedLayer, shown: Shown, sheet: Sheet) -> bool:
    return any(sheet.view.zoom >= ground_paint(layer.style.paint or "", shade).from_zoom for shade in shown.shades[layer.id])


def _ground(layer: PrintedLayer, shown: Shown, sheet: Sheet) -> Entry:
    paints = [ground_paint(layer.style.paint or "", shade) for shade in shown.shades[layer.id]]
    visible = [one for one in paints if sheet.view.zoom >= one.from_zoom]
    greatest = max(visible, key=lambda one: one.rank)
    return Entry(layer.label, _paint(greatest, area=bool(greatest.fill), wide=widen(sheet.view.zoom)), about=basis_line(layer.basis, sheet.language))


def basis_line(basis: Basis, language: str) -> str:
    """How fresh and from whom, in one line."""
    verified = say("verified", language, when=day(basis.verified_latest)) if basis.verified_latest else say("unverified", language)
    sources = say("comma", language).join(basis.sources) or say("no-source", language)
    dated = f" {day(basis.source_dates[-1])}" if basis.source_dates else ""
    return f"{sources}{dated} · {verified}"


def _symbol(name: str | None, family: str) -> Callable[[Canvas, Box], None]:
    file = symbols.file_of(name, family)
    if name in symbols.PLACES:
        return lambda canvas, box: _ring_and_symbol(canvas, box, file)
    return lambda canvas, box: canvas.symbol([(box.x + box.w / 2, box.middle[1])], file, 4.8)


def _ring_and_symbol(canvas: Canvas, box: Box, file: str) -> None:
    """A place as it lies on the ground, and as it is once a question touches it."""
    canvas.circle(box.x + 1.6, box.middle[1], px(3.5), fill=ink("m-land"), line=ink("m-text-2"), width=px(2))
    canvas.symbol([(box.x + 5.2, box.middle[1])], file, 3.6)


def _paint(paint: Paint, *, area: bool, wide: float = 1.0) -> Callable[[Canvas, Box], None]:
    def picture(canvas: Canvas, box: Box) -> None:
        y = box.middle[1]
        dash = [px(one) * 0.7 for one in paint.dash]
        if area:
            patch = Box(box.x + 0.4, y - 1.7, box.w - 0.8, 3.4)
            canvas.patch(patch, paint.fill or "none", paint.alpha, paint.casing or paint.line, px(1.25 if paint.casing else min(paint.width, 2)), dash,
                         paint.line if paint.hatch else None)
            return
        ends = [(box.x, y), (box.right, y)]
        if paint.casing:
            canvas.line(ends, colour=paint.casing, width=px(paint.casing_width * wide))
        if paint.line:
            canvas.line(ends, colour=paint.line, width=px(paint.width * wide), dash=dash)

    return picture


def _badge(canvas: Canvas, box: Box) -> None:
    canvas.circle(*box.middle, px(9), fill=ink("ink"))
    canvas.text(*box.middle, "1", px(11), weight=600, colour=ink("panel"), align="center")


def _struck(canvas: Canvas, box: Box) -> None:
    x, y = box.middle
    r = px(6.5)
    canvas.circle(x, y, r, fill=ink("panel"), line=ink("ink"), width=px(2))
    canvas.line([(x - r * 0.7, y - r * 0.7), (x + r * 0.7, y + r * 0.7)], colour=ink("ink"), width=px(2))


def _disc(canvas: Canvas, box: Box) -> None:
    x, y = box.middle
    canvas.circle(x, y, 2.2, fill=ink("panel"), line=ink("fam-res"), width=0.6)
    canvas.text(x, y, "3", 2.2, weight=600, align="center")
