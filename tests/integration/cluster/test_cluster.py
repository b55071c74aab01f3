"""What three hosts promise together: one database, messages from host to host."""

import asyncio
import time

import pytest

from testkit.sockets import NUMBER, hears, read_numbers, socket

pytestmark = pytest.mark.cluster


def test_a_row_written_at_host_1_is_read_at_host_3(cluster) -> None:
    table = f"t{time.time_ns()}"
    made = cluster.gateway(1).post("/v1/rqlite/create-table", json={"schema": f"CREATE TABLE {table}(a INTEGER)"})
    assert made.status_code == 201
    wrote = cluster.gateway(1).post("/v1/rqlite/exec", json={"sql": f"INSERT INTO {table} VALUES(?)", "args": [7]})
    assert wrote.json()["rows_affected"] == 1
    read = cluster.gateway(3).post("/v1/rqlite/query", json={"sql": f"SELECT a FROM {table}"})
    assert read.json()["items"] == [{"a": 7}]


async def test_a_thousand_messages_cross_hosts_in_order(cluster) -> None:
    """1,000 messages of 1 KB at 100 a second from gateway 1 to a socket at gateway 3: all of them, in order."""
    topic = f"t{time.time_ns()}"
    async with socket(cluster, 1, topic) as publisher, socket(cluster, 3, topic) as subscriber:
        await hears(publisher, subscriber)
        reading = asyncio.create_task(read_numbers(subscriber, 1000))
        begin = time.monotonic()
        for n in range(1000):
            await asyncio.sleep(max(0.0, begin + n / 100 - time.monotonic()))
            await publisher.send(NUMBER.pack(n) + bytes(1020))
        assert await reading == list(range(1000))


async def test_identical_payloads_are_different_messages(cluster) -> None:
    topic = f"t{time.time_ns()}"
    async with socket(cluster, 2, topic) as publisher, socket(cluster, 3, topic) as subscriber:
        await hears(publisher, subscriber)
        for _ in range(20):
            await publisher.send(NUMBER.pack(5))
        assert await read_numbers(subscriber, 20) == [5] * 20
