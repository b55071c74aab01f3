"""One end of the line between the parent and a worker."""

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import Any, Self

import msgspec

from debros.gateway.workers import messages
from debros.gateway.workers.messages import Done, Figures, Subscribers


class ChannelClosedError(Exception):
    """The other end has gone."""


class Channel:
    """Sends messages, and receives those of the other end in order.

    Args:
        reader: What comes.
        writer: Where it goes.
        expected: Types of what comes.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, expected: Any) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(expected)
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}

    @classmethod
    async def open(cls, sock: socket.socket, expected: Any) -> Self:
        """Take a connected socket over."""
        reader, writer = await asyncio.open_unix_connection(sock=sock)
        return cls(reader, writer, expected)

    def send(self, message: msgspec.Struct) -> None:
        """Send a message; one that the other end will not read any more is lost."""
        if not self._writer.is_closing():
            self._writer.write(messages.encode(message))

    async def receive(self) -> Any:
        """Return the next message that is no answer to `ask`; None when the other end has gone."""
        while True:
            try:
                head = await self._reader.readexactly(messages.HEAD_BYTES)
                message = self._decoder.decode(await self._reader.readexactly(messages.length(head)))
            except (asyncio.IncompleteReadError, OSError):
                self._fail_all()
                return None
            if not isinstance(message, Done | Figures | Subscribers):
                return message
            asked = self._asked.get(message.id)
            if asked is not None and not asked.done():
                asked.set_result(message)

    async def ask(self, make: Callable[[int], msgspec.Struct]) -> Any:
        """Send what `make` makes of a new id, and return its answer. Somebody has to be in `receive` meanwhile.

        Raises:
            ChannelClosedError: The other end has gone.
        """
        if self._reader.at_eof() or self._writer.is_closing():
            raise ChannelClosedError
        number = next(self._ids)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self.send(make(number))
            return await answer
        finally:
            del self._asked[number]

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
        self._fail_all()

    def _fail_all(self) -> None:
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(ChannelClosedError())
                asked.exception()  # mark it as seen: whoever waited may have been cancelled
