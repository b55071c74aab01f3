import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from debros.local import probes
from debros.p2p import protocol


@contextlib.asynccontextmanager
async def answering(data: bytes, path: Path | None = None) -> AsyncIterator[int]:
    """A server that answers whatever it is sent with `data`; on loopback TCP, or on the Unix socket `path`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(data)
        await writer.drain()
        writer.close()

    start = asyncio.start_unix_server(answer, path) if path else asyncio.start_server(answer, "127.0.0.1", 0)
    async with await start as server:
        yield 0 if path else server.sockets[0].getsockname()[1]


async def test_the_status_of_an_answer() -> None:
    for code in (200, 503):
        async with answering(b"HTTP/1.1 %d Whatever\r\n\r\n" % code) as port:
            assert await probes.http_status(port, "/") == code


async def test_what_is_no_answer() -> None:
    for data in (b"", b"HTTP/1.1", b"SSH-2.0-OpenSSH_9.2p1"):
        async with answering(data) as port:
            assert await probes.http_status(port, "/") is None
    assert await probes.http_status(port, "/") is None  # nobody listens any more


async def test_a_node_that_welcomes(tmp_path: Path) -> None:
    async with answering(protocol.encode(protocol.Welcome(protocol.VERSION, "12D3KooW")), tmp_path / "s"):
        assert await probes.welcomed(tmp_path / "s")


async def test_what_is_no_welcome(tmp_path: Path) -> None:
    for data in (b"", b"\0\0", b"\0\0\0\1\xc1", protocol.encode(protocol.Fault("version", "no"))):
        (tmp_path / "s").unlink(missing_ok=True)
        async with answering(data, tmp_path / "s"):
            assert not await probes.welcomed(tmp_path / "s")
    assert not await probes.welcomed(tmp_path / "nobody")
