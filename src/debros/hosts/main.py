"""The program `debros-host`, run as root on a host by an operator, the playbooks and our timers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import click

from debros.hosts.settings import Settings, translated
from debros.terminal.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "debros-host"

# Command → its summary, so that the help page need not import any of them. The order is that of the help page.
COMMANDS = {
    "check": "Look at everything on this host that can go wrong.",
    "leader": "Show who leads the database, and which voters are reachable.",
    "wait-ready": "Wait until this host's database serves, and has caught up.",
    "restart": "Restart a service, without harm to the cluster.",
    "rejoin": "Make this host the voter or replica it should be.",
    "forget": "Take another host out of the database's cluster, for good.",
    "backup": "Take a backup of the database while it runs, and check it.",
    "backups": "List the backups on this host.",
    "restore": "Put a backup in the place of the cluster's data.",
    "restore-step": "Run one step of a restore on this host of several.",
    "members": "Show the hosts of the cluster; follow, mend or shorten the list.",
    "door": "Open or close the firewall for hosts with an invite.",
    "identity": "Show this host's peer id; create its key if there is none.",
    "csr": "Print a certificate request for the database's port.",
    "certificate": "Show or install the certificate of the database's port.",
}


class DebrosHost(Program):
    """The root of the command tree."""

    def settings(self, args: Sequence[str]) -> Settings:
        """Return settings that know whether errors are to be JSON."""
        words = args[: args.index("--")] if "--" in args else args
        return Settings(json="--json" in words)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, with exit codes for the errors of lower floors."""
        return translated(super().invoke)(ctx)


@click.command(
    cls=DebrosHost,
    program=PROGRAM,
    summaries=COMMANDS,
    package="debros.hosts.commands",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 ok, 1 failure, 2 usage, 5 unavailable. Every command takes --config, --json, -q, -v.",
)
@click.version_option(package_name="debros", prog_name=PROGRAM, message="%(prog)s %(version)s")
def cli() -> None:
    """Care for one host of a DeBros cluster. Run it as root."""


def main() -> NoReturn:
    """Entry point of the installed program."""
    cli.main()
    raise AssertionError("click always exits")


if __name__ == "__main__":
    main()
