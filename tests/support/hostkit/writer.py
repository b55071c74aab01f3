"""A client that writes while something breaks, and remembers what it was promised."""

import itertools
import sys
import threading
import time
from types import TracebackType
from typing import Self

import httpx

from hostkit.gateway import Gateway
from hostkit.patience import eventually

TABLE = "promises"


class Writer:
    """Inserts numbers one after the other; a number is never sent twice.

    `kept` are the acknowledged ones, with the second of their acknowledgement; of those in `unknown` nobody can say
    whether they were written.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.kept: dict[int, float] = {}
        self.unknown: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Self:
        self.gateway.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (number INTEGER PRIMARY KEY)")
        self._first = (self.gateway.rows(f"SELECT max(number) FROM {TABLE}")[0][0] or 0) + 1
        self._thread.start()
        self.more()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        for number in itertools.count(self._first):
            if self._stop.is_set():
                return
            body = {"sql": f"INSERT INTO {TABLE} (number) VALUES (?)", "args": [number]}
            try:
                answer = self.gateway.ask("POST", "/v1/rqlite/exec", json=body)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                self.kept[number] = time.monotonic()
            else:
                self.unknown.append(number)
                time.sleep(0.05)

    def more(self, count: int = 20, seconds: float = 120) -> None:
        """Wait for `count` more acknowledgements."""
        target = len(self.kept) + count
        eventually(lambda: len(self.kept) >= target, "no write is acknowledged", seconds)

    @property
    def gap(self) -> float:
        """The longest time without an acknowledgement, in seconds."""
        times = list(self.kept.values())
        return max((later - earlier for earlier, later in itertools.pairwise(times)), default=0.0)

    def check(self, gateway: Gateway) -> None:
        """Assert that every promise is kept, as read through `gateway`, and that nothing came from nowhere."""
        rows = gateway.rows(
            f"SELECT number FROM {TABLE} WHERE number >= ? ORDER BY number", self._first, level="strong"
        )
        found = [number for (number,) in rows]
        lost = sorted(set(self.kept) - set(found))
        assert not lost, f"{len(lost)} of {len(self.kept)} acknowledged writes are lost, the first: {lost[0]}"
        invented = set(found) - set(self.kept) - set(self.unknown)
        assert not invented, f"rows nobody wrote: {sorted(invented)[:5]}"

    def report(self, what: str) -> None:
        sys.stdout.write(
            f"\n    {what}: {len(self.kept)} writes kept, {len(self.unknown)} unanswered, gap {self.gap:.1f} s\n"
        )
