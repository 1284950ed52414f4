"""What an actor may do in a space: the rights of a layer, widened in drills and narrowed in the past. The one place that decides it."""

from __future__ import annotations

from layers.spec import Action, Actor, Layer, Role

_LOOKING = frozenset({Action.READ, Action.REVEAL})


def may(actor: Actor, action: Action, layer: Layer, *, is_drill: bool, is_past: bool) -> bool:
    """Whether the actor may. In a drill its controllers play every part; live refuses drill layers; the past is only read."""
    if action not in _LOOKING and (is_past or (layer.drill_only and not is_drill)):
        return False
    return (is_drill and Role.DRILL_CONTROLLER in actor.roles) or actor.may(action, layer)
