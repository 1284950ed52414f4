"""Memory settings follow the machine and stay within reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.store.sizing import GIB, MIB, memory_bytes, memory_settings


@pytest.mark.parametrize(("memory", "buffers", "work"), [(512 * MIB, "128MB", "4MB"), (4 * GIB, "1024MB", "16MB"), (64 * GIB, "2048MB", "32MB")])
def test_buffers_are_a_quarter_up_to_two_gigabytes(memory: int, buffers: str, work: str) -> None:
    settings = memory_settings(memory, cores=2)
    assert (settings["shared_buffers"], settings["work_mem"]) == (buffers, work)


def test_one_core_asks_for_no_parallel_help() -> None:
    assert memory_settings(GIB, cores=1)["max_parallel_workers_per_gather"] == "0"


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("max\n")
    assert memory_bytes(tmp_path) > 100 * MIB
    (group / "memory.max").write_text(f"{100 * MIB}\n")
    assert memory_bytes(tmp_path) == 100 * MIB
