"""Where lines of a road network meet: ends that lie within a tolerance of one another are one node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geodata.queries.measure import Floats, earth_centred

Whole = NDArray[np.intp]


@dataclass(frozen=True)
class Nodes:
    """`of` has the node of each end given; `lon`, `lat` are those of the first end of a node; `moved_m` how far each end was from it."""

    of: Whole
    lon: Floats
    lat: Floats
    moved_m: Floats


def meet(lon: Floats, lat: Floats, within_m: float) -> Nodes:
    """Ends (degrees) as nodes. Ends nearer than `within_m` share one, and so do those that others join: a chain of ends is one node."""
    count = len(lon)
    if not count:
        return Nodes(np.zeros(0, np.intp), lon, lat, np.zeros(0))
    places = earth_centred(lon, lat).T
    pairs = cKDTree(places).query_pairs(within_m, output_type="ndarray")
    joined = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    number, label = connected_components(joined, directed=False)
    first = np.full(number, count)
    np.minimum.at(first, label, np.arange(count))
    moved = np.sqrt(((places - places[first[label]]) ** 2).sum(axis=1))
    return Nodes(label.astype(np.intp), lon[first], lat[first], moved)
