"""Idempotency-Key over two gateways and one real database: one effect, one answer."""

import asyncio
import base64
import itertools
from dataclasses import replace

import pytest

from debros.rqlite.types import Statement
from testkit.wallets import Ethereum

_keys = (f"key-{number}" for number in itertools.count())
DAY = 24 * 3_600_000


@pytest.fixture
async def both(make_gateway, people, name):
    """Two gateways, with a key for a namespace that has nothing of other tests in it."""
    made = await make_gateway(), await make_gateway()
    found = await people.sign_in(made[0], Ethereum(), f"{name}-own")
    for gateway in made:
        gateway.http.headers["X-API-Key"] = found["api_key"]
    return made


@pytest.fixture
def key() -> str:
    return next(_keys)


@pytest.fixture
async def table(both, name):
    await both[0].sql(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, v)")
    return name


async def post(gateway, path, key=None, **sent):
    headers = sent.pop("headers", {}) | ({"Idempotency-Key": key} if key else {})
    return await gateway.http.post(path, headers=headers, **sent)


async def insert(gateway, table, key, value=1):
    return await post(
        gateway, "/v1/rqlite/exec", key, json={"sql": f"INSERT INTO {table}(v) VALUES(?)", "args": [value]}
    )


def same(first, second) -> None:
    """The second is the first one's answer, and says so."""
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (second.status_code, second.content) == (first.status_code, first.content)
    for header in ("Content-Type", "ETag"):
        assert second.headers.get(header) == first.headers.get(header)


async def test_a_repeat_at_another_gateway_gets_the_first_answer(both, table, key) -> None:
    first = await insert(both[0], table, key)
    assert first.json() == {"rows_affected": 1, "last_insert_id": 1, "execution_state": "ok"}
    await both[0].sql(f"INSERT INTO {table}(v) VALUES(9), (10)")
    for gateway in both:
        same(first, await insert(gateway, table, key))
    assert await both[1].rows(f"SELECT count(*) FROM {table}") == [[3]]


async def test_fifty_at_once_through_two_gateways_are_one(both, table, key) -> None:
    async def until_answered(gateway):
        while True:
            answer = await insert(gateway, table, key)
            if answer.status_code != 409:
                return answer
            assert answer.json()["code"] == "idempotency_key_in_use"
            assert answer.headers["Retry-After"] == "1"
            await asyncio.sleep(0.02)

    answers = await asyncio.gather(*(until_answered(both[number % 2]) for number in range(50)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert await both[0].rows(f"SELECT count(*) FROM {table}") == [[1]]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("INSERT INTO {t}(v) VALUES(1), (2), (3)", 3),
        ("INSERT OR IGNORE INTO {t}(id, v) VALUES(1, 1), (7, 1)", 1),
        ("INSERT INTO {t}(id, v) VALUES(1, 5) ON CONFLICT(id) DO UPDATE SET v = excluded.v", 1),
        ("REPLACE INTO {t}(id, v) VALUES(1, 6)", 1),
        ("UPDATE {t} SET v = v + 1", 2),
        ("UPDATE {t} SET v = 1 WHERE id = 99", 0),
        ("DELETE FROM {t}", 2),
        ("WITH n(x) AS (VALUES(8)) INSERT INTO {t}(v) SELECT x FROM n", 1),
        ("CREATE INDEX {t}_v ON {t}(v)", 0),
    ],
)
async def test_the_answer_of_every_kind_of_write_is_kept_as_it_was(both, table, key, sql, rows) -> None:
    await both[0].sql(f"INSERT INTO {table}(v) VALUES(1), (1)")
    sent = {"json": {"sql": sql.format(t=table)}}
    first = await post(both[0], "/v1/rqlite/exec", key, **sent)
    assert first.status_code == 200, first.text
    assert first.json()["rows_affected"] == rows
    before = await both[0].rows(f"SELECT * FROM {table}")
    same(first, await post(both[1], "/v1/rqlite/exec", key, **sent))
    assert await both[0].rows(f"SELECT * FROM {table}") == before


