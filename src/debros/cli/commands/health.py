"""`network-cli health`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from debros.cli.options import Command
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.settings import Settings

_OK = 200
_DEGRADED = 503


@click.command(
    "health",
    cls=Command,
    examples=["network-cli health", "network-cli health --format json", "network-cli health -q >/dev/null && deploy"],
)
@click.pass_obj
def command(settings: Settings) -> None:
    """Show whether the gateway and what stands behind it work.

    Exit code 0 when all is well, 5 when a check fails or the gateway does not answer. A database with fewer voters than
    it wants is under-replicated, which is shown and is no failure.
    """
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    with Gateway(settings) as gateway:
        answer = gateway.get("/v1/health", public=True, accept=[_DEGRADED])
        health = answer.json()
    if "status" not in health or "client" not in health:
        raise CliError(
            f"{answer.url} answers without its health (status {answer.status})",
            code="unavailable",
            exit_code=ExitCode.UNAVAILABLE,
        )
    if settings.format == "json":
        output.document(health)
    else:
        output.facts(_facts(answer.url, health))
    if answer.status != _OK or health["status"] != "ok":
        failing = [f"{name} ({state})" for name, state in _checks(health).items() if state != "ok"]
        raise CliError(
            f"gateway at {answer.url} is {health['status']}: {', '.join(failing) or 'no check named'}",
            code="degraded",
            exit_code=ExitCode.UNAVAILABLE,
        )


def _facts(url: str, health: dict[str, Any]) -> dict[str, Any]:
    facts = {"gateway": url, "status": health["status"], **_checks(health)}
    # Under-replicated is told and is no failure: a cluster of one host works. Gateways before it do not tell.
    if replication := (health.get("client") or {}).get("replication"):
        facts["replication"] = replication
    uptime = (health.get("server") or {}).get("uptime")
    return facts if uptime is None else facts | {"uptime": uptime}


def _checks(health: dict[str, Any]) -> dict[str, Any]:
    checks = (health.get("client") or {}).get("checks") or {}
    return {str(name): state for name, state in checks.items()}
