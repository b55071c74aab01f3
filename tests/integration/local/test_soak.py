"""A short form of `make soak`: every kind of client at once, on real processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.ports import free_offset

PROJECT = Path(__file__).resolve().parents[3]


@pytest.mark.timeout(300)
def test_everything_at_once_is_answered_and_leaves_nothing_open() -> None:
    done = subprocess.run(
        [sys.executable, PROJECT / "bench" / "soak.py", "--minutes", "0.3", "--port-offset", str(free_offset())],
        env=os.environ | {"PYTHONPATH": str(PROJECT / "tests" / "support")},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gateway gateway-0.yaml: " in done.stdout
    assert "node host1: " in done.stdout
