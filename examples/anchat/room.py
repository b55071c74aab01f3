"""A room: what was said stands in the namespace's table, what is said comes over its topic; all of it sealed."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from debros.client import Gap, Joined, Left, Message
from sealed import Line, RoomKey, SealError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from debros.client import NetworkClient, Subscription, Wallet

_SCHEMA = {
    "anchat": "CREATE TABLE anchat_messages (seq INTEGER PRIMARY KEY, room TEXT NOT NULL, sealed BLOB NOT NULL);"
    "CREATE INDEX anchat_by_room ON anchat_messages (room, seq);",
}
_HISTORY = "SELECT seq, sealed FROM anchat_messages WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?"
_PAGE = 500  # messages
Heard = Line | Joined | Left | SealError


class Room:
    """A room as one member sees it; every message once, wherever it was heard of first."""

    def __init__(self, client: NetworkClient, key: RoomKey, wallet: Wallet) -> None:
        self._client = client
        self._key = key
        self._wallet = wallet
        self._topic = f"anchat/{key.id}"
        self._seen: set[str] = set()
        self._last = 0

    async def enter(self) -> Subscription:
        """Listen, and be there; what is said from now on is heard."""
        await self._client.migrations.apply(_SCHEMA)
        return await self._client.pubsub.subscribe(self._topic, member=self._wallet.address)

    async def say(self, text: str) -> None:
        """Keep a message, and tell those who are there; in this order, so that what was heard is always kept."""
        line = Line(str(uuid.uuid4()), self._wallet.address, text, time.time_ns() // 1_000_000)
        sealed = self._key.seal(line, self._wallet)
        await self._client.database.exec(
            "INSERT INTO anchat_messages (room, sealed) VALUES (?, ?)", [self._key.id, sealed]
        )
        await self._client.pubsub.publish(self._topic, sealed)

    async def listen(self, subscription: Subscription) -> AsyncIterator[Heard]:
        """Yield what was said before, then what is said and who comes and goes. After a gap the table tells."""
        async for heard in self._kept():
            yield heard
        async for event in subscription:
            match event:
                case Message(data=sealed):
                    if (said := self._open(sealed)) is not None:
                        yield said
                case Gap():
                    async for heard in self._kept():
                        yield heard
                case Joined() | Left():
                    yield event

    async def _kept(self) -> AsyncIterator[Heard]:
        while True:
            rows = await self._client.database.query(
                _HISTORY, [self._key.id, self._last, _PAGE], blobs=["sealed"], level="linearizable"
            )
            for seq, sealed in rows.values:
                self._last = seq
                if (said := self._open(sealed)) is not None:
                    yield said
            if len(rows) < _PAGE:
                return

    def _open(self, sealed: bytes) -> Line | SealError | None:
        """Return the message; None for one that is known already."""
        try:
            line = self._key.open(sealed)
        except SealError as error:
            return error
        if line.id in self._seen:
            return None
        self._seen.add(line.id)
        return line
