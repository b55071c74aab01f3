"""cluster.json: how many hosts the cluster has and on which ports, for as long as its data lives."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from debros import files
from debros.local.errors import LocalError
from debros.local.layout import MAX_HOSTS, Layout, home_directory, requested_port_offset


@dataclass(frozen=True, slots=True)
class Cluster:
    """A local cluster; `hosts` is 0 before the first `up`."""

    layout: Layout
    hosts: int


def load(environ: Mapping[str, str]) -> Cluster:
    """Return the cluster the environment speaks of (DEBROS_HOME, DEBROS_PORT_OFFSET).

    Raises:
        LocalError: The environment or cluster.json makes no sense, or they differ about the ports.
    """
    home, offset = home_directory(environ), requested_port_offset(environ)
    path = Layout(home).cluster_file
    try:
        hosts, made_with = _parse(json.loads(path.read_text()))
    except (FileNotFoundError, NotADirectoryError):  # of the latter the checks before a start say more
        return Cluster(Layout(home, offset or 0), 0)
    except OSError as error:
        raise LocalError(f"{path}: cannot be read: {error.strerror}; fix its owner or mode") from error
    except (ValueError, KeyError, TypeError) as error:
        raise LocalError(
            f"{path}: damaged ({error}); it should read like "
            '{"version": 1, "hosts": 1, "port_offset": 0} with the number of hostN directories beside it'
        ) from error
    if offset not in (None, made_with):
        raise LocalError(
            f"DEBROS_PORT_OFFSET={offset}: the cluster in {home} was made with offset {made_with}, and its "
            "configuration files say so. Unset DEBROS_PORT_OFFSET, or name another directory with DEBROS_HOME"
        )
    return Cluster(Layout(home, made_with), hosts)


def _parse(document: dict[str, Any]) -> tuple[int, int]:
    hosts, offset = int(document["hosts"]), int(document["port_offset"])
    if not 1 <= hosts <= MAX_HOSTS:
        raise ValueError(f"hosts is {hosts}")
    return hosts, offset


def save(cluster: Cluster) -> None:
    """Write cluster.json, unless it says the same already.

    Raises:
        OSError: It cannot be written.
    """
    document = {"version": 1, "hosts": cluster.hosts, "port_offset": cluster.layout.port_offset}
    text = json.dumps(document) + "\n"
    path = cluster.layout.cluster_file
    if not path.exists() or path.read_text() != text:
        files.replace(path, text)
