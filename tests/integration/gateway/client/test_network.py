"""The cluster, and a gateway's health, through the client library."""

import pytest

from debros.client import BadRequestError, PermissionDeniedError, UnavailableError


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


async def test_an_operator_disconnects_a_peer_and_connects_it_again(operated, connect, eventually) -> None:
    network = connect(operated.gateway).network
    await network.disconnect(operated.peer_id)
    await eventually(operated.gone)
    assert [(peer.id, peer.connected) for peer in await network.peers()] == [(operated.peer_id, False)]
    await network.connect(operated.address)
    await eventually(operated.there)
    with pytest.raises(BadRequestError) as error:
        await network.connect("nonsense")
    assert error.value.code == "invalid_multiaddr"


async def test_somebody_else_may_not(operated, connect) -> None:
    with pytest.raises(PermissionDeniedError) as error:
        await connect(operated.gateway, auth=operated.tenant).network.disconnect(operated.peer_id)
    assert (error.value.code, error.value.status) == ("admin_required", 403)
    assert await operated.there()
