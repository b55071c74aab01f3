"""Requests to one of several rqlite nodes.

It fails over to the next node only when that is harmless: nothing was sent, nothing was applied, or it was a read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.rqlite import answers
from debros.rqlite.errors import NoLeader, RqliteError, TooLarge, Unavailable, UnknownOutcome
from debros.rqlite.nodes import Node, credentials_of
from debros.rqlite.observe import observed
from debros.rqlite.pool import CannotConnect, Pool
from debros.rqlite.version import Version
from debros.rqlite.wire import OverLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from debros.rqlite.observe import Call
    from debros.rqlite.types import Credentials

_OK = 200


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
        user = credentials or credentials_of(urls)
        self._nodes = [Node.read(url, user) for url in urls]
        self._pool_size = pool_size
        self._max_response_bytes = max_response_bytes
        self._observer = observer
        self._pool: Pool | None = None
        self._preferred = 0
        self._versions: dict[Node, str] = {}

    async def open(self) -> None:
        """Create the connection pool; connects to nobody yet."""
        self._pool = Pool(self._pool_size, self._max_response_bytes)

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

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
        for turn in range(len(self._nodes)):
            index = (first + turn) % len(self._nodes)
            try:
                body = await self._send_to(self._nodes[index], request, deadline)
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

    async def _send_to(self, node: Node, request: Request, deadline: float) -> bytes:
        if self._pool is None:
            raise RuntimeError("the client is not open; use `async with RqliteClient(...)`")
        sent = node.request(request.path, request.body)
        seconds = max(deadline - time.monotonic(), 0.001)
        try:
            answer = await self._pool.exchange(node.origin, sent, seconds=seconds, repeatable=not request.writes)
        except CannotConnect:
            raise Unavailable(f"cannot connect to rqlite at {node.name}") from None
        except OverLimit:
            if request.writes:
                raise UnknownOutcome(
                    f"the write was sent, but its answer is larger than {self._max_response_bytes} bytes"
                ) from None
            raise TooLarge(f"the result is larger than {self._max_response_bytes} bytes; use LIMIT") from None
        except OSError as err:  # TimeoutError and Broken are such
            what = "no answer in time" if isinstance(err, TimeoutError) else "the connection broke"
            if request.writes:
                raise UnknownOutcome(f"{what} after the write was sent to {node.name}") from None
            raise Unavailable(f"{what} from rqlite at {node.name}") from None
        self._versions[node] = answer.version
        if answer.status != _OK:
            answers.check_status(answer.status, answer.body, writes=request.writes)
        return answer.body
