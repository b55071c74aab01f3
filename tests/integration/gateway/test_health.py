"""Health that really looks: each dependency is taken away and comes back."""

import asyncio

import httpx
import pytest

from debros.gateway import health


async def test_all_is_well(relayed) -> None:
    async with httpx.AsyncClient(base_url=relayed.url) as bare:
        for path in ("/health", "/v1/health"):
            answer = await bare.get(path)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            assert body["status"] == "ok"
            assert set(body["server"]) == {"started_at", "uptime"}
            assert body["client"]["status"] == "ok"
            assert body["client"]["checks"] == {"connection": "ok", "database": "ok", "pubsub": "ok"}
            assert set(body["client"]) == {"status", "checks", "replication", "last_updated", "response_time"}
        assert (await bare.get("/readyz")).json()["status"] == "ready"
        assert (await bare.get("/livez")).json() == {"status": "ok"}


@pytest.mark.parametrize(("wanted", "told"), [(1, "ok"), (2, "under-replicated")])
async def test_replication_is_told_and_is_no_reason_to_be_ill(make_gateway, make_node, eventually, wanted, told):
    node = make_node(replication_factor=wanted).wait()
    gateway = await make_gateway(p2p_socket=str(node.socket))

    async def seen():
        answer = await gateway.http.get("/health")
        return answer if answer.json()["client"]["replication"] != "unknown" else None

    answer = await eventually(seen)
    assert answer.json()["client"]["replication"] == told
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    node.stop()

    async def unknown():
        return (await gateway.http.get("/health")).json()["client"]["replication"] == "unknown"

    await eventually(unknown)


async def test_without_a_node(gateway) -> None:
    answer = await gateway.http.get("/health")
    body = answer.json()
    assert (answer.status_code, body["status"], body["client"]["status"]) == (503, "degraded", "degraded")
    checks = body["client"]["checks"]
    assert checks == {"connection": "ok", "database": "ok", "pubsub": "the peer-to-peer node is not reachable"}
    assert body["client"]["replication"] == "unknown"
    assert (await gateway.http.get("/readyz")).status_code == 503
    assert (await gateway.http.get("/livez")).status_code == 200


async def test_a_database_that_goes_and_comes_back(make_gateway, make_rqlited, node, name, eventually) -> None:
    rqlited = make_rqlited()
    gateway = await make_gateway(rqlite_dsn=rqlited.url, p2p_socket=str(node.socket))

    async def status() -> int:
        return (await gateway.http.get("/health")).status_code

    async def is_well() -> bool:
        return await status() == 200

    async def is_ill() -> bool:
        return await status() == 503

    await eventually(is_well)
    await gateway.http.post("/v1/storage/put", params={"key": name}, content=b"kept")
    rqlited.stop()
    await eventually(is_ill)
    body = (await gateway.http.get("/health")).json()
    assert body["client"]["checks"]["pubsub"] == "ok"
    assert "127.0.0.1" not in str(body)
    assert str(rqlited.http) not in str(body)
    write = await gateway.http.post("/v1/storage/put", params={"key": name}, content=b"x")
    assert (write.status_code, write.json()["code"]) == (503, "database_unavailable")
    assert "127.0.0.1" not in write.text
    rqlited.start()
    await eventually(is_well)
    assert (await gateway.http.get("/v1/storage/get", params={"key": name})).content == b"kept"


async def test_a_gateway_starts_before_its_database(make_gateway, make_rqlited, name, eventually) -> None:
    rqlited = make_rqlited()
    rqlited.stop()
    gateway = await make_gateway(wait=False, rqlite_dsn=rqlited.url)
    body = (await gateway.http.get("/health")).json()
    assert body["status"] == "degraded"
    early = await gateway.http.post("/v1/storage/put", params={"key": name}, content=b"x")
    assert (early.status_code, early.json()["code"]) == (503, "starting")
    assert "retry-after" in early.headers
    rqlited.start()
    await eventually(lambda: gateway.services.preparation.done)
    stored = await gateway.http.post("/v1/storage/put", params={"key": name}, content=b"x")
    assert stored.status_code == 201


async def test_many_who_ask_share_one_look(make_gateway, monkeypatch) -> None:
    monkeypatch.setattr(health, "_KEEP", 3600.0)  # all have asked long before it is over, on any machine
    gateway = await make_gateway()
    looks = 0
    query = gateway.services.rqlite.query

    async def counting(statement, *args, **kwargs):
        nonlocal looks
        looks += statement == health.PROBE  # the tenants' and the credentials' watch ask in the background
        return await query(statement, *args, **kwargs)

    monkeypatch.setattr(gateway.services.rqlite, "query", counting)
    await asyncio.gather(*(gateway.http.get("/health") for _ in range(50)))
    assert looks == 1


async def test_without_a_leader(make_gateway, leaderless, eventually) -> None:
    gateway = await make_gateway(wait=False, rqlite_dsn=leaderless.url)

    async def query():
        return await gateway.http.post("/v1/rqlite/query", json={"sql": "SELECT 1"})

    async def listens() -> bool:
        return (await query()).json()["code"] != "database_unavailable"

    await eventually(listens)
    write = await gateway.http.post("/v1/rqlite/exec", json={"sql": "CREATE TABLE t(a)"})
    for answer in (await query(), write):
        assert (answer.status_code, answer.json()["code"]) == (503, "no_leader")
        assert "retry-after" in answer.headers
