"""What stands around the map on every page: title, bureau, time, scale, north, credit, who printed it, and that it is a drill."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np
from matplotlib.colors import to_rgba

from app.printing import fonts
from app.printing.canvas import Canvas
from app.printing.contents import Sheet
from app.printing.inks import ink
from app.printing.paper import Box
from app.printing.words import distance, moment, say

TITLE, HEAD, BODY, META = 5.6, 3.6, 2.9, 2.35  # mm: 16, 10, 8 and 6.7 point
_BARS_M = [step * 10**power for power in range(1, 6) for step in (1, 2, 5)]
_LONGEST_BAR = 48.0  # mm
_GRATICULE_DEG = [1 / 120, 1 / 60, 1 / 30, 1 / 12, 1 / 6, 1 / 4, 1 / 2, 1.0]
_MARK_OPACITY = 0.12


def header(canvas: Canvas, sheet: Sheet) -> None:
    """Title at the left; bureau and the minute it was made at the right."""
    box = sheet.paper.header
    made = say("made", sheet.language, when=moment(sheet.made_at))
    right = max(fonts.width(sheet.bureau, BODY, 600), fonts.width(made, META))
    canvas.text(box.x, box.y + box.h * 0.58, fonts.cut(sheet.title, box.w - right - 8, TITLE, 600), TITLE, weight=600)
    canvas.text(box.right, box.y + box.h * 0.72, sheet.bureau, BODY, weight=600, align="right")
    canvas.text(box.right, box.y + box.h * 0.38, made, META, colour=ink("ink-2"), align="right")


def band(canvas: Canvas, sheet: Sheet) -> None:
    """A drill's stripes across the page, its word over the whole of it, so that no part passes for real."""
    if not sheet.drill:
        return
    box = sheet.paper.band
    canvas.clip(box)
    canvas.rectangle(box, fill=ink("drill"))
    for x in np.arange(box.x - box.h, box.right, 7.0):
        canvas.polygon([(x, box.y), (x + 3.5, box.y), (x + 3.5 + box.h, box.top), (x + box.h, box.top)], ink("drill-2"))
    canvas.clip(None)
    word, rest = say("drill", sheet.language), say("drill.not-real", sheet.language, name=sheet.space)
    y = box.middle[1]
    width = fonts.width(word, 4.2, 600) + fonts.width(rest, BODY) + 10
    canvas.rectangle(Box(sheet.paper.body.x, box.y, width, box.h), fill=ink("drill"))
    canvas.text(sheet.paper.body.x + 3, y, word, 4.2, weight=600, colour=ink("drill-on"))
    canvas.text(sheet.paper.body.x + fonts.width(word, 4.2, 600) + 6, y, rest, BODY, colour=ink("drill-on"))


def watermark(canvas: Canvas, sheet: Sheet) -> None:
    """演练 across the page, laid over everything."""
    if not sheet.drill:
        return
    paper = sheet.paper
    across, down = (4, 3) if paper.width > paper.height else (3, 4)
    size = paper.width / across * 0.3
    for column in range(across):
        for row in range(down):
            x, y = paper.width * (column + 0.5) / across, paper.height * (row + 0.42) / down
            canvas.text(x, y, say("drill", sheet.language), size, weight=600, colour=to_rgba(ink("drill"), _MARK_OPACITY), align="center", turn=20)


def foot(canvas: Canvas, sheet: Sheet, page: int, pages: int) -> None:
    """Credit, who printed it, which page of how many."""
    box = sheet.paper.foot
    y = box.y + 2.2
    canvas.line([(box.x, y + 3), (box.right, y + 3)], colour=ink("line-2"), width=0.15)
    number = say("page", sheet.language, n=page, all=pages)
    by = f"{say('by', sheet.language, who=sheet.made_by)} · {moment(sheet.made_at)} · {number}"
    canvas.text(box.right, y, by, META, colour=ink("ink-2"), align="right")
    credit = say("credit", sheet.language) if page == 1 else f"{sheet.bureau} · {sheet.title}"
    canvas.text(box.x, y, fonts.cut(credit, box.w - fonts.width(by, META) - 6, META), META, colour=ink("ink-2"))


