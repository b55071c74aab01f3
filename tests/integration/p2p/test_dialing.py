"""Why a peer cannot be dialed, told by a real node: what happened, where, and what to do."""

import secrets
import socket
import socketserver
import threading
from contextlib import asynccontextmanager

import pytest
import trio

from debros.identity import Identity
from debros.p2p import dialing, workarounds
from debros.p2p.network import Network
from debros.p2p.protocol import P2PError

workarounds.apply_all()

NOBODY = Identity.from_seed(bytes(32)).peer_id


@asynccontextmanager
async def network(*listen):
    made = Network(Identity.from_seed(secrets.token_bytes(32)), listen=listen)
    async with made.run():
        yield made


def reason(multiaddr, code="unreachable"):
    """Dial from a node, and return why that cannot be."""

    async def main():
        async with network() as node:
            with pytest.raises(P2PError) as caught:
                await node.connect(multiaddr)
            assert caught.value.code == code, caught.value.message
            return caught.value.message

    return trio.run(main)


def test_nothing_listens_there():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    told = "nothing listens there (connection refused); see that the node runs and that the port is right"
    assert reason(f"/ip4/127.0.0.1/tcp/{port}/p2p/{NOBODY}") == f"/ip4/127.0.0.1/tcp/{port}: {told}"
    behind_a_name = reason(f"/dns4/localhost/tcp/{port}/p2p/{NOBODY}")
    assert behind_a_name == f"/dns4/localhost/tcp/{port} (/ip4/127.0.0.1/tcp/{port}): {told}"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2p1\r\n"])
def test_another_program_listens_there(said):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(said)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        port = server.server_address[1]
        told = reason(f"/ip4/127.0.0.1/tcp/{port}/p2p/{NOBODY}")
        server.shutdown()
        thread.join()
    why = "what answers there is no node, or a node that hangs up on this one; check the port"
    assert told == f"/ip4/127.0.0.1/tcp/{port}: {why}"


def test_nobody_answers(monkeypatch):
    monkeypatch.setattr(dialing, "DIAL_TIMEOUT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        told = "no answer within 1 s; see that the host is up and that no firewall stands between"
        assert reason(f"/ip4/127.0.0.1/tcp/{port}/p2p/{NOBODY}") == f"/ip4/127.0.0.1/tcp/{port}: {told}"


def test_a_name_nobody_knows():
    told = reason(f"/dns4/node.invalid/tcp/4001/p2p/{NOBODY}")
    assert told.startswith("/dns4/node.invalid/tcp/4001: this host knows no address of node.invalid (")
    assert told.endswith("); check its spelling")


def test_a_node_that_is_full_says_so_of_itself():
    async def main():
        async with network("/ip4/127.0.0.1/tcp/0") as far, network() as near:
            near._host.libp2p.get_network().connection_config.max_connections = -1000
            with pytest.raises(P2PError, match="this node has all the connections it may have") as caught:
                await near.connect(far.addresses()[0])
            assert caught.value.code == "unreachable"

    trio.run(main)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "not /<ip4|ip6|dns>/<host>/tcp/<port>"),
        ("", "not /<ip4|ip6|dns>/<host>/tcp/<port>"),
        (f"/ip4/127.0.0.1/udp/1/p2p/{NOBODY}", "not /<ip4|ip6|dns>/<host>/tcp/<port>"),
        (f"/ip4/127.0.0.1/tcp/99999/p2p/{NOBODY}", "port 99999 is not between 1 and 65535"),
        ("/ip4/127.0.0.1/tcp/1/p2p/nobody", "not a peer id"),
        ("/ip4/127.0.0.1/tcp/1", "does not say which peer"),
    ],
)
def test_what_is_no_address_of_a_peer(text, told):
    message = reason(text, "invalid_multiaddr")
    assert message.startswith(f"{text}: {told}")
    assert message.endswith("; expected /ip4/HOST/tcp/PORT/p2p/PEERID (or ip6, dns, dns4, dns6)")
