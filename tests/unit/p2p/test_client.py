"""The client against a daemon played by the test."""

import asyncio
import subprocess
import sys

import pytest
import structlog
import uvloop

from debros.p2p import protocol
from debros.p2p.client import P2PClient, P2PError, RelayUnavailable

TOPIC = "ns::shop::orders"


class Daemon:
    """Answers what `answer` says; keeps all frames of all connections."""

    def __init__(self, path):
        self.path = path
        self.connections = []  # frames of each connection
        self.writers = []
        self.server = None
        self.silent = set()  # kinds of frames that get no answer

    async def start(self):
        self.server = await asyncio.start_unix_server(self._serve, str(self.path))

    async def stop(self):
        self.server.close()
        for writer in self.writers:
            writer.close()
        self.path.unlink(missing_ok=True)
        await asyncio.sleep(0)

    def tell(self, frame):
        self.writers[-1].write(protocol.encode(frame))

    async def _serve(self, reader, writer):
        frames = []
        self.connections.append(frames)
        self.writers.append(writer)
        parser = protocol.Parser(protocol.FromClient)
        while data := await reader.read(65536):
            for frame in parser.feed(data):
                frames.append(frame)
                if type(frame) not in self.silent and not writer.is_closing():
                    writer.write(protocol.encode(self.answer(frame)))
        writer.close()

    def answer(self, frame):
        match frame:
            case protocol.Hello():
                return protocol.Welcome(protocol.VERSION, "12D3-here")
            case protocol.Subscribe(id, "refused"):
                return protocol.Refused(id, "too_many_topics", "no more")
            case protocol.Publish(id, _, b"refused"):
                return protocol.Refused(id, "too_large", "too large")
            case protocol.Peers(id):
                return protocol.PeerList(id, [])
            case protocol.Status(id):
                return protocol.Done(id)  # the wrong answer
        return protocol.Done(frame.id)


@pytest.fixture
async def daemon(tmp_path):
    made = Daemon(tmp_path / "s")
    yield made
    if made.server is not None:
        await made.stop()


@pytest.fixture
async def client(daemon):
    heard = []
    made = P2PClient(daemon.path, on_message=lambda *message: heard.append(message), relay_timeout=30)
    made.heard = heard
    made.start()
    yield made
    await made.close()


async def eventually(condition):
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110 - conditions of the test's own
            await asyncio.sleep(0.005)


async def test_it_is_connected_only_once_its_topics_are_followed(daemon, client):
    await client.subscribe(TOPIC)
    await client.subscribe("b")
    await client.subscribe("b")
    await client.unsubscribe("b")
    daemon.silent = {protocol.Subscribe}
    await daemon.start()
    await eventually(lambda: daemon.connections and len(daemon.connections[0]) == 2)
    assert [frame.topic for frame in daemon.connections[0][1:]] == [TOPIC]
    assert not client.connected
    daemon.tell(protocol.Done(daemon.connections[0][1].id))
    await eventually(lambda: client.connected)


async def test_unacknowledged_publishes_are_sent_again_in_order(daemon, client):
    gaps = []
    client._on_gap = lambda *gap: gaps.append(gap)
    daemon.silent = {protocol.Publish}
    await daemon.start()
    await eventually(lambda: client.connected)
    tasks = [asyncio.create_task(client.publish(TOPIC, str(number).encode())) for number in range(5)]
    await eventually(lambda: len(daemon.connections[0]) == 6)
    daemon.tell(protocol.Done(daemon.connections[0][1].id))  # only the first is acknowledged
    await tasks[0]
    await daemon.stop()
    await eventually(lambda: not client.connected)
    tasks += [asyncio.create_task(client.publish(TOPIC, str(number).encode())) for number in range(5, 8)]
    daemon.silent = set()
    await daemon.start()
    await asyncio.gather(*tasks)
    sent_again = [frame.data for frame in daemon.connections[-1] if isinstance(frame, protocol.Publish)]
    assert sent_again == [b"1", b"2", b"3", b"4", b"5", b"6", b"7"]
    ((seconds, dropped),) = gaps
    assert seconds > 0
    assert dropped == 0


async def test_replayed_messages_are_delivered_once(daemon, client):
    await client.subscribe(TOPIC)
    await daemon.start()
    await eventually(lambda: client.connected)
    for seqno in (1, 2, 1, 2, 3):
        daemon.tell(protocol.Message(TOPIC, b"same", "12D3-there", seqno))
    daemon.tell(protocol.Message(TOPIC, b"same", "12D3-here", 0))  # local ones have no number
    daemon.tell(protocol.Message(TOPIC, b"same", "12D3-here", 0))
    daemon.tell(protocol.Message("not ours", b"", "12D3-there", 9))
    await client.peers()  # answered after all of them
    assert client.heard == [(TOPIC, b"same", "12D3-there")] * 3 + [(TOPIC, b"same", "12D3-here")] * 2


