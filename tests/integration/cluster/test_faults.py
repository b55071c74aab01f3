"""kill -9 of each process: it comes back by itself, and nothing that was acknowledged or established is lost.

Every kill meets a client that writes and a subscription from host 1 to host 3. What is promised of messages: those that
pass while a node is down may be missed; from when the path is open again each one arrives, once and in order, on the
connections there were. Only who was connected to the killed gateway itself has to connect again.
"""

import asyncio
import contextlib
import threading
import time
from dataclasses import dataclass

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from testkit.sockets import NUMBER, hears, read_numbers, socket

pytestmark = pytest.mark.cluster

MESSAGES = list(range(100))


class Writer(threading.Thread):
    """Inserts rising numbers through one gateway and keeps those that were acknowledged."""

    def __init__(self, cluster, host: int, table: str) -> None:
        super().__init__()
        url = f"http://127.0.0.1:{cluster.gateway_port(host)}"
        self.client = httpx.Client(base_url=url, headers={"X-API-Key": cluster.key}, timeout=20)
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


@contextlib.contextmanager
def writing(cluster, host: int):
    """Write through the host's gateway; at the end every host must have what was acknowledged."""
    table = f"t{time.time_ns()}"
    schema = f"CREATE TABLE {table}(n INTEGER PRIMARY KEY)"
    assert cluster.gateway(host).post("/v1/rqlite/create-table", json={"schema": schema}).status_code == 201
    writer = Writer(cluster, host, table)
    writer.start()
    try:
        cluster.wait("some writes", lambda: len(writer.acknowledged) > 50)
        yield writer
    finally:
        writer.stop.set()
        writer.join()
    for reader in (1, 2, 3):
        sql = {"sql": f"SELECT n FROM {table} ORDER BY n", "level": "strong"}
        stored = {row["n"] for row in cluster.gateway(reader).post("/v1/rqlite/query", json=sql).json()["items"]}
        assert set(writer.acknowledged) <= stored


@dataclass(frozen=True)
class Fault:
    """What is killed, and what it may do to the subscription from host 1 to host 3.

    Attributes:
        process: its name; "leader" is the rqlited that leads.
        in_the_way: messages pass through it, so that those which are under way may be missed.
        reconnects: the subscriber was connected to it.
    """

    process: str
    in_the_way: bool = False
    reconnects: bool = False

    def victim(self, cluster) -> str:
        return f"host{cluster.leader()}/rqlited" if self.process == "leader" else self.process

    def writer_host(self, victim: str) -> int:
        """The host of the killed process; beside the leader that would ask a database which is away."""
        host = int(victim.removeprefix("host").partition("/")[0])
        return host % 3 + 1 if self.process == "leader" else host


FAULTS = [
    Fault("leader"),
    Fault("host1/node", in_the_way=True),
    Fault("host3/node", in_the_way=True),
    Fault("host2/gateway"),
    Fault("host3/gateway", in_the_way=True, reconnects=True),
]


async def sends(publisher, subscriber) -> None:
    for n in MESSAGES:
        await publisher.send(NUMBER.pack(n))
    assert await read_numbers(subscriber, len(MESSAGES)) == MESSAGES


async def healed(cluster, writer: Writer, victim: str, old: int) -> None:
    """Return when the process is back by itself, every host is well, and writes go on."""
    await asyncio.to_thread(cluster.wait, f"{victim} back", lambda: cluster.back(victim, old))
    await asyncio.to_thread(cluster.wait_healthy)
    before = len(writer.acknowledged)
    await asyncio.to_thread(cluster.wait, "writes after the kill", lambda: len(writer.acknowledged) > before + 50)


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.process for fault in FAULTS])
async def test_a_process_is_killed_while_a_client_writes_and_another_listens(cluster, fault: Fault) -> None:
    victim, topic = fault.victim(cluster), f"t{time.time_ns()}"
    async with contextlib.AsyncExitStack() as stack:
        writer = stack.enter_context(writing(cluster, fault.writer_host(victim)))
        publisher = await stack.enter_async_context(socket(cluster, 1, topic))
        subscriber = await stack.enter_async_context(socket(cluster, 3, topic))
        await hears(publisher, subscriber)
        old = await asyncio.to_thread(cluster.kill, victim)
        if not fault.in_the_way:
            await sends(publisher, subscriber)
        await healed(cluster, writer, victim, old)
        if fault.reconnects:
            with pytest.raises(ConnectionClosed):
                await read_numbers(subscriber, 1)
            subscriber = await stack.enter_async_context(socket(cluster, 3, topic))
        if fault.in_the_way:
            await hears(publisher, subscriber)
        await sends(publisher, subscriber)
