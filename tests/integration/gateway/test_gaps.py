"""Messages that were missed because a gateway's node was away: who asked for it is told, and nobody else."""

import asyncio
import json
import os
import signal

import psutil
import pytest

from debros.client import Gap, GapReason, NetworkClient


@pytest.fixture
async def alone(make_gateway, make_node, eventually):
    """A gateway with a p2p daemon of its own, connected to a node somewhere else, and a gateway beside that."""
    node = make_node().wait()
    info = node.directory / "peer.info"
    await eventually(info.exists)
    beside = await make_gateway(p2p_socket=str(node.socket))
    alone = await make_gateway(bootstrap_peers=[info.read_text().strip()])
    await eventually(lambda: has_peer(alone))
    return alone, beside


async def has_peer(gateway):
    return (await gateway.http.get("/v1/network/status")).json()["peer_count"] == 1


def kill_daemon():
    (daemon,) = [one for one in psutil.Process().children(recursive=True) if "debros.p2p.daemon" in one.cmdline()]
    os.kill(daemon.pid, signal.SIGKILL)


async def test_a_killed_daemon_leaves_a_gap_for_who_minds(alone, name) -> None:
    gateway, beside = alone
    async with (
        gateway.socket(name) as plain,
        gateway.socket(name, "&gaps=true") as minding,
        gateway.socket(name, "&gaps=true&envelope=json") as enveloped,
        NetworkClient([gateway.url], auth=gateway.http.headers["X-API-Key"]) as client,
        await client.pubsub.subscribe(name) as subscription,
        beside.socket(name) as elsewhere,
    ):
        kill_daemon()
        for socket in (minding, enveloped):
            told = json.loads(await asyncio.wait_for(socket.recv(), 120))
            assert (told["type"], told["reason"], told["dropped"]) == ("gap", "node_away", 0)
            assert told["seconds"] > 0
            assert told["timestamp"] > 1_600_000_000_000
        gap = await subscription.get(timeout=120)
        assert isinstance(gap, Gap)
        assert gap.reason is GapReason.NODE_AWAY

        async def heard():
            await elsewhere.send(b"after")
            try:
                async with asyncio.timeout(1):
                    return await plain.recv()
            except TimeoutError:
                return None

        while (first := await heard()) is None:
            pass
        assert first == b"after"  # and no frame about the gap before it
        assert gateway.services.hub.counters.gaps in (1, 2)  # once more if it took a while to find its peer
