"""Bad requests: each a 4xx of the one shape, with a text that helps; and the gateway goes on."""

import base64

import pytest

P, RQ, DB, PUBLISH = "POST", "/v1/rqlite/", "/v1/db/", "/v1/pubsub/publish"
BAD = [
    ("not JSON", P, RQ + "exec", {"content": b"{not json"}, 400, "invalid_json"),
    ("form data", P, RQ + "exec", {"data": {"sql": "SELECT 1"}}, 400, "invalid_json"),
    ("empty body", P, RQ + "exec", {"content": b""}, 400, "empty_body"),
    ("not UTF-8", P, RQ + "exec", {"content": b'{"sql":"\xff"}'}, 400, "invalid_json"),
    ("an array", P, RQ + "exec", {"json": []}, 400, "invalid_body"),
    ("wrong type", P, RQ + "exec", {"json": {"sql": 5}}, 400, "invalid_body"),
    ("no sql", P, RQ + "query", {"json": {"args": []}}, 400, "invalid_body"),
    ("nested args", P, RQ + "query", {"json": {"sql": "SELECT ?", "args": [[1]]}}, 400, "invalid_body"),
    ("named args", P, RQ + "query", {"json": {"sql": "SELECT :a", "args": {"a": 1}}}, 400, "invalid_body"),
    ("too large a number", P, RQ + "query", {"json": {"sql": "SELECT ?", "args": [2**63]}}, 400, "invalid_argument"),
    ("infinity", P, RQ + "query", {"content": b'{"sql":"SELECT ?","args":[1e999]}'}, 400, "invalid_body"),
    ("unknown level", P, RQ + "query", {"json": {"sql": "SELECT 1", "level": "best"}}, 400, "invalid_body"),
    ("too few args", P, RQ + "query", {"json": {"sql": "SELECT ?, ?", "args": [1]}}, 400, "sql_error"),
    ("unknown table", P, RQ + "query", {"json": {"sql": "SELECT * FROM nowhere"}}, 400, "sql_error"),
    ("unknown table, write", P, RQ + "exec", {"json": {"sql": "DELETE FROM nowhere"}}, 400, "sql_error"),
    ("syntax error", P, RQ + "exec", {"json": {"sql": "INSERT INSERT"}}, 400, "sql_error"),
    ("empty SQL", P, RQ + "query", {"json": {"sql": " -- nothing"}}, 400, "sql_refused"),
    ("NUL in SQL", P, RQ + "query", {"json": {"sql": "SELECT 1\0"}}, 400, "sql_error"),
    ("two statements", P, RQ + "exec", {"json": {"sql": "DELETE FROM a; DELETE FROM b"}}, 400, "sql_refused"),
    ("a write as a read", P, RQ + "query", {"json": {"sql": "DELETE FROM t"}}, 400, "not_a_read"),
    ("a hidden write", P, DB + "query", {"json": {"sql": "WITH a AS (SELECT 1) DELETE FROM t"}}, 400, "not_a_read"),
    ("a read as a write", P, RQ + "exec", {"json": {"sql": "SELECT 1"}}, 400, "not_a_write"),
    ("attach", P, RQ + "exec", {"json": {"sql": "ATTACH '/tmp/x' AS x"}}, 400, "sql_refused"),
    ("gateway's table", P, RQ + "query", {"json": {"sql": 'SELECT * FROM "_gw_kv"'}}, 400, "sql_error"),
    ("another's table", P, RQ + "query", {"json": {"sql": "SELECT * FROM n2_users"}}, 400, "sql_error"),
    ("reserved name", P, RQ + "query", {"json": {"sql": "SELECT 1 AS n2_users"}}, 400, "sql_refused"),
    ("catalogue", P, RQ + "exec", {"json": {"sql": "DELETE FROM sqlite_master"}}, 400, "sql_error"),
    ("long SQL", P, RQ + "query", {"json": {"sql": "SELECT '" + "x" * 100_000 + "'"}}, 413, "sql_too_long"),
    ("20 MB", P, RQ + "exec", {"content": b"x" * 20_000_000}, 413, "body_too_large"),
    ("op of no kind", P, RQ + "transaction", {"json": {"ops": [{"sql": "SELECT 1"}]}}, 400, "invalid_body"),
    ("op of odd kind", P, RQ + "transaction", {"json": {"ops": [{"kind": "x", "sql": "y"}]}}, 400, "invalid_body"),
    ("1,001 ops", P, DB + "transaction", {"json": {"statements": ["SELECT 1"] * 1001}}, 413, "too_many_statements"),
    ("not a CREATE", P, RQ + "create-table", {"json": {"schema": "DROP TABLE t"}}, 400, "not_a_create"),
    ("odd table", P, RQ + "drop-table", {"json": {"table": 't"; DROP TABLE u; --'}}, 400, "invalid_table"),
    ("gateway's table", P, RQ + "drop-table", {"json": {"table": "_gw_kv"}}, 400, "sql_error"),
    ("absent table", P, DB + "drop-table", {"json": {"table": "nowhere"}}, 400, "sql_error"),
    ("invalid base64", P, PUBLISH, {"json": {"topic": "t", "data_base64": "***"}}, 400, "invalid_body"),
    ("no topic", P, PUBLISH, {"json": {"topic": "", "data_base64": ""}}, 400, "invalid_topic"),
    ("10,000 characters", P, PUBLISH, {"json": {"topic": "t" * 10_000, "data_base64": ""}}, 400, "invalid_topic"),
    ("NUL in topic", P, PUBLISH, {"json": {"topic": "a\0", "data_base64": ""}}, 400, "invalid_topic"),
    (
        "message over 1 MiB", P, PUBLISH,
        {"json": {"topic": "t", "data_base64": base64.b64encode(bytes(2**20 + 1)).decode()}}, 413, "message_too_large",
    ),
    ("plain GET", "GET", "/v1/pubsub/ws?topic=t", {}, 426, "upgrade_required"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "method", "path", "options", "status", "code"), BAD, ids=[case[0] for case in BAD])
async def test_a_bad_request_is_answered_with_help(gateway, what, method, path, options, status, code) -> None:
    answer = await gateway.http.request(method, path, **options)
    assert (answer.status_code, answer.json()["code"]) == (status, code), what
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert len(answer.json()["error"]) > 10
    assert (await gateway.http.get("/livez")).status_code == 200
