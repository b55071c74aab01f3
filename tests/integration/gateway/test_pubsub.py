"""Pub/sub over real WebSockets: alone, beside a real node, and over two nodes."""

import asyncio
import base64
import json
import socket as sockets
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

KEY_QUERY = "api_key"


async def publish(gateway, topic: str, data: bytes):
    body = {"topic": topic, "data_base64": base64.b64encode(data).decode()}
    return await gateway.http.post("/v1/pubsub/publish", json=body)


async def read_to_the_end(ws) -> None:
    while True:
        await ws.recv()


async def refused(connecting) -> tuple[int, dict]:
    with pytest.raises(InvalidStatus) as refusal:
        await connecting
    response = refusal.value.response
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, json.loads(response.body)


async def test_the_sender_hears_itself_in_binary(relayed, name, receive) -> None:
    async with relayed.socket(name) as ws:
        await ws.send("text é")
        await ws.send(b"\0\xff")
        await ws.send(b"")
        assert await receive(ws, 3) == ["text é".encode(), b"\0\xff", b""]


async def test_two_sockets_each_get_every_message_in_order(relayed, name, receive) -> None:
    async with relayed.socket(name) as one, relayed.socket(name) as two:
        frames = [b"%d" % n for n in range(500)]
        for frame in frames:
            await one.send(frame)
        assert await receive(one, 500) == frames
        assert await receive(two, 500) == frames


async def test_identical_payloads_are_different_messages(relayed, name, receive) -> None:
    async with relayed.socket(name) as ws:
        for _ in range(3):
            await ws.send(b"same")
            assert (await publish(relayed, name, b"same")).json() == {"status": "ok"}
        assert await receive(ws, 6) == [b"same"] * 6


async def test_text_that_is_not_utf8_is_payload(relayed, name, receive) -> None:
    async with relayed.socket(name) as listener, relayed.socket(name) as ws:
        frame = bytes([0x81, 0x80 | 4]) + bytes(4) + b"\xff\xfe\x80a"  # a masked text frame, the mask all zero
        ws.transport.write(frame)
        assert await receive(listener, 1) == [b"\xff\xfe\x80a"]
        await ws.send(b"still open")
        assert await receive(listener, 1) == [b"still open"]


async def test_publish_over_http(relayed, name, receive) -> None:
    async with relayed.socket(name) as ws:
        for data in (b"one", b"", bytes(2**20)):
            answer = await publish(relayed, name, data)
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert await receive(ws, 3) == [b"one", b"", bytes(2**20)]


async def test_namespaces_do_not_hear_each_other(relayed, name, other_key, receive) -> None:
    async with relayed.socket(name) as mine, relayed.socket(name, key=other_key) as theirs:
        await theirs.send(b"theirs")
        await mine.send(b"mine")
        assert await receive(mine, 1) == [b"mine"]
        assert await receive(theirs, 1) == [b"theirs"]
        assert name in (await relayed.http.get("/v1/pubsub/topics")).json()["topics"]
    async with relayed.socket(name + "x", key=other_key):
        listed = await relayed.http.get("/v1/pubsub/topics", headers={"X-API-Key": other_key})
        assert name + "x" in listed.json()["topics"]
        assert name + "x" not in (await relayed.http.get("/v1/pubsub/topics")).json()["topics"]


async def test_envelopes(relayed, name, receive) -> None:
    async with relayed.socket(name, "&envelope=json") as ws, relayed.socket(name) as raw:
        await ws.send('{"type":"ping"}')
        before = time.time() * 1000
        await ws.send(b"\0data")
        pong, frame = await receive(ws, 2)
        assert json.loads(pong) == {"type": "pong"}
        message = json.loads(frame)
        assert (message["data"], message["topic"]) == (base64.b64encode(b"\0data").decode(), name)
        assert before - 1000 <= message["timestamp"] <= time.time() * 1000 + 1000
        assert await receive(raw, 1) == [b"\0data"]


async def test_the_configuration_may_ask_for_envelopes(make_gateway, name, receive) -> None:
    gateway = await make_gateway(pubsub={"ws_envelope": "json"})
    async with gateway.socket(name) as ws, gateway.socket(name, "&envelope=raw") as raw:
        await ws.send(b"x")
        assert json.loads((await receive(ws, 1))[0])["data"] == "eA=="
        assert await receive(raw, 1) == [b"x"]


