"""The results for node_exporter's textfile collector (github.com/prometheus/node_exporter#textfile-collector)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros import files
from debros.hosts.checks.result import Metric
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from debros.hosts.checks.result import Result

_PREFIX = "debros_host_"
_READABLE = 0o644  # node_exporter runs as a user of its own
_HELP = {
    "check_state": "Worst state of a check: 0 ok, 1 unknown, 2 warning, 3 bad.",
    "check_timestamp_seconds": "When the checks ran.",
    "unit_active": "Whether systemd runs the unit.",
    "node_peers": "Peers the node is connected to.",
    "rqlite_ready": "Whether this host's rqlite is ready.",
    "rqlite_leader": "Whether this host leads the database.",
    "rqlite_voters": "Voters of the database.",
    "rqlite_voters_reachable": "Voters this host reaches, itself included.",
    "rqlite_voters_wanted": "Voters there should be.",
    "backup_age_seconds": "Age of the newest backup on this host.",
    "backup_bytes": "Size of the newest backup on this host.",
    "disk_free_bytes": "Free space.",
    "disk_size_bytes": "Size of the disk.",
    "certificate_expiry_timestamp_seconds": "When the certificate of the Raft port expires.",
    "clock_synchronised": "Whether the clock is kept right.",
}


def render(results: Iterable[Result], now: float) -> str:
    """Return the text format of Prometheus.

    Args:
        results: of all checks.
        now: seconds since 1970.
    """
    worst: dict[str, int] = {}
    samples: dict[str, list[Metric]] = {}
    for result in results:
        worst[result.name] = max(worst.get(result.name, 0), int(result.state))
        for metric in result.metrics:
            samples.setdefault(metric.name, []).append(metric)
    samples["check_state"] = [Metric("check_state", state, {"check": name}) for name, state in worst.items()]
    samples["check_timestamp_seconds"] = [Metric("check_timestamp_seconds", now)]
    lines = []
    for name, metrics in sorted(samples.items()):
        lines += [f"# HELP {_PREFIX}{name} {_HELP[name]}", f"# TYPE {_PREFIX}{name} gauge"]
        lines += [f"{_PREFIX}{name}{_labels(metric.labels)} {float(metric.value)!r}" for metric in metrics]
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Put the text in the place of the file in one step; a reader never sees half of it.

    Raises:
        CliError: it cannot be written.
    """
    try:
        files.replace(path, text, mode=_READABLE, durable=False)
    except OSError as error:
        raise CliError(f"--textfile {path}: {error.strerror}", code="textfile", hint="make its directory") from None


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
