"""A call: the request with its credential, to one gateway after the other, again where that is harmless."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from debros.client.calls.problems import refusal
from debros.client.calls.repeats import Pause, may_repeat
from debros.client.calls.request import Repeat
from debros.client.calls.transport import LostError, NotSentError
from debros.client.errors import (
    AuthenticationError,
    DebrosError,
    NoAnswerError,
    OutcomeUnknownError,
    RateLimitedError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from debros.client.calls.endpoints import Endpoints
    from debros.client.calls.request import Answer, Request
    from debros.client.calls.transport import Transport
    from debros.client.credentials import Credential

T = TypeVar("T")

# Seconds an attempt may take when another one could follow: a gateway that takes requests and does not answer.
_ATTEMPT = 10.0


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
        deadline = time.monotonic() + positive("timeout", self.timeout if timeout is None else timeout)
        request_id = str(uuid.uuid4())
        pause, repeats, tried, renewed = Pause(), 0, set[str](), False
        while True:
            endpoint = self.endpoints.current
            try:
                return await self._attempt(endpoint, request, request_id, deadline)
            except _Unauthorised as rejected:
                # Nothing was applied, so with a new token even a write may come again.
                if renewed or not await self._renewed(rejected.headers, deadline):
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

    async def headers(self, deadline: float) -> dict[str, str]:
        """Return the headers of the credential; it may have to ask for a token before. `deadline` is monotonic."""
        if self.credential is None:
            return {}
        return dict(await _until(deadline, self.credential.headers(self)))

    async def _attempt(self, endpoint: str, request: Request, request_id: str, deadline: float) -> Answer:
        credential = await self.headers(deadline) if request.authenticated else {}
        headers = {"X-Request-ID": request_id, **credential, **request.headers}
        remaining = max(deadline - time.monotonic(), 0.001)
        harmless = request.repeat is Repeat.HARMLESS
        try:
            answer = await self.transport.send(
                endpoint, request, headers, min(_ATTEMPT, remaining) if harmless else remaining
            )
        except NotSentError as error:
            raise UnreachableError(f"gateway at {endpoint}: {error}", endpoint=endpoint) from error
        except LostError as error:
            raise _lost(endpoint, request, request_id, error) from error
        if 200 <= answer.status < 300 or answer.status in request.accepted:
            return answer
        found = refusal(answer)
        if isinstance(found, AuthenticationError) and request.authenticated:
            raise _Unauthorised(credential, found)
        raise found

    async def _renewed(self, used: dict[str, str], deadline: float) -> bool:
        return self.credential is not None and await _until(deadline, self.credential.renew(self, used))


class _Unauthorised(Exception):  # noqa: N818 - it never leaves this file
    def __init__(self, headers: dict[str, str], error: AuthenticationError) -> None:
        super().__init__(str(error))
        self.headers = headers
        self.error = error


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


def _lost(endpoint: str, request: Request, request_id: str, error: LostError) -> DebrosError:
    if request.writes:
        return OutcomeUnknownError(
            f"{endpoint}: {error} after the write was sent; look whether it was made before you repeat it",
            request_id=request_id,
            endpoint=endpoint,
        )
    return NoAnswerError(f"{endpoint}: {error}", request_id=request_id, endpoint=endpoint)
