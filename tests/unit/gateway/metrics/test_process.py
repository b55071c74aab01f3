import time

import psutil
import pytest
from prometheus_client import CollectorRegistry, ProcessCollector

from debros.gateway.metrics.process import ProcessFigures


@pytest.fixture
def hidden(tmp_path):
    """Return a /proc as a service with ProcSubset=pid sees it."""
    (tmp_path / "self").symlink_to("/proc/self")
    return str(tmp_path)


def test_the_process_is_shown_where_proc_stat_is_hidden(hidden) -> None:
    registry = CollectorRegistry()
    ProcessFigures(proc=hidden, registry=registry)
    started = registry.get_sample_value("process_start_time_seconds")
    assert started == pytest.approx(psutil.Process().create_time(), abs=2)
    assert started < time.time()
    assert registry.get_sample_value("process_resident_memory_bytes") > 1_000_000
    assert registry.get_sample_value("process_open_fds") >= 3


def test_upstream_still_shows_nothing_there(hidden) -> None:
    # When this fails, ProcessFigures is not needed any more.
    assert ProcessCollector(proc=hidden, registry=None).collect() == []
