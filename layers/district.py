"""The district that this installation serves: where its features are expected to lie."""

from __future__ import annotations

from dataclasses import dataclass

from layers.spec import Label


@dataclass(frozen=True)
class District:
    """A division with its statistical code and its box (west, south, east, north; degrees, EPSG:4490)."""

    adcode: str
    label: Label
    bbox: tuple[float, float, float, float]

    def holds(self, lon: float, lat: float, margin_deg: float = 0.0) -> bool:
        """Whether a position lies in the box widened by `margin_deg`; its edge counts as inside."""
        west, south, east, north = self.bbox
        return west - margin_deg <= lon <= east + margin_deg and south - margin_deg <= lat <= north + margin_deg


# Source: division code and extent from the boundary published by Tianditu (CGCS2000), rounded outward to 0.01 degree.
JIUYUAN = District("150207", Label("包头市九原区", "Jiuyuan District, Baotou"), (109.39, 40.47, 110.06, 40.75))
BUREAU = Label("包头市九原区应急管理局", "Jiuyuan District Emergency Management Bureau, Baotou")
