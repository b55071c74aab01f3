"""Three real nodes: what is acknowledged survives, and what cannot be known is called unknown."""

import asyncio

import pytest

from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import NoLeader, Unavailable, UnknownOutcome
from debros.rqlite.health import wait_ready
from debros.rqlite.types import Level, Statement

READY = 120


@pytest.fixture
async def formed(cluster, eventually):
    """Three servers, all voters and caught up."""
    for server in cluster:
        async with RqliteClient([server.url]) as client:
            await wait_ready(client, READY)

            async def complete(client=client):
                return sum(node.voter and node.reachable for node in await client.nodes()) == 3

            await eventually(complete)
    return cluster


async def leader_of(servers):
    """Return the leading server and the others."""
    async with RqliteClient([server.url for server in servers if server.process]) as client:
        (leader,) = [node for node in await client.nodes() if node.leader]
    return next(s for s in servers if s.id == leader.id), [s for s in servers if s.id != leader.id]


@pytest.mark.parametrize("via", ["leader", "follower"])
async def test_acknowledged_writes_survive_the_leader(formed, via, eventually):
    leader, followers = await leader_of(formed)
    acknowledged, unknown = set(), set()
    killed = asyncio.Event()
    order = [leader, *followers] if via == "leader" else [*followers, leader]
    async with RqliteClient([server.url for server in order]) as client:
        await client.execute(Statement("CREATE TABLE t (a INTEGER PRIMARY KEY)"))

        async def write(numbers):
            for number in numbers:
                while True:
                    try:
                        await client.execute(Statement("INSERT INTO t VALUES (?)", [number]))
                        acknowledged.add(number)
                    except UnknownOutcome:
                        unknown.add(number)
                    except (NoLeader, Unavailable):
                        # Nothing was applied, so this very number can be written again without a conflict.
                        await asyncio.sleep(0.05)
                        continue
                    break
                if number % 1000 == 30 and not killed.is_set():
                    killed.set()
                    await asyncio.to_thread(leader.kill)
                if killed.is_set() and len(acknowledged) > 400:
                    return

        async with asyncio.timeout(120):
            await asyncio.gather(*(write(range(start, start + 100_000)) for start in range(0, 800_000, 100_000)))
        before = len(acknowledged)
        assert killed.is_set()
        rows = {a for (a,) in (await client.query(Statement("SELECT a FROM t"), Level.STRONG)).values}
        assert acknowledged <= rows
        assert rows <= acknowledged | unknown
        new_leader, _ = await leader_of(followers)
        assert new_leader.id != leader.id
        # The old leader comes back with its data and catches up.
        leader.start()
        async with RqliteClient([leader.url]) as old:
            await wait_ready(old, READY)

            # Ready means caught up with what the leader was known to have committed; the rest arrives right after.
            async def caught_up(old=old):
                local = {a for (a,) in (await old.query(Statement("SELECT a FROM t"), Level.NONE)).values}
                return len(local & acknowledged) == before

            await eventually(caught_up)


async def test_without_a_quorum_nothing_is_applied_and_it_says_so(formed, eventually):
    first, second, third = formed
    async with RqliteClient([first.url]) as client:
        await client.execute(Statement("CREATE TABLE t (a)"))
        await client.execute(Statement("INSERT INTO t VALUES (1)"))
        second.kill()
        third.kill()

        async def leaderless():
            return not await client.ready(sync=False)

        await eventually(leaderless)
        with pytest.raises(NoLeader):
            await client.execute(Statement("INSERT INTO t VALUES (2)"))
        with pytest.raises(NoLeader):
            await client.transaction([Statement("INSERT INTO t VALUES (3)")])
        with pytest.raises(NoLeader):
            await client.query(Statement("SELECT a FROM t"))
        assert (await client.query(Statement("SELECT a FROM t"), Level.NONE)).values == [[1]]
        second.start()
        await wait_ready(client, READY)
        assert (await client.query(Statement("SELECT a FROM t"), Level.STRONG)).values == [[1]]
        await client.execute(Statement("INSERT INTO t VALUES (4)"))


async def test_a_follower_forwards_and_a_restarted_member_serves_without_its_join_target(formed):
    target, second, third = formed
    async with RqliteClient([second.url]) as client:
        await client.execute(Statement("CREATE TABLE t (a)"))
        await client.execute(Statement("INSERT INTO t VALUES (1)"))
        # The node everybody joined is gone for good; the others must still be able to restart.
        target.kill()
        second.stop()
        second.start()
        await wait_ready(client, READY)
        await client.execute(Statement("INSERT INTO t VALUES (2)"))
        assert (await client.query(Statement("SELECT a FROM t ORDER BY a"), Level.STRONG)).values == [[1], [2]]
        assert second.process.poll() is None
        assert {node.id: node.reachable for node in await client.nodes()} == {
            target.id: False,
            second.id: True,
            third.id: True,
        }


async def test_a_read_only_replica_forwards_writes(formed, make_server):
    replica = make_server(formed[0].raft).start("-raft-non-voter")
    try:
        async with RqliteClient([replica.url]) as client:
            await wait_ready(client, READY)
            await client.execute(Statement("CREATE TABLE t (a)"))
            voters = {node.id: node.voter for node in await client.nodes()}
        assert voters == {server.id: True for server in formed} | {replica.id: False}
    finally:
        replica.kill()
