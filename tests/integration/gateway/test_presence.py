"""Presence over real WebSockets: who comes and goes is seen on every gateway, over two real nodes."""

import asyncio
import json
import sys
import time
from urllib.parse import quote

import httpx
import pytest
import yaml
from websockets.exceptions import InvalidStatus

from debros.gateway.presence import service
from testkit.ports import free_port


def query(member, **meta):
    return f"&presence=true&member_id={member}&member_meta={quote(json.dumps(meta))}"


async def members(gateway, topic, **options):
    answer = await gateway.http.get("/v1/pubsub/presence", params={"topic": topic}, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ids(gateway, topic, **options):
    return [member["member_id"] for member in (await members(gateway, topic, **options))["members"]]


async def events(ws, count):
    async with asyncio.timeout(60):
        frames = []
        while len(frames) < count:
            frame = await ws.recv()
            if isinstance(frame, str):
                frames.append(json.loads(frame))
        return [(frame["type"], frame["member_id"]) for frame in frames]


@pytest.fixture
async def beside(make_gateway, eventually):
    """Start a gateway beside a node."""

    async def beside(node):
        gateway = await make_gateway(p2p_socket=str(node.socket))
        await eventually(lambda: gateway.services.p2p.connected)
        return gateway

    return beside


async def until_ids(gateway, topic, *expected):
    async with asyncio.timeout(60):
        while await ids(gateway, topic) != list(expected):  # noqa: ASYNC110 - what is waited for is elsewhere
            await asyncio.sleep(0.1)


async def test_who_comes_and_goes_is_told_and_listed(relayed, name) -> None:
    begun = time.time() * 1000
    async with relayed.socket(name, query("ann", color="red")) as ann:
        assert await events(ann, 1) == [("presence.join", "ann")]
        listed = await members(relayed, name)
        (member,) = listed["members"]
        assert listed == {"topic": name, "members": [member], "count": 1}
        assert (member["member_id"], member["meta"]) == ("ann", {"color": "red"})
        assert begun - 1000 < member["joined_at"] == member["joinedAt"] < time.time() * 1000 + 1000
        async with relayed.socket(name, query("ben")) as ben, relayed.socket(name) as plain:
            assert await events(ann, 1) == await events(ben, 1) == [("presence.join", "ben")]
            assert await ids(relayed, name) == ["ann", "ben"]
            await ben.send(b"hello")
            assert await plain.recv() == await ann.recv() == b"hello"  # and no word of presence to who has not asked
        assert await events(ann, 1) == [("presence.leave", "ben")]
    await until_ids(relayed, name)


async def test_namespaces_and_topics_are_apart(relayed, name, other_key) -> None:
    async with relayed.socket(name, query("ann")) as ann:
        await events(ann, 1)
        assert await ids(relayed, name + "x") == []
        assert await ids(relayed, name, headers={"X-API-Key": other_key}) == []
        assert name in (await relayed.http.get("/v1/pubsub/topics")).json()["topics"]
        assert "gw::presence" not in (await relayed.http.get("/v1/pubsub/topics")).text


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("&presence=yes", "invalid_parameter"),
        ("&presence=true", "invalid_member"),
        ("&presence=true&member_id=a%00b", "invalid_member"),
        (f"&presence=true&member_id={'x' * 4097}", "invalid_member"),
        ("&presence=true&member_id=a&member_meta=%7B", "invalid_parameter"),
        (f"&presence=true&member_id=a&member_meta=%22{'x' * 4095}%22", "invalid_parameter"),
    ],
)
async def test_what_is_wrong_is_told_before_the_socket_opens(gateway, name, wrong, code) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await gateway.socket(name, wrong)
    assert refused.value.response.status_code == 400
    assert json.loads(refused.value.response.body)["code"] == code


async def test_a_topic_is_needed(gateway) -> None:
    answer = await gateway.http.get("/v1/pubsub/presence")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_topic")


@pytest.fixture
def other_node(node, make_node):
    """Run another node, connected to the shared one for one test."""
    (address,) = (node.directory / "peer.info").read_text().split()
    made = make_node([address]).wait()
    yield made
    made.stop()


@pytest.mark.timeout(240)
async def test_across_gateways_and_nodes(other_node, beside, node, name) -> None:
    one, two, far = await beside(node), await beside(node), await beside(other_node)
    async with one.socket(name, query("ann", n=1)) as ann:
        for gateway in (one, two, far):
            await until_ids(gateway, name, "ann")
        async with far.socket(name, query("ben")) as ben:
            await until_ids(one, name, "ann", "ben")
            assert await events(ann, 2) == [("presence.join", "ann"), ("presence.join", "ben")]
            # The same member from elsewhere is no news; only its last leaving is.
            async with two.socket(name, query("ben")):
                await until_ids(far, name, "ann", "ben")
                await asyncio.sleep(1)
            del ben
        assert await events(ann, 1) == [("presence.leave", "ben")]
    for gateway in (one, two, far):
        await until_ids(gateway, name)


@pytest.mark.timeout(240)
async def test_members_of_a_gateway_that_has_died_leave(beside, node, rqlited, tmp_path, name, monkeypatch) -> None:
    gateway = await beside(node)
    port, path = free_port(), tmp_path / "doomed.yaml"
    key = gateway.http.headers["X-API-Key"]
    content = {
        "listen_addr": f"127.0.0.1:{port}",
        "rqlite_dsn": rqlited.url,
        "p2p_socket": str(node.socket),
        "data_dir": str(tmp_path / "doomed"),
        "metrics_addr": "",
        "api_keys": [{"key": key, "namespace": key.rpartition(":")[2]}],
    }
    path.touch(0o600)
    path.write_text(yaml.safe_dump(content))
    program = [sys.executable, "-m", "debros.gateway.main"]
    doomed = await asyncio.create_subprocess_exec(*program, "--config", str(path))
    try:
        async with httpx.AsyncClient() as http, asyncio.timeout(60):
            while True:
                try:
                    if (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        there = type(gateway)(gateway.config, gateway.services, gateway.server, port, gateway.http, gateway.page)
        async with gateway.socket(name, query("watcher")) as watcher:
            socket = await there.socket(name, query("ann"))
            await until_ids(gateway, name, "watcher", "ann")
            doomed.kill()
            await doomed.wait()
            # It is never heard again, so waiting for longer shows nothing. tests/unit has the promise of 30 s.
            monkeypatch.setattr(service, "_SILENCE", 2.0)
            await until_ids(gateway, name, "watcher")
            told = [("presence.join", "watcher"), ("presence.join", "ann"), ("presence.leave", "ann")]
            assert await events(watcher, 3) == told
            socket.transport.abort()
    finally:
        if doomed.returncode is None:
            doomed.kill()
        await doomed.wait()
