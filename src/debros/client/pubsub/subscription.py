"""A subscription: what its reader sees."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from debros.client.errors import ClosedError, DebrosError
from debros.client.pubsub.events import Event, Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

    from debros.client.calls.transport import Socket
    from debros.client.pubsub.feed import Feed
    from debros.client.pubsub.inbox import Inbox


class Subscription:
    """Events of a topic, in the order in which they came: `async for event in subscription`.

    It survives its gateway: the connection is made anew, at another one where there is one, and a `Gap` stands where
    something may be missing. It ends when it is closed, and with an error when no gateway wants it any more.
    """

    def __init__(
        self, topic: str, feed: Feed, inbox: Inbox, opened: tuple[Socket, str], ended: Callable[[Subscription], None]
    ) -> None:
        self.topic = topic
        self._feed = feed
        self._inbox = inbox
        self._task = asyncio.create_task(feed.run(*opened), name=f"debros: subscription to {topic}")
        self._ended = ended
        self._task.add_done_callback(self._over)

    @property
    def connected(self) -> bool:
        """The connection to a gateway stands."""
        return self._feed.connected

    @property
    def trouble(self) -> DebrosError | None:
        """Why there is no connection at the moment; None while there is one, or nothing is known yet."""
        return self._feed.trouble

    @property
    def waiting(self) -> int:
        """Events that wait for the reader."""
        return len(self._inbox)

    @property
    def dropped(self) -> int:
        """Events that have been dropped here, because the reader was slow."""
        return self._inbox.dropped

    async def get(self, *, timeout: float | None = None) -> Event:
        """Wait for the next event and take it.

        Args:
            timeout: Seconds; None for as long as it takes.

        Raises:
            TimeoutError: None came in time.
            ClosedError: The subscription is closed.
            DebrosError: It has ended with this.
        """
        async with asyncio.timeout(timeout):
            event = await self._inbox.get()
        if event is None:
            raise ClosedError(f"the subscription to {self.topic} is closed")
        return event

    async def messages(self) -> AsyncIterator[Message]:
        """Yield the messages alone; `Gap` and presence are left out, so only for who can bear a loss unseen."""
        async for event in self:
            if isinstance(event, Message):
                yield event

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        event = await self._inbox.get()
        if event is None:
            raise StopAsyncIteration
        return event

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End it, and forget what waits. Again is harmless."""
        self._inbox.end(at_once=True)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._ended(self)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A defect of this library must not leave the reader waiting for ever.
            told = DebrosError(f"the subscription to {self.topic} broke: {error!r}", code="defect")
            told.__cause__ = error
            self._inbox.end(told)
