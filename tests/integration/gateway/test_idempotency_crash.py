"""What becomes of a keyed write when the gateway or the answer is lost at the worst moment."""

import asyncio
import contextlib
import itertools
import subprocess
import sys

import httpx
import pytest
import yaml

from testkit.ports import free_port
from testkit.wallets import Ethereum
from testkit.wire import Wire

_claims = b"INSERT INTO _gw_idempotency("
_keys = (f"crash-{number}" for number in itertools.count())


@pytest.fixture
async def wire(rqlited):
    async with Wire(rqlited.http, _claims).serve() as running:
        yield running


@pytest.fixture
def key() -> str:
    return next(_keys)


@pytest.fixture
async def gateway(make_gateway, people, name):
    """A gateway, with a key for a namespace that has nothing of other tests in it."""
    made = await make_gateway(pubsub={"relay_timeout": "200ms"})  # there is no node to wait for
    found = await people.sign_in(made, Ethereum(), f"{name}-own")
    made.http.headers["X-API-Key"] = found["api_key"]
    return made


@pytest.fixture
async def process(tmp_path, wire, gateway):
    """Return a gateway in a process of its own, behind the wire; and where it listens."""
    port = free_port()
    path = tmp_path / "process.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "listen_addr": f"127.0.0.1:{port}",
                "rqlite_dsn": wire.url,
                "p2p_socket": str(tmp_path / "nobody.sock"),
                "data_dir": str(tmp_path / "process"),
                "metrics_addr": "",
            }
        )
    )
    path.chmod(0o600)
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "debros.gateway.main", "--config", str(path),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    headers = {"X-API-Key": gateway.http.headers["X-API-Key"]}
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as http,
        asyncio.timeout(120),
    ):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get("/v1/storage/exists?key=ready")).status_code == 200:
                    break
            assert running.returncode is None
            await asyncio.sleep(0.05)
        yield running, http
    if running.returncode is None:
        running.kill()
    await running.wait()


async def killed_meanwhile(process, wire, path, key, sent) -> None:
    """Send a write, and kill its gateway with SIGKILL when the wire has lost what it was told to lose."""
    running, http = process
    request = asyncio.create_task(http.post(path, json=sent, headers={"Idempotency-Key": key}))
    async with asyncio.timeout(120):
        await wire.lost.wait()
    running.kill()
    await running.wait()
    with pytest.raises(httpx.TransportError):
        await request


async def test_killed_between_commit_and_answer(process, wire, gateway, name, key) -> None:
    await gateway.sql(f"CREATE TABLE {name}(id INTEGER PRIMARY KEY, v)")
    await gateway.sql(f"INSERT INTO {name}(id) VALUES(41)")
    sent = {"sql": f"INSERT INTO {name}(v) VALUES(?)", "args": ["once"]}
    wire.lose_answer = True
    await killed_meanwhile(process, wire, "/v1/rqlite/exec", key, sent)
    for _ in range(2):
        again = await gateway.http.post("/v1/rqlite/exec", json=sent, headers={"Idempotency-Key": key})
        assert again.json() == {"rows_affected": 1, "last_insert_id": 42, "execution_state": "ok"}
        assert again.headers["Idempotency-Replayed"] == "true"
    assert await gateway.rows(f"SELECT id FROM {name} WHERE v = 'once'") == [[42]]


async def test_killed_before_the_write_was_sent(process, wire, gateway, name, key) -> None:
    await gateway.sql(f"CREATE TABLE {name}(v)")
    sent = {"sql": f"INSERT INTO {name}(v) VALUES(1)"}
    wire.lose_request = True
    await killed_meanwhile(process, wire, "/v1/rqlite/exec", key, sent)
    again = await gateway.http.post("/v1/rqlite/exec", json=sent, headers={"Idempotency-Key": key})
    assert again.status_code == 200
    assert "Idempotency-Replayed" not in again.headers
    assert await gateway.rows(f"SELECT count(*) FROM {name}") == [[1]]


