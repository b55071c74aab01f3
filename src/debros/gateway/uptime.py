"""Since when a gateway runs."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """When the gateway started; of several workers, when their parent did."""

    started: float = field(default_factory=time.monotonic)
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def uptime(self) -> float:
        """Return seconds since the start, to the millisecond."""
        return round(time.monotonic() - self.started, 3)
