"""Restarting one service so that the cluster does not suffer: look first, then restart, then wait until it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.config import thishost
from debros.hosts import units
from debros.hosts.cluster import Cluster, look
from debros.hosts.ready import Readiness, not_ready
from debros.hosts.services import NotServingError, gateway_health, node_status
from debros.rqlite.errors import AccessDenied, NoLeader, RqliteError
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from debros.hosts.database import Database
    from debros.hosts.settings import Settings
    from debros.hosts.waiting import Wait

# How long a new leader may take after the old one has stepped down, seconds; an election takes 1 to 3.
_HAND_OVER = 10.0
# How long a voter may be out of reach before it counts as missing, seconds. One that was restarted a moment ago seems
# to be for a while, because connections to it are stale.
_SETTLE = 10.0


@dataclass(frozen=True, slots=True)
class Restarted:
    """What a restart did.

    Attributes:
        was_running: the service ran before.
        was_leader: this host led the database before.
    """

    was_running: bool
    was_leader: bool = False


def rqlite(settings: Settings, waiting: Wait, *, force: bool) -> Restarted:
    """Restart rqlite; refuse when the cluster would lose its quorum.

    Raises:
        CliError: refused, or it does not become ready in time.
    """
    running = units.show(units.RQLITE).active == "active"
    with settings.database() as database:
        before = _gate(database, waiting, force=force) if running else None
        if before and before.leads and len(before.voters) > 1:
            _hand_over(settings, database, waiting)
        units.restart(units.RQLITE, waiting.remaining)
        # After it, the cluster must be as complete as it was before; a first start just has to get in.
        _until_ready(Readiness(database, voters=before.reachable if before else 0), waiting)
    return Restarted(running, was_leader=bool(before and before.leads))


def _until_ready(readiness: Readiness, waiting: Wait) -> None:
    def obstacle() -> str:
        unit = units.show(units.RQLITE)
        if unit.active == "failed":
            raise units.failed(units.RQLITE, f"{units.RQLITE} is {unit}")
        return readiness.obstacle()

    reason = waiting.until(obstacle)
    if reason and readiness.condition == "answers":
        raise units.failed(units.RQLITE, f"{units.RQLITE} was started, and after {waiting.timeout:g} s {reason}")
    if reason:
        raise not_ready(readiness, waiting, reason)


def node(settings: Settings, waiting: Wait) -> Restarted:
    """Restart the node, and wait until its socket answers.

    Raises:
        CliError: it does not in time.
    """
    socket = settings.node.node.p2p_socket

    def obstacle() -> str:
        try:
            node_status(socket)
        except NotServingError as error:
            return str(error)
        return ""

    return _thin(units.NODE, waiting, obstacle)


def gateway(config_file: Path, settings: Settings, waiting: Wait) -> Restarted:
    """Restart the gateway, and wait until all checks of its /health pass.

    Raises:
        ConfigError: gateway.yaml has problems; nothing is restarted, for it would not start.
        CliError: it is not healthy in time.
    """
    settings.check_gateway(config_file)
    url = thishost.gateway_url(config_file)

    def obstacle() -> str:
        try:
            checks = gateway_health(url)
        except NotServingError as error:
            return str(error)
        return "; ".join(f"{name}: {says}" for name, says in checks.items() if says != "ok")

    return _thin(units.GATEWAY, waiting, obstacle)


def _thin(name: str, waiting: Wait, serving: Callable[[], str]) -> Restarted:
    """Restart a service that holds no data."""
    running = units.show(name).active == "active"
    units.restart(name, waiting.remaining)

    def obstacle() -> str:
        unit = units.show(name)
        if unit.active == "failed":
            raise units.failed(name, f"{name} is {unit}")
        return serving() if unit.active == "active" else f"{name} is {unit}"

    if reason := waiting.until(obstacle):
        raise units.failed(name, f"{name} does not serve after {waiting.timeout:g} s: {reason}")
    return Restarted(running)


def _gate(database: Database, waiting: Wait, *, force: bool) -> Cluster | None:
    """Look whether the cluster can spare this host for a moment.

    Raises:
        CliError: it cannot, or that cannot be found out; not with `force`.
    """
    try:
        waiting.part("the other voters", _SETTLE).until(lambda: "" if force else _lost_without(look(database)))
        cluster = look(database)
    except NoLeader:
        return None  # nothing can be written now; a restart cannot make it worse
    except RqliteError as error:
        if force:
            return None
        why = "with new credentials it cannot tell until it is restarted: " if isinstance(error, AccessDenied) else ""
        raise CliError(
            f"{units.RQLITE} runs, but it cannot be asked whether the cluster can spare it: {error}",
            code="gate_unknown",
            exit_code=ExitCode.UNAVAILABLE,
            hint=f"{why}look at the other hosts with 'debros-host leader', then use --force",
        ) from None
    if force or not (reason := _lost_without(cluster)):
        return cluster
    raise CliError(
        f"{units.RQLITE} is not restarted: {reason}",
        code="quorum",
        exit_code=ExitCode.UNAVAILABLE,
        hint="bring the missing hosts back first; --force restarts all the same",
        extra=cluster.as_dict(),
    )


def _lost_without(cluster: Cluster) -> str:
    """Say what the cluster would lose if this host stopped now, "" when it can spare it."""
    others = [node for node in cluster.voters if node.id != cluster.self_id]
    missing = [node for node in others if not node.reachable]
    left = len(others) - len(missing)
    # Two voters can never spare one. When all others are there it is the best moment there will ever be.
    if cluster.leader is None or not cluster.votes or not missing or left >= cluster.quorum:
        return ""
    return (
        f"without this host {left} of {len(cluster.voters)} voters would be left, and {cluster.quorum} are needed; "
        f"not reachable: {', '.join(cluster.unreachable())}"
    )


def _hand_over(settings: Settings, database: Database, waiting: Wait) -> None:
    """Let another host lead before this one stops; at the latest rqlite does so itself when it is told to stop."""
    try:
        if not database.hand_over():
            return
    except RqliteError as error:
        output.say(settings, f"the lead could not be handed over ({error}); rqlite does it when it stops")
        return

    def obstacle() -> str:
        try:
            cluster = look(database)
        except RqliteError as error:
            return str(error)
        return "this host still leads" if cluster.leads or cluster.leader is None else ""

    waiting.part("a new leader", _HAND_OVER).until(obstacle)
