"""A request's stop-watch: how long each part took, for the Server-Timing header."""

import time


class Timings:
    """Durations by part, in seconds; a part measured twice adds up."""

    __slots__ = ("_parts", "_started")

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._parts: dict[str, float] = {}

    def measure(self, part: str) -> "_Part":
        """Time what happens inside, awaits included."""
        return _Part(self._parts, part)

    def total(self) -> float:
        """Return seconds since the request came in."""
        return time.perf_counter() - self._started

    def header(self) -> str:
        """Return the Server-Timing value (https://www.w3.org/TR/server-timing/), durations in milliseconds."""
        parts = "".join([f"{name};dur={seconds * 1000:.3f}, " for name, seconds in self._parts.items()])
        return f"{parts}total;dur={self.total() * 1000:.3f}"


class _Part:
    """One measurement; a class of its own, because contextlib's generators take four times as long."""

    __slots__ = ("_begin", "_name", "_parts")

    def __init__(self, parts: dict[str, float], name: str) -> None:
        self._parts = parts
        self._name = name

    def __enter__(self) -> None:
        self._begin = time.perf_counter()

    def __exit__(self, *_error: object) -> None:
        self._parts[self._name] = self._parts.get(self._name, 0.0) + time.perf_counter() - self._begin
