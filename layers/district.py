"""The district that this installation serves: where its features are expected to lie."""

from __future__ import annotations

from dataclasses import dataclass

from layers.spec import Label


@dataclass(frozen=True)
class Neighbour:
    """A division beside the district, and a place within it (degrees, EPSG:4490) where a map of the district writes its name."""

    label: Label
    lon: float
    lat: float


@dataclass(frozen=True)
class District:
    """A division with its statistical code and its box (west, south, east, north; degrees, EPSG:4490)."""

    adcode: str
    label: Label
    bbox: tuple[float, float, float, float]
    neighbours: tuple[Neighbour, ...] = ()

    def holds(self, lon: float, lat: float, margin_deg: float = 0.0) -> bool:
        """Whether a position lies in the box widened by `margin_deg`; its edge counts as inside."""
        west, south, east, north = self.bbox
        return west - margin_deg <= lon <= east + margin_deg and south - margin_deg <= lat <= north + margin_deg


# The places lie within the neighbours' boundaries as published by Tianditu (CGCS2000).
_AROUND = (
    Neighbour(Label("乌拉特前旗", "Urad Front Banner"), 109.37, 40.6), Neighbour(Label("昆都仑区", "Kundulun District"), 109.735, 40.675),
    Neighbour(Label("青山区", "Qingshan District"), 109.9, 40.69), Neighbour(Label("固阳县", "Guyang County"), 109.9, 40.775),
    Neighbour(Label("石拐区", "Shiguai District"), 110.09, 40.71), Neighbour(Label("东河区", "Donghe District"), 110.05, 40.58),
    Neighbour(Label("达拉特旗", "Dalad Banner"), 109.56, 40.485),
)

# Source: division code and extent from the boundary published by Tianditu (CGCS2000), rounded outward to 0.01 degree.
JIUYUAN = District("150207", Label("包头市九原区", "Jiuyuan District, Baotou"), (109.39, 40.47, 110.06, 40.75), _AROUND)
BUREAU = Label("包头市九原区应急管理局", "Jiuyuan District Emergency Management Bureau, Baotou")
