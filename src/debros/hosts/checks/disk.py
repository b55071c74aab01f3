"""Free space where the database and its backups grow."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from debros.hosts.checks.result import Metric, Result, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_GIB, _MIB = 1024**3, 1024**2
# Share and bytes below which it warns, and below which the next backup or snapshot may already fail.
_WARN_SHARE, _WARN_BYTES = 0.10, _GIB
_BAD_SHARE, _BAD_BYTES = 0.02, 200 * _MIB


def space(directories: Iterable[Path]) -> Iterator[Result]:
    """Look at the disk of each directory, at each disk once; what does not exist yet has none."""
    seen = set()
    for directory in directories:
        try:
            device = directory.stat().st_dev
            usage = shutil.disk_usage(directory)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Result("disk", State.BAD, f"{directory}: {error.strerror}")
            continue
        if device not in seen:
            seen.add(device)
            yield _judged(directory, usage.free, usage.total)


def _judged(directory: Path, free: int, total: int) -> Result:
    share = free / total if total else 0.0
    state = State.OK
    if share < _WARN_SHARE or free < _WARN_BYTES:
        state = State.WARN
    if share < _BAD_SHARE or free < _BAD_BYTES:
        state = State.BAD
    text = f"{directory}: {free / _GIB:.1f} GiB free, {share:.0%}"
    labels = {"path": str(directory)}
    metrics = (Metric("disk_free_bytes", free, labels), Metric("disk_size_bytes", total, labels))
    return Result("disk", state, text if state is State.OK else f"{text}; make room", metrics)
