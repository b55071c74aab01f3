"""One request to one gateway over pooled connections, and WebSockets: what aiohttp does for this client."""

from __future__ import annotations

import asyncio
import io
import socket
import ssl
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from debros.client.calls.request import Answer
from debros.client.errors import ClosedError, UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from debros.client.calls.request import Request

# Seconds a connection is kept without a request: below the gateway's `limits.idle_timeout` (75 s), so that a request
# seldom goes into a connection that is being closed.
_KEEP_ALIVE = 30.0
_LARGEST_ANSWER = 256 * 1024 * 1024  # bytes; far above every limit of a gateway, below what hurts this process
_LARGE_BODY = 1024 * 1024  # aiohttp.payload.TOO_LARGE_BYTES_BODY
_CLOSE_TIMEOUT = 2.0  # seconds to wait for the other side's goodbye


class NotSentError(Exception):
    """The gateway could not be reached, so it has seen nothing of the request; the text says why."""


class LostError(Exception):
    """The request may have been seen, and there is no answer; the text says why."""


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
        try:
            async with self._open().request(
                request.method,
                URL(endpoint + request.path).with_query(request.query),
                headers=headers,
                data=_payload(request.body),
                timeout=limits,
                allow_redirects=False,  # the credential would go along to wherever they point
            ) as response:
                body = await _read(response, endpoint)
                return Answer(
                    response.status,
                    {name.lower(): value for name, value in response.headers.items()},
                    body,
                    endpoint,
                    response.headers.get("X-Request-ID", headers.get("X-Request-ID", "")),
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSentError(why(error, self._connect_timeout)) from error
        except TimeoutError as error:
            raise LostError(f"no answer within {timeout:g}s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise LostError(f"the connection broke ({why(error, timeout)})") from error

    async def connect(
        self, url: str, headers: Mapping[str, str], *, timeout: float, heartbeat: float, largest: int
    ) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket.

        Args:
            url: Of the route, with the query, http or https.
            headers: All of them.
            timeout: Seconds for the handshake.
            heartbeat: Seconds between pings; without an answer the socket breaks.
            largest: Bytes of a message.

        Raises:
            aiohttp.ClientError, OSError, TimeoutError: It did not come about.
            ClosedError: The transport is closed.
        """
        async with asyncio.timeout(timeout):
            return await self._open().ws_connect(
                URL(url, encoded=True),
                headers=headers,
                heartbeat=heartbeat,
                max_msg_size=largest,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_TIMEOUT),
            )

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
                connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


def why(error: BaseException, seconds: float) -> str:  # noqa: PLR0911 - one a case
    """Return why a connection did not come about or broke, in words that help."""
    found = _os_error(error)
    match found:
        case socket.gaierror():
            return f"its host is not known: {found.strerror}"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {found.verify_message}"
        case ssl.SSLError():
            return f"no TLS connection: {found.reason}"
        case ConnectionRefusedError():
            return "it refuses connections; is it running?"
        case TimeoutError():
            return f"no answer within {seconds:g}s"
        case OSError(strerror=str(text)):
            return text
    return str(error) or type(error).__name__


def _os_error(error: BaseException) -> BaseException:
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    while isinstance(error, BaseExceptionGroup):  # addresses tried one after the other
        error = error.exceptions[0]
    return error


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
