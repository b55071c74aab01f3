"""Where a local cluster keeps its files and on which ports it listens."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from debros.local.errors import LocalError

LOOPBACK = "127.0.0.1"
MAX_HOSTS = 9  # host N adds N to each base port; two digits would be more than a laptop holds anyway
MAX_PORT_OFFSET = 65535 - 8000 - MAX_HOSTS


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the cluster, numbered from 1."""

    number: int
    root: Path
    port_offset: int

    @property
    def p2p_port(self) -> int:
        """libp2p, TCP."""
        return 4000 + self.number + self.port_offset

    @property
    def rqlite_port(self) -> int:
        """The HTTP API of rqlite."""
        return 5000 + self.number + self.port_offset

    @property
    def gateway_port(self) -> int:
        """The gateway's HTTP and WebSocket."""
        return 6000 + self.number + self.port_offset

    @property
    def raft_port(self) -> int:
        """The Raft listener of rqlite."""
        return 7000 + self.number + self.port_offset

    @property
    def metrics_port(self) -> int:
        """The gateway's figures for Prometheus."""
        return 8000 + self.number + self.port_offset

    @property
    def gateway_url(self) -> str:
        """What users and the command line call this host's gateway."""
        return f"http://localhost:{self.gateway_port}"

    @property
    def node_config(self) -> Path:
        """node.yaml, also read by debros-rqlited."""
        return self.root / "configs" / "node.yaml"

    @property
    def gateway_config(self) -> Path:
        """gateway.yaml; holds the API key."""
        return self.root / "configs" / "gateway.yaml"

    @property
    def key_file(self) -> Path:
        """The node's identity."""
        return self.root / "keys" / "identity.key"

    @property
    def data(self) -> Path:
        """The node's data directory; rqlite and the gateway have theirs below it."""
        return self.root / "data"

    @property
    def p2p_socket(self) -> Path:
        """The node's Unix socket: as near to the root as possible, because its path may have only 107 bytes."""
        return self.root / "p2p.sock"


@dataclass(frozen=True, slots=True)
class Layout:
    """The cluster's directory and port offset."""

    home: Path
    port_offset: int = 0

    def host(self, number: int) -> Host:
        """Return host `number`, counted from 1."""
        return Host(number, self.home / f"host{number}", self.port_offset)

    def hosts(self, count: int) -> list[Host]:
        """Return the first `count` hosts."""
        return [self.host(number) for number in range(1, count + 1)]

    @property
    def api_key(self) -> Path:
        """The key for every gateway of the cluster, namespace `default`."""
        return self.home / "api.key"

    @property
    def server_key(self) -> Path:
        """The secret under which every gateway of the cluster keeps API keys and refresh tokens."""
        return self.home / "server.key"

    @property
    def cluster_file(self) -> Path:
        """How many hosts there are and the port offset they were made with."""
        return self.home / "cluster.json"

    @property
    def logs(self) -> Path:
        """One log per process, and the supervisor's own."""
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """What describes the running cluster and means nothing without it."""
        return self.home / "run"

    @property
    def supervisor_lock(self) -> Path:
        """Locked by the supervisor while it runs; holds its pid and start time."""
        return self.run / "supervisor.lock"

    @property
    def command_lock(self) -> Path:
        """Locked by `up` and `down` while they work."""
        return self.run / "command.lock"

    @property
    def status_file(self) -> Path:
        """What the supervisor knows about its processes."""
        return self.run / "status.json"

    def log(self, process: str) -> Path:
        """Return the log of a process such as `host1/node`."""
        return self.logs / f"{process.replace('/', '-')}.log"


def home_directory(environ: Mapping[str, str]) -> Path:
    """Return DEBROS_HOME, by default ~/.debros/dev, as an absolute path."""
    return Path(os.path.abspath(Path(environ.get("DEBROS_HOME") or "~/.debros/dev").expanduser()))  # noqa: PTH100 -- a
    # symbolic link stays as the user named it; resolve() would not


def requested_port_offset(environ: Mapping[str, str]) -> int | None:
    """Return DEBROS_PORT_OFFSET, which moves every port so that two clusters fit on one machine; None when unset.

    Raises:
        LocalError: It is no number, or some port would be out of range.
    """
    text = environ.get("DEBROS_PORT_OFFSET", "")
    if not text:
        return None
    if not text.isdecimal() or int(text) > MAX_PORT_OFFSET:
        raise LocalError(f"DEBROS_PORT_OFFSET: must be a number from 0 to {MAX_PORT_OFFSET}; got {text!r}")
    return int(text)
