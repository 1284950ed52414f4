"""The layers that every installation has; the bureau adds more at run time."""

from __future__ import annotations

from layers.catalogue import context, operations, planning, resources, risk
from layers.collection import Catalogue

CATALOGUE = Catalogue(operations.LAYERS + risk.LAYERS + resources.LAYERS + planning.LAYERS + context.LAYERS)
