"""A gateway whose socket systemd holds: it is restarted under load, and no client notices more than a pause."""

import asyncio
import contextlib
import os
import signal
import socket
import sys

import httpx
import psutil
import pytest
import yaml
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

# LISTEN_PID must be the gateway's own, and exec keeps the shell's; 3 is where systemd's sockets begin.
PROGRAM = 'export LISTEN_PID=$$; exec "$@" 3<&"$HELD"'
GATEWAY = [sys.executable, "-m", "debros.gateway.main"]
DEADLINE = 120


class Manager:
    """In systemd's place: holds the listening socket, hears what the gateway says, starts and stops it."""

    def __init__(self, directory, *, watchdog=None, workers=1):
        self.listening = socket.socket()
        self.listening.bind(("127.0.0.1", 0))
        self.listening.listen(1024)
        self.port = self.listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.heard = []
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(directory / "notify"))
        self._notify.setblocking(False)
        self._path = directory / "gateway.yaml"
        self._log = directory / "log"
        self.process = None
        self._watchdog = watchdog
        self._path.write_text(
            yaml.safe_dump(
                {
                    "listen_addr": f"127.0.0.1:{self.port}",
                    "rqlite_dsn": "http://127.0.0.1:1",
                    "p2p_socket": str(directory / "p2p.sock"),
                    "data_dir": str(directory / "data"),
                    "require_auth": False,
                    "metrics_addr": "",
                    "workers": workers,
                }
            )
        )

    async def start(self, **settings):
        if settings:
            self._path.write_text(yaml.safe_dump(yaml.safe_load(self._path.read_text()) | settings))
        held = self.listening.fileno()
        environ = {**os.environ, "HELD": str(held), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "http"}
        environ["NOTIFY_SOCKET"] = self._notify.getsockname()
        if self._watchdog:
            environ["WATCHDOG_USEC"] = str(int(self._watchdog * 1_000_000))
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                "bash", "-c", PROGRAM, "bash", *GATEWAY, "--config", str(self._path),
                pass_fds=[held], env=environ, stdout=log, stderr=log,
            )  # fmt: skip
        await self.hears("READY=1")

    async def hears(self, line):
        """Wait for a message that has this line; returns the whole message."""
        async with asyncio.timeout(DEADLINE):
            while True:
                with contextlib.suppress(BlockingIOError):
                    text = self._notify.recv(4096).decode()
                    self.heard.append(text)
                    if line in text.split("\n"):
                        return text
                    continue
                assert self.process.returncode is None, self.log()
                await asyncio.sleep(0.01)

    async def stop(self):
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE):
            return await self.process.wait()

    def log(self):
        return self._log.read_text()

    async def close(self):
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self.listening.close()
        self._notify.close()


@pytest.fixture(params=[1, 2])
def workers(request):
    return request.param


@pytest.fixture
async def manager(tmp_path, workers):
    made = Manager(tmp_path, workers=workers)
    yield made
    await made.close()


async def ask(port, path="/livez"):
    """Make a new connection, ask, and read the whole answer; whatever goes wrong is raised."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
    return answer


async def test_restarts_under_load_lose_nothing(manager):
    await manager.start()
    running = True
    answers = 0

    async def new_connections():
        nonlocal answers
        while running:
            async with asyncio.timeout(DEADLINE):
                await ask(manager.port)
            answers += 1

    async def kept_connection():
        """A client that keeps its connection, and makes a new one when the gateway asks for it."""
        nonlocal answers
        while running:
            reader, writer = await asyncio.open_connection("127.0.0.1", manager.port)
            keep = True
            while keep and running:
                writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                async with asyncio.timeout(DEADLINE):
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                    await reader.readexactly(length)
                assert head.startswith(b"HTTP/1.1 200 "), head
                answers += 1
                keep = b"connection: close" not in head.lower()
            writer.close()

    clients = [asyncio.create_task(new_connections()) for _ in range(8)]
    clients += [asyncio.create_task(kept_connection()) for _ in range(4)]
    for _ in range(3):
        target = answers + 100
        while answers < target:
            assert not any(client.done() for client in clients), [c.exception() for c in clients if c.done()]
            await asyncio.sleep(0.01)
        assert await manager.stop() == 0, manager.log()
        await manager.start()
    target = answers + 100
    while answers < target:  # noqa: ASYNC110 - the clients count
        await asyncio.sleep(0.01)
    running = False
    await asyncio.gather(*clients)
    assert "Traceback" not in manager.log()
    assert "listen_addr is not used" not in manager.log()


async def test_connections_wait_for_the_successor(manager):
    await manager.start()
    assert await manager.stop() == 0
    waiting = [asyncio.create_task(ask(manager.port)) for _ in range(20)]
    await asyncio.sleep(0)
    await manager.start()
    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(*waiting)


async def test_a_connection_without_a_request_is_still_answered_when_it_stops(manager):
    await manager.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", manager.port)
    await ask(manager.port)  # accepted after the first one, so that one is accepted too
    manager.process.send_signal(signal.SIGTERM)
    await manager.hears("STOPPING=1")
    writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(DEADLINE):
        answer = await reader.read()
        assert await manager.process.wait() == 0
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer.lower()
    writer.close()


async def test_sockets_are_told_to_come_back(manager):
    await manager.start()
    async with connect(f"ws://127.0.0.1:{manager.port}/v1/pubsub/ws?topic=t") as ws:
        manager.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            await ws.recv()
    assert closed.value.rcvd.code == 1012
    async with asyncio.timeout(DEADLINE):
        assert await manager.process.wait() == 0


async def test_another_address_in_the_file_is_said_once(manager):
    await manager.start(listen_addr="127.0.0.1:1")
    await ask(manager.port)
    assert manager.log().count("listen_addr is not used") == 1


async def test_the_watchdog_is_fed_by_answers(tmp_path, workers):
    manager = Manager(tmp_path, watchdog=6, workers=workers)  # a self-check may take a third of it
    try:
        await manager.start()
        for _ in range(3):
            await manager.hears("WATCHDOG=1")
        async with httpx.AsyncClient(base_url=manager.url) as client:
            await client.get("/livez")
        # The database is away all the while: no reason to restart the gateway.
        assert (await asyncio.to_thread(httpx.get, f"{manager.url}/readyz")).status_code == 503
        status = await manager.hears("WATCHDOG=1") and [
            text for text in manager.heard if ("requests answered" if workers == 1 else "2 of 2 workers") in text
        ]
        assert status
        assert "self-check failed" not in manager.log()
    finally:
        await manager.close()


async def test_a_worker_that_hangs_is_replaced_before_systemd_ends_them_all(tmp_path):
    manager = Manager(tmp_path, watchdog=6, workers=2)
    try:
        await manager.start()
        children = psutil.Process(manager.process.pid).children()
        os.kill(children[1].pid, signal.SIGSTOP)
        async with asyncio.timeout(DEADLINE):
            while manager.log().count("a worker serves") < 3:  # noqa: ASYNC110 - another process tells
                await asyncio.sleep(0.02)
        assert "a worker hangs; it is ended" in manager.log()
        manager.heard.clear()
        await manager.hears("WATCHDOG=1")
        await ask(manager.port)
        assert await manager.stop() == 0
    finally:
        await manager.close()
