"""`make status`: what runs, since when, and whether it answers."""

import asyncio
import json
import os
import time
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

from debros.local import cluster as clusters
from debros.local import health, running
from debros.local.summary import shorten


def status(out: TextIO, *, as_json: bool = False) -> None:
    """Print the state of every process.

    Args:
        out: Where to.
        as_json: One JSON document instead of a table.

    Raises:
        LocalError: The state cannot be found out.
    """
    cluster = clusters.load(os.environ)
    supervisor = running.supervisor(cluster.layout)
    document: dict[str, Any] = {"running": supervisor is not None, "hosts": cluster.hosts, "processes": []}
    if supervisor is not None:
        answers = asyncio.run(health.answers(cluster.layout.hosts(cluster.hosts)))
        document["processes"] = [
            process | {"healthy": answers.get(process["name"], False)}
            for process in running.status(cluster.layout)["processes"]
        ]
    if as_json:
        json.dump(document, out, indent=1)
        out.write("\n")
    elif supervisor is None:
        out.write(f"Nothing is running in {cluster.layout.home}. Start it with: make up\n")
    else:
        Console(file=out).print(_table(document["processes"]))
        out.write(f"\nLogs: {shorten(cluster.layout.logs)}  (make logs)\n")


def _table(processes: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("process", "state", "pid", "up for", "restarts", "last exit"):
        table.add_column(title, overflow="fold")
    for process in processes:
        # Being ready once does not mean answering now.
        unwell = process["state"] == "ready" and not process["healthy"]
        last = process["last_exit"]
        table.add_row(
            process["name"],
            "[yellow]no answer[/]" if unwell else process["state"],
            str(process["pid"] or "-"),
            _duration(time.time() - process["started_at"]) if process["pid"] else "-",
            str(process["restarts"]),
            str(last["code"]) if last else "-",
        )
    return table


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
