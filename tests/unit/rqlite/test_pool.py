"""Which connection a request goes over, and what happens when there is none or it has died unnoticed."""

import asyncio
import contextlib
import socket
import ssl

import pytest

from debros.rqlite.pool import CannotConnect, Origin, Pool
from debros.rqlite.wire import Answer, Broken
from testkit.tls import Authority

ASKED = b"GET / HTTP/1.1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Node:
    """A scripted node.

    Attributes:
        seen: Of each connection, how many requests came over it.
        patient: How many requests a connection is good for; the next one is read and hung up on.
        waits: Set it and every request waits for it.
        asked: A request has come.
    """

    def __init__(self):
        self.seen = []
        self.patient = 1000
        self.waits = None
        self.asked = asyncio.Event()
        self.writers = []

    async def serve(self, reader, writer):
        place = len(self.seen)
        self.seen.append(0)
        self.writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.seen[place] += 1
                self.asked.set()
                if self.waits is not None:
                    await self.waits.wait()
                if self.seen[place] > self.patient:
                    break
                writer.write(OK)
        writer.close()


@pytest.fixture
async def listening():
    async with contextlib.AsyncExitStack() as stack:

        async def listening(**options):
            node = Node()
            server = await asyncio.start_server(node.serve, "127.0.0.1", 0, **options)
            node.server = server
            node.origin = Origin("127.0.0.1", server.sockets[0].getsockname()[1], tls="ssl" in options)
            stack.push_async_callback(server.wait_closed)
            stack.callback(server.close)
            return node

        yield listening


@pytest.fixture
async def node(listening):
    return await listening()


@pytest.fixture
async def pooled():
    pools = []

    def pooled(size=4, limit=100):
        pools.append(Pool(size, limit))
        return pools[-1]

    yield pooled
    for pool in pools:
        await pool.close()


async def ask(pool, node, *, seconds=60, repeatable=False):
    return await pool.exchange(node.origin, ASKED, seconds=seconds, repeatable=repeatable)


async def test_one_after_the_other_share_a_connection(node, pooled):
    pool = pooled()
    for _ in range(5):
        assert await ask(pool, node) == Answer(200, "", b"{}")
    assert node.seen == [5]


async def test_at_once_they_do_not_but_no_more_than_the_pool_has(node, pooled):
    pool = pooled(size=3)
    await asyncio.gather(*(ask(pool, node) for _ in range(20)))
    assert len(node.seen) <= 3
    assert sum(node.seen) == 20


async def test_who_waits_for_a_turn_in_vain_has_sent_nothing(node, pooled):
    pool = pooled(size=1)
    node.waits = asyncio.Event()
    first = asyncio.create_task(ask(pool, node))
    await node.asked.wait()
    with pytest.raises(CannotConnect):
        await ask(pool, node, seconds=0.1)
    node.waits.set()
    assert (await first).status == 200
    assert (await ask(pool, node)).status == 200
    assert node.seen == [2]


async def test_whoever_is_cancelled_while_it_waits_takes_no_turn(node, pooled):
    pool = pooled(size=1)
    node.waits = asyncio.Event()
    first, second = (asyncio.create_task(ask(pool, node)) for _ in range(2))
    await node.asked.wait()
    second.cancel()
    node.waits.set()
    assert (await first).status == 200
    assert (await ask(pool, node)).status == 200
    assert second.cancelled()


@pytest.mark.parametrize("repeatable", [True, False])
async def test_a_connection_that_dies_as_it_is_used(node, pooled, repeatable):
    pool = pooled()
    node.patient = 1
    await ask(pool, node)
    if repeatable:
        assert (await ask(pool, node, repeatable=True)).status == 200
        assert node.seen == [2, 1]
    else:
        with pytest.raises(Broken):
            await ask(pool, node)
        assert node.seen == [2]


async def test_a_new_connection_that_dies_is_not_tried_again(node, pooled):
    node.patient = 0
    with pytest.raises(Broken):
        await ask(pooled(), node, repeatable=True)
    assert node.seen == [1]


async def test_an_idle_connection_that_was_ended_is_not_used_even_for_a_write(node, pooled):
    pool = pooled()
    await ask(pool, node)
    node.writers[0].close()
    await node.writers[0].wait_closed()
    await asyncio.sleep(0.05)  # both ends are in this loop: the news is there by then
    assert (await ask(pool, node)).status == 200
    assert node.seen == [1, 1]


async def test_an_idle_connection_grows_old(node, pooled, monkeypatch):
    pool = pooled()
    await ask(pool, node)
    monkeypatch.setattr("debros.rqlite.pool._KEEP", -1.0)
    assert (await ask(pool, node)).status == 200
    assert node.seen == [1, 1]


async def test_those_not_needed_are_closed_in_time(node, pooled, monkeypatch):
    pool = pooled()
    await asyncio.gather(*(ask(pool, node) for _ in range(3)))
    connections = len(node.seen)
    monkeypatch.setattr("debros.rqlite.pool._KEEP", 0.05)
    while len(pool._open) > 1:
        await asyncio.sleep(0.02)
        await ask(pool, node)
    assert len(node.seen) == connections


async def test_nodes_have_connections_of_their_own(node, listening, pooled):
    pool, other = pooled(), await listening()
    for _ in range(2):
        await ask(pool, node)
        await ask(pool, other)
    assert (node.seen, other.seen) == ([2], [2])


async def test_a_name_with_an_address_that_does_not_answer(node, pooled, monkeypatch):
    async def found(*_args, **_options):
        return [
            (family, socket.SOCK_STREAM, 6, "", (host, node.origin.port))
            for family, host in [(socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")]
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
    assert (await ask(pooled(), node)).status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-name.invalid"])
async def test_nobody_there(pooled, host):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(CannotConnect):
            await pooled().exchange(Origin(host, held.getsockname()[1], tls=False), ASKED, seconds=60, repeatable=True)


async def test_a_node_that_speaks_tls_is_checked(listening, pooled, tmp_path, monkeypatch):
    authority = Authority(tmp_path)
    key, certificate = authority.issue("node", dns="localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    node = await listening(ssl=context)
    with pytest.raises(CannotConnect):  # nobody here has heard of this authority
        await ask(pooled(), node)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with pytest.raises(CannotConnect):  # it is not the address for which the certificate was given out
        await ask(pooled(), node)
    assert node.seen == []
    named = Origin("localhost", node.origin.port, tls=True)
    for _ in range(2):
        assert (await pooled().exchange(named, ASKED, seconds=60, repeatable=False)).status == 200


async def test_closing_breaks_what_is_under_way(node, pooled):
    pool = pooled()
    node.waits = asyncio.Event()
    asking = asyncio.create_task(ask(pool, node))
    await node.asked.wait()
    await pool.close()
    with pytest.raises(Broken):
        await asking
    node.waits.set()
