"""Our node and js-libp2p: Noise, yamux, identify, ping, GossipSub both ways, and peer exchange both ways."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from testkit.nodes import Client, Node, eventually

TOPIC = "ns::shop::orders"
EXCHANGE = "/debros/peer-exchange/1.0.0"
_COUNT = 100
_SECONDS = 120


class Peer:
    """A running peer.mjs; keeps every event it tells."""

    def __init__(self, process):
        self._process = process
        self.events = []

    async def listen(self):
        while line := await self._process.stdout.readline():
            self.events.append(json.loads(line))

    def told(self, event):
        return [one for one in self.events if one["event"] == event]

    def heard(self):
        return [one["data"] for one in self.told("message")]

    async def wait(self, event):
        await eventually(lambda: self.told(event) or self.told("error"))
        assert self.told("error") == []
        return self.told(event)[-1]

    async def ask(self, command, **words):
        before = len(self.told(command))
        self._process.stdin.write(json.dumps({"command": command, **words}).encode() + b"\n")
        await eventually(lambda: len(self.told(command)) > before or self.told("error"))
        assert self.told("error") == []
        return self.told(command)[-1]


@asynccontextmanager
async def peer(script, known=()):
    """Run peer.mjs, which tells of `known`."""
    process = await asyncio.create_subprocess_exec(
        "node", script, TOPIC, json.dumps(list(known)), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    made = Peer(process)
    listening = asyncio.create_task(made.listen())
    try:
        ready = await made.wait("ready")
        made.id, made.address = ready["id"], ready["address"]
        yield made
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await listening


@pytest.fixture
def script(js_script):
    return js_script("peer.mjs", "with_resolvers.mjs")


@pytest.fixture
def nodes(tmp_path):
    """Make real nodes; whatever still runs at the end is killed."""
    made = []

    def make(bootstrap_peers=(), **settings):
        made.append(Node(tmp_path / f"n{len(made)}", bootstrap_peers, **settings).start())
        return made[-1]

    yield make
    for node in made:
        if node.process.poll() is None:
            node.kill()


@pytest.fixture
async def clients():
    """Make connected clients of nodes."""
    made = []

    async def make(node):
        made.append(Client(node.socket))
        made[-1].start()
        await eventually(lambda: made[-1].connected)
        return made[-1]

    yield make
    for client in made:
        await client.close()


async def gossip(client, js):
    """Messages in both directions, all of them, in order, once each."""
    await client.subscribe(TOPIC)
    async with asyncio.timeout(_SECONDS):
        number = 0
        while not (any(text.startswith("probe") for text in js.heard()) and client.heard):
            number += 1
            await client.publish(TOPIC, f"probe {number}".encode())
            await js.ask("publish", texts=[f"js probe {number}"])
            await asyncio.sleep(0.1)
    await asyncio.sleep(1)  # what is left of the probes
    client.heard.clear()
    js.events.clear()
    sent = [f"{number:04d} ".ljust(10_000 if number % 10 == 0 else 100, "x") for number in range(_COUNT)]
    for text in sent:
        await client.publish(TOPIC, text.encode())
    await js.ask("publish", texts=sent)
    await eventually(lambda: len(js.heard()) >= _COUNT and len(client.heard) >= _COUNT)
    await asyncio.sleep(0.5)  # a duplicate would come now
    assert js.heard() == sent
    assert client.payloads(TOPIC) == [text.encode() for text in sent]
    assert {publisher for _, _, publisher in client.heard} == {js.id}


async def test_js_dials_us(script, nodes, clients):
    node = nodes()
    async with peer(script) as js:
        dialed = await js.ask("dial", address=node.address)
        assert dialed["encryption"] == "/noise"
        assert dialed["multiplexer"] == "/yamux/1.0.0"
        identified = await js.wait("identify")
        assert identified["id"] == node.peer_id
        assert node.address.partition("/p2p/")[0] in [one.partition("/p2p/")[0] for one in identified["addresses"]]
        assert {EXCHANGE, "/meshsub/1.1.0", "/ipfs/id/1.0.0", "/ipfs/ping/1.0.0"} <= set(identified["protocols"])
        await js.ask("ping", id=node.peer_id)
        await gossip(await clients(node), js)


async def test_we_dial_js(script, nodes, clients):
    client = await clients(nodes())
    async with peer(script) as js:
        await client.connect(js.address)
        await gossip(client, js)
        (met,) = await client.peers()
        assert (met.id, met.connected) == (js.id, True)
        await client.disconnect(js.id)


async def test_js_asks_us_whom_we_know(script, nodes, clients):
    first = nodes()
    second = nodes([first.address])
    client = await clients(first)
    async with peer(script) as js:
        await js.ask("dial", address=first.address)
        async with asyncio.timeout(_SECONDS):
            while not (told := (await js.ask("exchange", id=first.peer_id, limit=5))["peers"]):  # noqa: ASYNC110 - another process, which has to be asked
                await asyncio.sleep(0.1)
        assert told == [{"id": second.peer_id, "addrs": [second.address.partition("/p2p/")[0]]}]
        assert (await js.ask("exchange", id=first.peer_id, limit=0))["peers"] == []
        assert {one.id for one in await client.peers() if one.connected} == {second.peer_id, js.id}


async def test_we_ask_js_and_dial_whom_it_knows(script, nodes, clients):
    asking, other = nodes(discovery_interval="1s"), nodes()
    client = await clients(asking)
    async with peer(script, [{"id": other.peer_id, "addrs": [other.address]}]) as js:
        await client.connect(js.address)
        assert (await js.wait("asked"))["limit"] > 0

        async def found():
            return {one.id for one in await client.peers() if one.connected} == {js.id, other.peer_id}

        async with asyncio.timeout(_SECONDS):
            while not await found():  # noqa: ASYNC110 - another process, which has to be asked
                await asyncio.sleep(0.1)
