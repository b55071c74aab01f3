"""What a worker is given when it starts: through its standard input, so it is nowhere to be seen."""

import pickle
import sys
from dataclasses import dataclass

from debros.config import GatewayConfig
from debros.gateway.uptime import Clock


@dataclass(frozen=True, slots=True)
class Handover:
    """All a worker needs to know. Descriptors are inherited.

    Attributes:
        config: As the parent has read it, so that a worker that is started again later has what the others have; the
            keys of api_keys_file are among its api_keys.
        index: Which worker this is, from 0.
        count: How many there are.
        clock: Since when the gateway runs.
        sockets: Descriptors to serve on.
        channel: Descriptor of the line to the parent.
        memory: Descriptor of what all share.
        secret: See `debros.gateway.workers.shared.Shared`.
        feed_every: Seconds between two life signs that the parent wants; None when it wants none.
    """

    config: GatewayConfig
    index: int
    count: int
    clock: Clock
    sockets: tuple[int, ...]
    channel: int
    memory: int
    secret: bytes
    feed_every: float | None

    def dump(self) -> bytes:
        """Return it as bytes for `take`."""
        return pickle.dumps(self)


def take() -> Handover:
    """Return what the parent has written to standard input."""
    handed: Handover = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our parent, over a pipe that nobody else has
    return handed
