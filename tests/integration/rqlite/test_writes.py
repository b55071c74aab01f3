"""Group commit over a real cluster that loses its leader."""

import asyncio
import signal

from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import Busy, NoLeader, Unavailable, UnknownOutcome
from debros.rqlite.health import wait_ready
from debros.rqlite.types import ExecResult, Statement
from debros.rqlite.writes import QueueLimits, Writes

LIMITS = QueueLimits(batch=128, batch_bytes=500_000, waiting=1000, waiting_bytes=10_000_000, share=100)
CALLERS = 10


async def test_without_a_majority_writes_are_refused_and_then_go_on_by_themselves(cluster, eventually):
    async with RqliteClient([server.url for server in cluster]) as client:
        await wait_ready(client, 120)
        for server in cluster:
            async with RqliteClient([server.url]) as one:
                await wait_ready(one, 120)
        await client.execute(Statement("CREATE TABLE t(n INTEGER PRIMARY KEY)"))
        writes = Writes(client, LIMITS, timeout=30)
        numbers = iter(range(1_000_000))

        async def together():
            statements = [Statement("INSERT INTO t VALUES(?)", [next(numbers)], verbatim=True) for _ in range(CALLERS)]
            outcomes = await asyncio.gather(
                *(writes.execute("a", statement) for statement in statements), return_exceptions=True
            )
            return {statement.args[0]: outcome for statement, outcome in zip(statements, outcomes, strict=True)}

        heard = await together()
        assert all(outcome == ExecResult(1, n) for n, outcome in heard.items())

        for server in cluster[1:]:
            server.kill()

        async def refused():
            found = await together()
            heard.update(found)
            return all(isinstance(outcome, NoLeader) for outcome in found.values())

        await eventually(refused)
        cluster[1].start()

        async def accepted():
            found = await together()
            heard.update(found)
            return all(isinstance(outcome, ExecResult) for outcome in found.values())

        await eventually(accepted)
        rows = {n for (n,) in (await client.query(Statement("SELECT n FROM t"))).values}
        for n, outcome in heard.items():
            if isinstance(outcome, ExecResult):
                assert n in rows, "an acknowledged write is gone"
            else:
                assert isinstance(outcome, NoLeader | Unavailable | UnknownOutcome | Busy), repr(outcome)
                assert isinstance(outcome, UnknownOutcome) or n not in rows, f"{outcome!r} says nothing was applied"
        assert writes.figures.not_applied >= CALLERS
        await writes.close()


async def test_a_leader_that_freezes_holds_up_only_what_was_on_its_way_to_it(cluster, eventually):
    """The host of a gateway forwards to the leader, and hears nothing; meanwhile another one leads."""
    (leader,) = [server for server in cluster if await leads(server)]
    (beside, _) = [server for server in cluster if server is not leader]
    async with RqliteClient([beside.url], write_timeout=60) as client:
        await wait_ready(client, 120)
        await client.execute(Statement("CREATE TABLE t(n INTEGER PRIMARY KEY)"))
        writes = Writes(client, LIMITS, timeout=60)

        def write(number):
            return asyncio.ensure_future(
                writes.execute("a", Statement("INSERT INTO t VALUES(?)", [number], verbatim=True))
            )

        assert await write(0) == ExecResult(1, 0)
        leader.process.send_signal(signal.SIGSTOP)
        try:
            stuck = write(1)
            await asyncio.sleep(0.1)
            numbers = iter(range(2, 1000))
            begun = [stuck]

            async def accepted():
                begun.append(write(next(numbers)))
                done, _ = await asyncio.wait({begun[-1]}, timeout=2)
                return done and not begun[-1].exception()

            await eventually(accepted)
            assert not stuck.done(), "it was no leader whose answer is missing"
            assert writes.figures.stalled
        finally:
            leader.process.send_signal(signal.SIGCONT)
        await asyncio.gather(*begun, return_exceptions=True)
        await writes.close()


async def leads(server):
    async with RqliteClient([server.url]) as client:
        await wait_ready(client, 120)
        return (await client.status())["store"]["raft"]["state"] == "Leader"