async def test_counts_are_the_databases_own_beside_triggers_and_full_text(both, table, key) -> None:
    await both[0].sql(f"CREATE TABLE {table}_log(id INTEGER PRIMARY KEY, v)")
    await both[0].sql(f"INSERT INTO {table}_log(id) VALUES(1000)")
    await both[0].sql(
        f"CREATE TRIGGER {table}_t AFTER INSERT ON {table}"
        f" BEGIN INSERT INTO {table}_log(v) VALUES(NEW.v), (NEW.v); UPDATE {table}_log SET v = 0; END"
    )
    await both[0].sql(f"CREATE VIRTUAL TABLE {table}_f USING fts5(body)")
    for number, target in enumerate((f"{table}(v)", f"{table}_f(body)")):
        sql = f"INSERT INTO {target} VALUES('a'), ('b')"
        first = await post(both[0], "/v1/rqlite/exec", f"{key}-{number}", json={"sql": sql})
        assert first.json() == {"rows_affected": 2, "last_insert_id": 2, "execution_state": "ok"}
        same(first, await post(both[1], "/v1/rqlite/exec", f"{key}-{number}", json={"sql": sql}))


async def test_transactions_with_and_without_results(both, table, key) -> None:
    ops = [
        {"kind": "exec", "sql": f"INSERT INTO {table}(v) VALUES(?)", "args": ["grün 100%d"]},
        {"kind": "exec", "sql": f"UPDATE {table} SET v = v || '!'"},
        {"kind": "query", "sql": f"SELECT v, count(*) AS n FROM {table}"},
    ]
    for number, results in enumerate((False, True), 1):
        sent = {"json": {"ops": ops, "return_results": results}}
        first = await post(both[0], "/v1/rqlite/transaction", f"{key}{results}", **sent)
        assert first.status_code == 200, first.text
        same(first, await post(both[1], "/v1/rqlite/transaction", f"{key}{results}", **sent))
        assert await both[0].rows(f"SELECT count(*) FROM {table}") == [[number]]
    assert first.json()["results"][2]["items"] == [{"v": "grün 100%d!!", "n": 2}]
    reads = {"json": {"ops": ops[2:], "return_results": True}}
    first = await post(both[0], "/v1/db/transaction", key, **reads)
    await both[0].sql(f"DELETE FROM {table}")
    same(first, await post(both[1], "/v1/db/transaction", key, **reads))


async def test_tables_are_made_and_dropped_once(both, name, key) -> None:
    create = {"json": {"schema": f"CREATE TABLE {name}(a)"}}
    first = await post(both[0], "/v1/rqlite/create-table", key, **create)
    assert first.status_code == 201
    same(first, await post(both[1], "/v1/rqlite/create-table", key, **create))
    drop = {"json": {"table": name}}
    dropped = await post(both[0], "/v1/rqlite/drop-table", key, **drop)
    assert dropped.status_code == 200
    await both[0].sql(f"CREATE TABLE {name}(b)")
    same(dropped, await post(both[1], "/v1/rqlite/drop-table", key, **drop))
    same(first, await post(both[0], "/v1/rqlite/create-table", key, **create))
    assert await both[0].rows(f"SELECT * FROM {name}") == []


async def test_the_same_table_at_two_gateways_at_once(both, name) -> None:
    async def create(gateway, key):
        while True:
            answer = await post(gateway, "/v1/rqlite/create-table", key, json={"schema": f"CREATE TABLE {key}(a)"})
            if answer.status_code != 409:
                return answer.status_code, answer.content
            await asyncio.sleep(0.02)

    for number in range(10):
        answers = await asyncio.gather(*(create(gateway, f"{name}_{number}") for gateway in both * 3))
        assert set(answers) == {(201, b'{"status":"ok"}')}


