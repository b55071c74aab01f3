"""How many connections libp2p holds: `max_connections`, and some more that shake hands to show who they are.

A host that is full must still hear who knocks: for a member of its cluster it makes room (`debros.p2p.room`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from libp2p.network.config import ConnectionConfig
from libp2p.rcmgr import ResourceManager
from libp2p.rcmgr.connection_limits import ConnectionLimits
from libp2p.rcmgr.memory_limits import MemoryConnectionLimits

# Connections beyond the limit that may be in their handshake; workarounds.inbound bounds those of one address.
_JUDGED: Final = 64

_admitting: ContextVar[bool] = ContextVar("debros_p2p_admitting", default=False)


@contextmanager
def admitting() -> Iterator[None]:
    """Count places as libp2p registers a connection in this task: now the limit holds."""
    token = _admitting.set(True)
    try:
        yield
    finally:
        _admitting.reset(token)


class _Config(ConnectionConfig):
    """libp2p asks for the limit before a handshake and at the end of it; only then is it known who comes."""

    @property
    def max_connections(self) -> int:  # upstream's is a field
        return self._places if _admitting.get() else self._places + _JUDGED

    @max_connections.setter
    def max_connections(self, places: int) -> None:
        self._places = places


def connection_config(max_connections: int) -> ConnectionConfig:
    """Make libp2p's settings for connections: limits, and pings that find the frozen ones."""
    return _Config(
        max_connections=max_connections,
        high_watermark=max_connections + _JUDGED,  # `room` decides who goes, not libp2p
        low_watermark=0,  # no slots reserved for the auto-connector, which is off
        min_connections=0,
        max_connections_per_peer=3,
        inbound_upgrade_timeout=5,
        # A frozen peer (cable pulled, process stopped) sends no reset: without pings it would stay for ever.
        enable_health_monitoring=True,
        health_initial_delay=2,
        health_warmup_window=2,
        health_check_interval=10,
        ping_timeout=8,  # and a second one decides (workarounds.health): a starved host is not a dead one
        abort_connection_on_ping_failure=True,
    )


def resource_manager(max_connections: int) -> ResourceManager:
    """Make libp2p's second set of limits, without what it does on its own at a high use of memory."""
    most = max_connections + _JUDGED
    # The default refuses connections at 90 % system memory and, after five errors, all of them for a minute.
    return ResourceManager(
        enable_metrics=False,
        enable_circuit_breaker=False,
        enable_graceful_degradation=False,
        memory_limits=MemoryConnectionLimits(),
        connection_limits=ConnectionLimits(
            max_pending_inbound=most,
            max_pending_outbound=most,
            max_established_inbound=most,
            max_established_outbound=most,
            max_established_per_peer=8,
            max_established_total=most,
        ),
    )
