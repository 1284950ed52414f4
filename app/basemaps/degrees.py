"""Tiles cut in degrees, as Web Mercator tiles: a column of both is equally wide, so only rows have to be found anew."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 256
MOST_PIXELS = 1024  # a side: small files may hold pictures of gigabytes


def rows_of(z: int, y: int) -> NDArray[np.float64]:
    """For each pixel row of the Mercator tile its place in the grid of degrees of the same columns, in pixels from 90 degrees north."""
    middle = (y + (np.arange(SIDE) + 0.5) / SIDE) / 2**z
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * middle))))
    return np.asarray((90.0 - lat) / 180.0 * 2 ** (z - 1) * SIDE)


def mercator_tile(z: int, x: int, y: int, tile: Callable[[int, int, int], bytes | None]) -> bytes | None:
    """The Mercator tile made of those in degrees (level z has 2^z columns and half as many rows); None where none of them is there."""
    rows = rows_of(z, y).astype(int)
    needed = range(rows[0] // SIDE, rows[-1] // SIDE + 1)
    found = [tile(z, x, one) for one in needed]
    if not any(found):
        return None
    stack = np.vstack([_pixels(one) for one in found])
    out = BytesIO()
    Image.fromarray(stack[rows - needed[0] * SIDE]).save(out, "PNG")
    return out.getvalue()


def _pixels(content: bytes | None) -> NDArray[np.uint8]:
    if not content:
        return np.zeros((SIDE, SIDE, 4), np.uint8)
    with Image.open(BytesIO(content)) as image:
        if max(image.size) > MOST_PIXELS:
            raise ValueError("larger than a tile")
        return np.asarray(image.convert("RGBA").resize((SIDE, SIDE)))
