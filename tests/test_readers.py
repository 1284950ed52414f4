"""Readers forked from one that is warm do what readers started fresh do."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from geodata.files import reading
from geodata.files.notices import Refused
from geodata.files.reading import Limits, read
from tests.geodata.files.making import shapefile
from tests.readers import Forked


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[Forked]:
    """The readers of this test as they begin: each is a forked one."""
    begun: list[Forked] = []
    warm = reading.subprocess.Popen

    def remembered(*given: object, **how: object) -> Forked:
        begun.append(warm(*given, **how))  # type: ignore[call-overload]
        return begun[-1]

    monkeypatch.setattr(reading.subprocess, "Popen", remembered)
    return begun


def test_a_forked_reader_reads_what_one_started_fresh_reads(tmp_path: Path, forked: list[Forked], monkeypatch: pytest.MonkeyPatch) -> None:
    path = shapefile(tmp_path)
    warm = read(path)
    monkeypatch.setattr(reading, "subprocess", subprocess)
    fresh = read(path)
    assert len(forked) == 1 and isinstance(forked[0], Forked) and forked[0].returncode == 0
    assert [one.name for one in warm.columns] == [one.name for one in fresh.columns] and list(warm.rows) == list(fresh.rows) != []


@pytest.mark.parametrize(("limits", "codes"), [(Limits(wall_s=0), {"reading-too-long"}), (Limits(memory_mb=60), {"reading-too-large", "reader-died"})])
def test_a_forked_reader_keeps_to_its_limits(tmp_path: Path, forked: list[Forked], limits: Limits, codes: set[str]) -> None:
    with pytest.raises(Refused) as caught:
        read(shapefile(tmp_path), limits=limits)
    assert caught.value.code in codes and forked[0].returncode is not None


def test_a_forked_reader_that_nobody_wants_is_killed(tmp_path: Path, forked: list[Forked], monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> bool:
        raise OSError("the database is away")

    path = shapefile(tmp_path)
    monkeypatch.setattr(reading, "_ASKED_S", 0.0)  # asked before it can have ended
    with pytest.raises(OSError, match="away"):
        read(path, stopped=gone)
    assert forked[0].returncode == -signal.SIGKILL and not Path(f"/proc/{forked[0].pid}").exists()