async def test_what_is_refused_is_refused_in_http(gateway, name) -> None:
    assert (await refused(gateway.socket(name, key=None)))[1]["error"] == "missing API key"
    status, problem = await refused(gateway.socket(name, key="wrong"))
    assert (status, problem["error"]) == (401, "invalid API key")
    status, problem = await refused(gateway.socket(""))
    assert (status, problem["code"]) == (400, "invalid_topic")
    assert (await refused(gateway.socket("t" * 257)))[0] == 400
    assert (await refused(gateway.socket(name, "&envelope=xml")))[0] == 400
    assert (await refused(gateway.socket(name, "&on_slow=wait")))[0] == 400
    status, problem = await refused(gateway.socket(name, headers={"Origin": "http://evil.example"}))
    assert (status, problem["code"]) == (403, "origin_not_allowed")
    assert (await gateway.http.get("/livez")).status_code == 200


async def test_a_socket_on_another_path_is_not_found(gateway) -> None:
    from websockets.asyncio.client import connect  # noqa: PLC0415 - only here the fixture does not fit

    headers = {"X-API-Key": gateway.http.headers["x-api-key"]}
    status, problem = await refused(connect(f"ws://127.0.0.1:{gateway.port}/v1/health", additional_headers=headers))
    assert (status, problem["code"]) == (404, "not_found")


@pytest.mark.parametrize("parameter", ["api_key", "token"])
async def test_browsers_may_put_the_key_into_the_query_and_it_is_never_logged(
    gateway, name, receive, parameter: str, capfd, caplog
) -> None:
    caplog.set_level("DEBUG")
    key = gateway.http.headers["x-api-key"]
    options = {"key": None, "headers": {"Origin": "http://localhost:3000"}}
    async with gateway.socket(name, f"&{parameter}={key}", **options) as ws:
        await ws.send(b"x")
        assert await receive(ws, 1) == [b"x"]
    await refused(gateway.socket(name, f"&{parameter}={key}x", **options))
    out, err = capfd.readouterr()
    ours = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("websockets.client")
    )
    assert key not in out + err + ours


async def test_a_slow_socket_is_closed_with_1013_while_a_fast_one_gets_everything(make_gateway, name) -> None:
    gateway = await make_gateway(pubsub={"ws_queue": 16})
    gateway.services.relay._away = True  # nobody shall wait for the node that is not there
    payload = bytes(100_000)
    # The slow client stops reading, and its window is small.
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", gateway.port))
    async with gateway.socket(name, sock=raw) as slow, gateway.socket(name) as fast:
        slow.transport.pause_reading()
        async with asyncio.timeout(120):
            n = 0
            while gateway.services.hub.sockets == 2:
                # Each is heard before the next is sent, so the fast client is never behind.
                await fast.send(n.to_bytes(4, "big") + payload)
                assert (await fast.recv())[:4] == n.to_bytes(4, "big")
                n += 1
        assert gateway.services.hub.counters.closed_slow == 1
        slow.transport.resume_reading()
        async with asyncio.timeout(120):
            with pytest.raises(ConnectionClosed) as closed:
                await read_to_the_end(slow)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        await fast.send(b"on")
        assert await fast.recv() == b"on"


async def test_more_sockets_than_allowed(make_gateway, name, eventually) -> None:
    gateway = await make_gateway(limits={"max_sockets": 2})
    async with gateway.socket(name), gateway.socket(name):
        status, problem = await refused(gateway.socket(name))
        assert (status, problem["code"]) == (503, "too_many_sockets")
    await eventually(lambda: gateway.services.hub.sockets == 0)
    async with gateway.socket(name):
        pass


async def test_more_topics_of_a_namespace_than_allowed(make_gateway, name, eventually, other_key) -> None:
    gateway = await make_gateway(limits={"max_topics": 2}, pubsub={"topic_linger": "1s"})
    async with gateway.socket(name), gateway.socket(f"{name}-2"):
        status, problem = await refused(gateway.socket(f"{name}-3"))
        assert (status, problem["code"]) == (429, "too_many_topics")
        assert "2 topics at this gateway" in problem["error"]
        async with gateway.socket(name), gateway.socket(f"{name}-3", key=other_key):  # its own, and another namespace's
            pass

    async def left():
        return gateway.services.hub.has_room("default", f"{name}-3", 1)

    await eventually(left)
    async with gateway.socket(f"{name}-3"):
        pass


