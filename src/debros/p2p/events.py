"""What the host hears of connections that come and go."""

from collections.abc import Callable
from typing import Any

from libp2p.abc import INotifee


class Events(INotifee):
    """Calls one function per connection that came, another per one that went; neither may block.

    Args:
        connected: called with libp2p's connection.
        disconnected: likewise.
    """

    def __init__(self, connected: Callable[[Any], None], disconnected: Callable[[Any], None]) -> None:
        self._connected = connected
        self._disconnected = disconnected

    async def connected(self, network: Any, conn: Any) -> None:  # noqa: ARG002 - upstream's signature
        """See `INotifee`."""
        self._connected(conn)

    async def disconnected(self, network: Any, conn: Any) -> None:  # noqa: ARG002 - upstream's signature
        """See `INotifee`."""
        self._disconnected(conn)

    async def opened_stream(self, network: Any, stream: Any) -> None:
        """Nothing: it is of no interest here."""

    async def closed_stream(self, network: Any, stream: Any) -> None:
        """Nothing: it is of no interest here."""

    async def listen(self, network: Any, multiaddr: Any) -> None:
        """Nothing: it is of no interest here."""

    async def listen_close(self, network: Any, multiaddr: Any) -> None:
        """Nothing: it is of no interest here."""
