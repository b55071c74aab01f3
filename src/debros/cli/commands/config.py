"""`network-cli config`: configuration files of node, gateway and client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from debros.cli import configfiles
from debros.cli.options import Group
from debros.terminal import output
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from pathlib import Path

    from debros.cli.settings import Settings
    from debros.config import Problem, Report

_KINDS = ("node", "bootstrap", "gateway", "client")
_NAME_HELP = "A path, or (without a slash) a name under ~/.debros."
# gateway.yaml is where API keys stand, so it is closed to others from the start.
_MODES = {"node": 0o644, "bootstrap": 0o644, "gateway": 0o600, "client": 0o644}


@click.group(
    "config",
    cls=Group,
    examples=[
        "network-cli config init --type bootstrap",
        "network-cli config validate --name configs/node.yaml",
    ],
)
def command() -> None:
    """Write, check and show configuration files."""


@command.command(
    "init",
    unconfigured=True,
    examples=[
        "network-cli config init --type bootstrap",
        "network-cli config init --type node --join 10.0.0.1:7001 --bootstrap-peers /ip4/10.0.0.1/tcp/4001/p2p/ID",
        "network-cli config init --type gateway --name ./gateway.yaml",
    ],
)
@click.option("--type", "kind", required=True, type=click.Choice(_KINDS), help="What the file configures.")
@click.option("--name", metavar="FILE", help=f"{_NAME_HELP} Default: the type's name, such as node.yaml.")
@click.option("--id", metavar="ID", help="Name of the node (default: from its peer id).")
@click.option("--listen-port", type=int, metavar="PORT", help="libp2p port of a node, HTTP port of a gateway.")
@click.option("--rqlite-http-port", type=int, metavar="PORT", help="HTTP port of the host's rqlite.")
@click.option("--rqlite-raft-port", type=int, metavar="PORT", help="Raft port of the host's rqlite.")
@click.option("--join", metavar="HOST:PORT", help="Raft address of a member of the cluster; a node needs it.")
@click.option("--bootstrap-peers", metavar="CSV", help="Multiaddrs of bootstrap peers, separated by commas.")
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
@click.pass_obj
def init(settings: Settings, /, kind: str, name: str | None, force: bool, **values: Any) -> None:  # noqa: FBT001 - click passes by name
    """Write a valid configuration file, with every key explained."""
    from debros.config import sample, validate_text  # noqa: PLC0415 - the help page does not need it

    if values["bootstrap_peers"] is not None:
        values["bootstrap_peers"] = [peer.strip() for peer in values["bootstrap_peers"].split(",") if peer.strip()]
    try:
        text = sample(kind, values)
    except ValueError as exc:
        raise click.UsageError(f"--{str(exc).replace('_', '-')}") from exc
    # Alone, without this shell's environment: the file has to be valid by itself.
    report = validate_text(kind, text, environ={})
    _check(report.problems)
    path = configfiles.resolve(name or f"{kind}.yaml")
    configfiles.write(path, text, mode=_MODES[kind], overwrite=force)
    if settings.format == "json":
        output.document({"file": str(path), "type": kind})
    output.say(settings, f"Wrote {path}")
    if kind == "gateway":
        output.say(settings, "It lets nobody in yet: add a key under api_keys.")


@command.command(
    "validate",
    unconfigured=True,
    examples=[
        "network-cli config validate --name configs/node.yaml",
        "network-cli config validate --name gateway.yaml",
    ],
)
@click.option("--name", metavar="FILE", required=True, help=_NAME_HELP)
@click.option("--type", "kind", type=click.Choice(_KINDS), help="What the file configures (default: its keys tell).")
@click.pass_obj
def validate(settings: Settings, name: str, kind: str | None) -> None:
    """Check a file as the programs do when they start, environment variables included.

    All problems are listed together; exit code 1 when there is one.
    """
    path = configfiles.existing(name)
    kind, report = _read(path, kind)
    for notice in report.notices:
        output.say(settings, f"Notice: {notice}")
    if settings.format == "json":
        output.document({"valid": True, "file": str(path), "type": kind, "notices": list(report.notices)})
    output.say(settings, f"{path} is a valid {kind} configuration")


@command.command(
    "show",
    unconfigured=True,
    examples=[
        "network-cli config show --name node.yaml",
        "network-cli config show --name ./gateway.yaml --format json",
    ],
)
@click.option("--name", metavar="FILE", required=True, help=_NAME_HELP)
@click.option("--type", "kind", type=click.Choice(_KINDS), help="What the file configures (default: its keys tell).")
@click.pass_obj
def show(settings: Settings, name: str, kind: str | None) -> None:
    """Print the configuration a program would use: file, environment and defaults together, secrets hidden."""
    import yaml  # noqa: PLC0415 - the help page does not need it

    from debros.config import dump  # noqa: PLC0415 - as above

    _, report = _read(configfiles.existing(name), kind)
    assert report.config is not None  # _read raises for a report with problems
    text = dump(report.config, mask=True)
    if settings.format == "json":
        output.document(yaml.safe_load(text))
    else:
        for one in text.splitlines():
            output.line(one)


def _read(path: Path, kind: str | None) -> tuple[str, Report]:
    """Read and check a file.

    Raises:
        CliError: it has problems, or its kind is not known.
    """
    from debros.config import detect_kind, validate_file  # noqa: PLC0415 - the help page does not need it

    if kind is None:
        kind = detect_kind(path.read_text("utf-8", errors="replace"))
    if kind is None:
        # What keeps the kind from being known (no YAML, for one) is the better news, when there is such a thing.
        _check(problem for problem in validate_file("node", path).problems if problem.path == str(path))
        message = f"{path}: its keys do not tell what it configures"
        raise CliError(message, code="config_kind_unknown", hint=f"add --type {'|'.join(_KINDS)}")
    report = validate_file(kind, path)
    _check(report.problems)
    return kind, report


def _check(problems: Any) -> None:
    """Raise all problems as one error, in the text every program uses."""
    from debros.config import ConfigError  # noqa: PLC0415 - the help page does not need it

    found: tuple[Problem, ...] = tuple(problems)
    if found:
        shown = [{"path": one.path, "message": one.message, "hint": one.hint} for one in found]
        raise CliError(str(ConfigError(found)), code="config_invalid", verbatim=True, extra={"problems": shown})
