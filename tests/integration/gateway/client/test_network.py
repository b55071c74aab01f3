"""The cluster, and a gateway's health, through the client library."""

import pytest

from debros.client import UnavailableError


async def test_status_and_peers(relayed, connect) -> None:
    network = connect(relayed).network
    status = await network.status()
    assert status.connected
    assert (status.raft_role, status.voters, status.replication.reachable_voters) == ("leader", 1, 1)
    assert status.node_id
    assert status.database_size > 0
    assert await network.peers() == []


async def test_without_a_node_peers_are_unavailable(gateway, connect) -> None:
    with pytest.raises(UnavailableError) as error:
        await connect(gateway, repeats=0).network.peers()
    assert error.value.code == "node_unavailable"


async def test_health_is_told_when_it_is_bad_too(gateway, relayed, connect, eventually) -> None:
    well = connect(relayed, auth=None)

    async def ok():
        return (await well.health()).ok

    await eventually(ok)
    ill = await connect(gateway, auth=None).health()
    assert (ill.status, ill.ok, ill.client.checks["database"]) == ("degraded", False, "ok")
    assert ill.server.uptime >= 0
