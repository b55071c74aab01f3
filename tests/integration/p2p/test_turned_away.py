"""An operator's hand on a node's connections: real nodes, of which one keeps the other as its bootstrap peer."""

import asyncio
import contextlib

from debros.p2p.client import P2PError, RelayUnavailable


async def peer(client):
    """The only peer that the client's node has met, or None."""
    peers = await client.peers()
    return peers[0] if peers else None


async def state(client, *, connected, turned_away):
    """Wait until the client's node says so of its peer."""
    async with asyncio.timeout(120):
        while True:
            with contextlib.suppress(RelayUnavailable):  # it restarts
                seen = await peer(client)
                if seen is not None and (seen.connected, seen.turned_away) == (connected, turned_away):
                    return
            await asyncio.sleep(0.05)


async def test_a_bootstrap_peer_stays_away_until_it_is_connected_again(nodes, clients):
    first = nodes().start()
    second = nodes([first.address]).start()
    client = await clients(second)
    await state(client, connected=True, turned_away=False)
    await client.disconnect(first.peer_id)
    await client.disconnect(first.peer_id)
    await state(client, connected=False, turned_away=True)
    await client.connect(first.address)
    await state(client, connected=True, turned_away=False)


async def test_a_peer_that_dials_is_turned_away_by_the_other_side(nodes, clients):
    first = nodes().start()
    second = nodes([first.address]).start()
    here, there = await clients(first), await clients(second)
    await state(here, connected=True, turned_away=False)
    await here.disconnect(second.peer_id)
    await state(here, connected=False, turned_away=True)
    # The other side dials at once, being cut off after less than a minute; and its operator fares no better.
    with contextlib.suppress(P2PError):
        await there.connect(first.address)
    await state(there, connected=False, turned_away=False)
    await state(here, connected=False, turned_away=True)
    await here.connect(second.address)
    await state(here, connected=True, turned_away=False)
    await state(there, connected=True, turned_away=False)


async def test_a_restart_forgets(nodes, clients):
    first = nodes().start()
    second = nodes([first.address]).start()
    client = await clients(second)
    await state(client, connected=True, turned_away=False)
    await client.disconnect(first.peer_id)
    await state(client, connected=False, turned_away=True)
    second.kill()
    second.start()
    await state(client, connected=True, turned_away=False)
