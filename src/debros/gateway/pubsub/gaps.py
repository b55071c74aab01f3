"""Tells sockets that messages of other hosts may be missing at this place: `?gaps=true`.

The frame is a text frame, as those of presence: a message is binary, or in its envelope, so neither is taken for the
other, and who has not asked gets none. Nobody knows what was missed; a client that must know reads it again.
"""

import asyncio
import time
from typing import Final

import orjson

from debros import logs
from debros.gateway.pubsub.hub import Hub
from debros.p2p.client import P2PClient, RelayUnavailable
from debros.p2p.protocol import P2PError

_log = logs.get("debros.gateway.pubsub")

# Seconds between two questions whether a node that was restarted has found its peers, and after which there are none:
# it dials them with growing pauses (debros.p2p.bootstrap).
_POLL: Final = 0.5
_GIVE_UP: Final = 120.0


class Gaps:
    """What is told after an interruption.

    Args:
        p2p: The connection to the node; its `on_gap` is `interrupted`.
        hub: Where the sockets are.
    """

    def __init__(self, p2p: P2PClient, hub: Hub) -> None:
        self._p2p = p2p
        self._hub = hub
        self._waiting: asyncio.Task[None] | None = None

    def interrupted(self, seconds: float, dropped: int) -> None:
        """The node was away so long, or has dropped so many messages because this gateway reads too slowly."""
        _log.warning("messages of other hosts may have been missed", seconds=round(seconds, 3), dropped=dropped)
        self._tell("slow_gateway" if dropped else "node_away", seconds, dropped)
        if not dropped:
            if self._waiting is not None:
                self._waiting.cancel()
            self._waiting = asyncio.get_running_loop().create_task(self._until_it_has_peers())

    async def close(self) -> None:
        """Wait for nothing any more."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)

    async def _until_it_has_peers(self) -> None:
        """Tell it again once a restarted node is connected: what was said to others until then is missing as well."""
        since = time.monotonic()
        alone = False
        while time.monotonic() - since < _GIVE_UP:
            try:
                if (await self._p2p.status()).peer_count:
                    break
                alone = True
            except (P2PError, RelayUnavailable):
                return  # away again: its return is told
            await asyncio.sleep(_POLL)
        else:
            return
        if alone:
            self._tell("node_away", time.monotonic() - since, 0)

    def _tell(self, reason: str, seconds: float, dropped: int) -> None:
        frame = {"type": "gap", "reason": reason, "seconds": round(seconds, 3), "dropped": dropped}
        self._hub.tell_gap(orjson.dumps(frame | {"timestamp": int(time.time() * 1000)}).decode())
