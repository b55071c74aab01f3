"""A call: the request with its credential, to one gateway after the other, again where that is harmless."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from debros.client.calls.attempts import Attempt, UnauthorisedError
from debros.client.calls.repeats import Pause, may_repeat
from debros.client.calls.transport import NotOpenedError
from debros.client.errors import DebrosError, NoAnswerError, RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from debros.client.calls.endpoints import Endpoints
    from debros.client.calls.request import Answer, Request
    from debros.client.calls.transport import Socket, Transport
    from debros.client.credentials import Credential

T = TypeVar("T")


class Caller:
    """Makes calls.

    Args:
        transport: How they get there.
        endpoints: The gateways.
        credential: What opens them; None for what is open to everybody.
        timeout: Seconds for a call, waiting and repeats included, unless it says otherwise.
        repeats: How often a request is sent again at most, gateways that follow one another at once not counted.
    """

    def __init__(
        self,
        transport: Transport,
        endpoints: Endpoints,
        credential: Credential | None,
        *,
        timeout: float,
        repeats: int,
    ) -> None:
        self.transport = transport
        self.endpoints = endpoints
        self.credential = credential
        self.timeout = timeout
        self._repeats = repeats

    async def call(self, request: Request, timeout: float | None = None) -> Answer:
        """Send a request until it is answered, or another attempt is harmful or hopeless.

        Args:
            request: What to ask.
            timeout: Seconds for all of it; None for the client's.

        Raises:
            DebrosError: As errors.py tells them apart.
        """
        return await self._repeat(request, timeout, self._send)

    async def open(self, request: Request, timeout: float | None = None) -> tuple[Socket, str]:
        """Open a WebSocket; return it and the gateway it leads to. The arguments and errors are those of `call`."""
        return await self._repeat(request, timeout, self._connect)

    async def _repeat(self, request: Request, timeout: float | None, attempt: Callable[[Attempt], Awaitable[T]]) -> T:
        deadline = time.monotonic() + positive("timeout", self.timeout if timeout is None else timeout)
        request_id = str(uuid.uuid4())
        pause, repeats, tried, renewed = Pause(), 0, set[str](), False
        while True:
            endpoint = self.endpoints.current
            try:
                credential = await self._credential(deadline) if request.authenticated else {}
                return await attempt(Attempt(endpoint, request, request_id, credential, deadline))
            except UnauthorisedError as rejected:
                # Nothing was applied, so with a new token even a write may come again.
                if renewed or not await self._renewed(rejected.credential, deadline):
                    raise rejected.error from None
                renewed = True
                continue
            except DebrosError as error:
                if not may_repeat(request, error):
                    raise
                if not isinstance(error, RateLimitedError):  # another gateway counts for itself; that is no way out
                    self.endpoints.failed(endpoint)
                    tried.add(endpoint)
                    if self.endpoints.current not in tried and time.monotonic() < deadline:
                        continue
                wait = pause.next(error)
                if repeats >= self._repeats or time.monotonic() + wait >= deadline:
                    raise
            repeats += 1
            tried.clear()
            await asyncio.sleep(wait)

    async def _credential(self, deadline: float) -> dict[str, str]:
        if self.credential is None:
            return {}
        return dict(await _until(deadline, self.credential.headers(self)))

    async def _send(self, attempt: Attempt) -> Answer:
        with attempt.told():
            answer = await self.transport.send(attempt.endpoint, attempt.request, attempt.headers, attempt.seconds)
        if 200 <= answer.status < 300 or answer.status in attempt.request.accepted:
            return answer
        raise attempt.refused(answer)

    async def _connect(self, attempt: Attempt) -> tuple[Socket, str]:
        try:
            with attempt.told():
                socket = await self.transport.connect(
                    attempt.endpoint, attempt.request, attempt.headers, attempt.seconds
                )
        except NotOpenedError as error:
            raise attempt.refused(error.answer) from None
        return socket, attempt.endpoint

    async def _renewed(self, used: Mapping[str, str], deadline: float) -> bool:
        return self.credential is not None and await _until(deadline, self.credential.renew(self, used))


def positive(name: str, seconds: float) -> float:
    """Return a number of seconds.

    Raises:
        ValueError: It is not above 0 (or not a number).
    """
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{name}: {seconds!r} is not a number of seconds above 0")
    return seconds


async def _until(deadline: float, work: Coroutine[Any, Any, T]) -> T:
    """Wait for a token, but not longer than the call that needs it; whoever fetches it for others goes on."""
    try:
        async with asyncio.timeout(max(deadline - time.monotonic(), 0.001)):
            return await work
    except TimeoutError:
        raise NoAnswerError("no token was to be had in time; nothing was sent") from None