async def test_killed_before_an_answer_with_rows_was_stored(process, wire, gateway, name, key) -> None:
    await gateway.sql(f"CREATE TABLE {name}(v)")
    ops = [{"kind": "exec", "sql": f"INSERT INTO {name}(v) VALUES(1)"}]
    sent = {"ops": ops, "return_results": True}
    wire.lose_answer = True
    await killed_meanwhile(process, wire, "/v1/rqlite/transaction", key, sent)
    await repeated_later(gateway, "/v1/rqlite/transaction", key, sent, "answer_not_kept")
    assert await gateway.rows(f"SELECT count(*) FROM {name}") == [[1]]


async def test_killed_while_publishing(process, wire, gateway, key) -> None:
    sent = {"topic": key, "data_base64": "aGk="}
    wire.lose_answer = True
    await killed_meanwhile(process, wire, "/v1/pubsub/publish", key, sent)
    async with gateway.socket(key, key=gateway.http.headers["X-API-Key"]) as ws:
        await repeated_later(gateway, "/v1/pubsub/publish", key, sent, "answer_unknown")
        await gateway.http.post("/v1/pubsub/publish", json={"topic": key, "data_base64": "ZW5k"})
        assert await ws.recv() == b"end"


async def repeated_later(gateway, path, key, sent, code) -> None:
    """At first the first request may still be under way; later it cannot."""
    early = await gateway.http.post(path, json=sent, headers={"Idempotency-Key": key})
    assert (early.status_code, early.json()["code"]) == (409, "idempotency_key_in_use")
    assert early.headers["Retry-After"] == "1"
    records = gateway.services.idempotency
    now = records._clock
    records._clock = lambda: now() + 3_600_000
    late = await gateway.http.post(path, json=sent, headers={"Idempotency-Key": key})
    records._clock = now
    assert (late.status_code, late.json()["code"]) == (409, code)
    assert "Retry-After" not in late.headers


async def test_an_answer_of_the_database_that_is_lost(make_gateway, gateway, wire, name, key) -> None:
    own = gateway.http.headers["X-API-Key"]
    gateway = await make_gateway(rqlite_dsn=wire.url)
    gateway.http.headers["X-API-Key"] = own
    await gateway.sql(f"CREATE TABLE {name}(v)")
    sent = {"sql": f"INSERT INTO {name}(v) VALUES(1)"}
    wire.lose_answer = True
    first = await gateway.http.post("/v1/rqlite/exec", json=sent, headers={"Idempotency-Key": key})
    assert (first.status_code, first.json()["code"]) == (503, "outcome_unknown")
    assert "same Idempotency-Key" in first.json()["error"]
    assert first.headers["Retry-After"] == "1"
    wire.lose_answer = False
    again = await gateway.http.post("/v1/rqlite/exec", json=sent, headers={"Idempotency-Key": key})
    assert again.json() == {"rows_affected": 1, "last_insert_id": 1, "execution_state": "ok"}
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await gateway.rows(f"SELECT count(*) FROM {name}") == [[1]]


async def test_without_a_leader_nothing_is_kept(make_gateway, make_rqlited, name, key) -> None:
    database = make_rqlited()
    gateway = await make_gateway(rqlite_dsn=database.url)
    await gateway.sql(f"CREATE TABLE {name}(v)")
    sent = {"sql": f"INSERT INTO {name}(v) VALUES(1)"}
    database.stop()
    first = await gateway.http.post("/v1/rqlite/exec", json=sent, headers={"Idempotency-Key": key})
    assert (first.status_code, first.json()["code"]) == (503, "database_unavailable")
    database.start()
    async with asyncio.timeout(120):
        while True:
            again = await gateway.http.post("/v1/rqlite/exec", json=sent, headers={"Idempotency-Key": key})
            if again.status_code == 200:
                break
            await asyncio.sleep(0.05)
    assert await gateway.rows(f"SELECT count(*) FROM {name}") == [[1]]
