"""Which worker of how many a process is, and what it has in common with the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from debros.gateway.rates import Buckets
from debros.gateway.uptime import Clock
from debros.gateway.workers.buckets import SharedBuckets
from debros.gateway.workers.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from debros.gateway.workers.shared import Shared


class Limiter(Protocol):
    """How often a caller may do something."""

    def wait(self, caller: str) -> float:
        """Return the seconds until a caller may, 0.0 when now; counts nothing."""

    def take(self, caller: str) -> float:
        """Count one; return 0.0, or when there is no room the seconds until there will be."""


async def _nobody() -> None:
    """There is nobody else."""


async def _nothing(namespace: str) -> dict[str, int]:  # noqa: ARG001 - see Place.subscribers
    """There is nobody else."""
    return {}


@dataclass(frozen=True, slots=True)
class Place:
    """A worker's place. By default it is the only one.

    Attributes:
        index: Which it is, from 0.
        count: How many there are.
        clock: Since when the gateway runs.
        connections: Connections open at the gateway.
        sockets: WebSockets open at the gateway.
        shared: The memory the workers share; None for the only one.
        catch_up: Has the other workers read what was revoked, and waits for them a moment.
        subscribers: Tells how many sockets of the other workers listen to each topic of a namespace.
    """

    index: int = 0
    count: int = 1
    clock: Clock = field(default_factory=Clock)
    connections: Tally = field(default_factory=lambda: Tally([0]))
    sockets: Tally = field(default_factory=lambda: Tally([0]))
    shared: Shared | None = None
    catch_up: Callable[[], Awaitable[None]] = _nobody
    subscribers: Callable[[str], Awaitable[dict[str, int]]] = _nothing

    @property
    def alone(self) -> bool:
        """Whether this is the only worker."""
        return self.count == 1

    @property
    def first(self) -> bool:
        """Whether what one worker does for all is ours to do."""
        return self.index == 0

    def limiter(self, name: str, per_second: float, burst: float) -> Limiter:
        """Return the buckets of a limit, which is that of the gateway; its name is one of `Shared.table`."""
        if self.shared is None:
            return Buckets(per_second, burst)
        return SharedBuckets(self.shared.table(name), per_second, burst)

    def share(self, most: int) -> int:
        """Return a worker's part of what a gateway may hold in memory; at least 1."""
        return max(1, most // self.count)
