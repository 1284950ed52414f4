"""Tells the database who acts and why, for one transaction, so that history and audit are written by its own triggers."""

from __future__ import annotations

from sqlalchemy import Connection, text

from layers.spec import Actor, Role

_WHO = text("SELECT set_config('onemap.actor', :actor, true), set_config('onemap.reason', :reason, true), "
            "set_config('onemap.roles', :roles, true), set_config('onemap.address', :address, true)")


def say_who(connection: Connection, actor: Actor, reason: str | None = None) -> None:
    """Name the actor of this transaction. What is written without it is ascribed to the database role."""
    roles = "operator" if actor.roles == frozenset(Role) else ",".join(sorted(actor.roles))
    connection.execute(_WHO, {"actor": actor.name, "reason": reason or "", "roles": roles, "address": actor.address})


def say_reason(connection: Connection, reason: str) -> None:
    """Give the reason of a transaction whose actor is named already."""
    connection.execute(text("SELECT set_config('onemap.reason', :reason, true)"), {"reason": reason})
