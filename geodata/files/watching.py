"""Somebody waits for a file to be judged: hears how far it is, and may give up at any stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from geodata.files.notices import Refused
from layers.messages import Sentence, declare
from layers.spec import Label

STAGES = ("reading", "placing", "matching", "comparing")

declare(
    {
        "reading-stopped": Sentence(
            Label("已按要求停止，没有写入任何数据", "Stopped as asked; nothing was written"),
            Label("需要时重新上传", "Bring the file again when it is wanted"),
        ),
    }
)


def _nobody(stage: str) -> None:
    """Nobody listens."""


def _uncounted(rows: int, of: int) -> None:
    """Nobody counts."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Watch:
    """`tell` hears each of STAGES as it begins, `wrote` how many of all rows have been sent to the database where they are written;
    `stopped` says that the answer is not wanted any more."""

    tell: Callable[[str], None] = _nobody
    stopped: Callable[[], bool] = _never
    wrote: Callable[[int, int], None] = _uncounted

    def at(self, stage: str) -> None:
        """A stage begins. Raises Refused when the answer is not wanted any more."""
        if self.stopped():
            raise Refused("reading-stopped")
        self.tell(stage)
