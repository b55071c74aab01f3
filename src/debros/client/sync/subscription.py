"""A subscription without asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from debros.client.pubsub.subscription import Subscription as AsyncSubscription
from debros.client.sync.blocking import Blocking, BlockingIterator, Facade, iterate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from debros.client.errors import DebrosError
    from debros.client.pubsub.events import Event
    from debros.client.sync.loop import LoopThread


class Subscription(Facade):
    """Events of a topic, in the order in which they came: `for event in subscription`. See the async one."""

    _part: AsyncSubscription

    def __init__(self, loop: LoopThread, part: AsyncSubscription) -> None:
        super().__init__(loop, part)
        self.topic = part.topic

    get = Blocking(AsyncSubscription.get)
    close = Blocking(AsyncSubscription.close)
    messages = BlockingIterator(AsyncSubscription.messages)

    @property
    def connected(self) -> bool:
        """The connection to a gateway stands."""
        return self._part.connected

    @property
    def trouble(self) -> DebrosError | None:
        """Why there is no connection at the moment; None while there is one, or nothing is known yet."""
        return self._part.trouble

    @property
    def waiting(self) -> int:
        """Events that wait for the reader."""
        return self._part.waiting

    @property
    def dropped(self) -> int:
        """Events that have been dropped here, because the reader was slow."""
        return self._part.dropped

    def __iter__(self) -> Iterator[Event]:
        return iterate(self._loop, self._part)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
