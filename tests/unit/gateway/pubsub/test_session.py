"""A session over a scripted socket and a fake node."""

import asyncio

import pytest

from debros.gateway.presence import Presence
from debros.gateway.pubsub.hub import Hub
from debros.gateway.pubsub.mailbox import OnSlow
from debros.gateway.pubsub.relay import Relay
from debros.gateway.pubsub.session import Session, SessionOptions

WIRE = "ns::acme::news"


class ScriptedSocket:
    """The server's side of a WebSocket whose client the test plays; `readable` stops the client's reading."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue = asyncio.Queue()
        self.incoming.put_nowait({"type": "websocket.connect"})
        self.sent: list[dict] = []
        self.after_accept = None
        self.readable = asyncio.Event()
        self.readable.set()

    async def receive(self):
        return await self.incoming.get()

    async def send(self, message) -> None:
        await self.readable.wait()
        if self.sent and self.after_accept:
            await self.after_accept(message)
        self.sent.append(message)

    def says(self, data: bytes, frame: str = "bytes") -> None:
        self.incoming.put_nowait({"type": "websocket.receive", "bytes": data, "frame": frame})

    def leaves(self) -> None:
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})

    def frames(self) -> list[bytes | str]:
        return [m["bytes"] if "bytes" in m else m["text"] for m in self.sent if m["type"] == "websocket.send"]


@pytest.fixture
async def hub(p2p):
    hub = Hub(p2p, linger=30, subscribe_timeout=5)
    yield hub
    await hub.close()


@pytest.fixture
async def open_socket(hub, p2p, soon):
    relay = Relay(p2p)
    presence = Presence(p2p, hub, lambda: b"key")
    tasks = []

    async def open_socket(*, send=None, **changes):
        options = {
            "namespace": "acme", "topic": "news", "enveloped": False, "on_slow": OnSlow.CLOSE,
            "queue": 5, "queue_bytes": 10_000,
        } | changes  # fmt: skip
        socket = ScriptedSocket()
        socket.after_accept = send
        socket.task = asyncio.create_task(
            Session(hub, relay, presence, SessionOptions(**options)).run(socket.receive, socket.send)
        )
        tasks.append(socket.task)
        await soon(lambda: socket.sent or socket.task.done())
        assert socket.sent[0] == {"type": "websocket.accept"}
        return socket

    yield open_socket
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_sender_hears_itself_and_the_node_gets_it_in_order(open_socket, p2p, soon) -> None:
    socket = await open_socket()
    frames = [b"%d" % n for n in range(200)]
    for frame in frames:
        socket.says(frame)
    await soon(lambda: len(socket.frames()) == len(p2p.published) == 200)
    assert socket.frames() == frames
    assert [data for _, data in p2p.published] == frames
    socket.leaves()
    await socket.task


async def test_two_sockets_both_hear(open_socket, soon) -> None:
    one, two = await open_socket(), await open_socket()
    one.says(b"x")
    two.says(b"y")
    await soon(lambda: len(one.frames()) == len(two.frames()) == 2)
    assert one.frames() == two.frames()


async def test_what_was_sent_before_leaving_still_goes_out(open_socket, p2p, soon) -> None:
    socket = await open_socket()
    for n in range(10):
        socket.says(b"%d" % n)
    socket.leaves()
    await socket.task
    await soon(lambda: len(p2p.published) == 10)
    assert [data for _, data in p2p.published] == [b"%d" % n for n in range(10)]


async def test_a_full_way_to_the_node_holds_back_this_clients_reading_only(open_socket, p2p, soon) -> None:
    busy, other = await open_socket(queue=1000), await open_socket(queue=1000)
    p2p.gate.clear()
    for n in range(100):
        busy.says(b"%d" % n)
    await soon(lambda: busy.incoming.qsize() < 40)
    await asyncio.sleep(0.05)
    assert busy.incoming.qsize() >= 30  # 64 are under way, the others have not even been read
    other.says(b"!")
    await soon(lambda: b"!" in other.frames())
    p2p.gate.set()
    await soon(lambda: len(p2p.published) == 101)


async def test_a_slow_client_is_closed_with_1013_and_the_fast_one_gets_everything(open_socket, hub, soon) -> None:
    slow, fast = await open_socket(), await open_socket()
    slow.readable.clear()
    for n in range(20):
        hub.fan_out(WIRE, b"%d" % n)
        await soon(lambda n=n: len(fast.frames()) == n + 1)
    slow.readable.set()
    await slow.task
    assert slow.sent[-1] == {"type": "websocket.close", "code": 1013, "reason": "too slow"}
    assert fast.frames() == [b"%d" % n for n in range(20)]
    assert hub.counters.closed_slow == 1
    assert hub.counters.dropped > 0
    assert hub.sockets == 1


async def test_a_slow_client_may_ask_for_drops_instead(open_socket, hub, soon) -> None:
    slow = await open_socket(on_slow=OnSlow.DROP)
    slow.readable.clear()
    for n in range(20):
        hub.fan_out(WIRE, b"%d" % n)
        await asyncio.sleep(0)
    slow.readable.set()
    await soon(lambda: slow.frames() and slow.frames()[-1] == b"19")
    # The first was under way already; of the rest the newest five were kept.
    assert slow.frames() == [b"0", b"15", b"16", b"17", b"18", b"19"]
    slow.leaves()
    await slow.task
    assert hub.counters.dropped == 14


async def test_envelopes_and_the_heartbeat(open_socket, p2p, soon) -> None:
    socket = await open_socket(enveloped=True)
    socket.says(b'{"type":"ping"}', "text")
    await soon(lambda: socket.frames() == ['{"type":"pong"}'])
    assert p2p.published == []
    socket.says(b'{"type":"ping"}', "bytes")  # a binary frame is payload
    await soon(lambda: len(p2p.published) == 1)
    raw = await open_socket()
    raw.says(b'{"type":"ping"}', "text")  # and so is any frame without envelopes
    await soon(lambda: len(p2p.published) == 2)


async def test_without_the_node_this_gateway_goes_on(open_socket, p2p, hub, soon) -> None:
    p2p.connected = False
    socket = await open_socket()
    for n in range(100):
        socket.says(b"%d" % n)
        await soon(lambda n=n: len(socket.frames()) == n + 1)
    await soon(lambda: hub.counters.not_relayed == 100)
    p2p.connected = True
    socket.says(b"back")
    await soon(lambda: p2p.published == [(WIRE, b"back")])


async def test_a_fault_of_the_server_ends_the_session_and_leaves_the_topic(open_socket, hub) -> None:
    socket = await open_socket()
    socket.incoming.put_nowait({"kind": "nonsense"})
    with pytest.raises(KeyError):
        await socket.task
    assert hub.sockets == 0


async def test_a_peer_that_vanished_ends_it_quietly(open_socket, hub, soon) -> None:
    async def gone(_message):
        raise OSError("gone")

    socket = await open_socket(send=gone)
    await soon(lambda: hub.sockets == 1)
    hub.fan_out(WIRE, b"x")
    await socket.task
    assert hub.sockets == 0
