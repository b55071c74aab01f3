import asyncio
import json
import socket
import stat
import struct
import subprocess
import sys

import pytest

from debros import identity
from debros.p2p import protocol
from debros.p2p.client import P2PError
from testkit.nodes import eventually

TOPIC = "ns::shop::orders"


def test_sigterm_ends_it_with_status_0_and_without_a_socket_file(nodes):
    node = nodes().start()
    assert stat.S_IMODE(node.socket.stat().st_mode) == 0o660
    key = identity.load(node.home / "data" / "identity.key")
    assert node.address == f"/ip4/127.0.0.1/tcp/{node.port}/p2p/{key.peer_id}"
    assert node.stop() == 0
    assert not node.socket.exists()
    node.start()  # the port is free again at once
    assert node.peer_id == key.peer_id
    assert node.stop() == 0


def test_a_second_node_on_the_same_data_directory_is_refused(nodes):
    node = nodes().start()
    second = node.spawn("--p2p-port", "1")
    assert second.wait(120) == 1
    assert f"another node (process {node.process.pid})" in node.log.read_text()
    assert node.process.poll() is None


def test_a_taken_port_is_refused(nodes):
    first, second = nodes().start(), nodes()
    process = second.spawn("--p2p-port", str(first.port))
    assert process.wait(120) == 1
    log = second.log.read_text()
    assert f"cannot listen on /ip4/127.0.0.1/tcp/{first.port}" in log
    assert "Traceback" not in log
    assert not second.socket.exists()


def test_a_socket_that_another_node_serves_is_refused(nodes):
    first = nodes().start()
    second = nodes(p2p_socket=str(first.socket))
    process = second.spawn()
    assert process.wait(120) == 1
    assert "another node serves this socket" in second.log.read_text()
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(first.socket))


def test_an_unreadable_key_is_refused_and_kept(nodes):
    node = nodes()
    (node.home / "data").mkdir()
    key = node.home / "data" / "identity.key"
    key.write_bytes(b"garbage")
    key.chmod(0o600)
    assert node.spawn().wait(120) == 1
    assert "not an Ed25519 libp2p private key" in node.log.read_text()
    assert key.read_bytes() == b"garbage"


