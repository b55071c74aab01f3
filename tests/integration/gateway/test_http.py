"""The HTTP surface: errors, limits, headers, and connections that behave badly."""

import asyncio
import json

import httpx
import pytest

from debros.gateway.auth.access import PUBLIC


async def raw(gateway, *parts: bytes, pause: float = 0) -> bytes:
    """Send bytes as they are and return everything until the gateway closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        async with asyncio.timeout(120):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def is_problem(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) >= {"type", "title", "status", "detail", "instance", "error", "code"}
    assert body["status"] == answer.status_code
    assert body["error"] == body["detail"]


async def test_an_unknown_path(gateway) -> None:
    for path in ("/v1/nowhere", "/v1/health/", "/", "/v1//health"):
        answer = await gateway.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        is_problem(answer)


async def test_a_wrong_method(gateway) -> None:
    answer = await gateway.http.delete("/v1/rqlite/exec")
    assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (405, "method_not_allowed", "POST")
    is_problem(answer)
    answer = await gateway.http.post("/health")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_credentials(gateway, other_key) -> None:
    bare = httpx.AsyncClient(base_url=gateway.url)
    async with bare:
        missing = await bare.get("/v1/pubsub/topics")
        assert (missing.status_code, missing.json()["error"]) == (401, "missing API key")
        assert missing.headers["www-authenticate"].startswith("Bearer")
        is_problem(missing)
        wrong = await bare.get("/v1/pubsub/topics", headers={"Authorization": "Bearer wrong"})
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid API key")
        assert (await bare.get("/v1/pubsub/topics?api_key=" + other_key)).status_code == 401
        assert (
            await bare.get("/v1/pubsub/topics", headers={"Authorization": f"ApiKey {other_key}"})
        ).status_code == 200
        for path in PUBLIC:
            assert (await bare.get(path)).status_code != 401, path


async def test_request_ids(gateway) -> None:
    answer = await gateway.http.get("/livez", headers={"X-Request-ID": "my-request.7"})
    assert answer.headers["x-request-id"] == "my-request.7"
    answer = await gateway.http.get("/v1/nowhere", headers={"X-Request-ID": "bad id"})
    assert answer.headers["x-request-id"] not in {"", "bad id"}


async def test_every_answer_has_its_headers(gateway) -> None:
    for path in ("/livez", "/v1/nowhere"):
        headers = (await gateway.http.get(path, headers={"Origin": "http://localhost:3000"})).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "total;dur=" in headers["server-timing"]
        assert headers["access-control-allow-origin"] == "http://localhost:3000"
        assert "server" not in headers


async def test_head(gateway) -> None:
    answer = await gateway.http.head("/livez")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_version_and_status_are_public(gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.url) as bare:
        version = (await bare.get("/v1/version")).json()
        assert set(version) == {"version", "commit", "build_time", "started_at", "uptime"}
        status = (await bare.get("/v1/status")).json()
        assert set(status["server"]) == {"started_at", "uptime"}
        assert set(status["network"]) == {"node_id", "connected", "peer_count", "database_size", "uptime"}
        assert status["network"]["database_size"] > 0


async def test_network_status(gateway) -> None:
    status = (await gateway.http.get("/v1/network/status")).json()
    assert status["raft_role"] == "leader"
    assert status["voters"] == 1
    assert status["connected"] is False
    peers = await gateway.http.get("/v1/network/peers")
    assert (peers.status_code, peers.json()["code"]) == (503, "node_unavailable")


async def test_a_connection_stays_usable_after_a_413(gateway) -> None:
    """20 MB are refused at once; the rest is read and thrown away, and the next request gets its answer."""
    body = b"x" * 20_000_000
    head = b"POST /v1/rqlite/exec HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nContent-Length: %d\r\n\r\n"
    key = gateway.http.headers["x-api-key"].encode()
    answer = await raw(
        gateway, head % (key, len(body)) + body, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert answer.count(b"HTTP/1.1 ") == 2
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"HTTP/1.1 200 OK" in answer


async def test_a_chunked_body_is_counted(gateway) -> None:
    async def chunks():
        for _ in range(60):
            yield b"x" * 100_000

    answer = await gateway.http.post("/v1/rqlite/exec", content=chunks())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    is_problem(answer)
    assert (await gateway.http.get("/livez")).status_code == 200


@pytest.mark.parametrize("junk", [b"\0\1\2\r\n\r\n", b"HELLO\r\n\r\n", b"GET / HTTP/1.1\r\nBad Header\r\n\r\n"])
async def test_what_is_no_http_is_a_problem_too(gateway, junk: bytes) -> None:
    answer = await raw(gateway, junk)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["code"] == "bad_request"


async def test_a_head_that_is_too_large(gateway) -> None:
    answer = await raw(gateway, b"GET /livez HTTP/1.1\r\n", *[b"X-Filler: " + b"x" * 8000 + b"\r\n" for _ in range(40)])
    assert answer == b"" or b"431" in answer.split(b"\r\n")[0]
    assert (await gateway.http.get("/livez")).status_code == 200


async def test_slow_heads_are_ended(make_gateway) -> None:
    gateway = await make_gateway(limits={"header_timeout": "1s"})
    silent = await raw(gateway)
    assert silent == b""
    slow = await raw(gateway, b"GET /livez HTTP/1.1\r\n", b"X-A: b\r\n")
    assert slow.startswith(b"HTTP/1.1 408")
    again = await raw(gateway, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n", b"GET /li")
    assert again.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 408" in again


async def test_a_slow_body_is_ended(make_gateway) -> None:
    gateway = await make_gateway(limits={"idle_timeout": "1s"})
    key = gateway.http.headers["x-api-key"].encode()
    head = b"POST /v1/rqlite/exec HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nContent-Length: 100\r\n\r\n{" % key
    answer = await raw(gateway, head)
    assert answer.startswith(b"HTTP/1.1 408")


async def test_idle_connections_are_ended(make_gateway) -> None:
    gateway = await make_gateway(limits={"idle_timeout": "1s"})
    answer = await raw(gateway, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


async def test_more_connections_than_allowed_are_told_so(make_gateway, eventually) -> None:
    gateway = await make_gateway(limits={"max_connections": 3})
    held = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(3)]
    answer = await raw(gateway, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 5" in head.lower()
    assert json.loads(body)["code"] == "too_many_connections"
    for _, writer in held:
        writer.close()
    await eventually(lambda: len(gateway.server.server_state.connections) == 0)
    assert (await gateway.http.get("/livez")).status_code == 200


async def test_require_auth_false(make_gateway, name) -> None:
    gateway = await make_gateway(require_auth=False)
    async with httpx.AsyncClient(base_url=gateway.url) as bare:
        await bare.post("/v1/storage/put", params={"key": name}, content=b"x")
        assert (await bare.get("/v1/storage/get", params={"key": name})).content == b"x"
        wrong = await bare.get("/v1/storage/get", params={"key": name}, headers={"X-API-Key": "wrong"})
        assert wrong.status_code == 401
    assert (await gateway.http.get("/v1/storage/get", params={"key": name})).content == b"x"


async def test_an_abandoned_request_harms_nobody(gateway) -> None:
    key = gateway.http.headers["x-api-key"].encode()
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(b"POST /v1/rqlite/exec HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nContent-Length: 9\r\n\r\n{" % key)
        await writer.drain()
        writer.close()
    assert (await gateway.http.get("/livez")).status_code == 200
