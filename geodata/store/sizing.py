"""PostgreSQL settings that suit the machine: pure arithmetic on its memory and cores, and where to read those."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

MIB = 1024 * 1024
GIB = 1024 * MIB


def memory_bytes(root: Path = Path("/")) -> int:
    """The memory this process may use: that of the machine, or the limit of its control group if that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int((root / limit).read_text()))
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return total


def memory_settings(memory: int, cores: int) -> Mapping[str, str]:
    """Settings for a machine that PostgreSQL shares with the map's own processes.

    PostgreSQL's own advice is a quarter of the memory for shared_buffers; past 2 GiB a county's data (well under a
    gigabyte) gains nothing. A sort or hash may take work_mem several times in each of 100 connections, so it stays small.
    """
    return {
        "shared_buffers": _megabytes(memory // 4, 64 * MIB, 2 * GIB),
        "effective_cache_size": _megabytes(memory // 2, 128 * MIB, 64 * GIB),
        "work_mem": _megabytes(memory // 256, 4 * MIB, 32 * MIB),
        "maintenance_work_mem": _megabytes(memory // 16, 32 * MIB, 512 * MIB),
        "max_worker_processes": str(max(4, cores + 2)),
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(max(0, min(2, cores - 1))),
    }


def _megabytes(wanted: int, least: int, most: int) -> str:
    return f"{max(least, min(most, wanted)) // MIB}MB"
