import asyncio
import socket

import pytest

from debros.gateway.protocols.limits import ServerState
from debros.gateway.watchdog import LivenessProbe, report
from debros.systemd import Notifier


@pytest.fixture
def listening():
    with socket.socket() as sock:
        sock.bind(("0.0.0.0", 0))
        sock.listen()
        yield sock


async def answering(listening, answer):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    return await asyncio.start_server(serve, sock=listening.dup())


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", ""),
        (b"HTTP/1.1 503 Busy\r\n\r\n", "unexpected answer b'HTTP/1.1 503 Busy\\r\\n'"),
        (b"", "unexpected answer b''"),
    ],
)
async def test_only_a_good_answer_is_good(listening, answer, problem):
    state = ServerState()
    async with await answering(listening, answer):
        assert await LivenessProbe(listening, state).ask() == problem
    assert state.own_clients == set()


async def test_a_server_that_accepts_and_says_nothing_is_not_alive(listening):
    # What a blocked event loop looks like: the kernel completes the connection.
    assert await LivenessProbe(listening, ServerState(), timeout=0.05).ask() == "no answer within 0.05 s"


async def test_nobody_there(listening):
    probe = LivenessProbe(listening, ServerState())
    listening.close()
    assert "Connect call failed" in await probe.ask()


async def test_it_reports_until_it_is_cancelled():
    seen = asyncio.Event()
    rounds = 0

    async def check():
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            seen.set()
        return ""

    task = asyncio.create_task(report(Notifier("/nowhere", watchdog=0.03), check=check, status=lambda: "fine"))
    await seen.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
