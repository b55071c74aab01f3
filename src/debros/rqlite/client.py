"""The asynchronous client of an rqlite cluster: writes to /db/execute, reads to /db/query, nothing in between.

Nothing is ever repeated by itself except where nothing was applied; the caller decides about every other retry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import orjson

from debros.rqlite import answers, payload
from debros.rqlite.errors import NoLeader, ProtocolError, StatementError, Unavailable
from debros.rqlite.http import Request, Transport
from debros.rqlite.types import Credentials, ExecResult, Level, QueryResult, RaftNode, Statement
from debros.rqlite.version import Capabilities, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from debros.rqlite.observe import Call

MEBIBYTE = 1024 * 1024


class RqliteClient:
    """A client of one cluster, for one event loop; use it as an asynchronous context manager.

    Args:
        urls: HTTP APIs of nodes, `http://host:port`; the first that answers is used until it fails.
        credentials: User of rqlite's -auth file; may also stand in a URL.
        pool_size: Connections at most, all nodes together.
        read_timeout: Seconds for a read.
        write_timeout: Seconds for a write.
        max_response_bytes: Largest answer accepted.
        observer: Told about every request when it is over; must not block or raise.

    Raises:
        ValueError: No URL, or one that is not http(s)://host:port.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        credentials: Credentials | None = None,
        pool_size: int = 64,
        read_timeout: float = 10,
        write_timeout: float = 15,
        max_response_bytes: int = 16 * MEBIBYTE,
        observer: Callable[[Call], None] | None = None,
    ) -> None:
        self._transport = Transport(
            urls,
            credentials=credentials,
            pool_size=pool_size,
            max_response_bytes=max_response_bytes,
            observer=observer,
        )
        self._read_timeout = read_timeout
        self._write_timeout = write_timeout

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._transport.close()

    async def execute(self, statement: Statement, before: Statement | None = None) -> ExecResult:
        """Run one write, committed by a majority when this returns.

        Args:
            statement: The write.
            before: A statement of our own that runs immediately before it, whatever others do meanwhile.

        Raises:
            StatementError: The database refuses the statement.
            NoLeader, Unavailable: Nothing was applied.
            UnknownOutcome: It may or may not be applied.
        """
        *_, result = await self.execute_many([before, statement] if before else [statement])
        if isinstance(result, StatementError):
            raise StatementError(result.message, 0)
        return result

    async def execute_many(self, statements: Sequence[Statement]) -> list[ExecResult | StatementError]:
        """Run writes in order in one request, each on its own: one that fails harms no other.

        Returns:
            One result or error for each statement, in order.

        Raises:
            NoLeader, Unavailable: None was applied.
            UnknownOutcome: Each may or may not be applied.
        """
        outcome: list[ExecResult | StatementError | None] = []
        prepared: list[list[Any]] = []
        for index, statement in enumerate(statements):
            try:
                prepared.append(payload.prepare(statement, index, writes=True))
                outcome.append(None)
            except StatementError as err:
                outcome.append(err)
        if prepared:
            body = await self._write("/db/execute", prepared, statements)
            sent = iter(answers.exec_results(body, len(prepared)))
            outcome = [next(sent) if result is None else result for result in outcome]
        return [
            StatementError(result.message, index) if isinstance(result, StatementError) else result
            for index, result in enumerate(outcome)
            if result is not None
        ]

    async def execute_shared(self, entries: Sequence[bytes], count: int) -> list[ExecResult | StatementError]:
        """Run writes of several callers in one request, each on its own: one that fails harms no other.

        Args:
            entries: What `payload.encode_shared` returned.
            count: How many statements are in them.

        Returns:
            One result or error for each, in order, as if each had been sent alone.

        Raises:
            StatementError: rqlite refuses the request as a whole; none was applied.
            NoLeader, Unavailable: None was applied.
            UnknownOutcome: Each may or may not be applied.
        """
        body = await self._transport.send(
            Request("/db/execute?noparse", payload.join(entries), writes=True, timeout=self._write_timeout)
        )
        return answers.shared_results(body, count)

    async def transaction(self, statements: Sequence[Statement]) -> list[ExecResult]:
        """Run writes in order as one transaction: all of them or none.

        Raises:
            StatementError: Statement `index` failed; nothing was applied.
            NoLeader, Unavailable: Nothing was applied.
            UnknownOutcome: All of it or nothing was applied.
        """
        prepared = [payload.prepare(statement, index, writes=True) for index, statement in enumerate(statements)]
        if not prepared:
            return []
        returning = next((i for i, entry in enumerate(prepared) if payload.has_returning(entry[0])), None)
        if returning is not None and not (await self.capabilities()).atomic_returning:
            raise StatementError(
                "RETURNING inside a transaction needs rqlite 9.4.2 or newer: an older one would commit the rest of the "
                "transaction when this statement fails",
                returning,
            )
        body = await self._write("/db/execute?transaction", prepared, statements)
        return answers.transaction_results(body, len(prepared))

    async def query(
        self,
        statement: Statement,
        level: Level = Level.WEAK,
        timeout: float | None = None,  # noqa: ASYNC109 - the limit goes to the database as well
    ) -> QueryResult:
        """Run one read.

        Args:
            statement: A statement that writes nothing; rqlite refuses others.
            level: Consistency. `linearizable` becomes `strong` on a server older than 8.32, which does not know it.
            timeout: Seconds; the default is the client's read timeout.

        Raises:
            StatementError: The database refuses the statement; StatementTimeout when it takes too long.
            NoLeader, Unavailable: No node could answer at this level.
            TooLarge: The result exceeds `max_response_bytes`.
        """
        (result,) = await self.query_many([statement], level, timeout)
        if isinstance(result, StatementError):
            raise result
        return result

    async def query_many(
        self,
        statements: Sequence[Statement],
        level: Level = Level.WEAK,
        timeout: float | None = None,  # noqa: ASYNC109 - see query
    ) -> list[QueryResult | StatementError]:
        """Run reads in one request, each with its own result or error; one after the other on one connection.

        Raises:
            StatementError: A statement cannot be sent at all.
            NoLeader, Unavailable, TooLarge: As for `query`.
        """
        if not statements:
            return []
        prepared = [payload.prepare(statement, index, writes=False) for index, statement in enumerate(statements)]
        if level is Level.LINEARIZABLE and not (await self.capabilities()).linearizable:
            level = Level.STRONG
        seconds = self._read_timeout if timeout is None else timeout
        # The database gives up first, so that it does not go on computing for nobody.
        path = f"/db/query?level={level}&db_timeout={max(int(seconds * 950), 1)}ms"
        body = await self._transport.send(Request(path, payload.encode(prepared), writes=False, timeout=seconds))
        return answers.query_results(body, len(prepared))

    async def ready(self, *, sync: bool = True) -> bool:
        """Tell whether a node can serve: it knows a leader and, with `sync`, has applied what the leader had.

        Raises:
            AccessDenied: It refuses our credentials.
        """
        try:
            await self._get("/readyz?sync&timeout=2s" if sync else "/readyz")
        except (NoLeader, Unavailable):
            return False
        return True

    async def status(self) -> dict[str, Any]:
        """Return the answering node's own report (`/status`), as rqlite documents it.

        Raises:
            Unavailable, AccessDenied, ProtocolError: There is none.
        """
        return await self._report("/status")

    async def variables(self) -> dict[str, Any]:
        """Return the answering node's own counters (`/debug/vars`), by the names its version gives them.

        Raises:
            Unavailable, AccessDenied, ProtocolError: There are none.
        """
        return await self._report("/debug/vars")

    async def nodes(self) -> list[RaftNode]:
        """Return all members of the cluster, replicas included, ordered by id.

        Raises:
            NoLeader, Unavailable, AccessDenied, ProtocolError: There is no such list.
        """
        return answers.raft_nodes(await self._get("/nodes?ver=2&nonvoters&timeout=1s"))

    async def version(self) -> Version | None:
        """Return the version of the answering node (the oldest of several); None when it hides it.

        Raises:
            Unavailable: No node answers.
        """
        if self._transport.oldest_version() is None:
            await self._get("/readyz?noleader")
        return self._transport.oldest_version()

    async def capabilities(self) -> Capabilities:
        """Return what the answering nodes can do; an unknown version is taken for the oldest.

        Raises:
            Unavailable: No node answers.
        """
        return Capabilities.of(await self.version() or Version(0))

    async def _write(self, path: str, prepared: list[list[Any]], statements: Sequence[Statement]) -> bytes:
        if not payload.needs_parsing(statements):
            path += f"{'&' if '?' in path else '?'}noparse"
        return await self._transport.send(
            Request(path, payload.encode(prepared), writes=True, timeout=self._write_timeout)
        )

    async def _report(self, path: str) -> dict[str, Any]:
        try:
            report = orjson.loads(await self._get(path))
        except orjson.JSONDecodeError:
            raise ProtocolError(f"the answer of {path} is not JSON") from None
        if not isinstance(report, dict):
            raise ProtocolError(f"the answer of {path} is not an object")
        return report

    async def _get(self, path: str) -> bytes:
        return await self._transport.send(Request(path, None, writes=False, timeout=self._read_timeout))
