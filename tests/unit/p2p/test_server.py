import socket
import stat
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import trio

from debros.p2p import protocol, session
from debros.p2p.protocol import P2PError
from debros.p2p.server import SocketServer
from debros.p2p.state import NodeStatus, PeerInfo
from debros.p2p.unix import SocketInUseError

TOPIC = "ns::shop::orders"


class FakeNetwork:
    peer_id = "12D3-here"

    def __init__(self):
        self.on_message = None
        self.published = []
        self.log = []
        self.gate = trio.Event()
        self.gate.set()

    async def publish(self, topic, data):
        await self.gate.wait()
        if data == b"bug":
            raise RuntimeError("a secret path")
        self.published.append((topic, data))

    async def follow(self, topic):
        self.log.append(("follow", topic))

    async def unfollow(self, topic):
        self.log.append(("unfollow", topic))

    async def connect(self, multiaddr):
        if multiaddr == "slow":
            await trio.sleep_forever()
        raise P2PError("unreachable", multiaddr)

    async def disconnect(self, peer_id):
        self.log.append(("disconnect", peer_id))

    def peers(self):
        return [PeerInfo("12D3-there", ["/ip4/192.0.2.1/tcp/1"], True, 1.0)]


class Raw:
    """A client that speaks frames."""

    def __init__(self, stream):
        self.stream = stream
        self.parser = protocol.Parser(protocol.FromDaemon)
        self.frames = []

    async def send(self, *frames):
        await self.stream.send_all(b"".join(map(protocol.encode, frames)))

    async def next(self):
        with trio.fail_after(120):
            while not self.frames:
                data = await self.stream.receive_some(65536)
                if not data:
                    return None
                self.frames = self.parser.feed(data)
            return self.frames.pop(0)


@asynccontextmanager
async def serving(path, **settings):
    network = FakeNetwork()

    def status(topics):
        return NodeStatus("shop-1", network.peer_id, 1, 0.5, {}, topics)

    server = SocketServer(path, network, status, **settings)
    async with server.run(), AsyncExitStack() as streams:

        async def connect(*, hello=True):
            client = Raw(await streams.enter_async_context(await trio.open_unix_socket(str(path))))
            if hello:
                await client.send(protocol.Hello(protocol.VERSION, "test"))
                assert await client.next() == protocol.Welcome(protocol.VERSION, "12D3-here")
            return client

        yield network, connect


def run(tmp_path, scenario, **settings):
    async def main():
        async with serving(tmp_path / "s", **settings) as (network, connect):
            await scenario(network, connect)

    trio.run(main)


def test_every_request_is_answered(tmp_path):
    async def scenario(network, connect):
        client = await connect()
        await client.send(
            protocol.Subscribe(1, TOPIC),
            protocol.Subscribe(2, TOPIC),
            protocol.Status(3),
            protocol.Peers(4),
            protocol.Unsubscribe(5, TOPIC),
            protocol.Unsubscribe(6, TOPIC),
        )
        assert [await client.next() for _ in range(2)] == [protocol.Done(1), protocol.Done(2)]
        assert (await client.next()).status.topics == [TOPIC]
        assert (await client.next()).peers == network.peers()
        assert [await client.next() for _ in range(2)] == [protocol.Done(5), protocol.Done(6)]
        await client.send(protocol.Connect(7, "x"))
        assert await client.next() == protocol.Refused(7, "unreachable", "x")
        await client.send(protocol.Disconnect(8, "p"))
        assert await client.next() == protocol.Done(8)
        assert network.log[-1] == ("disconnect", "p")
        assert ("follow", TOPIC) in network.log
        assert ("unfollow", TOPIC) in network.log

    run(tmp_path, scenario)


def test_a_slow_dial_holds_up_nothing_else_and_dials_are_bounded(tmp_path):
    async def scenario(_network, connect):
        client = await connect()
        await client.send(*(protocol.Connect(number, "slow") for number in range(17)), protocol.Subscribe(99, TOPIC))
        answers = {(await client.next()).id for _ in range(2)}
        assert 99 in answers
        assert answers & set(range(17))  # one dial was too many

    run(tmp_path, scenario)


def test_a_topic_is_followed_while_any_client_does(tmp_path):
    async def scenario(network, connect):
        one, two = await connect(), await connect()
        for client in (one, two):
            await client.send(protocol.Subscribe(1, TOPIC))
            await client.next()
        await one.stream.aclose()
        await two.send(protocol.Status(2))
        assert (await two.next()).status.topics == [TOPIC]
        assert ("unfollow", TOPIC) not in network.log
        await two.stream.aclose()
        with trio.fail_after(120):
            while ("unfollow", TOPIC) not in network.log:  # noqa: ASYNC110 - a list has no event
                await trio.sleep(0.01)

    run(tmp_path, scenario)


