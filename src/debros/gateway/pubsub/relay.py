"""The way out to other hosts: bounded in memory, and failing fast while the node is known to be away."""

import asyncio

from debros.p2p.client import P2PClient, RelayUnavailable

# Bytes of messages that may wait for the node, all sockets together, before sockets are no longer read from.
_ROOM = 64 * 1024 * 1024
# Seconds for what is under way when the gateway stops.
_LAST_CHANCE = 1.0


class Relay:
    """Publishes through the node.

    A short absence of the node is waited out by the client. After the first failure nobody waits again until the
    node is back: otherwise each message would cost its sender the whole waiting time.
    """

    def __init__(self, p2p: P2PClient) -> None:
        self._p2p = p2p
        self._away = False
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def publish(self, wire: str, data: bytes) -> None:
        """Return when the node has accepted the message.

        Raises:
            RelayUnavailable: The node is away.
            P2PError: The node refuses the message.
        """
        if self._away and not self._p2p.connected:
            raise RelayUnavailable("the node is away")
        self._count(len(data))
        try:
            await self._p2p.publish(wire, data)
        except RelayUnavailable:
            self._away = True
            raise
        finally:
            self._count(-len(data))
        self._away = False

    def start(self, wire: str, data: bytes) -> asyncio.Task[None]:
        """Begin to publish; the task goes on when its starter has gone. What is started in order goes out in order."""
        task = asyncio.get_running_loop().create_task(self.publish(wire, data))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def room(self) -> None:
        """Wait until the next message may come."""
        await self._room.wait()

    async def close(self) -> None:
        """Give what is under way a last chance, then give it up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_CHANCE)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _count(self, size: int) -> None:
        self._waiting += size
        if self._waiting < _ROOM:
            self._room.set()
        else:
            self._room.clear()