def test_another_libp2p_is_refused(nodes, tmp_path, monkeypatch):
    (tmp_path / "other" / "libp2p-0.8.2.dist-info").mkdir(parents=True)
    (tmp_path / "other" / "libp2p-0.8.2.dist-info" / "METADATA").write_text("Name: libp2p\nVersion: 0.8.2\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "other"))  # found first, as an upgrade by hand would be
    node = nodes()
    assert node.spawn().wait(120) == 1
    assert "libp2p 0.8.2 is installed, but the node works with libp2p 0.8.1 only" in node.log.read_text()
    assert "Traceback" not in node.log.read_text()


def test_configuration_errors_are_all_printed(nodes):
    node = nodes(max_connections=0, type="boss")
    assert node.spawn().wait(120) == 1
    log = node.log.read_text()
    assert log.startswith("Configuration errors (2):\n  - ")
    assert "node.max_connections: must be > 0; got 0" in log


def test_help_imports_no_libp2p():
    code = "import sys\nfrom debros.node.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print('heavy:', sorted({'libp2p', 'trio'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "heavy: []" in done.stdout
    wanted = "--config --data --id --p2p-port --rqlite-http-port --rqlite-raft-port --rqlite-join-address --adv-addr"
    assert [flag for flag in wanted.split() if flag not in done.stdout] == []


async def test_status_without_a_database(nodes, clients):
    node = nodes(id="shop-1").start()
    client = await clients(node)
    await client.subscribe(TOPIC)
    status = await client.status()
    assert (status.node_id, status.peer_id, status.peer_count) == ("shop-1", node.peer_id, 0)
    assert status.topics == [TOPIC]
    assert status.addresses == [node.address]
    deadline = asyncio.get_running_loop().time() + 30
    while "not asked yet" in status.rqlite["error"]:
        assert asyncio.get_running_loop().time() < deadline
        status = await client.status()
    assert status.rqlite["reachable"] is status.rqlite["ready"] is False
    assert status.rqlite["error"]
    json.dumps(status.rqlite)


@pytest.mark.parametrize(
    "garbage",
    [
        struct.pack("!I", 3) + b"\xc1\xc1\xc1",
        struct.pack("!I", 0xFFFFFFFF) + b"x",
        struct.pack("!I", 0),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_malformed_frames_cost_only_their_own_connection(nodes, clients, garbage):
    node = nodes().start()
    client, other = await clients(node), await clients(node)
    await client.subscribe(TOPIC)
    reader, writer = await asyncio.open_unix_connection(str(node.socket))
    writer.write(garbage)
    answer = await asyncio.wait_for(reader.read(), 120)
    assert b"fault" in answer
    writer.close()
    await other.publish(TOPIC, b"still here")
    await eventually(lambda: client.payloads(TOPIC) == [b"still here"])
    assert client.gaps == 0


async def test_refusals_name_the_reason(nodes, clients):
    node = nodes().start()
    client = await clients(node)
    for topic, data, code in [
        ("", b"", "invalid_topic"),
        ("t" * 600, b"", "invalid_topic"),
        (TOPIC, bytes(1024 * 1024 + 1), "too_large"),
        (TOPIC, bytes(3 * 1024 * 1024), "too_large"),
    ]:
        with pytest.raises(P2PError) as caught:
            await client.publish(topic, data)
        assert caught.value.code == code
    for multiaddr, code in [
        ("nonsense", "invalid_multiaddr"),
        ("/ip4/127.0.0.1/tcp/1", "invalid_multiaddr"),
        (node.address, "self"),
        (f"/ip4/127.0.0.1/tcp/1/p2p/{identity.Identity.from_seed(bytes(32)).peer_id}", "unreachable"),
    ]:
        with pytest.raises(P2PError) as caught:
            await client.connect(multiaddr)
        assert caught.value.code == code
    with pytest.raises(P2PError) as caught:
        await client.disconnect("not a peer id")
    assert caught.value.code == "invalid_peer_id"
    with pytest.raises(P2PError):
        await client.subscribe("")
    assert (await client.status()).topics == []


async def test_a_client_that_does_not_read_loses_only_its_own_messages(nodes, clients):
    node = nodes().start()
    publisher, subscriber = await clients(node), await clients(node)
    await subscriber.subscribe(TOPIC)
    # Reads nothing more than its answer: what is sent to it piles up in the node.
    reader, writer = await asyncio.open_unix_connection(str(node.socket))
    writer.write(protocol.encode(protocol.Hello(protocol.VERSION, "slow")))
    writer.write(protocol.encode(protocol.Subscribe(1, TOPIC)))
    parser = protocol.Parser(protocol.FromDaemon)
    frames = []
    while not any(isinstance(frame, protocol.Done) for frame in frames):
        frames += parser.feed(await reader.read(65536))

    sent = [number.to_bytes(4, "big") + bytes(16 * 1024) for number in range(4000)]  # 64 MB, twice what may wait
    await asyncio.gather(*(publisher.publish(TOPIC, data) for data in sent))
    await eventually(lambda: len(subscriber.heard) == len(sent))
    assert subscriber.payloads(TOPIC) == sent

    heard = []
    dropped = 0
    async with asyncio.timeout(120):
        while b"last" not in heard:
            for frame in parser.feed(await reader.read(65536)):
                if isinstance(frame, protocol.Dropped):
                    dropped += frame.count
                else:
                    heard.append(frame.data)
            if not dropped and len(heard) > 1000:  # there is room again: the next message reports the loss
                await publisher.publish(TOPIC, b"last")
    assert dropped > 0
    assert heard[: len(sent) - dropped] == sent[: len(sent) - dropped]
    writer.close()
