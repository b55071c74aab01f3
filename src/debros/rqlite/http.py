"""Requests to one of several rqlite nodes over pooled connections; the only file of the server that imports aiohttp.

It fails over to the next node only when that is harmless: nothing was sent, nothing was applied, or it was a read.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import aiohttp

from debros.rqlite import answers
from debros.rqlite.errors import NoLeader, RqliteError, TooLarge, Unavailable, UnknownOutcome
from debros.rqlite.observe import observed
from debros.rqlite.types import Credentials
from debros.rqlite.version import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from debros.rqlite.observe import Call

# A node on the same host or network answers a connect within milliseconds; longer means it is gone.
_CONNECT_TIMEOUT = 3.0
_LARGE_BODY = 1024 * 1024  # aiohttp.payload.TOO_LARGE_BYTES_BODY
_VERSION_HEADER = "X-Rqlite-Version"


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        path: Path and query, such as `/db/execute?transaction`.
        body: JSON for a POST; None for a GET.
        writes: A lost answer leaves the outcome unknown, so another node must not be tried.
        timeout: Seconds for the whole request, all nodes together.
    """

    path: str
    body: bytes | None
    writes: bool
    timeout: float


class Transport:
    """Connections to the nodes of one cluster. `open()` before use, `close()` after; both in the running loop."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        credentials: Credentials | None,
        pool_size: int,
        max_response_bytes: int,
        observer: Callable[[Call], None] | None = None,
    ) -> None:
        if not urls:
            raise ValueError("at least one rqlite URL is needed, for example http://localhost:5001")
        self._urls = [_base_url(url) for url in urls]
        self._credentials = credentials or _credentials_of(urls)
        self._pool_size = pool_size
        self._max_response_bytes = max_response_bytes
        self._observer = observer
        self._session: aiohttp.ClientSession | None = None
        self._preferred = 0
        self._versions: dict[str, str] = {}

    async def open(self) -> None:
        """Create the connection pool; connects to nobody yet."""
        connector = aiohttp.TCPConnector(limit=self._pool_size)
        # rqlite may compress; unpacking would cost more than loopback bytes and could exceed the size limit.
        headers = {"Accept-Encoding": "identity", "Content-Type": "application/json"}
        if self._credentials is not None:
            headers["Authorization"] = aiohttp.encode_basic_auth(
                self._credentials.username, self._credentials.password, encoding="utf-8"
            )
        self._session = aiohttp.ClientSession(connector=connector, headers=headers)

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, request: Request) -> bytes:
        """Return the body of a successful answer, from the first node that gives one.

        Raises:
            NoLeader, Unavailable, UnknownOutcome, StatementError, AccessDenied, ProtocolError, TooLarge: See errors.py.
        """
        with observed(self._observer, request.path):
            return await self._send(request)

    async def _send(self, request: Request) -> bytes:
        deadline = time.monotonic() + request.timeout
        failures: list[RqliteError] = []
        first = self._preferred  # other requests may change it while this one waits
        for turn in range(len(self._urls)):
            index = (first + turn) % len(self._urls)
            try:
                body = await self._send_to(self._urls[index], request, deadline)
            except (NoLeader, Unavailable) as err:
                failures.append(err)
                if time.monotonic() >= deadline:
                    break
            else:
                self._preferred = index
                return body
        # A node that answered knows more than one that did not.
        raise next((err for err in failures if isinstance(err, NoLeader)), failures[0])

    def oldest_version(self) -> Version | None:
        """Return the oldest version among the nodes that have answered; None while none named one."""
        known = [version for text in self._versions.values() if (version := Version.find(text))]
        return min(known, default=None)

    async def _send_to(self, url: str, request: Request, deadline: float) -> bytes:
        if self._session is None:
            raise RuntimeError("the client is not open; use `async with RqliteClient(...)`")
        remaining = max(deadline - time.monotonic(), 0.001)
        timeout = aiohttp.ClientTimeout(total=remaining, connect=min(_CONNECT_TIMEOUT, remaining * 0.9))
        method = "GET" if request.body is None else "POST"
        try:
            async with self._session.request(
                method, url + request.path, data=_payload(request.body), timeout=timeout, allow_redirects=False
            ) as response:
                self._versions[url] = response.headers.get(_VERSION_HEADER, "")
                body = await self._read(response, request)
                answers.check_status(response.status, body, writes=request.writes)
                return body
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise Unavailable(f"cannot connect to rqlite at {_host(url)}") from None
        except (TimeoutError, aiohttp.ClientError, OSError) as err:
            what = "no answer in time" if isinstance(err, TimeoutError) else "the connection broke"
            if request.writes:
                raise UnknownOutcome(f"{what} after the write was sent to {_host(url)}") from None
            raise Unavailable(f"{what} from rqlite at {_host(url)}") from None

    async def _read(self, response: aiohttp.ClientResponse, request: Request) -> bytes:
        """Return the body, or give the connection up as soon as the body grows past the limit."""
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._max_response_bytes:
                response.close()
                if request.writes:
                    raise UnknownOutcome(
                        f"the write was sent, but its answer is larger than {self._max_response_bytes} bytes"
                    )
                raise TooLarge(f"the result is larger than {self._max_response_bytes} bytes; use LIMIT")
            chunks.append(chunk)
        return b"".join(chunks)


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    """Return what aiohttp wants: above 1 MiB a file, which it sends in pieces that let others in between."""
    return io.BytesIO(body) if body and len(body) > _LARGE_BODY else body


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    try:
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
        port = parts.port
    except ValueError:
        valid, port = False, None
    if not valid:
        raise ValueError(f"not an rqlite URL: {_host(url)!r}; expected http://host:port")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _credentials_of(urls: Sequence[str]) -> Credentials | None:
    """Return the credentials written into the first URL that has some (`http://user:password@host`)."""
    for url in urls:
        parts = urlsplit(url)
        if parts.username:
            return Credentials(unquote(parts.username), unquote(parts.password or ""))
    return None


def _host(url: str) -> str:
    """Return host and port for a message: never the user name and password."""
    return urlsplit(url).netloc.rpartition("@")[2]
