"""`python -m debros.local`: what the Makefile's cluster targets call."""

import os
import sys

import click

from debros.local.errors import LocalError, explain
from debros.local.layout import MAX_HOSTS

HOST = click.IntRange(1, MAX_HOSTS)


class Group(click.Group):
    """Prints our errors as one message and exits with 1; Ctrl-C ends quietly with the shell's 130."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except LocalError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(1)
        except BrokenPipeError:
            raise  # whoever read our output has gone; click ends quietly
        except OSError as error:  # such as a disk that has filled up since it was looked at
            click.echo(f"error: {explain(error)}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            ctx.exit(130)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A DeBros cluster on this machine, on loopback.

    DEBROS_HOME is its directory (~/.debros/dev); DEBROS_PORT_OFFSET is added to every port; DEBROS_RQLITED is the
    rqlited of new hosts (one that is installed, or fetched).
    """
    os.umask(0o077)  # configuration, keys, logs and data are the user's own


@main.command()
@click.option("--nodes", type=HOST, help="Hosts; without it as many as there are, 1 at first.")
def up(nodes: int | None) -> None:
    """Start the cluster, or check that it is up."""
    from debros.local.up import up as bring_up  # noqa: PLC0415 -- every command loads only what it needs

    bring_up(nodes, sys.stdout)


@main.command()
def down() -> None:
    """Stop the cluster; its data stays."""
    from debros.local.down import down as bring_down  # noqa: PLC0415 -- see up

    bring_down(sys.stdout)


@main.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def status(form: str) -> None:
    """Show every process and whether it answers."""
    from debros.local.status import status as show_status  # noqa: PLC0415 -- see up

    show_status(sys.stdout, as_json=form == "json")


@main.command()
@click.argument("names", nargs=-1)
@click.option("--follow/--no-follow", default=True, help="Go on with what is added (default).")
def logs(names: tuple[str, ...], *, follow: bool) -> None:
    """Show the logs of the named processes (host1/node …), of all when none is named."""
    from debros.local.logs import logs as show_logs  # noqa: PLC0415 -- see up

    show_logs(names, sys.stdout, follow=follow)


@main.command("run-node")
@click.argument("number", type=HOST)
def run_node(number: int) -> None:
    """Run rqlited and node of one host in the foreground."""
    from debros.local.run import run_node as run  # noqa: PLC0415 -- see up

    run(number, sys.stdout)


@main.command("run-gateway")
@click.argument("number", type=HOST)
def run_gateway(number: int) -> None:
    """Run the gateway of one host in the foreground."""
    from debros.local.run import run_gateway as run  # noqa: PLC0415 -- see up

    run(number, sys.stdout)


if __name__ == "__main__":
    main(prog_name="python -m debros.local")
