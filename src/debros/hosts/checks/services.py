"""The units, the gateway's health, the node's peers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.config import thishost
from debros.hosts import units
from debros.hosts.checks.result import Metric, Result, State
from debros.hosts.services import NotServingError, gateway_health, node_status
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from debros.hosts.settings import Settings


def active_units(names: Iterable[str] = units.SERVICES) -> Iterator[Result]:
    """Look whether systemd runs our services; one that is not installed here is none of this host's.

    Args:
        names: those that belong on this host.
    """
    for name in names:
        try:
            unit = units.show(name)
        except CliError as error:
            yield Result(name, State.BAD, error.message)
            continue
        metric = Metric("unit_active", float(unit.active == "active"), {"unit": name})
        if not unit.installed:
            yield Result(name, State.UNKNOWN, str(unit))
        elif unit.active == "active":
            yield Result(name, State.OK, str(unit), (metric,))
        else:
            yield Result(name, State.BAD, f"{unit}; see: journalctl -u {name} -n 50", (metric,))


def members() -> Iterator[Result]:
    """Look whether this host could follow the list of members; where there is no such unit there is no list."""
    try:
        unit = units.show(units.MEMBERS)
    except CliError:
        return  # said of the services already
    if not unit.installed:
        return
    if unit.result == "success":
        yield Result("members", State.OK, "the list of members is followed")
        return
    state = State.BAD if unit.active == "failed" else State.WARN
    again = "every ten minutes" if state is State.BAD else "in a minute"
    text = f"the list of members could not be followed; tried again {again}. See: journalctl -u {units.MEMBERS} -n 50"
    yield Result("members", state, text)


def gateway(config_file: Path) -> Iterator[Result]:
    """Ask the gateway of this host, if there is one."""
    if not config_file.exists():
        return
    try:
        checks = gateway_health(thishost.gateway_url(config_file))
    except (NotServingError, ValueError) as error:
        yield Result("gateway", State.BAD, str(error))
        return
    wrong = [f"{name}: {says}" for name, says in checks.items() if says != "ok"]
    yield Result("gateway", State.BAD if wrong else State.OK, "; ".join(wrong) or "healthy")


def peers(settings: Settings, members: int) -> Iterator[Result]:
    """Ask the node of this host whom it is connected to, if there is one.

    Args:
        settings: name the socket.
        members: hosts of the cluster, as far as the database knows them; 0 = unknown.
    """
    if not _has_node():
        return
    try:
        count = node_status(settings.node.node.p2p_socket).peer_count
    except NotServingError as error:
        yield Result("node", State.BAD, str(error))
        return
    alone = count == 0 and members > 1
    text = f"{count} peers"
    if alone:
        text += f" in a cluster of {members} hosts; see the firewall (libp2p port) and: journalctl -u {units.NODE}"
    yield Result("node", State.BAD if alone else State.OK, text, (Metric("node_peers", count),))


def _has_node() -> bool:
    try:
        return units.show(units.NODE).installed
    except CliError:
        return True  # without systemd the socket has to tell
