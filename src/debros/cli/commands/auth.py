"""`network-cli auth`: who you are at which gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from debros.cli.options import Group
from debros.terminal import output
from debros.terminal.durations import DurationType
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from debros.cli.settings import Settings

_COLUMNS = ["gateway", "in use", "type", "wallet", "namespace", "state"]


@click.group(
    "auth",
    cls=Group,
    examples=[
        "network-cli auth login",
        "network-cli auth status",
        "network-cli auth switch https://gateway.example",
    ],
)
def command() -> None:
    """Sign in with a wallet, out, and to another one."""


@command.command(
    "login",
    examples=[
        "network-cli auth login",
        "network-cli auth login --gateway https://gateway.example --namespace shop",
        "network-cli auth login --device",
        "network-cli auth login --key-file wallet.key",
    ],
)
@click.option("--browser", "method", flag_value="browser", help="Sign in on the gateway's page, in this browser.")
@click.option("--device", "method", flag_value="device code", help="Show a code to enter on another device.")
@click.option(
    "--callback-port",
    metavar="PORT",
    type=click.IntRange(1, 65535),
    help="Port of 127.0.0.1 to which the browser brings the answer (default: a free one).",
)
@click.option("--wait", metavar="TIME", type=DurationType(), help="How long to wait for a person (default: 5m).")
@click.pass_obj
def login(settings: Settings, method: str | None, callback_port: int | None, wait: float | None) -> None:
    """Sign in with a wallet, and use this gateway from now on.

    With --key-file the wallet in that file signs, and nobody is asked. Else your browser opens on the gateway's page,
    where your wallet signs; on a machine without a browser, a code is shown that you enter on another device.

    Other commands do the same by themselves when they need it, unless --no-input is given or nobody is at a terminal.
    Every one of them refreshes the session as long as it lives (30 days after its last use, usually).
    """
    from debros.cli.connection import Connection  # noqa: PLC0415 - the help page needs none of this
    from debros.cli.signin.methods import PATIENCE, Manner, Method  # noqa: PLC0415 - as above
    from debros.cli.signin.storing import sign_in_and_store  # noqa: PLC0415 - as above
    from debros.cli.target import resolve  # noqa: PLC0415 - as above

    target = resolve(settings)
    manner = Manner(Method(method) if method else None, wait or PATIENCE, callback_port or 0)
    connection = Connection(settings, target, settings.timeout)
    try:
        session = sign_in_and_store(settings, connection, settings.namespace, manner, choose=True)
    finally:
        connection.close()
    if settings.format == "json":
        output.document({"gateway": target.url, "wallet": session.wallet, "namespace": session.namespace})
    output.say(settings, f"Signed in to {target.url} as {session.wallet}, namespace {session.namespace}")


@command.command("whoami", examples=["network-cli auth whoami", "network-cli auth whoami --format json"])
@click.pass_obj
def whoami(settings: Settings) -> None:
    """Ask the gateway who you are there. Exit code 3 when it does not know you."""
    from debros.cli.access import Need  # noqa: PLC0415 - see below
    from debros.cli.answers import sign_in_command  # noqa: PLC0415 - see below
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    with Gateway(settings, need=Need.CREDENTIAL) as gateway:
        found = gateway.get("/v1/auth/whoami").json()
    if not found.get("authenticated"):
        raise CliError(
            f"not signed in to {gateway.target.url}, which lets everybody in",
            code="not_signed_in",
            exit_code=ExitCode.AUTHENTICATION,
            hint=sign_in_command(gateway.target),
        )
    if settings.format == "json":
        output.document(found)
    else:
        output.facts({"gateway": gateway.target.url} | found)


@command.command("status", examples=["network-cli auth status", "network-cli auth status --format json"])
@click.pass_obj
def status(settings: Settings) -> None:
    """List what is stored: gateways, wallets, namespaces, and which of them are in use. No gateway is asked.

    Exit code 3 when nothing is stored for the gateway that commands would talk to.
    """
    from debros.cli import credentials, identities  # noqa: PLC0415 - the help page needs none of this
    from debros.cli.answers import sign_in_command  # noqa: PLC0415 - as above
    from debros.cli.target import resolve  # noqa: PLC0415 - as above

    target = resolve(settings)
    stored = credentials.load(settings.credentials_file)
    in_use = stored.name_of(target.url)
    rows = [
        [name, name == in_use and one == target.credential, one.type, one.wallet, one.namespace, identities.state(one)]
        for name, one in stored.known()
    ]
    if settings.format == "json":
        names = [column.replace(" ", "_") for column in _COLUMNS]
        listed = [dict(zip(names, row, strict=True)) for row in rows]
        output.document({"file": str(stored.path), "gateway": target.url, "credentials": listed})
    else:
        output.table(_COLUMNS, rows)
    if target.credential is None or target.credential.over:
        raise CliError(
            f"not signed in to {target.url}",
            code="not_signed_in",
            exit_code=ExitCode.AUTHENTICATION,
            hint=sign_in_command(target),
        )


@command.command(
    "logout",
    examples=["network-cli auth logout", "network-cli auth logout --all", "network-cli auth logout --local"],
)
@click.option("--all", "everywhere", is_flag=True, help="End all sessions of this wallet in this namespace.")
@click.option("--local", is_flag=True, help="Forget it here, and do not tell the gateway.")
@click.pass_obj
def logout(settings: Settings, everywhere: bool, local: bool) -> None:  # noqa: FBT001 - click passes by name
    """End the session at the gateway, and forget it here.

    An API key is forgotten only: it stays good for whoever else has it. When nothing is stored, nothing is done.
    """
    from debros.cli import credentials, identities  # noqa: PLC0415 - the help page needs none of this
    from debros.cli.signin.revoke import revoke  # noqa: PLC0415 - as above
    from debros.cli.target import resolve  # noqa: PLC0415 - as above

    if everywhere and local:
        raise click.UsageError("--all is told to the gateway, and --local tells it nothing; give only one of them")
    target = resolve(settings)
    known = None if target.given else target.credential
    revoked = 0
    if isinstance(known, credentials.Session) and not known.over and not local:
        revoked = revoke(settings, target, known, everywhere=everywhere)
    if known is not None:
        credentials.forget(settings.credentials_file, target.url, known, patience=settings.timeout)
    if settings.format == "json":
        output.document({"gateway": target.url, "forgotten": known is not None, "revoked": revoked})
    if known is None:
        output.say(settings, f"Nothing is stored for {target.url}")
    else:
        output.say(settings, f"Signed out of {target.url}: {identities.named(known)}")


@command.command(
    "switch",
    examples=[
        "network-cli auth switch https://gateway.example",
        "network-cli auth switch --namespace shop",
        "network-cli auth switch localhost:6001 --wallet 0x00000000000000000000000000000000000000aa",
    ],
)
@click.argument("where", metavar="[GATEWAY]", required=False)
@click.option("--wallet", metavar="ADDRESS", help="Use the session of this wallet.")
@click.pass_obj
def switch(settings: Settings, where: str | None, wallet: str | None) -> None:
    """Use another gateway that is stored, or another wallet or namespace at one, from now on."""
    from debros.cli import credentials, identities  # noqa: PLC0415 - the help page needs none of this
    from debros.cli.target import parse_url, resolve  # noqa: PLC0415 - as above

    if not where and not wallet and not settings.namespace:
        raise click.UsageError("name the GATEWAY to use, --wallet or --namespace; 'network-cli auth status' lists them")
    target = resolve(settings)
    url = parse_url(where, "GATEWAY") if where else target.url
    stored = credentials.load(settings.credentials_file)
    chosen = identities.choose(stored, url, wallet, settings.namespace)
    credentials.switch(settings.credentials_file, url, chosen, patience=settings.timeout)
    if settings.format == "json":
        output.document({"gateway": url, "wallet": chosen.wallet, "namespace": chosen.namespace})
    output.say(settings, f"Using {url}: {identities.named(chosen)}")
    after = resolve(settings)
    if stored.name_of(after.url) != stored.name_of(url):
        output.say(
            settings, f"Notice: commands still talk to {after.url}, which option, environment or client.yaml name"
        )