def test_publishing_reaches_the_network_and_other_clients_in_order_and_acknowledges_last(tmp_path):
    async def scenario(network, connect):
        one, two = await connect(), await connect()
        for client in (one, two):
            await client.send(protocol.Subscribe(1, TOPIC))
            await client.next()
        network.gate = trio.Event()  # the network takes nothing for now
        await one.send(*(protocol.Publish(number, TOPIC, str(number).encode()) for number in range(10)))
        assert (await two.next()).data == b"0"
        await one.send(protocol.Status(77))  # answered although publishes wait
        assert (await one.next()).id == 77
        network.gate.set()
        assert [await one.next() for _ in range(10)] == [protocol.Done(number) for number in range(10)]
        assert [(await two.next()).data for _ in range(9)] == [str(number).encode() for number in range(1, 10)]
        assert network.published == [(TOPIC, str(number).encode()) for number in range(10)]
        network.on_message(TOPIC, b"from afar", "12D3-there", 5)
        assert await one.next() == protocol.Message(TOPIC, b"from afar", "12D3-there", 5)

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (protocol.Publish(1, "", b""), "invalid_topic"),
        (protocol.Publish(1, "t" * 513, b""), "invalid_topic"),
        (protocol.Publish(1, TOPIC, bytes(protocol.MAX_PAYLOAD_BYTES + 1)), "too_large"),
        (protocol.Publish(1, TOPIC, b"bug"), "internal"),
        (protocol.Subscribe(1, "ü" * 257), "invalid_topic"),
        (protocol.Subscribe(1, "third"), "too_many_topics"),
    ],
)
def test_refusals(tmp_path, frame, code):
    async def scenario(network, connect):
        client = await connect()
        await client.send(protocol.Subscribe(8, "first"), protocol.Subscribe(9, "second"))
        await client.next()
        await client.next()
        await client.send(frame)
        answer = await client.next()
        assert (answer.id, answer.code) == (1, code)
        assert "secret" not in answer.message
        await client.send(protocol.Publish(2, TOPIC, b"fine"))
        assert await client.next() == protocol.Done(2)
        assert network.published == [(TOPIC, b"fine")]

    run(tmp_path, scenario, max_topics=2)


@pytest.mark.parametrize(
    "frames",
    [
        [protocol.Status(1)],  # no hello
        [protocol.Hello(protocol.VERSION + 1)],
        [protocol.Hello(protocol.VERSION), protocol.Hello(protocol.VERSION)],
    ],
)
def test_breaking_the_protocol_ends_that_connection_only(tmp_path, frames):
    async def scenario(_network, connect):
        good, bad = await connect(), await connect(hello=False)
        await bad.send(*frames)
        last = None
        while (frame := await bad.next()) is not None:
            last = frame
        assert isinstance(last, protocol.Fault)
        await good.send(protocol.Status(1))
        assert (await good.next()).id == 1

    run(tmp_path, scenario)


def test_a_defect_met_by_one_client_does_not_end_the_others(tmp_path, caplog):
    async def scenario(network, connect):
        unlucky, other = await connect(), await connect()
        met = trio.Event()

        async def unfollow(_topic):
            met.set()
            raise RuntimeError("a defect")

        network.unfollow = unfollow
        await unlucky.send(protocol.Subscribe(1, TOPIC))
        await unlucky.next()
        await unlucky.stream.aclose()
        with trio.fail_after(120):
            await met.wait()
        await other.send(protocol.Peers(1))
        assert isinstance(await other.next(), protocol.PeerList)

    run(tmp_path, scenario)
    assert "session failed" in caplog.text


def test_a_client_that_reads_nothing_is_told_how_much_it_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "MAX_WAITING_MESSAGES", 10)

    async def scenario(network, connect):
        slow, quick = await connect(), await connect()
        for client in (slow, quick):
            await client.send(protocol.Subscribe(1, TOPIC))
            await client.next()
        big = bytes(500_000)  # more than the kernel takes for the slow one
        for number in range(30):
            network.on_message(TOPIC, str(number).encode() + big, "12D3-there", number + 1)
            assert (await quick.next()).seqno == number + 1
        seqnos = []
        dropped = 0
        while not dropped:
            if not slow.frames and seqnos and seqnos[-1] < 30:
                network.on_message(TOPIC, b"room again", "12D3-there", 31)
            frame = await slow.next()
            if isinstance(frame, protocol.Dropped):
                dropped = frame.count
            else:
                seqnos.append(frame.seqno)
        assert seqnos == list(range(1, len(seqnos) + 1))
        assert len(seqnos) >= 10
        assert dropped >= 1
        assert len(seqnos) + dropped >= 30

    run(tmp_path, scenario)


def test_the_socket_file(tmp_path):
    path = tmp_path / "run" / "s"

    async def main():
        async with serving(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
            with pytest.raises(SocketInUseError, match="another node serves"):
                async with serving(path):
                    pass
            assert path.exists()
        assert not path.exists()

        left_behind = socket.socket(socket.AF_UNIX)
        left_behind.bind(str(path))
        left_behind.close()
        async with serving(path) as (_, connect):
            await connect()

        path.write_text("precious")
        with pytest.raises(SocketInUseError, match="not a socket"):
            async with serving(path):
                pass
        assert path.read_text() == "precious"
        with pytest.raises(SocketInUseError, match="shorter path"):
            async with serving(tmp_path / ("x" * 110)):
                pass

    trio.run(main)
