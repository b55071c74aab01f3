"""`debros-host check`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from debros.hosts.checks import textfile
from debros.hosts.checks.result import Result, State
from debros.hosts.checks.run import run
from debros.hosts.options import directory_option, gateway_config_option
from debros.hosts.settings import Command, Settings
from debros.journal import is_journal
from debros.terminal import output
from debros.terminal.errors import ExitCode

# What the journal takes for a line's priority when it stands before it (sd-daemon(3)).
_PRIORITIES = {State.OK: "<6>", State.UNKNOWN: "<6>", State.WARN: "<4>", State.BAD: "<3>"}
_WORDS = {State.OK: "ok", State.UNKNOWN: "unknown", State.WARN: "warning", State.BAD: "BAD"}


@click.command("check", cls=Command)
@click.option(
    "--textfile", "metrics", type=click.Path(path_type=Path), metavar="FILE", help="Metrics for node_exporter."
)
@gateway_config_option
@directory_option
@click.pass_obj
def command(settings: Settings, metrics: Path | None, gateway_config: Path, directory: Path) -> int:
    """Look at everything on this host that can go wrong.

    One line each: services, database and voters, peers, gateway, age of the newest backup, disk, certificate, clock.
    Exit code 1 when something is bad; a warning is not.
    """
    results = []
    prefixed = is_journal(sys.stdout, os.environ)
    for result in run(settings, gateway_config, directory):
        results.append(result)
        if not settings.json:
            _say(result, prefixed=prefixed)
    worst = max(result.state for result in results)
    if metrics is not None:
        textfile.write(metrics, textfile.render(results, time.time()))
    if settings.json:
        output.document({"state": _WORDS[worst].lower(), "checks": [_as_dict(result) for result in results]})
    return ExitCode.FAILURE if worst is State.BAD else ExitCode.OK


def _say(result: Result, *, prefixed: bool) -> None:
    priority = _PRIORITIES[result.state] if prefixed else ""
    output.line(f"{priority}{_WORDS[result.state]:8}{result.name}: {' '.join(result.text.split())}")


def _as_dict(result: Result) -> dict[str, object]:
    values = {metric.name: metric.value for metric in result.metrics}
    return {"check": result.name, "state": _WORDS[result.state].lower(), "text": result.text, "values": values}