async def test_rows_of_returning_are_kept_where_a_transaction_can_have_them(both, table, key) -> None:
    sent = {"json": {"sql": f"INSERT INTO {table}(v) VALUES(1) RETURNING id, v"}}
    first = await post(both[0], "/v1/rqlite/exec", key, **sent)
    made = (await both[0].services.rqlite.capabilities()).atomic_returning
    assert first.status_code == (200 if made else 400), first.text
    assert made or "9.4.2" in first.json()["error"]
    same(first, await post(both[1], "/v1/rqlite/exec", key, **sent))
    assert await both[0].rows(f"SELECT count(*) FROM {table}") == [[int(made)]]


async def test_storage_keeps_the_first_value_and_its_tag(both, name, key) -> None:
    path = f"/v1/storage/put?key={name}&ttl=1h"
    first = await post(both[0], path, key, content=b"one")
    assert first.status_code == 201, first.text
    await post(both[0], f"/v1/storage/put?key={name}", content=b"two")
    same(first, await post(both[1], path, key, content=b"one"))
    assert (await both[1].http.get(f"/v1/storage/get?key={name}")).content == b"two"
    deleted = await post(both[0], "/v1/storage/delete", key, json={"key": name})
    await post(both[0], f"/v1/storage/put?key={name}", content=b"three")
    same(deleted, await post(both[1], "/v1/storage/delete", key, json={"key": name}))
    assert (await both[1].http.get(f"/v1/storage/get?key={name}")).content == b"three"


