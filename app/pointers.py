"""Where in the request a value stood: rooms below name their own parameter, the reader is told the place that was sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from layers.errors import OnemapError


@contextmanager
def under(root: str, renamed: Mapping[str, str] | None = None, *, only: Collection[str] | None = None) -> Iterator[None]:
    """Problems raised within get pointers below `root`; `renamed` maps names they begin with (zone -> geometry, needs/skills -> skills), `only` limits it to such names."""
    try:
        yield
    except OnemapError as error:
        error.problems = tuple(replace(one, pointer=_moved(one.pointer, root, renamed or {}, only)) for one in error.problems)
        raise


def _moved(pointer: str, root: str, renamed: Mapping[str, str], only: Collection[str] | None) -> str:
    if root and (pointer == root or pointer.startswith(root + "/")):
        return pointer
    bare = pointer.removeprefix("/")
    for old, new in renamed.items():
        if bare == old or bare.startswith(old + "/"):
            bare = new + bare[len(old):]
            break
    if only is not None and bare.partition("/")[0] not in only:
        return pointer
    return f"{root}/{bare}"
