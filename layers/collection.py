"""The layers of a space together, in the order shown: each by its id, what refers to what, which plays which part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from layers.chainage import Chainage
from layers.errors import LayerNotFound
from layers.fitness import named_elsewhere
from layers.ledger import Ledger
from layers.parts import Part
from layers.spec import Action, Field, Layer


class Catalogue(Mapping[str, Layer]):
    """The layers of a space by id, in the order shown. Refuses a reference to a layer that is not there."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self._layers = {layer.id: layer for layer in layers}
        if len(self._layers) != len(layers):
            raise ValueError("two layers have the same id")
        for layer in layers:
            for one in layer.references:
                if one.reference not in self._layers:
                    raise ValueError(f"layer {layer.id}.{one.id} refers to {one.reference!r}, which is not there")
            if layer.ledger:
                self._refuse_unfit(layer, layer.ledger)
            if layer.chainage and layer.chainage.along:
                self._refuse_unmeasured(layer, layer.chainage, layer.chainage.along)
            for other, name in (named for one in layer.out_of_service for named in named_elsewhere(one)):
                if other not in self._layers or self._layers[other].field(name) is None:
                    raise ValueError(f"a condition of layer {layer.id} names {other}.{name}, which is not there")

    def _refuse_unfit(self, layer: Layer, ledger: Ledger) -> None:
        accounts = self.accounts_of(layer)
        missing = [one for one in ledger.of_account if accounts.field(one) is None]
        if missing:
            raise ValueError(f"the ledger {layer.id} names fields that {accounts.id} has not: {missing}")
        if layer.access[Action.WRITE] != accounts.access[Action.WRITE]:
            raise ValueError(f"those who write {accounts.id} and no others enter into {layer.id}")

    def _refuse_unmeasured(self, layer: Layer, how: Chainage, along: str) -> None:
        lines = self._layers.get(along)
        if lines is None or lines.chainage is None or lines.chainage.start is None or any(lines.field(one) is None for one in how.same):
            raise ValueError(f"layer {layer.id} is measured along {along!r}, which has no chainage, or not its fields {how.same}")

    def __getitem__(self, layer_id: str) -> Layer:
        return self._layers[layer_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def layer(self, layer_id: str) -> Layer:
        """The layer, or LayerNotFound naming what was asked."""
        if layer_id not in self._layers:
            raise LayerNotFound(layer=layer_id)
        return self._layers[layer_id]

    def with_layers(self, *layers: Layer) -> Catalogue:
        """A catalogue with these layers after the present ones."""
        return Catalogue((*self._layers.values(), *layers))

    def accounts_of(self, layer: Layer) -> Layer:
        """The layer whose features are the accounts of a ledger."""
        return next(self.layer(str(one.reference)) for one in layer.references if layer.ledger and one.id == layer.ledger.account)

    @property
    def network(self) -> Layer | None:
        """The layer that is routed on: the first that is a road network."""
        return next((layer for layer in self._layers.values() if layer.network), None)

    @property
    def profiles(self) -> Layer | None:
        """The layer that says how fast what goes: the first with profiles."""
        return next((layer for layer in self._layers.values() if layer.profiles), None)

    @property
    def blocks(self) -> tuple[Layer, ...]:
        """The layers whose features close roads."""
        return tuple(layer for layer in self._layers.values() if layer.blocks)

    def balances(self, layer_id: str) -> frozenset[str]:
        """Fields of a layer that are kept from the entries of ledgers."""
        return frozenset(layer.ledger.balance for layer, one in self.children(layer_id) if layer.ledger and layer.ledger.account == one.id)

    def playing(self, kind: type[Part]) -> tuple[Layer, ...]:
        """Layers that play this part, in the order shown."""
        return tuple(layer for layer in self._layers.values() if layer.part(kind))

    def children(self, layer_id: str) -> tuple[tuple[Layer, Field], ...]:
        """Layers whose features refer to this one's, with the referring field."""
        return tuple((layer, one) for layer in self._layers.values() for one in layer.references if one.reference == layer_id)
