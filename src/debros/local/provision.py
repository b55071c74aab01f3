"""Write what a host needs before its first start: identity, configuration, API key. What exists is never touched."""

import contextlib
import os
import secrets
import string
from pathlib import Path
from typing import Any

import yaml

from debros import files
from debros.config import ADMIN, ConfigError, load_gateway, load_node
from debros.identity import IdentityError, load_or_create
from debros.local import rqlited
from debros.local.cluster import Cluster, save
from debros.local.errors import LocalError
from debros.local.layout import LOOPBACK, Host, Layout

KEY_ALPHABET = string.ascii_letters + string.digits
NAMESPACE = "default"
HEADER = "# Written once by `make up`, never overwritten: yours to edit (then `make down`, `make up`).\n"


def provision(cluster: Cluster) -> None:
    """Make every host of the cluster ready to start and record the cluster.

    Raises:
        LocalError: Something cannot be written, or an existing file is not valid; the text says which.
    """
    layout = cluster.layout
    try:
        for directory in (layout.home, layout.logs, layout.run):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        key, server_key = api_key(layout), _server_key(layout)
        program = rqlited.chosen(layout, os.environ)
        for host in layout.hosts(cluster.hosts):
            for directory in (host.node_config.parent, host.key_file.parent, host.data):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            load_or_create(host.key_file)
        for host in layout.hosts(cluster.hosts):
            _write(host.node_config, node_document(cluster, host, program))
            _write(host.gateway_config, gateway_document(host, key, server_key))
        check(cluster)
        save(cluster)
    except OSError as error:
        raise LocalError(f"{error.filename or layout.home}: cannot be written: {error.strerror}") from error
    except IdentityError as error:
        raise LocalError(str(error)) from error


def check(cluster: Cluster) -> None:
    """Load every configuration file the way the programs will.

    Raises:
        LocalError: At least one is not valid.
    """
    for host in cluster.layout.hosts(cluster.hosts):
        for path, load in ((host.node_config, load_node), (host.gateway_config, load_gateway)):
            try:
                load(path, environ={})
            except ConfigError as error:
                raise LocalError(f"{path}: {error}") from error


def api_key(layout: Layout) -> str:
    """Return the cluster's API key, `ak_` and 24 characters (142 bits); create it when there is none.

    Raises:
        OSError: The file cannot be read or written.
    """
    _create_once(layout.api_key, "ak_" + "".join(secrets.choice(KEY_ALPHABET) for _ in range(24)) + "\n")
    return layout.api_key.read_text().strip()


def multiaddr(host: Host) -> str:
    """Return the address under which other nodes reach this one; the host must have its identity.

    Raises:
        IdentityError: It has none.
    """
    return f"/ip4/{LOOPBACK}/tcp/{host.p2p_port}/p2p/{load_or_create(host.key_file).peer_id}"


def node_document(cluster: Cluster, host: Host, program: Path | None) -> dict[str, Any]:
    """Return node.yaml's content: host 1 founds the cluster, the others join it there; `program` is rqlited.

    Each node knows the others as bootstrap peers, so that it believes what they say of themselves; every host must
    have its identity.
    """
    first = cluster.layout.host(1)
    founder = host.number == first.number
    return {
        "node": {
            "type": "bootstrap" if founder else "node",
            "listen_addresses": [f"/ip4/{LOOPBACK}/tcp/{host.p2p_port}"],
            "data_dir": str(host.data),
            "key_file": str(host.key_file),
            "p2p_socket": str(host.p2p_socket),
        },
        "database": {
            "data_dir": str(host.data / "rqlite"),
            "rqlite_port": host.rqlite_port,
            "rqlite_raft_port": host.raft_port,
            "rqlite_join_address": "" if founder else f"{LOOPBACK}:{first.raft_port}",
            **({"rqlite_binary": str(program)} if program else {}),
        },
        "discovery": {
            "bootstrap_peers": [
                multiaddr(other) for other in cluster.layout.hosts(cluster.hosts) if other.number != host.number
            ],
            "http_adv_address": f"{LOOPBACK}:{host.rqlite_port}",
            "raft_adv_address": f"{LOOPBACK}:{host.raft_port}",
        },
    }


def gateway_document(host: Host, key: str, server_key: Path | None) -> dict[str, Any]:
    """Return gateway.yaml's content: the host's own rqlite and node, one static key, the gateways' common secret."""
    return {
        "listen_addr": f"{LOOPBACK}:{host.gateway_port}",
        "metrics_addr": f"{LOOPBACK}:{host.metrics_port}",
        "rqlite_dsn": f"http://{LOOPBACK}:{host.rqlite_port}",
        "api_keys": [f"{key}:{NAMESPACE} {ADMIN}"],
        "p2p_socket": str(host.p2p_socket),
        "data_dir": str(host.data / "gateway"),
        **({"auth": {"server_key_file": str(server_key)}} if server_key else {}),
    }


def _server_key(layout: Layout) -> Path | None:
    """Return the file of the gateways' common secret, made with the first host; None in a cluster older than it.

    There the gateways share a key in the database, and a host that is added must do as they do.
    """
    if not layout.server_key.exists():
        if layout.host(1).gateway_config.exists():
            return None
        _create_once(layout.server_key, secrets.token_hex(32) + "\n")
    return layout.server_key


def _write(path: Path, document: dict[str, Any]) -> None:
    _create_once(path, HEADER + yaml.safe_dump(document, sort_keys=False))


def _create_once(path: Path, text: str) -> None:
    """Write a private file unless there is one: what a user changed, or another start made, stays."""
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            files.create(path, text)
