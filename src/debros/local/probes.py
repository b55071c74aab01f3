"""Does a process answer? One question per program, over loopback, each bounded in time."""

import asyncio
import contextlib
import struct
from pathlib import Path

from debros.local.layout import LOOPBACK, Host
from debros.p2p import protocol

TIMEOUT = 2.0  # seconds for one question; healthy programs answer within milliseconds
HTTP_OK = 200


async def rqlite(host: Host) -> bool:
    """Return whether rqlite has a leader and has caught up (`/readyz?sync`)."""
    return await http_status(host.rqlite_port, "/readyz?sync") == HTTP_OK


async def gateway(host: Host) -> bool:
    """Return whether the gateway and everything it checks are well."""
    return await http_status(host.gateway_port, "/health") == HTTP_OK


async def node(host: Host) -> bool:
    """Return whether the node welcomes a client on its socket."""
    return await welcomed(host.p2p_socket)


async def http_status(port: int, target: str) -> int | None:
    """GET the target; return the status code, None when there was no answer."""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            with contextlib.closing(writer):
                request = f"GET {target} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n"
                writer.write(request.encode())
                # "HTTP/1.1 200 OK": 12 bytes say it all (RFC 9112 section 4)
                return int((await reader.readexactly(12))[9:])
    return None


async def welcomed(path: Path) -> bool:
    """Return whether the p2p daemon behind the socket answers a hello."""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, protocol.P2PError):
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_unix_connection(path)
            with contextlib.closing(writer):
                writer.write(protocol.encode(protocol.Hello(protocol.VERSION, "local")))
                head = await reader.readexactly(4)
                (length,) = struct.unpack("!I", head)
                frames = protocol.Parser(protocol.FromDaemon).feed(head + await reader.readexactly(length))
                return isinstance(frames[0], protocol.Welcome)
    return False