async def test_a_frame_over_the_limit_closes_that_socket(gateway, name) -> None:
    async with gateway.socket(name) as ws:
        await ws.send(bytes(2**20))
        await ws.send(bytes(2**20 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await read_to_the_end(ws)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_a_peer_that_misses_two_pongs_is_closed(make_gateway, name) -> None:
    gateway = await make_gateway(pubsub={"ping_interval": "100ms"})
    key = gateway.http.headers["x-api-key"]
    async with gateway.socket(name) as answering:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(
            f"GET /v1/pubsub/ws?topic={name} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        async with asyncio.timeout(120):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
            frames = await reader.read()  # until the gateway hangs up; nothing is ever answered
        writer.close()
        ping = b"\x89\x00"
        assert frames.startswith(ping * 2 + b"\x88")
        assert int.from_bytes(frames[6:8], "big") == 1011
        await answering.send(b"x")
        assert await answering.recv() == b"x"


async def test_a_websocket_outlives_the_time_limits_of_http(make_gateway, name) -> None:
    gateway = await make_gateway(
        pubsub={"ping_interval": "100ms"}, limits={"header_timeout": "100ms", "idle_timeout": "100ms"}
    )
    async with gateway.socket(name, ping_interval=None) as ws:
        await asyncio.sleep(0.5)
        await ws.send(b"x")
        assert await ws.recv() == b"x"


async def test_without_a_node_local_delivery_goes_on_and_http_says_the_truth(gateway, name, receive) -> None:
    async with gateway.socket(name) as ws:
        await ws.send(b"one")
        assert await receive(ws, 1) == [b"one"]
        gateway.services.relay._away = True  # as after a first publish has waited in vain
        answer = await publish(gateway, name, b"two")
        assert (answer.status_code, answer.json()["code"]) == (503, "relay_unavailable")
        assert "retry-after" in answer.headers
        assert "other hosts did not get" in answer.json()["error"]
        assert await receive(ws, 1) == [b"two"]


async def test_two_gateways_of_one_node_hear_each_other(make_gateway, node, name, receive, eventually) -> None:
    one = await make_gateway(p2p_socket=str(node.socket))
    two = await make_gateway(p2p_socket=str(node.socket))
    await eventually(lambda: one.services.p2p.connected and two.services.p2p.connected)
    async with one.socket(name) as here, two.socket(name) as there:
        frames = [b"%d" % n for n in range(200)]
        for frame in frames:
            await here.send(frame)
        assert await receive(there, 200) == frames
        assert await receive(here, 200) == frames
        await publish(two, name, b"back")
        assert await receive(here, 1) == [b"back"]


async def test_subscriptions_survive_a_restart_of_the_node(make_gateway, make_node, name, receive, eventually) -> None:
    node = make_node().wait()
    one = await make_gateway(p2p_socket=str(node.socket))
    two = await make_gateway(p2p_socket=str(node.socket))
    await eventually(lambda: one.services.p2p.connected and two.services.p2p.connected)
    async with one.socket(name) as here, two.socket(name) as there:
        await here.send(b"before")
        assert await receive(there, 1) == [b"before"]
        node.stop()
        await eventually(lambda: not one.services.p2p.connected and not two.services.p2p.connected)
        assert (await one.http.get("/livez")).status_code == 200
        node.start().wait()
        await eventually(lambda: one.services.p2p.connected and two.services.p2p.connected)
        await here.send(b"after")
        assert await receive(there, 1) == [b"after"]


async def test_network_status_and_peers_beside_a_node(make_gateway, make_node, eventually) -> None:
    node = make_node().wait()  # one of its own: others find peers for the one that tests share
    relayed = await make_gateway(p2p_socket=str(node.socket))
    await eventually(lambda: relayed.services.p2p.connected)
    status = (await relayed.http.get("/v1/network/status")).json()
    assert status["connected"] is True
    assert status["node_id"]
    assert set(status["replication"]) == {"reachable_voters", "replicas", "replication_factor", "under_replicated"}
    assert "127.0.0.1" not in str(status)
    assert (await relayed.http.get("/v1/network/peers")).json() == {"peers": []}
