"""What is kept of a source on disk, while several ask."""

from __future__ import annotations

from pathlib import Path

from app.basemaps.keeping import Keeping
from app.basemaps.sources import Source
from layers.spec import Label
from tests.meanwhile import meanwhile


def test_a_word_that_is_written_by_many_is_never_read_as_none(tmp_path: Path) -> None:
    source = Source(id="far", label=Label("远", "Far"), template="http://127.0.0.1/{z}/{x}/{y}")
    kept = Keeping(tmp_path, source, 1_000_000)
    kept.failed()
    first = kept.down_since
    with meanwhile(kept.failed, kept.failed):
        assert {kept.down_since for _ in range(2000)} == {first}
