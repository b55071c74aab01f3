"""What `debros-host check` sees, when this host is a member of a cluster."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from debros.cli.diagnosis.finding import Finding, State, failed
from debros.hosts import places
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from debros.hosts.settings import Settings as HostSettings

_NEXT = "debros-host check; systemctl status 'debros-*'; journalctl -u 'debros-*' -n 50"


def look(config: Path = places.CONFIG) -> Iterator[Finding]:
    """Yield what the host's own checks find; nothing on other machines."""
    if not os.path.lexists(config):
        return
    from debros.hosts.checks.result import State as Bad  # noqa: PLC0415 - on members only
    from debros.hosts.checks.run import run  # noqa: PLC0415 - as above
    from debros.hosts.settings import Settings, translated  # noqa: PLC0415 - as above

    if not os.access(config, os.R_OK):
        text = f"{config} is not readable for you, so this host itself is not checked"
        yield Finding("host", State.WARN, text, "sudo network-cli doctor")
        return

    def results(settings: HostSettings) -> list[Finding]:
        states = {Bad.WARN: State.WARN, Bad.BAD: State.FAIL}
        return [
            Finding(f"host: {one.name}", state, " ".join(one.text.split()), None if state is State.OK else _NEXT)
            for one in run(settings, places.GATEWAY_CONFIG, places.BACKUPS)
            for state in (states.get(one.state, State.OK),)
        ]

    try:
        yield from translated(results)(Settings(config))
    except CliError as exc:
        yield failed("host", exc, "debros-host check")