def scale(canvas: Canvas, sheet: Sheet) -> None:
    """A bar that a ruler agrees with, the ratio, and the plane the map is drawn in."""
    box, view, language = sheet.paper.foot, sheet.view, sheet.language
    metres = max(one for one in _BARS_M if one * 1000 / view.scale <= _LONGEST_BAR)
    long = metres * 1000 / view.scale
    y = box.y + 7.2
    for part in range(4):
        piece = Box(box.x + long * part / 4, y, long / 4, 1.3)
        canvas.rectangle(piece, fill=ink("ink") if part % 2 == 0 else ink("panel"), line=ink("ink"), width=0.2)
    for share in (0.0, 0.5, 1.0):
        words = "0" if share == 0 else distance(metres * share).replace(".0 km", " km")
        canvas.text(box.x + long * share, y + 2.9, words, META, align="left" if share == 0 else "center")
    x = box.x + long + fonts.width("1000 km", META) / 2 + 5
    ratio = say("scale", language, n=f"{view.scale:,}".replace(",", " "))
    canvas.text(x, y + 2.7, ratio, BODY, weight=600)
    canvas.text(x + fonts.width(ratio, BODY, 600) + 1, y + 2.7, say("paper", language, paper=sheet.paper.size), META, colour=ink("ink-2"))
    meridian = 75 + 3 * (view.epsg - 4534)  # the registry's run of 3-degree systems
    canvas.text(x, y - 0.4, say("projection", language, meridian=meridian, epsg=view.epsg), META, colour=ink("ink-2"))


def north(canvas: Canvas, sheet: Sheet, x: float, y: float) -> None:
    """An arrow to true north, 9 mm high, its middle at the place."""
    lean = radians(sheet.view.north_deg)

    def turned(dx: float, dy: float) -> tuple[float, float]:
        return x + dx * cos(lean) + dy * sin(lean), y - dx * sin(lean) + dy * cos(lean)

    canvas.polygon([turned(0, 4), turned(-2.2, -4), turned(0, -2.4)], ink("ink"))
    canvas.polygon([turned(0, 4), turned(2.2, -4), turned(0, -2.4)], ink("panel"), line=ink("ink"))
    canvas.text(*turned(4.2, 2.4), say("north", sheet.language), BODY, weight=600, align="center")


def graticule(canvas: Canvas, sheet: Sheet) -> None:
    """The frame, with ticks and degrees where meridians and parallels cross it."""
    frame, view = sheet.view.frame, sheet.view
    canvas.rectangle(frame, line=ink("ink"), width=0.35)
    if not sheet.graticule:
        return
    west, _, east, _ = view.bbox
    step = next((one for one in _GRATICULE_DEG if (east - west) / one <= 6), 1.0)
    along = np.linspace(0, 1, 41)
    for y, up in ((frame.y, 1), (frame.top, -1)):
        edge = np.column_stack([frame.x + along * frame.w, np.full(41, y)])
        for x, lon in _crossings(view.to_degrees(edge)[:, 0], edge[:, 0], step):
            canvas.line([(x, y), (x, y + 1.6 * up)], colour=ink("ink"), width=0.25)
            if up == -1 and frame.x + 8 < x < frame.right - 8:
                canvas.text(x, y + 1.5, _degrees(lon, "E"), 2.0, colour=ink("ink-2"), align="center")
    for x, right in ((frame.x, 1), (frame.right, -1)):
        edge = np.column_stack([np.full(41, x), frame.y + along * frame.h])
        for y, lat in _crossings(view.to_degrees(edge)[:, 1], edge[:, 1], step):
            canvas.line([(x, y), (x + 1.6 * right, y)], colour=ink("ink"), width=0.25)
            if right == 1 and frame.y + 8 < y < frame.top - 8:
                canvas.text(x - 1.6, y, _degrees(lat, "N"), 2.0, colour=ink("ink-2"), align="center", turn=90)


def _crossings(values: np.ndarray, places: np.ndarray, step: float) -> list[tuple[float, float]]:
    """Where an edge meets the multiples of a step: (place along the edge, value)."""
    first, last = np.ceil(values.min() / step), np.floor(values.max() / step)
    return [(float(np.interp(n * step, values, places)), float(n * step)) for n in np.arange(first, last + 1)]


def _degrees(value: float, letter: str) -> str:
    minutes = round(abs(value) * 60 * 2) / 2
    whole, rest = int(minutes // 60), minutes % 60
    return f"{whole}°{rest:02.0f}′{letter}" if rest == int(rest) else f"{whole}°{int(rest):02d}′30″{letter}"
