"""This host's rqlite, seen by its administrator over loopback; plain calls, for programs that do one thing at a time.

The gateway's client (`debros.rqlite.client`) is asynchronous and made for many callers; what both must know about
rqlite's answers stands in `debros.rqlite.answers`. Nothing is ever repeated by itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

import httpx

from debros.rqlite import answers
from debros.rqlite.errors import AccessDenied, ProtocolError, StatementError, Unavailable, UnknownOutcome
from debros.rqlite.types import Level
from debros.rqlite.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from debros.rqlite.types import QueryResult, RaftNode

_TIMEOUT = 10.0  # seconds for an ordinary answer
_BULK_TIMEOUT = 600.0  # seconds without a byte while a whole database is being prepared or loaded
_CHUNK = 1024 * 1024
# POST /leader appeared in this version (CHANGELOG.md of rqlite).
_STEPDOWN = Version(8, 40)


class Database:
    """rqlite on this host; use it as a context manager.

    Args:
        port: of its HTTP API, on loopback.
        credentials: user and password, None for none.
        credentials_file: where they are from, or would be; for messages.
    """

    def __init__(self, port: int, credentials: tuple[str, str] | None, credentials_file: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._file = credentials_file
        self._given = credentials is not None
        self._version = ""
        # What is on this host is never asked for through a proxy.
        self._http = httpx.Client(base_url=self.url, auth=credentials, timeout=_TIMEOUT, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()

    def greet(self) -> None:
        """Do nothing but hear whether it answers.

        Raises:
            Unavailable: nobody answers.
            AccessDenied: our credentials are refused.
        """
        self._ask("GET", "/readyz?noleader")

    def not_ready(self) -> str:
        """Return why rqlite is not ready (`/readyz?sync`), "" when it is.

        Raises:
            Unavailable: nobody answers.
            AccessDenied: our credentials are refused.
        """
        answer = self._ask("GET", "/readyz?sync&timeout=2s")
        if answer.status_code == httpx.codes.OK:
            return ""
        lines = [line.strip() for line in answer.text.splitlines() if line.strip()]
        # Its last line is the one that failed: "[+]node ok", "[+]leader does not exist".
        return lines[-1].removeprefix("[+]").removeprefix("[-]") if lines else f"HTTP {answer.status_code}"

    def status(self) -> dict[str, Any]:
        """Return rqlite's report about itself (`/status`).

        Raises:
            Unavailable, AccessDenied, ProtocolError: there is none.
        """
        try:
            report = json.loads(self._get("/status"))
        except ValueError:
            raise ProtocolError("the answer of /status is not JSON") from None
        if not isinstance(report, dict):
            raise ProtocolError("the answer of /status is not an object")
        return report

    def nodes(self) -> list[RaftNode]:
        """Return all members, replicas included, as this host sees them.

        Raises:
            NoLeader, Unavailable, AccessDenied, ProtocolError: there is no such list.
        """
        return answers.raft_nodes(self._get("/nodes?ver=2&nonvoters&timeout=2s"))

    def query(self, sql: str, *args: Any, level: Level = Level.WEAK) -> QueryResult:
        """Run one read.

        Raises:
            StatementError: rqlite refuses it.
            NoLeader, Unavailable, AccessDenied, ProtocolError: there is no answer.
        """
        # An rqlite before 8.32 does not know linearizable, and would silently read weakly.
        body = self._post(f"/db/query?level={level}", [[sql, *args]], writes=False)
        (result,) = answers.query_results(body, 1)
        if isinstance(result, StatementError):
            raise result
        return result

    def transaction(self, statements: list[list[Any]]) -> None:
        """Run writes, each a list of the SQL and its values, as one transaction.

        Raises:
            StatementError: one is refused; nothing was applied.
            NoLeader, Unavailable, AccessDenied: nothing was applied.
            UnknownOutcome: all or nothing was applied.
        """
        answers.transaction_results(self._post("/db/execute?transaction", statements, writes=True), len(statements))

    def execute(self, sql: str, *args: Any) -> int:
        """Run one write and return the number of rows it changed.

        Raises:
            StatementError: it is refused; nothing was applied.
            NoLeader, Unavailable, AccessDenied: nothing was applied.
            UnknownOutcome: it may have been applied.
        """
        (result,) = answers.exec_results(self._post("/db/execute", [[sql, *args]], writes=True), 1)
        if isinstance(result, StatementError):
            raise result
        return result.rows_affected

    def remove(self, node_id: str) -> None:
        """Take a host out of the cluster (`/remove`), whichever host leads; one that is not in it is no error.

        Raises:
            NoLeader, Unavailable, AccessDenied: it still is in the cluster.
            UnknownOutcome: it may be or not.
        """
        self._check(self._ask("DELETE", "/remove", {"id": node_id}, writes=True), writes=True)

    def backup(self, *, local: bool = False) -> Iterator[bytes]:
        """Yield the database file as the leader has it now, in pieces.

        Args:
            local: as this host has it, which needs no leader.

        Raises:
            NoLeader, Unavailable, AccessDenied, ProtocolError: it cannot be had, or the connection breaks on the way.
        """
        timeout = httpx.Timeout(_TIMEOUT, read=_BULK_TIMEOUT)
        try:
            with self._http.stream("GET", f"/db/backup{'?noleader' if local else ''}", timeout=timeout) as answer:
                if answer.status_code != httpx.codes.OK:
                    answer.read()
                    self._check(answer, writes=False)
                yield from answer.iter_bytes(_CHUNK)
        except httpx.HTTPError as error:
            raise self._broken(error, writes=False) from None

    def boot(self, pieces: Iterable[bytes], size: int) -> None:
        """Make a database file the data of a cluster of one (`/boot`), past the log and with little memory.

        The caller has checked the file: rqlite 8.26 breaks on one that only looks like a database.

        Args:
            pieces: the file.
            size: its bytes.

        Raises:
            NoLeader, Unavailable, AccessDenied, ProtocolError: it is not the data now.
            UnknownOutcome: it may be.
        """
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        timeout = httpx.Timeout(_BULK_TIMEOUT, connect=_TIMEOUT)
        try:
            answer = self._http.post("/boot", content=pieces, headers=headers, timeout=timeout)
        except httpx.HTTPError as error:
            raise self._broken(error, writes=True) from None
        self._check(answer, writes=True)

    def hand_over(self) -> bool:
        """Ask this host to stop leading; False when its rqlite cannot be asked (older than 8.40).

        Raises:
            NoLeader, Unavailable, AccessDenied, UnknownOutcome: it could not.
        """
        version = self.version()
        if version is None or version < _STEPDOWN:
            return False
        self._check(self._ask("POST", "/leader"), writes=True)
        return True

    def version(self) -> Version | None:
        """Return rqlite's version; None when it hides it.

        Raises:
            Unavailable, AccessDenied: it does not answer.
        """
        if not self._version:
            self.greet()
        return Version.find(self._version)

    def _get(self, path: str) -> bytes:
        answer = self._ask("GET", path)
        self._check(answer, writes=False)
        return answer.content

    def _post(self, path: str, body: Any, *, writes: bool) -> bytes:
        answer = self._ask("POST", path, body, writes=writes)
        self._check(answer, writes=writes)
        return answer.content

    def _ask(self, method: str, path: str, body: Any = None, *, writes: bool = False) -> httpx.Response:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise self._broken(error, writes=writes) from None
        self._version = answer.headers.get("X-Rqlite-Version", self._version)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise self._denied()
        return answer

    def _check(self, answer: httpx.Response, *, writes: bool) -> None:
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise self._denied()
        answers.check_status(answer.status_code, answer.content, writes=writes)

    def _denied(self) -> AccessDenied:
        if self._given:
            return AccessDenied(f"rqlite at {self.url} refuses the credentials in {self._file}")
        return AccessDenied(f"rqlite at {self.url} wants credentials, and {self._file} does not exist")

    def _broken(self, error: httpx.HTTPError, *, writes: bool) -> Unavailable | UnknownOutcome:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return Unavailable(f"rqlite does not answer at {self.url} ({error})")
        what = "no answer in time" if isinstance(error, httpx.TimeoutException) else f"the connection broke ({error})"
        if writes:
            return UnknownOutcome(f"{what} after the write was sent to {self.url}")
        return Unavailable(f"rqlite at {self.url}: {what}")
