"""What happened to the writes of one process, as plain counters for whoever exports them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

# Doubling, up to the largest batch that still gains anything (docs/performance.md).
_BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Histogram:
    """How often values fell into which range.

    Attributes:
        bounds: Upper bounds of the ranges, included in them; one more range has no bound.
        counts: Values in each range (not added up), one more than there are bounds.
        total: Sum of all values.
    """

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@dataclass(slots=True)
class WriteFigures:
    """Counters since the start; they only grow.

    Attributes:
        batch_sizes: Statements in each request that was sent; its total is the number of statements sent.
        stalled: Requests that had no answer after a second, so that the next one went without waiting for it.
        alone: Writes that went past the queue because group commit is off.
        failed: Statements that the database refused: their SQL, a constraint.
        not_applied: Statements of requests that failed as a whole with nothing applied: no leader, nobody reached.
        unknown: Statements whose outcome is not known.
        refused_own: Statements refused because their namespace had too many waiting.
        refused_full: Statements refused because too many of all namespaces were waiting.
        expired: Statements that waited too long and were not sent.
        left: Statements whose caller went away while they waited; they were not sent.
        waited: Seconds that all statements sent have waited for their turn, added up.
    """

    batch_sizes: Histogram = field(default_factory=lambda: Histogram(_BATCH_SIZES))
    stalled: int = 0
    alone: int = 0
    failed: int = 0
    not_applied: int = 0
    unknown: int = 0
    refused_own: int = 0
    refused_full: int = 0
    expired: int = 0
    left: int = 0
    waited: float = 0.0
