"""The layers inside one file: listed with how many records each has and of which kinds, and one of them chosen by a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from geodata.files.notices import Refused
from geodata.files.words import KINDS

MOST_LISTED = 50


@dataclass(frozen=True)
class Sublayer:
    """One layer of a file: its name, how many records it holds (None: not counted) and the kinds of their shapes (empty: not told)."""

    name: str
    count: int | None = None
    kinds: tuple[str, ...] = ()

    def told(self, language: str) -> str:
        """`shelters (3 Point)`, in words."""
        kinds = [KINDS.get(one, one) for one in self.kinds] if language == "zh" else list(self.kinds)
        inside = ("、" if language == "zh" else ", ").join(kinds)
        if self.count is not None:
            inside = f"{self.count} {inside}".strip() if inside or language == "en" else f"{self.count} 条"
        return self.name if not inside else f"{self.name}（{inside}）" if language == "zh" else f"{self.name} ({inside})"


def chosen(layers: Sequence[Sublayer], wanted: str | None, path: str) -> str:
    """The name of the layer to read: the one wanted, or the only one. Raises Refused with the list otherwise."""
    if wanted is not None:
        if wanted not in {one.name for one in layers}:
            raise Refused("no-such-sublayer", about="sublayer", wanted=wanted, **_listed(layers))
        return wanted
    if not layers:
        raise Refused("no-spatial-layer", path=path)
    if len(layers) > 1:
        raise several(layers)
    return layers[0].name


def several(layers: Sequence[Sublayer]) -> Refused:
    """The refusal that asks which of them is meant; `layers` among its values are what a page makes buttons of."""
    return Refused("several-sublayers", about="sublayer", count=len(layers), **_listed(layers))


def _listed(layers: Sequence[Sublayer]) -> dict[str, Any]:
    shown = layers[:MOST_LISTED]
    more = " …" if len(layers) > MOST_LISTED else ""
    return {
        "there": "、".join(one.told("zh") for one in shown) + more or "-",
        "there_en": ", ".join(one.told("en") for one in shown) + more or "-",
        "layers": [{"name": one.name, "count": one.count, "kinds": list(one.kinds)} for one in shown],
    }


def kinds_in_order(kinds: Iterable[str | None]) -> tuple[str, ...]:
    """The plain kinds among names as GDAL and WKB have them (`3D Multi Point`, `LineString Z`), each once, in a fixed order."""
    plain = {_plain(one) for one in kinds if one}
    return tuple(one for one in KINDS if one in plain)


def _plain(kind: str) -> str:
    bare = kind.upper().replace("2.5D", "").replace("3D", "").replace("MEASURED", "").replace(" ", "").removesuffix("ZM").removesuffix("Z").removesuffix("M")
    return next((one for one in KINDS if one.upper() == bare), "")
