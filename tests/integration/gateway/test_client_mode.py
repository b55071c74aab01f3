"""A gateway without a node on its host: its own daemon, a real node somewhere else, and a gateway beside that."""

import os
import signal

import psutil
import pytest


@pytest.fixture
async def alone(make_gateway, make_node, eventually):
    """A gateway that knows a node by its address only, and one beside that node."""
    node = make_node().wait()
    info = node.directory / "peer.info"
    await eventually(info.exists)
    beside = await make_gateway(p2p_socket=str(node.socket))
    alone = await make_gateway(bootstrap_peers=[info.read_text().strip()])
    await eventually(lambda: alone.services.p2p.connected and beside.services.p2p.connected)
    return alone, beside


async def connected(gateway):
    status = (await gateway.http.get("/v1/network/status")).json()
    return status["peer_count"] == 1


def daemons():
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "debros.p2p.daemon" in child.cmdline()]


async def test_messages_go_both_ways_and_it_is_restarted(alone, name, receive, eventually) -> None:
    gateway, beside = alone
    await eventually(lambda: connected(gateway))
    async with gateway.socket(name) as here, beside.socket(name) as there:
        for _ in range(2):
            heard = []

            async def opened(heard=heard):
                # Until the subscriptions have met, what is published is heard by nobody else.
                await here.send(b"from here")
                await there.send(b"from there")
                heard += await receive(here, 1)
                return b"from there" in heard

            await eventually(opened)
            (daemon,) = daemons()
            os.kill(daemon.pid, signal.SIGKILL)
            await eventually(lambda: not gateway.services.p2p.connected)
            assert (await gateway.http.get("/livez")).status_code == 200
            await eventually(lambda: gateway.services.p2p.connected)
            await eventually(lambda: connected(gateway))


async def test_it_finds_and_is_found_by_nobody_else(alone, eventually) -> None:
    gateway, beside = alone
    await eventually(lambda: connected(gateway))
    status = await gateway.services.p2p.status()
    assert (status.addresses, status.nodes, status.rqlite) == ([], [], {})
    peers = (await beside.http.get("/v1/network/peers")).json()["peers"]
    assert [peer["id"] for peer in peers if peer["connected"]] == [status.peer_id]


async def test_nodes_make_room_for_it_as_for_a_member(make_node, make_gateway, eventually) -> None:
    node = make_node(node={"max_connections": 1}).wait()
    await eventually((node.directory / "peer.info").exists)
    address = (node.directory / "peer.info").read_text().strip()
    beside = await make_gateway(p2p_socket=str(node.socket))
    stranger = make_node([address]).wait()
    await eventually((stranger.directory / "peer.info").exists)

    async def neighbours():
        peers = (await beside.http.get("/v1/network/peers")).json()["peers"]
        return [peer["id"] for peer in peers if peer["connected"]]

    await eventually(neighbours)
    assert (await neighbours())[0] in (stranger.directory / "peer.info").read_text()
    alone = await make_gateway(bootstrap_peers=[address])
    await eventually(lambda: alone.services.p2p.connected)
    itself = (await alone.services.p2p.status()).peer_id

    async def inside():
        return await neighbours() == [itself]

    await eventually(inside)
