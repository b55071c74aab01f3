"""Real child processes: small Python programs that write down what happens to them."""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from debros.supervise import Backoff, ProcessSpec

QUICK = Backoff(first=0.01, factor=1.0, limit=0.01)

# Notes its start and its SIGTERM in the file given as argv[1], under the name argv[2].
WITNESS = """
import signal, sys, time
def note(word):
    with open(sys.argv[1], "a") as file:
        file.write(f"{word} {sys.argv[2]}\\n")
def stop(*_):
    time.sleep(0.05)
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
note("started")
while True:
    signal.pause()
"""


class Workshop:
    """Makes specs in one temporary directory and waits for what should happen there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = folder / "journal"

    def spec(self, name: str, program: str, *arguments: str, **options) -> ProcessSpec:
        options.setdefault("backoff", QUICK)
        argv = [sys.executable, "-I", "-S", "-c", program, *arguments]
        return ProcessSpec(name=name, argv=argv, log_path=self.folder / f"{name}.log", **options)

    def witness(self, name: str, **options) -> ProcessSpec:
        return self.spec(name, WITNESS, str(self.journal), name, **options)

    def lines(self, path: Path | None = None) -> list[str]:
        path = path or self.journal
        return path.read_text().splitlines() if path.exists() else []

    async def until(self, true: Callable[[], object], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, "waited in vain"
            await asyncio.sleep(0.01)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)
