"""A wire between a gateway and rqlited that loses or holds on demand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Self


class Wire:
    """Stands between a gateway and rqlited, and looks out for requests that have `marked` in them.

    Args:
        target: The port of rqlited.
        marked: What such a request has in it.

    Attributes:
        port: Where it listens.
        lose_request: Such a request is not passed on, and its connection is closed.
        lose_answer: The request is passed on, its answer is not.
        hold_answer: The answer is passed on once it is `released`.
        lost: Set when something was lost.
        held: Set when an answer is held.
        released: To be set when it may go on.
    """

    def __init__(self, target: int, marked: bytes) -> None:
        self.port = 0
        self.lose_request = self.lose_answer = self.hold_answer = False
        self.lost, self.held, self.released = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._target = target
        self._marked = marked
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """What a gateway is told in place of rqlited's address."""
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[Self]:
        """Pass on what comes, until the end of the context."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        upstream, up = await asyncio.open_connection("127.0.0.1", self._target)
        asked = bytearray()

        async def requests() -> None:
            while chunk := await reader.read(65_536):
                asked.extend(chunk)
                if self.lose_request and self._marked in asked:
                    self.lost.set()
                    return
                up.write(chunk)

        async def answers() -> None:
            while chunk := await upstream.read(65_536):
                if self.lose_answer and self._marked in asked:
                    self.lost.set()
                    return
                if self.hold_answer and self._marked in asked:
                    self.held.set()
                    await self.released.wait()
                asked.clear()
                writer.write(chunk)

        both = [asyncio.create_task(requests()), asyncio.create_task(answers())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for end in (up, writer):
                end.close()
            self._tasks.discard(task)
