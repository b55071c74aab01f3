"""kill -9 of each process: it comes back by itself, and nothing that was acknowledged or established is lost."""

import asyncio
import contextlib
import threading
import time

import httpx
import pytest

from testkit.sockets import NUMBER, hears, read_numbers, socket

pytestmark = pytest.mark.cluster


class Writer(threading.Thread):
    """Inserts rising numbers through one gateway and keeps those that were acknowledged."""

    def __init__(self, url: str, key: str, table: str) -> None:
        super().__init__()
        self.client = httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=20)
        self.sql = f"INSERT INTO {table}(n) VALUES(?)"
        self.acknowledged: list[int] = []
        self.stop = threading.Event()

    def run(self) -> None:
        n = 0
        while not self.stop.is_set():
            n += 1
            with contextlib.suppress(httpx.TransportError):
                answer = self.client.post("/v1/rqlite/exec", json={"sql": self.sql, "args": [n]})
                if answer.status_code == httpx.codes.OK:
                    self.acknowledged.append(n)
            time.sleep(0.01)
        self.client.close()


def test_the_leader_of_rqlite_is_killed_while_a_client_writes(cluster) -> None:
    table = f"t{time.time_ns()}"
    schema = f"CREATE TABLE {table}(n INTEGER PRIMARY KEY)"
    assert cluster.gateway(1).post("/v1/rqlite/create-table", json={"schema": schema}).status_code == 201
    leader = cluster.leader()
    writer = Writer(f"http://127.0.0.1:{cluster.gateway_port(leader % 3 + 1)}", cluster.key, table)
    writer.start()
    try:
        cluster.wait("some writes", lambda: len(writer.acknowledged) > 50)
        old = cluster.kill(f"host{leader}/rqlited")
        before = len(writer.acknowledged)
        cluster.wait("writes after the kill", lambda: len(writer.acknowledged) > before + 50)
        cluster.wait("rqlited back", lambda: cluster.back(f"host{leader}/rqlited", old))
    finally:
        writer.stop.set()
        writer.join()
    cluster.wait_healthy()
    for host in (1, 2, 3):
        sql = {"sql": f"SELECT n FROM {table} ORDER BY n", "level": "strong"}
        stored = {row["n"] for row in cluster.gateway(host).post("/v1/rqlite/query", json=sql).json()["items"]}
        assert set(writer.acknowledged) <= stored


@pytest.mark.parametrize("host", [1, 3])
async def test_a_node_is_killed_and_the_open_subscriptions_hear_again(cluster, host: int) -> None:
    topic = f"t{time.time_ns()}"
    async with socket(cluster, 1, topic) as publisher, socket(cluster, 3, topic) as subscriber:
        await hears(publisher, subscriber)
        old = await asyncio.to_thread(cluster.kill, f"host{host}/node")
        await asyncio.to_thread(cluster.wait, "node back", lambda: cluster.back(f"host{host}/node", old))
        await asyncio.to_thread(cluster.wait_healthy)
        await hears(publisher, subscriber)
        for n in range(100):
            await publisher.send(NUMBER.pack(n))
        assert await read_numbers(subscriber, 100) == list(range(100))


async def test_a_gateway_is_killed_and_the_others_do_not_notice(cluster) -> None:
    topic = f"t{time.time_ns()}"
    async with socket(cluster, 1, topic) as publisher, socket(cluster, 3, topic) as subscriber:
        await hears(publisher, subscriber)
        old = await asyncio.to_thread(cluster.kill, "host2/gateway")
        for n in range(100):
            await publisher.send(NUMBER.pack(n))
        assert await read_numbers(subscriber, 100) == list(range(100))
        await asyncio.to_thread(cluster.wait, "gateway back", lambda: cluster.back("host2/gateway", old))
        await asyncio.to_thread(cluster.wait_healthy)
        async with socket(cluster, 2, topic) as again:
            await hears(publisher, again)
