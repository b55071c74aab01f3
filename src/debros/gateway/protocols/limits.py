"""Limits of connections, handed to the protocols through their classes: uvicorn makes one object a connection."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from debros.gateway.errors import Problem
from debros.gateway.tls import Tls
from debros.gateway.workers.tally import Tally


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Bounds of one server.

    Attributes:
        header_timeout: Seconds from the first moment of a connection, or the first byte of a later request, to the
            end of the request's headers.
        idle_timeout: Seconds an idle connection is kept, and what a refused body may take to be thrown away.
        max_connections: Connections that are served; those above get 503.
        ping_interval: Seconds between WebSocket pings.
    """

    header_timeout: float
    idle_timeout: float
    max_connections: int
    ping_interval: float


@dataclass(slots=True)
class ServerState:
    """What the protocols know of their server.

    Attributes:
        draining: It has been told to stop, and says so to whoever asks how it is.
        stopping: It takes no new connections; those it has are seen off.
        own_clients: Addresses (host, port) from which the server asks itself whether it is alive.
        connections: Those that are open; the server's own, live set.
        tls: The server's certificate; None for plain HTTP.
        refused: How often a connection was answered before there was a request, by code.
        tally: Connections of all workers of the gateway.
    """

    draining: bool = False
    stopping: bool = False
    own_clients: set[tuple[str, int]] = field(default_factory=set)
    connections: Collection[object] = ()
    tls: Tls | None = None
    refused: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=lambda: Tally([0]))


# What a WebSocket is told that comes too late.
STOPPING = Problem(
    503,
    "restarting",
    "the gateway is being restarted; connect again",
    headers={"Connection": "close", "Retry-After": "1"},
)
# Bytes of a request's head, as in nginx (4 buffers of 8 KiB) doubled.
MAX_HEAD_BYTES = 65_536
# A refused body is read and thrown away up to here, so that the client gets to read its 413; then the line is cut.
MAX_DISCARDED_BYTES = 64 * 1024 * 1024
# Above max_connections so many more are told 503; the rest is dropped without a word.
MAX_TURNED_AWAY = 256
# Seconds a closed WebSocket has to take what is still under way.
CLOSE_GRACE = 10.0
# Seconds a connection without a request gets when the server stops: one that has just been made, or whose next request
# is already on the wire, is answered, and told to come back on a new connection.
LAST_REQUEST = 1.0
# Pings without any answer before a WebSocket is closed.
MISSED_PONGS = 2
