"""What of HTTP comes from a peer that is scripted byte for byte, and what the connection makes of it."""

import asyncio

import pytest

from debros.rqlite.wire import Answer, Broken, Connection, OverLimit

ASKED = b"GET / HTTP/1.1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nX-Rqlite-Version: v9\r\nContent-Length: 2\r\n\r\n{}"

CHUNKED = b"HTTP/1.1 200 OK\r\nX-Rqlite-Version: v9\r\nTransfer-Encoding: chunked\r\n\r\n"


class Peer:
    """Answers each request with the next entry: pieces of bytes that come one after the other; None hangs up."""

    def __init__(self, script):
        self.script = iter(script)
        self.ended = asyncio.Event()

    async def serve(self, reader, writer):
        try:
            for pieces in self.script:
                await reader.readuntil(b"\r\n\r\n")
                for piece in pieces:
                    if piece is None:
                        return
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.01)  # a packet of its own
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.ended.set()


@pytest.fixture
async def connected():
    servers, connections = [], []

    async def connected(*script):
        peer = Peer(script)
        server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
        servers.append(server)
        lost = asyncio.Event()
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(lambda _: lost.set()), *server.sockets[0].getsockname()
        )
        connections.append((connection, peer, lost))
        return connection, lost

    yield connected
    for connection, peer, lost in connections:
        connection.abort()
        await lost.wait()
        await peer.ended.wait()
    for server in servers:
        server.close()
        await server.wait_closed()


async def ask(connection, *, seconds=60, limit=100):
    return await connection.exchange(ASKED, seconds=seconds, limit=limit)


async def test_one_connection_for_many_requests(connected):
    connection, _ = await connected([OK], [b"HTTP/1.1 503 No\r\nContent-Length: 6\r\n\r\nleader"], [OK])
    assert await ask(connection) == Answer(200, "v9", b"{}")
    assert await ask(connection) == Answer(503, "", b"leader")
    assert await ask(connection) == Answer(200, "v9", b"{}")
    assert connection.usable


@pytest.mark.parametrize(
    "pieces",
    [
        [bytes([byte]) for byte in OK],
        [CHUNKED + b"1\r\n{\r", b"\n1\r\n}\r\n0\r\n\r\n"],
        [b"HTTP/1.1 100 Continue\r\n\r\n", OK],
        [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\n\r\n" + OK],
    ],
)
async def test_forms_of_an_answer(connected, pieces):
    connection, _ = await connected(pieces, [OK])
    assert await ask(connection) == Answer(200, "v9", b"{}")
    assert await ask(connection) == Answer(200, "v9", b"{}")


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\nX-Rqlite-Version: v9\r\n\r\n{", b"}", None],
        [b"HTTP/1.0 200 OK\r\nX-Rqlite-Version: v9\r\nContent-Length: 2\r\n\r\n{}"],
        [b"HTTP/1.1 200 OK\r\nX-Rqlite-Version: v9\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"],
        [OK + b"HTTP/1.1 200 nobody asked\r\nContent-Length: 1\r\n\r\n!"],
        [OK + b"rubbish"],
    ],
)
async def test_answers_after_which_the_connection_is_not_used_again(connected, pieces):
    connection, lost = await connected(pieces)
    assert await ask(connection) == Answer(200, "v9", b"{}")
    assert not connection.usable
    await lost.wait()
    with pytest.raises(Broken) as broken:
        await ask(connection)
    assert not broken.value.heard


@pytest.mark.parametrize(
    ("pieces", "heard"),
    [
        ([None], False),
        ([b"HTTP/1.1 200 OK\r\nContent-Le", None], True),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", None], True),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", None], True),
        ([b"+OK this is no HTTP\r\n"], True),
        ([b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n"], True),
        ([b"HTTP/1.1 200 OK\r\nX: ", *[b"x" * 10_000] * 7], True),
        ([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n" * 1000] * 12], True),
    ],
)
async def test_no_answer(connected, pieces, heard):
    connection, lost = await connected(pieces)
    with pytest.raises(Broken) as broken:
        await ask(connection)
    assert broken.value.heard is heard
    await lost.wait()


async def test_an_answer_that_does_not_come_in_time(connected):
    connection, lost = await connected([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"])
    with pytest.raises(TimeoutError):
        await ask(connection, seconds=0.1)
    await lost.wait()


@pytest.mark.parametrize("size", [b"Content-Length: 101", b"Transfer-Encoding: chunked"])
async def test_an_answer_that_is_too_large_ends_the_connection(connected, size):
    body = b"x" * 101 if b"Length" in size else b"65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n"
    connection, lost = await connected([b"HTTP/1.1 200 OK\r\n" + size + b"\r\n\r\n" + body])
    with pytest.raises(OverLimit):
        await ask(connection)
    await lost.wait()


async def test_one_that_is_just_not_too_large(connected):
    connection, _ = await connected([b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100])
    assert (await ask(connection)).body == b"x" * 100


async def test_whoever_is_cancelled_leaves_no_answer_for_the_next(connected):
    connection, lost = await connected([])
    asking = asyncio.create_task(ask(connection))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not connection.usable
    await lost.wait()


async def test_what_nobody_asked_for_ends_an_idle_connection(connected):
    connection, lost = await connected([OK, b"HTTP/1.1 408 Too slow\r\n\r\n"])
    await ask(connection)
    await lost.wait()
    assert not connection.usable


async def test_an_answer_before_the_request_was_taken(connected):
    connection, _ = await connected([b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"])
    unread = ASKED + b"x" * 50_000_000  # more than the buffers of both ends hold
    assert (await connection.exchange(unread, seconds=60, limit=100)).status == 401
    assert not connection.usable
