"""Real node processes on loopback, each with its own directory, port and socket; clients that keep what they hear."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml

from debros.p2p.client import P2PClient
from testkit.ports import free_port

START_SECONDS = 120
_PROBE = b"probe of testkit.nodes"


class Node:
    """One `debros-node`; its log is `self.log`."""

    def __init__(self, home: Path, bootstrap_peers=(), discovery_interval="24h", **node):
        home.mkdir()
        self.home = home
        self.port = free_port()
        self.socket = home / "p2p.sock"
        self.log = home / "node.log"
        config = {
            "node": {
                "type": "bootstrap",
                "data_dir": str(home / "data"),
                "listen_addresses": [f"/ip4/127.0.0.1/tcp/{self.port}"],
                "p2p_socket": str(self.socket),
                **node,
            },
            # Nobody listens there: the node must live without its database.
            "database": {"rqlite_port": free_port(), "data_dir": str(home / "db")},
            # No test takes a day: whom a node knows is what the test says, unless it wants peer exchange.
            "discovery": {"bootstrap_peers": list(bootstrap_peers), "discovery_interval": discovery_interval},
        }
        self.config = home / "node.yaml"
        self.config.write_text(yaml.safe_dump(config))
        self.process = None
        self.program = ["-m", "debros.node.main"]

    def spawn(self, *arguments):
        command = [sys.executable, *self.program, "--config", str(self.config), *arguments]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.home)

    def start(self):
        (self.home / "data" / "peer.info").unlink(missing_ok=True)
        self.process = self.spawn()
        deadline = time.monotonic() + START_SECONDS
        while not (self.home / "data" / "peer.info").exists():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self

    @property
    def address(self):
        return (self.home / "data" / "peer.info").read_text().strip()

    @property
    def peer_id(self):
        return self.address.rpartition("/")[2]

    def kill(self):
        self.process.kill()
        self.process.wait(60)

    def stop(self):
        """End it as systemd does, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Client(P2PClient):
    """A client that keeps what it hears."""

    def __init__(self, path, **settings):
        self.heard = []
        self.gaps = 0
        super().__init__(path, on_message=self._hear, on_gap=self._gap, **settings)

    def _hear(self, topic, data, publisher):
        self.heard.append((topic, data, publisher))

    def _gap(self, _seconds, _dropped):
        self.gaps += 1

    def payloads(self, topic):
        return [data for heard, data, _ in self.heard if heard == topic and data != _PROBE]

    def probed(self, topic):
        return any(heard == topic and data == _PROBE for heard, data, _ in self.heard)


async def eventually(condition, seconds=120.0):
    """Wait until `condition()` is true; the deadline is generous because the machine may be busy."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def path_opens(publisher, subscriber, topic):
    """Publish probes until the subscriber hears one, then forget what was heard; a late one does not count."""
    deadline = time.monotonic() + 120
    while not subscriber.probed(topic):
        assert time.monotonic() < deadline, "no message came through"
        await publisher.publish(topic, _PROBE)
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    subscriber.heard.clear()
