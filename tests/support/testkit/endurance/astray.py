"""A node whose operator has wrong addresses: there is somebody else, or who says nothing, or nonsense, or nobody."""

import asyncio
import os
from contextlib import asynccontextmanager

from debros.p2p.client import P2PClient
from debros.p2p.protocol import P2PError
from testkit.ports import free_port

# Somebody's peer id, of a key that nobody has here.
_NOBODY = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"


@asynccontextmanager
async def lead_astray(nodes, report):
    """Let the relay dial wrong addresses, one after the other, while the block runs."""

    held = set()

    async def silent(reader, writer):
        held.add(writer)
        await reader.read()
        held.discard(writer)
        writer.close()

    async def nonsense(_reader, writer):
        writer.write(os.urandom(5000))
        writer.close()

    servers = [await asyncio.start_server(serve, "127.0.0.1", 0) for serve in (silent, nonsense)]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    addresses = [f"/ip4/127.0.0.1/tcp/{port}/p2p/{_NOBODY}" for port in (nodes.ends[0].port, *ports, free_port())]
    client = P2PClient(nodes.relay.socket, on_message=lambda *_: None, name="endurance", relay_timeout=60)
    client.start()
    dialing = asyncio.create_task(_dial(client, addresses, report))
    try:
        yield
    finally:
        dialing.cancel()
        await asyncio.gather(dialing, return_exceptions=True)
        await client.close()
        for server in servers:
            server.close()
        for writer in held:
            writer.transport.abort()
        await asyncio.sleep(0.1)  # until the transports are gone


async def _dial(client, addresses, report):
    while True:
        for address in addresses:
            try:
                await client.connect(address)
            except P2PError as error:
                if error.code not in ("unreachable", "other_peer"):
                    report.wrong.append(f"{address}: {error.code}: {error.message}")
            else:
                report.wrong.append(f"{address}: somebody is taken for who it is not")
            await asyncio.sleep(0.1)
