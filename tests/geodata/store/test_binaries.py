"""The PostgreSQL that fits the data is found, or said to be missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.store import binaries
from geodata.store.binaries import NoPostgres, OtherPostgres, choose, installed


def test_the_distributions_postgres_is_found() -> None:
    assert installed()[0].major >= 15


def test_a_machine_without_postgis_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoPostgres):
        choose(None, debian=tmp_path)


def test_data_of_another_major_version_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("9\n")
    with pytest.raises(OtherPostgres) as refused:
        choose(tmp_path)
    assert refused.value.values["needed"] == 9


def test_one_without_postgis_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "99/bin").mkdir(parents=True)
    (tmp_path / "99/bin/postgres").touch()
    monkeypatch.setattr(binaries, "_on_path", list)
    assert installed(tmp_path) == []
