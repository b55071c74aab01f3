"""One request and its answer below ASGI: uvicorn's, with a shorter way for the answers that are usual here.

uvicorn looks at every header by itself: two regular expressions, a lower-case copy and three comparisons each. Those of
our answers are some ten, so it took a tenth of the processor time of a write. And it writes head and body each by
itself, which is two calls of the kernel; a read spent a quarter of its time there.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

# Headers that say how the answer is framed or that the connection ends: uvicorn's own way knows what follows from them.
_UNUSUAL = frozenset({b"connection", b"transfer-encoding"})
_LENGTH = b"content-length"
# The bytes that uvicorn's expressions find. Looking for them by translate() takes a twentieth of the expressions' time.
_BAD_IN_NAMES = bytes(byte for byte in range(256) if HEADER_RE.search(bytes([byte])))
_BAD_IN_VALUES = bytes(byte for byte in range(256) if HEADER_VALUE_RE.search(bytes([byte])))


class Cycle(RequestResponseCycle):
    """A cycle of which only the way out is another one."""

    _head = b""  # of an answer, while its body may follow at once

    def arrived(self) -> bool:
        """Tell whether the body is here, as far as it has not been taken yet."""
        return not self.more_body and self.message_event.is_set()

    async def send(self, message: Any) -> None:
        """Write a part of the answer; the checks are uvicorn's, made once for all headers together."""
        if not (self.flow.write_paused or self.disconnected):
            if not self.response_started and self._hold_head(message):
                return
            if self._head and self._write_whole(message):
                return
        self._write_head()
        await super().send(message)

    def _write_whole(self, message: Any) -> bool:
        """Write head and body together and end the answer; False, and nothing done, if some is missing."""
        body = message.get("body", b"")
        if (
            message["type"] != "http.response.body"
            or message.get("more_body", False)
            or len(body) != self.expected_content_length
            or self.scope["method"] == "HEAD"
        ):
            return False
        self.transport.write(self._head + body)
        self._head = b""
        self.expected_content_length = 0
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True

    def _write_head(self) -> None:
        """Write a head that no body has followed at once."""
        head, self._head = self._head, b""
        if head and not (self.disconnected or self.transport.is_closing()):
            self.transport.write(head)

    def _hold_head(self, message: Any) -> bool:
        """Hold the head of a usual answer until the loop's next turn; False, and nothing done, if it is not one."""
        if message["type"] != "http.response.start" or not self.keep_alive or self.access_log:
            return False
        headers = [*self.default_headers, *message.get("headers", ())]
        names = [name.lower() for name, _ in headers]
        if names.count(_LENGTH) != 1 or not _UNUSUAL.isdisjoint(names):
            return False
        values = [value for _, value in headers]
        if _has(_BAD_IN_NAMES, b"".join(names)) or _has(_BAD_IN_VALUES, b"".join(values)):
            return False
        self.expected_content_length = int(values[names.index(_LENGTH)])
        self.chunked_encoding = False
        self.response_started = True
        self.waiting_for_100_continue = False
        lines = b"\r\n".join(map(b": ".join, zip(names, values, strict=True)))
        self._head = b"%b%b\r\n\r\n" % (STATUS_LINE[message["status"]], lines)
        asyncio.get_running_loop().call_soon(self._write_head)
        return True


def _has(bad: bytes, text: bytes) -> bool:
    return len(text.translate(None, bad)) != len(text)


def of(cycle: RequestResponseCycle) -> Cycle:
    """Turn a cycle that has just been made into one of ours; uvicorn names its class where it makes it."""
    cycle.__class__ = Cycle
    return cast("Cycle", cycle)
