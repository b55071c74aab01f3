"""`network-cli doctor`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from debros.cli.options import Command
from debros.terminal import output
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from debros.cli.diagnosis.finding import Finding
    from debros.cli.settings import Settings


@click.command(
    "doctor",
    cls=Command,
    unconfigured=True,
    examples=["network-cli doctor", "network-cli doctor --gateway https://gateway.example --format json"],
)
@click.pass_obj
def command(settings: Settings) -> None:
    """Look at everything that can keep this program from working, and say what to do about it.

    One line each: configuration, credentials, gateway, TLS, clock, versions, sign-in; on a member of a cluster also
    what debros-host check sees. Exit code 1 when something fails; a warning is no failure.
    """
    from debros.cli.diagnosis.finding import State  # noqa: PLC0415 - the help page does not need it

    found = []
    for finding in _findings(settings):
        found.append(finding)
        if settings.format != "json":
            output.line(f"{finding.state:6}{finding.name}: {finding.text}")
            if finding.next:
                output.line(f"      next: {finding.next}")
    failing = [finding.name for finding in found if finding.state is State.FAIL]
    if settings.format == "json":
        worst = max((finding.state for finding in found), key=list(State).index)
        output.document({"state": worst, "checks": [asdict(finding) for finding in found]})
    if failing:
        raise CliError(f"not well: {', '.join(failing)}", code="not_well")


def _findings(settings: Settings) -> Iterator[Finding]:
    from debros.cli.diagnosis import files, gateway, member  # noqa: PLC0415 - the help page needs none of this

    yield files.configuration(settings)
    yield from files.stored(settings)
    yield from gateway.look(settings)
    yield from member.look()