async def test_refusals_and_wrong_answers(daemon, client):
    await daemon.start()
    await eventually(lambda: client.connected)
    with pytest.raises(P2PError) as caught:
        await client.publish(TOPIC, b"refused")
    assert caught.value.code == "too_large"
    with pytest.raises(P2PError) as caught:
        await client.subscribe("refused")
    assert caught.value.code == "too_many_topics"
    with pytest.raises(RelayUnavailable, match="wrong answer"):
        await client.status()
    await client.publish(TOPIC, b"fine")
    assert client.connected


async def test_callbacks_that_fail_and_lost_messages(daemon, client):
    gaps = []
    client._on_gap = lambda *gap: gaps.append(gap)
    client._on_message = lambda *_: 1 / 0
    await client.subscribe(TOPIC)
    await daemon.start()
    await eventually(lambda: client.connected)
    daemon.tell(protocol.Message(TOPIC, b"", "12D3-there", 1))
    daemon.tell(protocol.Dropped(7))
    await client.peers()
    assert client.connected
    assert client.dropped == 7
    assert gaps == [(0.0, 7)]


async def test_a_daemon_that_talks_nonsense_is_left_and_tried_again(daemon, client):
    await daemon.start()
    await eventually(lambda: client.connected)
    daemon.writers[-1].write(b"\xff" * 100)
    await eventually(lambda: len(daemon.connections) == 2 and client.connected)


async def test_a_daemon_of_another_version_is_no_connection(daemon, client):
    daemon.answer = lambda _frame: protocol.Fault("protocol", "update")
    await daemon.start()
    await eventually(lambda: len(daemon.connections) >= 2)
    assert not client.connected


async def test_waiting_publishes_are_bounded_and_end_with_the_client(daemon, client):
    daemon.silent = {protocol.Publish}
    await daemon.start()
    await eventually(lambda: client.connected)
    tasks = [asyncio.create_task(client.publish(TOPIC, bytes(1_000_000))) for _ in range(40)]
    await eventually(lambda: len(daemon.connections[0]) > 15)
    await client.peers()  # everything that may be sent has been
    assert sum(isinstance(frame, protocol.Publish) for frame in daemon.connections[0]) == 16
    tasks[0].cancel()  # its room goes to the next
    await eventually(lambda: sum(isinstance(frame, protocol.Publish) for frame in daemon.connections[0]) == 17)
    await client.close()
    for task in tasks[1:17]:
        with pytest.raises(RelayUnavailable):
            await task
    for task in tasks[17:]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with pytest.raises(RelayUnavailable):
        await client.publish(TOPIC, b"")


async def test_nobody_there(tmp_path):
    client = P2PClient(tmp_path / "nothing", on_message=lambda *_: None, relay_timeout=0.05)
    client.start()
    with pytest.raises(RelayUnavailable):
        await client.publish(TOPIC, b"")
    with pytest.raises(RelayUnavailable):
        await client.peers()
    assert not client.connected
    await client.close()


async def test_a_daemon_that_may_still_come_is_no_news_but_one_that_went_is(tmp_path):
    absent = "p2p daemon not reachable, trying again"
    daemon = Daemon(tmp_path / "s")
    client = P2PClient(daemon.path, on_message=lambda *_: None, relay_timeout=0.05, grace=600)
    with structlog.testing.capture_logs() as lines:
        client.start()
        with pytest.raises(RelayUnavailable):
            await client.publish(TOPIC, b"")
        await daemon.start()
        await eventually(lambda: client.connected)
        assert [line["event"] for line in lines] == ["p2p daemon connected"]
        await daemon.stop()
        await eventually(lambda: absent in [line["event"] for line in lines])
    await client.close()


def test_it_works_on_uvloop(tmp_path):
    async def main():
        daemon = Daemon(tmp_path / "s")
        await daemon.start()
        client = P2PClient(daemon.path, on_message=lambda *_: None)
        client.start()
        await eventually(lambda: client.connected)
        await asyncio.gather(*(client.publish(TOPIC, bytes(100_000)) for _ in range(50)))
        await client.close()
        await daemon.stop()

    uvloop.run(main())


def test_it_imports_neither_trio_nor_libp2p():
    code = "import sys, debros.p2p.client; print(sorted({'trio', 'libp2p', 'multiaddr'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
