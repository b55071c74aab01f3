"""`debros-enrol`: serve the door as long as an invite of this host can be used. Started by `network-cli invite`."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import ssl
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click
import uvloop

from debros import logs, version
from debros.config import ConfigError, load_node
from debros.config.secretfiles import SecretFileError, read_credentials
from debros.config.types import LoggingSection
from debros.enrol import keep
from debros.enrol.door import offers
from debros.enrol.door.app import create_app
from debros.enrol.door.desk import Desk
from debros.enrol.door.ledger import Ledger
from debros.gateway.protocols.limits import ConnectionLimits, ServerState
from debros.gateway.protocols.serving import settings
from debros.gateway.server import ListenError, Server, listen
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Credentials
from debros.systemd import Notifier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

_log = logs.get("debros.enrol")
_LOGGING: Final = LoggingSection(level="info", format="console", output_file=None)
_LIMITS: Final = ConnectionLimits(header_timeout=10, idle_timeout=15, max_connections=32, ping_interval=30)
_GRACE: Final = 5  # seconds for requests under way when it is told to stop
_LOOK_EVERY: Final = 0.5  # seconds between two looks whether an invite is left
# As systemd names the files of the directories that it loads as credentials `secrets` and `invites`.
_SECRET: Final = re.compile(r"secrets_([a-z][a-z0-9.-]{0,63})")
_INVITES: Final = "invites_"


class DoorError(Exception):
    """The door cannot be opened; the text says why."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version.current().version, prog_name="debros-enrol")
def main() -> None:
    """Let hosts with an invite join the cluster. Meant to be run by systemd (debros-enrol.service)."""
    notifier = Notifier.take()
    logs.configure(_LOGGING, service="debros-enrol")
    # Who came in with which invite is asked later; uvicorn's steps would stand between.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        credentials, state = _directory("CREDENTIALS_DIRECTORY"), _directory("STATE_DIRECTORY")
        uvloop.run(_serve(credentials, state, notifier))
    except ConfigError as error:
        _fail(str(error))
    except (DoorError, ListenError, SecretFileError) as error:
        _fail(f"debros-enrol: {error}")
    except OSError as error:
        _fail(f"debros-enrol: {error.filename or 'this host'}: {error.strerror or error}")


def _fail(reason: str) -> NoReturn:
    click.echo(reason, err=True)
    sys.exit(1)


def _directory(variable: str) -> Path:
    if not (value := os.environ.get(variable)):
        raise DoorError(f"{variable} is not set; start it with: sudo network-cli invite")
    return Path(value)


async def _serve(credentials: Path, state: Path, notifier: Notifier) -> None:
    offered = offers.read(credentials, _INVITES)
    ledger = Ledger(state)
    config = load_node(credentials / "node.yaml", program="host")
    user = read_credentials(credentials / "rqlite-gateway")
    rqlite = RqliteClient([f"http://127.0.0.1:{config.database.rqlite_port}"], credentials=Credentials(*user))
    secrets = _secrets(credentials)
    desk = Desk(offered, ledger, rqlite, secrets=secrets, release=_release())
    if desk.is_useless():
        _log.info("no invite can be used; nothing to do")
        notifier.ready("no invite can be used")
        return
    sockets = [listen(f":{port}") for port in sorted({offer.port for offer in offers.usable(offered, time.time())})]
    app = create_app(desk, rqlite, secrets[keep.CERTIFICATE])
    served = ServerState()
    tls = _tls(credentials)
    serving = settings(app, _LIMITS, served, grace=_GRACE, ssl_context_factory=lambda _config, _default: tls)
    server = Server(serving, served, notifier)
    _log.info("the door is open", ports=[sock.getsockname()[1] for sock in sockets], invites=len(offered))
    await _until_useless(server, sockets, desk)


async def _until_useless(server: Server, sockets: list[socket], desk: Desk) -> None:
    serving = asyncio.create_task(server.serve(sockets))
    while not serving.done() and not desk.is_useless():
        await asyncio.wait([serving], timeout=_LOOK_EVERY)
    if not serving.done():
        _log.info("the door is closed: no invite is left")
    server.should_exit = True
    await serving


def _secrets(credentials: Path) -> Mapping[str, str]:
    """Return what a member gets: the files of /etc/debros/secrets, without its directory of peer ids."""
    names = {match[1]: path for path in credentials.iterdir() if (match := _SECRET.fullmatch(path.name))}
    found = {name: path.read_text("utf-8") for name, path in names.items()}
    if missing := {keep.CERTIFICATE, keep.MARK, "rqlite.yml", "api-keys"} - found.keys():
        raise DoorError(
            f"/etc/debros/secrets lacks {', '.join(sorted(missing))}; only a cluster that manages itself has a door"
        )
    return found


def _release() -> dict[str, str]:
    """Return what this host runs; a release lies beside its environment, a checkout has no id."""
    about = {"id": "", "version": version.current().version, "rqlite": ""}
    try:
        document = json.loads((Path(sys.prefix).parent / "release.json").read_text("utf-8"))
        about |= {"id": str(document["id"]), "rqlite": str(document["rqlite"]["version"])}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return about


def _tls(credentials: Path) -> ssl.SSLContext:
    """Return the context for the certificate of this host's Raft port, by which the hosts know each other anyway.

    Raises:
        DoorError: certificate or key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(credentials / "raft.crt", credentials / "raft.key")
    except (OSError, ssl.SSLError) as error:
        raise DoorError(f"the certificate raft.crt or its key cannot be used: {error}") from None
    return context


if __name__ == "__main__":
    main()