async def test_an_app_is_made_once(both, people, name, key, tables) -> None:
    found = await people.sign_in(both[0], Ethereum(), name)
    headers, sent = {"X-API-Key": found["access_token"]}, {"name": "shop"}
    first = await post(both[0], "/v1/apps", key, json=sent, headers=headers)
    assert first.status_code == 201, first.text
    same(first, await post(both[1], "/v1/apps", key, json=sent, headers=headers))
    listed = (await both[1].http.get("/v1/apps", headers=headers)).json()["apps"]
    assert [app["app_id"] for app in listed] == [first.json()["app_id"]]
    events = "SELECT count(*) FROM _gw_audit WHERE namespace = ? AND event = 'app_create'"
    assert await tables(events, name) == [[1]]
    full = (
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        " INSERT INTO _gw_apps(id, name, public_key, namespace, wallet, created_at, updated_at)"
        " SELECT ? || i, 'x', '', ?, '', 0, 0 FROM n"
    )
    await both[0].services.rqlite.execute(Statement(full, (name, name)))
    refused = await post(both[0], "/v1/apps", f"{key}-full", json=sent, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_apps")
    app = f"/v1/apps/{first.json()['app_id']}"
    assert (await both[0].http.delete(app, headers=headers)).status_code == 200
    same(refused, await post(both[1], "/v1/apps", f"{key}-full", json=sent, headers=headers))


async def test_a_condition_is_decided_once(both, name, key) -> None:
    path, absent = f"/v1/storage/put?key={name}", {"If-None-Match": "*"}
    first = await post(both[0], path, key, content=b"one", headers=absent)
    same(first, await post(both[1], path, key, content=b"one", headers=absent))
    refusals = {
        "put": (path, {"content": b"x", "headers": absent}),
        "delete": ("/v1/storage/delete", {"json": {"key": name}, "headers": {"If-Match": '"another"'}}),
        "keep": ("/v1/storage/delete", {"json": {"key": name}, "headers": {"If-None-Match": "*"}}),
    }
    refused = {}
    for case, (where, sent) in refusals.items():
        refused[case] = await post(both[0], where, f"{key}-{case}", **sent)
        assert refused[case].status_code == 412, case
    assert (await post(both[0], "/v1/storage/delete", json={"key": name})).status_code == 200
    for case, (where, sent) in refusals.items():
        same(refused[case], await post(both[1], where, f"{key}-{case}", **sent))
    deletion = {"json": {"key": name}, "headers": {"If-None-Match": '"another"'}}
    done = await post(both[0], "/v1/storage/delete", key, **deletion)
    assert done.status_code == 200
    same(done, await post(both[1], "/v1/storage/delete", key, **deletion))


async def test_a_refusal_is_final(both, name, key) -> None:
    first = await insert(both[0], name, key)
    assert (first.status_code, first.json()["code"]) == (400, "sql_error")
    await both[0].sql(f"CREATE TABLE {name}(v)")
    same(first, await insert(both[1], name, key))
    assert await both[1].rows(f"SELECT * FROM {name}") == []


async def test_a_failing_transaction_leaves_nothing_and_says_the_same_again(both, table, key) -> None:
    ops = [{"kind": "exec", "sql": f"INSERT INTO {table}(id) VALUES(?)", "args": [id_]} for id_ in (1, 2, 1)]
    first = await post(both[0], "/v1/rqlite/transaction", key, json={"ops": ops})
    assert (first.status_code, first.json()["index"]) == (400, 2)
    same(first, await post(both[1], "/v1/rqlite/transaction", key, json={"ops": ops}))
    assert await both[0].rows(f"SELECT * FROM {table}") == []


async def test_another_request_with_the_key_is_422(both, table, name, key) -> None:
    await insert(both[0], table, key)
    other = await insert(both[1], table, key, 2)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    path = f"/v1/storage/put?key={name}"
    await post(both[0], path, key, content=b"one", headers={"Content-Type": "text/plain"})
    for changed in (
        {"headers": {"Content-Type": "text/html"}},
        {"headers": {"Content-Type": "text/plain", "If-None-Match": "*"}},
        {"headers": {"Content-Type": "text/plain", "If-Match": "*"}},
    ):
        assert (await post(both[0], path, key, content=b"one", **changed)).status_code == 422
    assert (await post(both[0], path + "&ttl=9", key, content=b"one")).status_code == 422


async def test_a_key_belongs_to_one_namespace_subject_and_route(both, name, table, key, other_key) -> None:
    await insert(both[0], table, key)
    theirs = await post(
        both[0],
        "/v1/rqlite/exec",
        key,
        json={"sql": f"INSERT INTO {table}(v) VALUES(?)", "args": [1]},
        headers={"X-API-Key": other_key},
    )
    assert theirs.status_code == 400  # they have no such table, and do not see our answer
    made = await post(both[0], f"/v1/storage/put?key={name}", key, content=b"x")
    assert made.status_code == 201
    assert "Idempotency-Replayed" not in made.headers


async def test_a_renewed_token_and_an_api_key_are_the_same_wallet(both, people, name, key) -> None:
    wallet = Ethereum()
    one, two = [await people.sign_in(both[0], wallet, name) for _ in range(2)]
    credentials = [one["access_token"], two["access_token"], one["api_key"]]
    answers = [
        await post(both[0], "/v1/storage/put?key=k", key, content=b"v", headers={"X-API-Key": credential})
        for credential in credentials
    ]
    assert answers[0].status_code == 201, answers[0].text
    for repeated in answers[1:]:
        same(answers[0], repeated)


async def test_it_ends_after_a_day_and_is_removed(both, table, key, tables) -> None:
    first, second = both
    await insert(first, table, key)
    records = [gateway.services.idempotency for gateway in both]
    now = records[1]._clock
    records[1]._clock = lambda: now() + DAY - 60_000
    assert "Idempotency-Replayed" in (await insert(second, table, key)).headers
    records[1]._clock = lambda: now() + DAY
    again = await insert(second, table, key)
    assert again.status_code == 200
    assert "Idempotency-Replayed" not in again.headers
    assert await first.rows(f"SELECT count(*) FROM {table}") == [[2]]
    other = await insert(first, table, f"{key}-young")
    records[1]._clock = lambda: now() + 2 * DAY - 120_000
    while await records[1].sweep():
        pass
    assert await tables("SELECT count(*) FROM _gw_idempotency WHERE expires_at < ?", now() + DAY - 180_000) == [[0]]
    assert other.status_code == 200
    used = "SELECT records, bytes FROM _gw_idempotency_use ORDER BY namespace"
    counted = "SELECT count(*), sum(coalesce(length(CAST(body AS BLOB)), 0)) FROM _gw_idempotency GROUP BY namespace"
    assert await tables(used) == await tables(counted)


async def test_what_would_grow_without_bounds_is_refused(both, table, key) -> None:
    records = both[0].services.idempotency
    usual = records._bounds
    for bounds in (replace(usual, records=1), replace(usual, total_bytes=1)):
        await insert(both[1], table, f"{key}-{bounds.records}")
        before = await both[1].rows(f"SELECT count(*) FROM {table}")
        records._bounds = bounds
        answer = await insert(both[0], table, f"{key}-new-{bounds.records}")
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_idempotency_keys")
        assert answer.headers["Retry-After"] == "60"
        assert await both[1].rows(f"SELECT count(*) FROM {table}") == before
        records._bounds = usual
        assert (await insert(both[0], table, f"{key}-new-{bounds.records}")).status_code == 200


async def test_an_answer_that_is_too_large_is_not_kept_and_nothing_is_repeated(both, table, key) -> None:
    records = both[0].services.idempotency
    records._bounds = replace(records._bounds, answer_bytes=100)
    ops = [
        {"kind": "exec", "sql": f"INSERT INTO {table}(v) VALUES(?)", "args": ["x" * 200]},
        {"kind": "query", "sql": f"SELECT * FROM {table}"},
    ]
    sent = {"json": {"ops": ops, "return_results": True}}
    assert (await post(both[0], "/v1/rqlite/transaction", key, **sent)).status_code == 200
    again = await post(both[1], "/v1/rqlite/transaction", key, **sent)
    assert (again.status_code, again.json()["code"]) == (409, "answer_not_kept")
    assert await both[0].rows(f"SELECT count(*) FROM {table}") == [[1]]


async def test_a_message_is_published_at_most_once(relayed, key) -> None:
    sent = {"json": {"topic": key, "data_base64": base64.b64encode(b"hello").decode()}}
    async with relayed.socket(key) as ws:
        first = await post(relayed, "/v1/pubsub/publish", key, **sent)
        assert first.status_code == 200, first.text
        same(first, await post(relayed, "/v1/pubsub/publish", key, **sent))
        await post(relayed, "/v1/pubsub/publish", json={"topic": key, "data_base64": "ZW5k"})
        assert [await ws.recv(), await ws.recv()] == [b"hello", b"end"]


async def test_a_message_that_reached_this_host_only_is_not_sent_again(make_gateway, key) -> None:
    gateway = await make_gateway(pubsub={"relay_timeout": "200ms"})  # there is no node to wait for
    sent = {"json": {"topic": key, "data_base64": "aGk="}}
    first = await post(gateway, "/v1/pubsub/publish", key, **sent)
    assert (first.status_code, first.json()["code"]) == (503, "relay_unavailable")
    same(first, await post(gateway, "/v1/pubsub/publish", key, **sent))


@pytest.mark.parametrize("wrong", ["", '""', "a b", 'a"b', '"a', "a" * 256, "a\\b"])
async def test_a_key_that_is_none(gateway, wrong) -> None:
    answer = await gateway.http.post("/v1/storage/put?key=none", content=b"x", headers={"Idempotency-Key": wrong})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert (await gateway.http.get("/v1/storage/get?key=none")).status_code == 404


async def test_quotes_do_not_count_and_two_keys_are_none(both, table, key) -> None:
    same(await insert(both[0], table, f'"{key}"'), await insert(both[0], table, key))
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await both[0].http.post("/v1/storage/put?key=k", content=b"x", headers=twice)
    assert answer.status_code == 400


async def test_reads_ignore_it_and_what_hands_out_secrets_refuses_it(gateway, key) -> None:
    for value in (1, 2):
        sent = {"json": {"sql": "SELECT ? AS v", "args": [value]}}
        assert (await post(gateway, "/v1/rqlite/query", key, **sent)).json()["rows"] == [[value]]
    for path in ("/v1/auth/token", "/v1/auth/ws-ticket", "/v1/auth/api-key", "/v1/auth/refresh"):
        answer = await post(gateway, path, key, json={})
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_not_supported"), path
