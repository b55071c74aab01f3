"""The three processes of a host: their commands, their order, their environment."""

import os
import sysconfig
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from debros.local import probes
from debros.local.layout import Host, Layout
from debros.supervise import ProcessSpec

# `database.replication_factor`'s default: this many voters; a host beyond them is a read-only replica.
VOTERS = 3
# What would override the configuration files (environment > file), were it set in the user's shell for something else.
OVERRIDES = frozenset({"BOOTSTRAP_PEERS", "NETWORK_DEV_LOCAL", "NODE_ID", "NODE_TYPE", "RQLITE_JOIN_ADDRESS",
                       "RQLITE_NODES", "RQLITE_PORT", "RQLITE_RAFT_PORT"})  # fmt: skip


def names(host: Host) -> list[str]:
    """Return the names of a host's processes in the order they start."""
    return [f"host{host.number}/{program}" for program in ("rqlited", "node", "gateway")]


def of_host(layout: Layout, host: Host, *, alone: bool = False) -> list[ProcessSpec]:
    """Return a host's processes in the order they start.

    Args:
        layout: The cluster's directory.
        host: One of its hosts.
        alone: This host's processes are not started together with host 1's, so they do not wait for them.
    """
    rqlited, node, gateway = names(host)
    first = [] if alone or host.number == 1 else names(layout.host(1))
    replica = ["--replica"] if host.number > VOTERS else []
    env = clean_environment(os.environ)
    return [
        ProcessSpec(
            name=rqlited,
            argv=[program("debros-rqlited"), "--config", str(host.node_config), "--allow-third-party", *replica],
            log_path=layout.log(rqlited),
            after=() if _is_member(host) else tuple(first[:1]),
            env=env,
            cwd=host.root,
            ready=partial(probes.rqlite, host),
        ),
        ProcessSpec(
            name=node,
            argv=[program("debros-node"), "--config", str(host.node_config)],
            log_path=layout.log(node),
            after=(rqlited, *first[1:2]),  # a node whose bootstrap peer is not there yet tries again only after seconds
            env=env,
            cwd=host.root,
            ready=partial(probes.node, host),
        ),
        ProcessSpec(
            name=gateway,
            argv=[program("debros-gateway"), "--config", str(host.gateway_config)],
            log_path=layout.log(gateway),
            after=(rqlited, node),
            env=env,
            cwd=host.root,
            ready=partial(probes.gateway, host),
        ),
    ]


def _is_member(host: Host) -> bool:
    """Return whether the host's rqlite has data, and so is a member already.

    A new one has nothing to join before host 1 has founded the cluster. With members it is the other way round: host 1
    is not ready before a majority of them runs.
    """
    data = host.data / "rqlite"
    return data.is_dir() and any(data.iterdir())


def program(name: str) -> str:
    """Return the path of one of our programs: it is installed beside the interpreter that runs this."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the variables that would override the cluster's configuration files."""
    return {name: value for name, value in environ.items() if name not in OVERRIDES and not name.startswith("GATEWAY_")}
