"""The pages after the map: the ranking with those left out, what lies in the zone with its basis, and where all of it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.printing import fonts, symbols
from app.printing.canvas import Canvas
from app.printing.contents import Basis, ExposedRow, Ranking, Sheet
from app.printing.furniture import BODY, HEAD, META, header
from app.printing.inks import ink
from app.printing.mapping import Shown
from app.printing.paper import Box
from app.printing.words import say, span
from layers.spec import Style

_LINE, _PAD, _CELL_GAP, _SYMBOL = 4.0, 1.3, 2.5, 4.4
MOST_LINES = 12  # of one cell; what would be longer ends in an ellipsis


@dataclass(frozen=True)
class Column:
    """A column's words, its share of the width, and whether it holds figures."""

    label: str
    share: float
    right: bool = False


class Flow:
    """Rows going down the pages; a table that goes over a page repeats its head."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.pages: list[Canvas] = []
        self._y = 0.0
        self._columns: Sequence[Column] = ()

    @property
    def _body(self) -> Box:
        return self.sheet.paper.body

    def _room(self, height: float) -> None:
        if not self.pages or self._y - height < self._body.y - 4:
            self.pages.append(Canvas(self.sheet.paper))
            header(self.pages[-1], self.sheet)
            self._y = self._body.top
            if self._columns:
                self._heads()

    def title(self, words: str, aside: str) -> None:
        """The name of a table, and what the whole of it rests on."""
        self._columns = ()
        self._room(30)  # never alone at the foot of a page
        self._y -= 3
        page, body = self.pages[-1], self._body
        page.text(body.x, self._y - 2.5, words, HEAD + 0.6, weight=600)
        page.text(body.x + fonts.width(words, HEAD + 0.6, 600) + 4, self._y - 2.3, aside, META + 0.2, colour=ink("ink-2"))
        self._y -= 8

    def group(self, words: str, style: Style, aside: str) -> None:
        """A line that heads the rows of one layer."""
        self._room(7 + _LINE * 2)
        page, body = self.pages[-1], self._body
        page.rectangle(Box(body.x, self._y - 6.2, body.w, 6.2), fill=ink("panel-3"))
        page.symbol([(body.x + 3.4, self._y - 3.1)], symbols.file_of(style.symbol, style.family), _SYMBOL)
        page.text(body.x + 7, self._y - 3.1, words, BODY + 0.3, weight=600)
        page.text(body.right - 2, self._y - 3.1, aside, META + 0.2, colour=ink("ink-2"), align="right")
        self._y -= 6.2

    def heads(self, columns: Sequence[Column]) -> None:
        """Begin a table of these columns."""
        self._columns = columns
        before = len(self.pages)
        self._room(12)
        if len(self.pages) == before:
            self._heads()

    def _heads(self) -> None:
        page = self.pages[-1]
        for column, box in self._cells(5.0):
            page.text(box.right if column.right else box.x, box.middle[1], column.label, META, weight=600, colour=ink("ink-2"), align="right" if column.right else "left")
        self._y -= 5.0
        page.line([(self._body.x, self._y), (self._body.right, self._y)], colour=ink("ink"), width=0.25)

    def row(self, cells: Sequence[str], *, bold: Sequence[int] = (), quiet: bool = False, symbol: tuple[str, bool] | None = None) -> None:
        """One row, as high as its longest cell; `symbol` (file, grey) stands before the first words."""
        boxes = self._cells(0)
        lines = []
        for number, (words, (_, box)) in enumerate(zip(cells, boxes, strict=True)):
            room = box.w - (_SYMBOL + 1.5 if symbol and number == 0 else 0)
            found = [line for part in words.split("\n") for line in fonts.wrapped(fonts.writable(part), room, BODY, 600 if number in bold else 400)]
            lines.append(found if len(found) <= MOST_LINES else [*found[:MOST_LINES - 1], found[MOST_LINES - 1][:-1] + "…"])
        height = max(map(len, lines)) * _LINE + _PAD * 2 - 0.4
        self._room(height)
        page, colour = self.pages[-1], ink("ink-2" if quiet else "ink")
        if symbol:
            page.symbol([(boxes[0][1].x + _SYMBOL / 2, self._y - _PAD - _LINE / 2)], symbol[0], _SYMBOL, grey=symbol[1])
        for number, (found, (column, box)) in enumerate(zip(lines, boxes, strict=True)):
            x = box.right if column.right else box.x + (_SYMBOL + 1.5 if symbol and number == 0 else 0)
            for place, line in enumerate(found):
                page.text(x, self._y - _PAD - _LINE * (place + 0.5) + 0.2, line, BODY, weight=600 if number in bold else 400, colour=colour, align="right" if column.right else "left")
        self._y -= height
        page.line([(self._body.x, self._y), (self._body.right, self._y)], colour=ink("line"), width=0.15)

    def words(self, text: str) -> None:
        """A line on its own."""
        for line in fonts.wrapped(fonts.writable(text), self._body.w, BODY):
            self._room(5)
            self.pages[-1].text(self._body.x, self._y - 2.8, line, BODY, colour=ink("ink-2"))
            self._y -= 4.6

    def _cells(self, height: float) -> list[tuple[Column, Box]]:
        x, found = self._body.x, []
        for column in self._columns:
            wide = self._body.w * column.share
            found.append((column, Box(x, self._y - height, wide - _CELL_GAP, height)))
            x += wide
        return found


def table_pages(sheet: Sheet, shown: Shown) -> list[Canvas]:
    """All pages after the map; the sources always have theirs."""
    flow = Flow(sheet)
    if sheet.ranking:
        _rankings(flow, sheet)
    if sheet.exposure_head:
        _exposure(flow, sheet)
    _sources(flow, sheet, shown)
    return flow.pages


def _rankings(flow: Flow, sheet: Sheet) -> None:
    language = sheet.language
    flow.title(say("nearest", language), sheet.ranking_head)
    flow.heads([Column(say("rank", language), 0.07), Column(say("name", language), 0.27), Column(say("distance", language), 0.1, right=True),
                Column(say("bearing", language), 0.1), Column(f"{say('about', language)} / {say('reasons', language)}", 0.34), Column(say("age", language), 0.12)])
    for one in sheet.ranking:
        _ranking(flow, one, language)


def _ranking(flow: Flow, one: Ranking, language: str) -> None:
    flow.group(one.label, one.style, one.note)
    if not one.rows:
        flow.words(say("nearest.none", language, layer=one.label))
    file = symbols.file_of(one.style.symbol, one.style.family)
    for row in one.rows:
        flow.row(["" if row.rank is None else str(row.rank), row.name, row.distance, row.bearing, row.about, row.verified], bold=(0, 1, 2))
    for out in one.left_out:
        flow.row(["", out.name, out.distance, "", out.reasons, ""], quiet=True, symbol=(file, True))


def _exposure(flow: Flow, sheet: Sheet) -> None:
    language = sheet.language
    flow.title(say("zone", language), sheet.exposure_head)
    if sheet.exposure:
        flow.heads([Column(say("zone.what", language), 0.16), Column(say("zone.count", language), 0.07, right=True), Column(say("zone.sum", language), 0.2),
                    Column(say("zone.basis", language), 0.25), Column(say("name", language), 0.32)])
    for one in sheet.exposure:
        _exposed(flow, one)
    if sheet.exposure_none:
        flow.words(sheet.exposure_none)


def _exposed(flow: Flow, one: ExposedRow) -> None:
    file = symbols.file_of(one.style.symbol, one.style.family)
    flow.row([one.label, one.count, "\n".join(one.sums) or "—", "\n".join(one.basis), one.names], bold=(0, 1), symbol=(file, False))


def _sources(flow: Flow, sheet: Sheet, shown: Shown) -> None:
    language = sheet.language
    flow.title(say("sources", language), "")
    flow.heads([Column(say("sources.layer", language), 0.22), Column(say("sources.count", language), 0.1, right=True), Column(say("sources.from", language), 0.3),
                Column(say("sources.dates", language), 0.17), Column(say("sources.age", language), 0.21)])
    for one in reversed(sheet.layers):
        if shown.counts.get(one.id):
            basis = one.basis
            label = f"{one.label}\n{say('legend.coarse', language)}" if one.coarse else one.label
            flow.row([label, f"{shown.counts[one.id]:,}", say("comma", language).join(basis.sources) or say("no-source", language),
                      span(basis.source_dates) or say("unknown", language), _verified(basis, language)], bold=(0,))
    for note in sheet.left_off:
        flow.words(note)


def _verified(basis: Basis, language: str) -> str:
    if basis.verified_latest is None or basis.verified_oldest is None:
        return say("unverified", language)
    said = span((basis.verified_oldest, basis.verified_latest))
    return f"{said}\n{say('unverified.n', language, n=basis.unverified)}" if basis.unverified else said
