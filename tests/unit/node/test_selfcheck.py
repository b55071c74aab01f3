"""The node's self-check against stand-ins for its socket and its listener."""

import socket

import pytest
import trio

from debros.node.selfcheck import SelfCheck
from debros.p2p import protocol
from debros.p2p.state import NodeStatus

STATUS = NodeStatus("n", "p", 0, 1.0, {}, [])


@pytest.fixture
def paths(tmp_path):
    """A Unix socket's path, and a TCP port that is held."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield tmp_path / "p2p.sock", held


def run(paths, *, daemon=None, listener=None, listens=True, timeout=30):
    """Check while `daemon` and `listener` serve; None accepts and says nothing."""
    path, held = paths

    async def silent(_stream):
        await trio.sleep_forever()

    async def main():
        async with trio.open_nursery() as nursery:
            unix = trio.socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            await unix.bind(str(path))
            unix.listen()
            nursery.start_soon(trio.serve_listeners, daemon or silent, [trio.SocketListener(unix)])
            if listens:
                held.listen()
                tcp = trio.SocketListener(trio.socket.from_stdlib_socket(held.dup()))
                nursery.start_soon(trio.serve_listeners, listener or silent, [tcp])
            address = f"/ip4/0.0.0.0/tcp/{held.getsockname()[1]}"
            result = await SelfCheck(path, [address], timeout=timeout)()
            nursery.cancel_scope.cancel()
            return result

    return trio.run(main)


async def good_daemon(stream):
    parser = protocol.Parser(protocol.FromClient)
    while True:
        for frame in parser.feed(await stream.receive_some()):
            if isinstance(frame, protocol.Hello):
                await stream.send_all(protocol.encode(protocol.Welcome(protocol.VERSION, "p")))
            else:
                await stream.send_all(protocol.encode(protocol.StatusReport(frame.id, STATUS)))
                return


async def good_listener(stream):
    await stream.send_all(b"\x13/multistream/1.0.0\n")


async def turns_away(stream):
    await stream.aclose()


@pytest.mark.parametrize("listener", [good_listener, turns_away])
def test_all_is_well(paths, listener):
    assert run(paths, daemon=good_daemon, listener=listener) == ""


def test_a_listener_that_no_longer_accepts(paths):
    # The kernel still completes connections for it. In the same time the daemon has to answer, on a busy machine too.
    port = paths[1].getsockname()[1]
    assert run(paths, daemon=good_daemon, timeout=3) == (
        f"the libp2p listener /ip4/0.0.0.0/tcp/{port}: no answer within 3 s"
    )


def test_a_listener_that_is_gone(paths):
    assert "the libp2p listener" in run(paths, daemon=good_daemon, listens=False)


def test_a_socket_that_nobody_serves(paths):
    assert run(paths, listener=good_listener, timeout=0.2) == "the p2p socket: no answer within 0.2 s"


def test_a_socket_that_hangs_up(paths):
    assert run(paths, daemon=turns_away, listener=good_listener).startswith("the p2p socket: ")


def test_a_socket_that_is_gone(tmp_path):
    assert trio.run(SelfCheck(tmp_path / "absent", [])).startswith("the p2p socket: ")
