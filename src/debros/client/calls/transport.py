"""One request to one gateway over pooled connections, and WebSockets: what aiohttp does for this client."""

from __future__ import annotations

import asyncio
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from debros.client.calls.reasons import why
from debros.client.calls.request import Answer
from debros.client.calls.upgrades import RefusedUpgradeError, no_redirects, refuse_upgrade
from debros.client.errors import ClosedError, UnexpectedAnswerError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping

    from debros.client.calls.request import Request

# Seconds a connection is kept without a request: below the gateway's `limits.idle_timeout` (75 s), so that a request
# seldom goes into a connection that is being closed.
_KEEP_ALIVE = 30.0
_LARGEST_ANSWER = 256 * 1024 * 1024  # bytes; far above every limit of a gateway, below what hurts this process
_LARGE_BODY = 1024 * 1024  # aiohttp.payload.TOO_LARGE_BYTES_BODY
_CLOSE_TIMEOUT = 2.0  # seconds to wait for the other side's goodbye
_LARGEST_FRAME = 64 * 1024 * 1024  # bytes; the gateway sets the real limit (`limits.max_message_bytes`, 1 MiB)
# Seconds between pings to a gateway; one that does not answer within half of it is gone.
_HEARTBEAT = 20.0

Socket = aiohttp.ClientWebSocketResponse


class NotSentError(Exception):
    """The gateway could not be reached, so it has seen nothing of the request; the text says why."""


class LostError(Exception):
    """The request may have been seen, and there is no answer; the text says why."""


class NotOpenedError(Exception):
    """A WebSocket was refused; `answer` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"status {answer.status}")
        self.answer = answer


class Transport:
    """Connections to gateways. It belongs to the event loop in which it was first used.

    Args:
        connect_timeout: Seconds to reach a gateway, TLS included.
        connections: Most that are open to one gateway; more requests wait for one.
        tls: What to trust, for https; None for what the system trusts.
    """

    def __init__(self, *, connect_timeout: float, connections: int, tls: ssl.SSLContext | None) -> None:
        self._connect_timeout = connect_timeout
        self._connections = connections
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def send(self, endpoint: str, request: Request, headers: Mapping[str, str], timeout: float) -> Answer:
        """Send a request and return the answer, whatever its status.

        Args:
            endpoint: The gateway.
            request: What to send.
            headers: All of them.
            timeout: Seconds for everything, reaching the gateway and reading the answer included.

        Raises:
            NotSentError, LostError: There is none.
            UnexpectedAnswerError: It is too large to be one.
            ClosedError: The transport is closed.
        """
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(self._connect_timeout, timeout))
        with _told(timeout, self._connect_timeout):
            async with self._open().request(
                request.method,
                URL(endpoint + request.path).with_query(request.query),
                headers=headers,
                data=_payload(request.body),
                timeout=limits,
                allow_redirects=False,  # the credential would go along to wherever they point
                raise_for_status=False,
            ) as response:
                return _answer(response, await _read(response, endpoint), endpoint, headers)
        raise AssertionError  # _told lets nothing pass

    async def connect(self, endpoint: str, request: Request, headers: Mapping[str, str], timeout: float) -> Socket:
        """Open a WebSocket; the arguments are those of `send`.

        Raises:
            NotOpenedError: It was refused.
            NotSentError, LostError: It did not come about.
            ClosedError: The transport is closed.
        """
        with _told(timeout, self._connect_timeout):
            try:
                async with asyncio.timeout(timeout):
                    return await self._open().ws_connect(
                        URL(endpoint + request.path).with_query(request.query),
                        headers=headers,
                        heartbeat=_HEARTBEAT,
                        max_msg_size=_LARGEST_FRAME,
                        timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_TIMEOUT),
                    )
            except RefusedUpgradeError as refused:
                raise NotOpenedError(_answer(refused.response, refused.body, endpoint, headers)) from None
        raise AssertionError  # _told lets nothing pass

    async def close(self) -> None:
        """Close every connection; requests under way lose theirs."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise ClosedError("the client is closed; make a new one")
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0,
                limit_per_host=self._connections,
                keepalive_timeout=_KEEP_ALIVE,
                ssl=self._tls if self._tls is not None else True,
            )
            # Unpacking could exceed the size limit; what a gateway says would gain little.
            headers = {"Accept-Encoding": "identity", "User-Agent": "debros-client"}
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers=headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                raise_for_status=refuse_upgrade,
                trace_configs=[no_redirects()],
            )
        return self._session


@contextmanager
def _told(timeout: float, connect_timeout: float) -> Iterator[None]:
    """Tell what aiohttp raises apart: by whether the gateway may have seen the request."""
    try:
        yield
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise NotSentError(why(error, connect_timeout)) from error
    except TimeoutError as error:
        raise LostError(f"no answer within {timeout:g}s") from error
    except (aiohttp.ClientError, OSError) as error:
        raise LostError(f"the connection broke ({why(error, timeout)})") from error


def _answer(response: aiohttp.ClientResponse, body: bytes, endpoint: str, sent: Mapping[str, str]) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, body, endpoint, headers.get("x-request-id", sent.get("X-Request-ID", "")))


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    """Return what aiohttp wants: above 1 MiB a file, which it sends in pieces that let others in between."""
    return io.BytesIO(body) if body and len(body) > _LARGE_BODY else body


async def _read(response: aiohttp.ClientResponse, endpoint: str) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > _LARGEST_ANSWER:
            response.close()
            raise UnexpectedAnswerError(
                f"the answer of {endpoint} is larger than {_LARGEST_ANSWER} bytes; ask for less"
            )
        chunks.append(chunk)
    return b"".join(chunks)
