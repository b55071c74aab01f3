"""Canned answers, most of them recorded from rqlited 8.26."""

import orjson
import pytest

from debros.rqlite import answers
from debros.rqlite.errors import (
    AccessDenied,
    NoLeader,
    ProtocolError,
    StatementError,
    StatementTimeout,
    Unavailable,
    UnknownOutcome,
)
from debros.rqlite.types import ExecResult, QueryResult, RaftNode


def body(*results, **extra):
    return orjson.dumps({"results": list(results), **extra})


def test_exec_results_with_their_errors():
    raw = body(
        {"last_insert_id": 1, "rows_affected": 2},
        {"error": "UNIQUE constraint failed: t.a"},
        {},
        {"columns": ["a"], "types": ["integer"], "values": [[2**63 - 1]]},
        {"columns": ["a"], "types": ["integer"]},
    )
    first, second, third, fourth, fifth = answers.exec_results(raw, 5)
    assert first == ExecResult(rows_affected=2, last_insert_id=1)
    assert isinstance(second, StatementError)
    assert (second.message, second.index) == ("UNIQUE constraint failed: t.a", 1)
    assert third == ExecResult()
    assert fourth == ExecResult(columns=["a"], types=["integer"], values=[[9223372036854775807]])
    assert fifth == ExecResult(columns=["a"], types=["integer"], values=[])


def test_query_results():
    raw = body({"columns": ["a"], "types": ["text"], "values": [["x"], [None]]}, {"error": "no such column: b"}, {})
    first, second, third = answers.query_results(raw, 3)
    assert first == QueryResult(["a"], ["text"], [["x"], [None]])
    assert isinstance(second, StatementError)
    assert second.index == 1
    assert third == QueryResult()


def test_a_query_timeout_is_its_own_error():
    (result,) = answers.query_results(body({"error": "query timeout"}), 1)
    assert isinstance(result, StatementTimeout)


def test_a_transaction_stops_at_its_first_error():
    raw = body({"rows_affected": 1}, {"error": "no such table: nope"})
    with pytest.raises(StatementError, match="no such table: nope") as caught:
        answers.transaction_results(raw, 3)
    assert caught.value.index == 1
    assert answers.transaction_results(body({"rows_affected": 1}), 1) == [ExecResult(rows_affected=1)]


@pytest.mark.parametrize(
    "raw",
    [
        body(),
        body({}, {}, {}),
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"results":null}',
        b'{"results":[1,2]}',
        b"<html>",
        body({"rows_affected": "1"}, {}),
        body({"columns": ["a"], "types": []}, {}),
        body({"columns": ["a"], "types": ["t"], "values": [[1, 2]]}, {}),
        body({"columns": ["a"], "types": ["t"], "values": [{"a": 1}]}, {}),
        body({"columns": "a", "types": ["t"]}, {}),
    ],
)
def test_nonsense_after_a_write_leaves_its_outcome_unknown(raw):
    with pytest.raises(UnknownOutcome, match="the write was sent, but"):
        answers.exec_results(raw, 2)
    with pytest.raises(UnknownOutcome):
        answers.transaction_results(raw, 2)


@pytest.mark.parametrize(
    "raw",
    [body(), body({}, {}), b"x", b'{"results":{}}', b"3", body({"columns": ["a"], "types": ["t"], "values": [[1, 2]]})],
)
def test_nonsense_after_a_read_is_a_protocol_error(raw):
    with pytest.raises(ProtocolError):
        answers.query_results(raw, 1)


@pytest.mark.parametrize(
    "text", ["not leader", "leader not found", "store not open", "leadership transfer in progress"]
)
def test_refusals_before_the_log(text):
    with pytest.raises(NoLeader, match=text):
        answers.exec_results(body(error=text), 1)
    with pytest.raises(NoLeader):
        answers.query_results(body(error=text), 1)


@pytest.mark.parametrize(
    "text",
    [
        "leadership lost while committing log",
        "raft is already shutdown",
        "something new",
    ],
)
def test_everything_else_leaves_a_write_unknown(text):
    with pytest.raises(UnknownOutcome, match=text[:20]):
        answers.exec_results(body(error=text), 1)
    with pytest.raises(UnknownOutcome):
        answers.transaction_results(body(error=text), 1)


_FORWARDED = "node failed to process Execute on remote node at 10.0.0.1:7001: "


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("pool get: dial tcp 10.0.0.1:7001: connect: connection refused", NoLeader, "pool get: dial tcp"),
        ("not leader", NoLeader, "not leader"),
        ("leadership lost while committing log", UnknownOutcome, "leadership lost"),
        ("read protobuf length: EOF", UnknownOutcome, "read protobuf"),
        ("write protobuf bytes: broken pipe", UnknownOutcome, "write protobuf"),
    ],
)
def test_what_a_follower_says_of_its_leader(text, error, message):
    with pytest.raises(error, match=f"^{message}"):
        answers.exec_results(body(error=_FORWARDED + text), 1)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("stale read", NoLeader),
        ("leadership lost while committing log", NoLeader),
        ("query timeout", StatementTimeout),
        ("sql: database is closed", Unavailable),
    ],
)
def test_top_level_errors_of_reads(text, error):
    with pytest.raises(error, match=text[:10]):
        answers.query_results(body(error=text), 1)


@pytest.mark.parametrize(
    ("status", "text", "writes", "error"),
    [
        (400, b"unsupported type", True, StatementError),
        (400, b"", False, StatementError),
        (401, b"", True, AccessDenied),
        (503, b"leader not found\n", True, NoLeader),
        (503, b"leader not found\n", False, NoLeader),
        (503, b"[+]node ok\n[+]leader does not exist", False, NoLeader),
        (500, b"json: unsupported value: +Inf", True, UnknownOutcome),
        (500, b"json: unsupported value: +Inf", False, StatementError),
        (502, b"", True, UnknownOutcome),
        (502, b"", False, Unavailable),
        (301, b"", True, ProtocolError),
        (404, b"404 page not found", False, ProtocolError),
    ],
)
def test_http_status(status, text, writes, error):
    with pytest.raises(error) as caught:
        answers.check_status(status, text, writes=writes)
    assert type(caught.value) is error
    assert str(caught.value)


def test_success_passes():
    answers.check_status(200, b"", writes=True)


def test_nodes_are_ordered_and_typed():
    raw = orjson.dumps(
        {
            "nodes": [
                {"id": "2", "addr": "127.0.0.1:7002", "voter": False, "reachable": False, "leader": False},
                {"id": "1", "api_addr": "http://127.0.0.1:5001", "addr": "127.0.0.1:7001", "voter": True,
                 "reachable": True, "leader": True, "time": 5.95e-7},
            ]
        }
    )  # fmt: skip
    assert answers.raft_nodes(raw) == [
        RaftNode("1", "http://127.0.0.1:5001", "127.0.0.1:7001", voter=True, reachable=True, leader=True),
        RaftNode("2", "", "127.0.0.1:7002", voter=False, reachable=False, leader=False),
    ]


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"nodes":[{}]}', b'{"nodes":[1]}', b'{"1":{"addr":"x"}}', b'{"nodes":null}']
)
def test_nodes_that_are_none(raw):
    with pytest.raises(ProtocolError):
        answers.raft_nodes(raw)
