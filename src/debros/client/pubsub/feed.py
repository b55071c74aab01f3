"""The connection behind a subscription: read, and made anew whenever it breaks, until the subscription ends."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

import aiohttp

from debros.client.calls.repeats import may_repeat
from debros.client.errors import ClosedError, DebrosError, UnexpectedAnswerError
from debros.client.pubsub.events import Gap, GapReason, of_frame

if TYPE_CHECKING:
    from debros.client.calls.caller import Caller
    from debros.client.calls.request import Request
    from debros.client.calls.transport import Socket
    from debros.client.pubsub.inbox import Inbox

_FIRST_DELAY, _LONGEST_DELAY = 0.25, 10.0  # seconds between attempts to connect again
_STEADY = 10.0  # seconds after which a connection counts as one that works
_HANDSHAKE = 10.0  # seconds for an attempt in the background
_TOO_SLOW = 1013  # the close code of a gateway for a socket that does not keep up
_FRAMES = (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT)


class Feed:
    """Fills an inbox from a topic.

    Attributes:
        connected: The connection stands.
        trouble: Why it does not; None while it does.
    """

    def __init__(self, caller: Caller, request: Request, topic: str, inbox: Inbox) -> None:
        self._caller = caller
        self._request = request
        self._topic = topic
        self._inbox = inbox
        self._delay = _FIRST_DELAY
        self.connected = False
        self.trouble: DebrosError | None = None

    async def open(self, timeout: float | None) -> tuple[Socket, str]:
        """Connect for the first time; whatever is published after that is heard.

        Raises:
            DebrosError: No gateway takes the subscription.
        """
        opened = await self._caller.open(self._request, timeout)
        self.connected = True
        return opened

    async def run(self, socket: Socket, endpoint: str) -> None:
        """Read until the inbox ends, through any number of connections. Ends the inbox when no gateway wants it."""
        while True:
            opened = time.monotonic()
            reason = await self._read(socket)
            if self._inbox.ended:
                return
            lost = time.monotonic()
            if reason is GapReason.RECONNECTED:  # it works, but not fast enough: no reason to go elsewhere
                self._caller.endpoints.failed(endpoint)
            if lost - opened > _STEADY:
                self._delay = _FIRST_DELAY
            try:
                socket, endpoint = await self._again()
            except DebrosError as error:
                self.trouble = error
                self._inbox.end(error)
                return
            # Told now and not when it was lost: what was published in between is what may be missing.
            self._inbox.gap(Gap(reason, seconds=time.monotonic() - lost))

    async def _again(self) -> tuple[Socket, str]:
        """Connect until it succeeds.

        Raises:
            DebrosError: A gateway has said that it will not.
        """
        while True:
            # Scattered, so that the subscribers of a gateway that restarts do not come back at once.
            await asyncio.sleep(random.uniform(self._delay / 2, self._delay))  # noqa: S311 - no secret hangs on it
            self._delay = min(self._delay * 2, _LONGEST_DELAY)
            try:
                opened = await self._caller.open(self._request, _HANDSHAKE)
            except DebrosError as error:
                if not _may_pass(self._request, error):
                    raise
                self.trouble = error
            else:
                self.connected, self.trouble = True, None
                return opened

    async def _read(self, socket: Socket) -> GapReason:
        """Read one connection to its end; return what it means for the reader."""
        try:
            while (frame := await socket.receive()).type in _FRAMES:
                event = of_frame(self._topic, frame.data)
                if isinstance(event, Gap):
                    self._inbox.gap(event)
                elif event is not None:
                    await self._inbox.put(event)
                if self._inbox.ended:
                    break
        finally:
            self.connected = False
            await socket.close()
        return GapReason.SLOW_CONNECTION if socket.close_code == _TOO_SLOW else GapReason.RECONNECTED


def _may_pass(request: Request, error: DebrosError) -> bool:
    """Tell whether the trouble may be over later: a restart, a proxy that has lost its gateway, a database away."""
    if isinstance(error, ClosedError):
        return False
    return may_repeat(request, error) or isinstance(error, UnexpectedAnswerError) or (error.status or 0) >= 500
