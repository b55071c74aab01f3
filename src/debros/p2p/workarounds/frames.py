"""Length-prefixed messages of a libp2p stream, read in large pieces.

Upstream reads the varint length byte by byte: three encrypted frames' worth of work for a small message.
"""

from typing import Any, Final

from libp2p.io.exceptions import IOException
from libp2p.network.connection.exceptions import RawConnError
from libp2p.network.stream.exceptions import StreamError

_READ_BYTES: Final = 64 * 1024


class FrameError(Exception):
    """The peer sent a length that is malformed or over the limit."""


class MessageStream:
    """A stream's messages, one after the other, until the peer closes or resets it.

    Args:
        stream: a libp2p network stream.
        limit: largest message in bytes.
    """

    def __init__(self, stream: Any, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._buffer = bytearray()

    async def next(self) -> bytes | None:
        """Wait for the next message; None at the end of the stream.

        Raises:
            FrameError: see there.
        """
        while (message := self._take()) is None:
            try:
                piece = await self._stream.read(_READ_BYTES)
            except (StreamError, IOException, RawConnError):
                return None
            if not piece:
                return None
            self._buffer += piece
        return message

    def _take(self) -> bytes | None:
        length = shift = 0
        for position, byte in enumerate(self._buffer):
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte & 0x80:
                if shift > 63:
                    raise FrameError("a length prefix is longer than 64 bits")
                continue
            if length > self._limit:
                raise FrameError(f"a message of {length} bytes is announced; at most {self._limit} are accepted")
            end = position + 1 + length
            if len(self._buffer) < end:
                return None
            message = bytes(self._buffer[position + 1 : end])
            del self._buffer[:end]
            return message
        return None
