"""A request's stop-watch: how long each part took, for the Server-Timing header."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Timings:
    """Durations by part, in seconds; a part measured twice adds up."""

    __slots__ = ("_parts", "_started")

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._parts: dict[str, float] = {}

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        """Time what happens inside, awaits included."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._parts[part] = self._parts.get(part, 0.0) + time.perf_counter() - begin

    def total(self) -> float:
        """Return seconds since the request came in."""
        return time.perf_counter() - self._started

    def header(self) -> str:
        """Return the Server-Timing value (https://www.w3.org/TR/server-timing/), durations in milliseconds."""
        parts = {**self._parts, "total": self.total()}
        return ", ".join(f"{name};dur={seconds * 1000:.3f}" for name, seconds in parts.items())
