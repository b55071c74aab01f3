"""Requests to the p2p daemon whose answers are not there yet."""

import asyncio
import itertools
from typing import Any, TypeVar

from debros.p2p import protocol
from debros.p2p.link import Link, fail
from debros.p2p.protocol import RelayUnavailable

Answer = TypeVar("Answer", protocol.Done, protocol.PeerList, protocol.StatusReport)

_WELCOME = 0  # the answer without an id; ids start at 1


class Pending:
    """Who waits for which answer."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    def next_id(self) -> int:
        """Return the id of a new request."""
        return next(self._ids)

    async def ask(self, link: Link | None, frame: protocol.Request, kind: type[Answer]) -> Answer:
        """Send a request and return its answer.

        Raises:
            P2PError: the daemon refuses it.
            RelayUnavailable: there is no link, it was lost meanwhile, or the answer is of another kind.
        """
        if link is None:
            raise RelayUnavailable("the node is not connected")
        answer = await self._answer(link, frame.id, frame)
        if not isinstance(answer, kind):
            raise RelayUnavailable(f"the node gave a wrong answer ({type(answer).__name__})")
        return answer

    async def greet(self, link: Link, name: str) -> None:
        """Say hello, and wait to be welcome.

        Raises:
            P2PError: the daemon does not speak with this client.
            RelayUnavailable: the link was lost meanwhile.
        """
        await self._answer(link, _WELCOME, protocol.Hello(protocol.VERSION, name))

    def welcome(self, answer: protocol.Welcome) -> None:
        """Hand over the answer to `greet`."""
        self.settle(_WELCOME, answer)

    def settle(self, request: int, answer: Any) -> None:
        """Hand an answer to whoever waits for it, if somebody still does."""
        future = self._waiting.get(request)
        if future is not None and not future.done():
            future.set_result(answer)

    def refuse(self, request: int, error: Exception) -> None:
        """Hand an error to whoever waits for an answer, if somebody still does."""
        if (future := self._waiting.get(request)) is not None:
            fail(future, error)

    def fail(self, kind: type[Exception], *args: str) -> None:
        """Let everybody who waits have an error, each one of their own."""
        for future in self._waiting.values():
            fail(future, kind(*args))

    async def _answer(self, link: Link, request: int, frame: protocol.Request | protocol.Hello) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[request] = future
        try:
            link.send(protocol.encode(frame))
            return await future
        finally:
            self._waiting.pop(request, None)
