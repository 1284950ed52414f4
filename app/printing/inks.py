"""The colours of the sheet, read from the page's own tokens (day), and how the ground and each family are painted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

TOKENS = Path(__file__).resolve().parents[1] / "static" / "css" / "tokens.css"
_TOKEN = re.compile(r"--([\w-]+):\s*([^;]+);")


@cache
def tokens() -> dict[str, str]:
    """Every custom property of the day theme: what stands before the wall theme's block."""
    day = TOKENS.read_text(encoding="utf-8").split("[data-theme=wall]")[0]
    return {name: value.strip() for name, value in _TOKEN.findall(day)}


def ink(name: str) -> str:
    """The colour of a token, `#RRGGBB`."""
    return tokens()[name]


@dataclass(frozen=True)
class Paint:
    """How one kind of area or line is drawn; widths in pixels of the screen's design, `from_zoom` as on the screen."""

    fill: str | None = None
    alpha: float = 1.0
    line: str | None = None
    width: float = 1.0
    dash: tuple[float, ...] = ()
    casing: str | None = None
    casing_width: float = 0.0
    rank: int = 0
    from_zoom: float = 0.0
    text: str = ""
    hatch: bool = False


def ground_paint(paint: str, shade: str) -> Paint:
    """The paint of context; a shade that is not known is drawn as the plain one of its kind."""
    kinds = _ground()
    family = kinds.get(paint) or kinds["b-town"]
    return family.get(shade) or family[""]


@cache
def _ground() -> dict[str, dict[str, Paint]]:
    urban, water = Paint(fill=ink("m-urban"), rank=2), ink("m-water")
    road = {
        "motorway": Paint(line=ink("m-r1"), width=4, casing=ink("m-r1c"), casing_width=6, rank=6, text="road"),
        "national": Paint(line=ink("m-r2"), width=3, casing=ink("m-r2c"), casing_width=4.6, rank=5, text="road"),
        "county": Paint(line=ink("m-r3"), width=2.6, casing=ink("m-r3c"), casing_width=4, rank=3, from_zoom=10.5, text="road"),
        "village": Paint(line=ink("m-r5"), width=1.4, casing=ink("m-r5c"), casing_width=2.4, rank=1, from_zoom=11.4),
        "street": Paint(line=ink("m-r5"), width=1.4, casing=ink("m-r5c"), casing_width=2.2, rank=2, from_zoom=12, text="road"),
        "": Paint(line=ink("m-r5"), width=1.8, casing=ink("m-r5c"), casing_width=3, rank=2, from_zoom=11.4, text="road"),
    }
    return {
        "b-land": {
            "mountain": Paint(fill=ink("m-mount")), "flood_plain": Paint(fill=ink("m-flood"), rank=1), "urban": urban,
            "industry": Paint(fill=ink("m-ind"), rank=3), "water": Paint(fill=water, line=ink("m-water-line"), width=0.75, rank=4), "": urban,
        },
        "b-stream": {
            "river": Paint(line=water, width=3, rank=3, text="water"),
            "gully": Paint(line=ink("m-gully"), width=1.5, dash=(6, 3), from_zoom=10, text="water"),
            "canal": Paint(line=water, width=2, rank=1, from_zoom=10.5, text="water"),
            "dike": Paint(line=ink("m-text-2"), width=1.5, dash=(1.5, 3), alpha=0.7, rank=2, from_zoom=11.5),
            "": Paint(line=water, width=2, text="water"),
        },
        "road": {**road, "provincial": replace(road["national"], rank=4)},
        "rail": {"": Paint(casing=ink("m-rail"), casing_width=2.2, line=ink("m-land"), width=1.1, dash=(7, 7), rank=7, from_zoom=10, text="road")},
        "b-town": {"": Paint(line=ink("m-nb"), width=1, dash=(2, 4), alpha=0.8, from_zoom=10.5)},
        BOUNDARY: {"": Paint(line=ink("m-bound"), width=1.75, dash=(12, 3, 2, 3))},
    }


BOUNDARY = "b-bound"


@cache
def family_paint(family: str) -> Paint:
    """Areas and lines of fact layers; a scenario's are violet and dashed."""
    return {
        "hazard": Paint(fill=ink("fam-hazard"), alpha=0.22, line=ink("fam-hazard"), width=3, casing=ink("fam-hazard-line"), casing_width=5),
        "target": Paint(fill=ink("fam-target"), alpha=0.1, line=ink("fam-target"), width=1.75),
        "resource": Paint(fill=ink("fam-res"), alpha=0.14, line=ink("fam-res"), width=2),
        "event": Paint(fill=ink("fam-event"), alpha=0.15, line=ink("z-line"), width=2.5),
        "plot": Paint(fill=ink("fam-event"), alpha=0.15, line=ink("z-line"), width=2.5),
        "scenario": Paint(fill=ink("drill"), alpha=0.18, line=ink("drill"), width=2.5, dash=(10, 4)),
    }.get(family, Paint(fill=ink("m-text-2"), alpha=0.1, line=ink("m-text-2"), width=1.5))


def zone_paint() -> Paint:
    """The zone asked about: red edge, light fill, hatched so that it is also seen on a grey printer."""
    return Paint(fill=ink("z-fill"), alpha=0.12, line=ink("z-line"), width=2.5, hatch=True)


def route_paint() -> Paint:
    """The way that is driven."""
    return Paint(line=ink("route"), width=3.5, casing=ink("route-case"), casing_width=7)


_RINGS = {"hazard": "fam-hazard", "target": "fam-target", "resource": "fam-res", "event": "fam-event", "plot": "fam-event", "scenario": "drill"}


def family_colour(family: str) -> str:
    """The colour of a family's frame and ring."""
    return ink(_RINGS.get(family, "m-text-2"))


def widen(zoom: float) -> float:
    """Lines widen with the zoom, as on the screen."""
    steps = ((10, 0.55), (11, 0.7), (12, 0.85), (13.5, 1.0), (15, 1.5), (16.5, 2.4))
    return next((wide for below, wide in steps if zoom < below), 3.6)
