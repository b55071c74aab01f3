"""A gateway of two workers, as a process of its own, over a real rqlited and a real node."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys

import httpx
import psutil
import pytest
from websockets.asyncio.client import connect

from testkit.started import DEADLINE, StartedGateway

KEY, OTHER_KEY = "ak_0123456789abcdefghijklmn", "ak_zyxwvutsrqponmlkjihgfedc"


class Crew(StartedGateway):
    """The gateway, and clients of whom one knows which worker serves them."""

    def __init__(self, directory, **settings):
        keys = [f"{KEY}:default", f"{OTHER_KEY}:other"]
        super().__init__(directory, **({"workers": 2, "api_keys": keys} | settings))
        self._stack = contextlib.AsyncExitStack()

    async def start(self, *, prepared=True):
        await self.launch()
        await self.until(lambda: self.log().count("a worker serves") == 2)
        if prepared:
            await self.until(lambda: self.log().count("tables are ready") == 2)
        return self

    def workers(self):
        """Return the processes by their index."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if (line := child.cmdline())[2:3] == ["debros.gateway.workers"]:
                    found[int(line[3].partition("/")[0]) - 1] = child
        return found

    def daemons(self):
        """Return the p2p daemons of the gateway and of its workers."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in found if "debros.p2p.daemon" in child.cmdline()]

    def serves(self, port):
        """Return the index of the worker at the other end of a client's connection."""
        for index, process in self.workers().items():
            if any(c.raddr and c.raddr.port == port for c in process.net_connections("tcp")):
                return index
        raise AssertionError(f"nobody serves the connection from port {port}")

    async def client(self, index, key=KEY):
        """Return a client with one connection, to that worker."""
        while True:
            client = httpx.AsyncClient(
                base_url=self.url,
                headers={"X-API-Key": key} if key else {},
                limits=httpx.Limits(max_connections=1, keepalive_expiry=600),
                timeout=DEADLINE,
            )
            answer = await client.get("/livez")
            if self.serves(answer.extensions["network_stream"].get_extra_info("client_addr")[1]) == index:
                self._stack.push_async_callback(client.aclose)
                return client
            await client.aclose()

    async def socket(self, index, topic, query=""):
        """Return a WebSocket at that worker."""
        while True:
            url = f"ws://127.0.0.1:{self.port}/v1/pubsub/ws?topic={topic}{query}"
            ws = await connect(url, additional_headers={"X-API-Key": KEY}, max_queue=None)
            self._stack.push_async_callback(ws.close)
            if self.serves(ws.local_address[1]) == index:
                return ws
            await ws.close()

    async def stop(self):
        await self._stack.aclose()
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def close(self):
        await self._stack.aclose()
        if self.process is not None and self.process.returncode is None:
            children = self.workers().values()
            self.process.kill()
            await self.process.wait()
            await asyncio.to_thread(psutil.wait_procs, list(children), 30)  # they end with their parent


@pytest.fixture
async def make_crew(tmp_path):
    """Make gateways of two workers; keyword arguments are keys of gateway.yaml."""
    made = []

    def make(**settings):
        made.append(Crew(tmp_path, **settings))
        return made[-1]

    yield make
    for crew in made:
        await crew.close()


@pytest.fixture
async def crew(make_crew, rqlited, node):
    """Return one that runs."""
    return await make_crew(rqlite_dsn=rqlited.url, p2p_socket=str(node.socket)).start()


@pytest.fixture
async def lonely(make_crew):
    """Return one that runs without a database and without a node."""
    return await make_crew(require_auth=False, api_keys=[]).start(prepared=False)


def kill(process):
    os.kill(process.pid, signal.SIGKILL)


@pytest.fixture
def run_to_the_end(tmp_path):
    """Run a gateway that cannot start; return what became of it."""

    def run(**settings):
        crew = Crew(tmp_path, **settings)
        line = [sys.executable, "-m", "debros.gateway.main", "--config", str(crew.directory / "gateway.yaml")]
        return subprocess.run(line, capture_output=True, text=True, timeout=DEADLINE, check=False)

    return run
