"""A gateway as a process of its own, and waiting for what it does."""

import asyncio
import sys

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from testkit.ports import free_port

DEADLINE = 120


class StartedGateway:
    """A gateway's process with its configuration and its log, in a directory of its own."""

    def __init__(self, directory, **settings):
        self.port, self.metrics_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.directory = directory
        self.process = None
        self._config = directory / "gateway.yaml"
        self._config.touch(0o600)
        content = {
            "listen_addr": f"127.0.0.1:{self.port}",
            "metrics_addr": f"127.0.0.1:{self.metrics_port}",
            "rqlite_dsn": "http://127.0.0.1:1",
            "p2p_socket": str(directory / "nobody.sock"),
            "data_dir": str(directory / "data"),
        }
        self._config.write_text(yaml.safe_dump(content | settings))

    async def launch(self, *program):
        """Start it; `program` is what Python runs."""
        line = [sys.executable, *(program or ("-m", "debros.gateway.main")), "--config", str(self._config)]
        with (self.directory / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(*line, stdout=log, stderr=log)

    def log(self):
        return (self.directory / "log").read_text()

    async def until(self, condition):
        """Wait for something that tells nobody when it happens, as long as the gateway runs."""
        async with asyncio.timeout(DEADLINE):
            while True:
                value = condition()
                if await value if asyncio.iscoroutine(value) else value:
                    return
                assert self.process.returncode is None, self.log()
                await asyncio.sleep(0.02)

    async def figures(self):
        """Return its figures, by name and the values of their labels."""
        async with httpx.AsyncClient(timeout=DEADLINE) as client:
            text = (await client.get(f"http://127.0.0.1:{self.metrics_port}/metrics")).text
        return {(s.name, *s.labels.values()): s.value for f in text_string_to_metric_families(text) for s in f.samples}

    async def ended(self):
        """Return its exit status."""
        async with asyncio.timeout(DEADLINE):
            return await self.process.wait()
