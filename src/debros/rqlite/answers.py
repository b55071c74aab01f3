"""rqlite's answers, read sceptically.

An error may hide in three places: the HTTP status, a top-level "error" beside HTTP 200, and each statement's result.
And a result list of another length than the request proves nothing about any of its statements.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from debros.rqlite.errors import (
    AccessDenied,
    NoLeader,
    ProtocolError,
    RqliteError,
    StatementError,
    StatementTimeout,
    Unavailable,
    UnknownOutcome,
)
from debros.rqlite.types import ExecResult, QueryResult, RaftNode

# Texts with which rqlite and hashicorp/raft refuse before anything entered the log; compared whole.
_NOTHING_APPLIED = frozenset(
    {
        "leader not found",
        "leadership transfer in progress",
        "node is not the leader",
        "not leader",
        "store not open",
        "store not ready",
        "timed out enqueuing operation",
    }
)
# A follower reporting on its leader. "pool get" is a connection that was never made; and the versions we support send
# nothing twice unless asked to (cluster/client.go), so this and the leader's own refusals are final.
_FORWARDED = re.compile(r"node failed to process \w+ on remote node at \S+: (.*)", re.DOTALL)
_NOT_CONNECTED = "pool get: "
_TABLE = frozenset({"columns", "types", "values"})
_TIMEOUTS = frozenset({"query timeout", "execute timeout", "context deadline exceeded", "interrupted"})


def check_status(status: int, body: bytes, *, writes: bool) -> None:
    """Raise what an HTTP status other than 200 means.

    Raises:
        StatementError: 400, or a result that has no JSON form (Infinity).
        AccessDenied: 401.
        NoLeader: 503 before anything was applied.
        UnknownOutcome: Any other failure of a write.
        Unavailable: Any other failure of a read that may pass.
        ProtocolError: A status that rqlite does not use.
    """
    if status == 200:
        return
    text = body[:500].decode(errors="replace").strip()
    if status == 400:
        raise StatementError(text or "bad request", None)
    if status == 401:
        raise AccessDenied("rqlite refused the credentials; check user name, password and permissions")
    if status >= 500:
        if "unsupported value" in text and not writes:
            raise StatementError("the result contains Infinity or NaN, which JSON cannot carry", None)
        raise cluster_error(text or f"HTTP {status}", writes=writes)
    raise ProtocolError(f"HTTP {status} from rqlite: {text or 'no text'}")


def cluster_error(text: str, *, writes: bool) -> RqliteError:
    """Return the error for a text with which rqlite refused the request as a whole."""
    forwarded = _FORWARDED.fullmatch(text)
    reason = forwarded[1] if forwarded else text
    if reason.lower() in _NOTHING_APPLIED or (forwarded and reason.startswith(_NOT_CONNECTED)):
        return NoLeader(reason)
    if writes:
        return UnknownOutcome(reason)
    if reason in _TIMEOUTS:
        return StatementTimeout(reason, None)
    if "leader" in reason or reason == "stale read":
        return NoLeader(reason)
    return Unavailable(reason)


def results(body: bytes, *, writes: bool) -> list[dict[str, Any]]:
    """Return the raw results of an answer with HTTP 200.

    Raises:
        NoLeader, UnknownOutcome, Unavailable, StatementTimeout: The answer has a top-level error.
        ProtocolError: It is not rqlite's JSON (for a write: UnknownOutcome, since it was sent).
    """
    try:
        answer = orjson.loads(body)
        raw = answer.get("results")
        error = answer.get("error")
    except (orjson.JSONDecodeError, AttributeError):
        raise _nonsense("the answer is not rqlite's JSON", writes=writes) from None
    if error:
        raise cluster_error(str(error), writes=writes)
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
        raise _nonsense("the answer has no list of results", writes=writes)
    return raw


def exec_results(body: bytes, count: int) -> list[ExecResult | StatementError]:
    """Return one result or error for each of `count` writes.

    Raises:
        UnknownOutcome: The answer does not tell what happened to each of them.
        NoLeader: Nothing was applied.
    """
    raw = results(body, writes=True)
    if len(raw) != count:
        raise _nonsense(f"{len(raw)} results for {count} statements", writes=True)
    return [_exec_result(entry, index) for index, entry in enumerate(raw)]


def shared_results(body: bytes, count: int) -> list[ExecResult | StatementError]:
    """Return what `exec_results` does, each as the only statement of its request.

    Raises:
        NoLeader, UnknownOutcome: As for `exec_results`.
    """
    return [
        type(result)(result.message, 0) if isinstance(result, StatementError) else result
        for result in exec_results(body, count)
    ]


def transaction_results(body: bytes, count: int) -> list[ExecResult]:
    """Return the results of a transaction of `count` writes.

    Raises:
        StatementError: Statement `index` failed and the transaction was rolled back; rqlite stops at the first error,
            so its list ends there.
        UnknownOutcome: The answer does not tell.
        NoLeader: Nothing was applied.
    """
    done: list[ExecResult] = []
    for index, entry in enumerate(results(body, writes=True)):
        result = _exec_result(entry, index)
        if isinstance(result, StatementError):
            raise result
        done.append(result)
    if len(done) != count:
        raise _nonsense(f"{len(done)} results for {count} statements", writes=True)
    return done


def query_results(body: bytes, count: int) -> list[QueryResult | StatementError]:
    """Return one result or error for each of `count` reads.

    Raises:
        NoLeader, Unavailable, StatementTimeout, ProtocolError: The request failed as a whole.
    """
    raw = results(body, writes=False)
    if len(raw) != count:
        raise _nonsense(f"{len(raw)} results for {count} statements", writes=False)
    return [_query_result(entry, index) for index, entry in enumerate(raw)]


def raft_nodes(body: bytes) -> list[RaftNode]:
    """Return the members listed by `/nodes?ver=2`, ordered by id.

    Raises:
        ProtocolError: The answer is not such a list.
    """
    try:
        nodes = [
            RaftNode(
                id=str(entry["id"]),
                api_addr=str(entry.get("api_addr", "")),
                addr=str(entry["addr"]),
                voter=bool(entry["voter"]),
                reachable=bool(entry["reachable"]),
                leader=bool(entry["leader"]),
            )
            for entry in orjson.loads(body)["nodes"]
        ]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise ProtocolError("the answer of /nodes is not a list of nodes") from None
    return sorted(nodes, key=lambda node: node.id)


def _exec_result(entry: dict[str, Any], index: int) -> ExecResult | StatementError:
    if "error" in entry:
        return _statement_error(entry["error"], index)
    rows_affected, last_insert_id = entry.get("rows_affected", 0), entry.get("last_insert_id", 0)
    if not isinstance(rows_affected, int) or not isinstance(last_insert_id, int):
        raise _nonsense("rows_affected or last_insert_id is not an integer", writes=True)
    if _TABLE.isdisjoint(entry):  # almost every write gives no rows back
        return ExecResult(rows_affected, last_insert_id)
    columns, types, values = _table(entry, writes=True)
    return ExecResult(rows_affected, last_insert_id, columns, types, values)


def _query_result(entry: dict[str, Any], index: int) -> QueryResult | StatementError:
    if "error" in entry:
        return _statement_error(entry["error"], index)
    return QueryResult(*_table(entry, writes=False))


def _table(entry: dict[str, Any], *, writes: bool) -> tuple[list[str], list[str], list[list[Any]]]:
    columns, types, values = entry.get("columns") or [], entry.get("types") or [], entry.get("values") or []
    if not isinstance(columns, list) or not isinstance(types, list) or not isinstance(values, list):
        raise _nonsense("columns, types or values is not a list", writes=writes)
    width = len(columns)
    if len(types) != width or any(not isinstance(row, list) or len(row) != width for row in values):
        raise _nonsense("rows and columns do not match", writes=writes)
    return columns, types, values


def _statement_error(text: object, index: int) -> StatementError:
    message = str(text)
    return (StatementTimeout if message in _TIMEOUTS else StatementError)(message, index)


def _nonsense(message: str, *, writes: bool) -> RqliteError:
    if writes:
        return UnknownOutcome(f"the write was sent, but {message}")
    return ProtocolError(message)
