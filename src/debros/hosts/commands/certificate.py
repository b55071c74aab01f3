"""`debros-host certificate` and `debros-host certificate install`."""

from __future__ import annotations

import datetime as dt
import sys

import click

from debros.hosts import certificates, keyfiles, places
from debros.hosts.settings import Group, Settings
from debros.terminal import output
from debros.terminal.errors import CliError

# A certificate with everything that may follow it is far smaller.
_LARGEST = 256 * 1024


_server_name = click.option(
    "--server-name", default=places.RAFT_NAME, show_default=True, help="Name that all hosts' certificates bear."
)


@click.group("certificate", cls=Group, invoke_without_command=True)
@_server_name
@click.pass_context
def command(ctx: click.Context, server_name: str) -> None:
    """Show or install the certificate of the database's port.

    Without a subcommand it shows the certificate, and whether it fits this host's key and the cluster's authority; exit
    code 1 when it does not.
    """
    if ctx.invoked_subcommand is None:
        _show(ctx.ensure_object(Settings), server_name)


@command.command("install")
@_server_name
@click.pass_obj
def install(settings: Settings, server_name: str) -> None:
    """Install a certificate, read from stdin as PEM.

    It must fit this host's key and the cluster's authority (raft-ca.crt), or nothing is changed. rqlite older than 8.37
    reads it at its next start, a newer one at once.
    """
    pem = sys.stdin.buffer.read(_LARGEST + 1)
    if not pem.strip() or len(pem) > _LARGEST:
        raise CliError("no certificate on stdin", code="certificate", hint="debros-host certificate install < raft.crt")
    facts = _inspect(settings, pem, server_name)
    path = settings.keys / places.RAFT_CERTIFICATE
    if facts.problems:
        raise CliError(
            f"the certificate is refused: {'; '.join(facts.problems)}", code="certificate", hint=_hint(facts)
        )
    new = keyfiles.replace(path, pem)
    changed = keyfiles.secure(path) or new
    if settings.json:
        output.document({**_as_dict(facts), "file": str(path), "changed": changed})
        return
    output.line(f"{path}: {'installed' if new else 'unchanged'}, valid until {facts.expires:%Y-%m-%d}")


def _show(settings: Settings, server_name: str) -> None:
    path = settings.keys / places.RAFT_CERTIFICATE
    facts = _inspect(settings, keyfiles.read(path, "the certificate", "the role rqlite makes one"), server_name)
    if settings.json:
        output.document({**_as_dict(facts), "file": str(path), "ok": not facts.problems})
    else:
        output.line(f"file:    {path}")
        output.line(f"subject: {facts.subject}")
        output.line(f"names:   {', '.join(facts.names)}")
        output.line(f"expires: {facts.expires:%Y-%m-%d %H:%M} UTC, in {_days(facts)} days")
    if facts.problems:
        text = f"{path} cannot be used: {'; '.join(facts.problems)}"
        raise CliError(text, code="certificate", hint=_hint(facts))


def _inspect(settings: Settings, pem: bytes, server_name: str) -> certificates.Facts:
    key = keyfiles.read(settings.keys / places.RAFT_KEY, "the key", "make it with: debros-host csr")
    authority = keyfiles.read(
        settings.keys / places.RAFT_CA, "the authority's certificate", "the role rqlite puts it there"
    )
    try:
        return certificates.inspect(pem, key, authority, common_name=server_name, now=dt.datetime.now(dt.UTC))
    except certificates.CertificateError as error:
        raise CliError(str(error), code="certificate", hint="give PEM files") from None


def _as_dict(facts: certificates.Facts) -> dict[str, object]:
    return {
        "subject": facts.subject,
        "names": facts.names,
        "expires": facts.expires.isoformat(),
        "days_left": _days(facts),
        "problems": facts.problems,
    }


def _days(facts: certificates.Facts) -> int:
    return (facts.expires - dt.datetime.now(dt.UTC)).days


def _hint(facts: certificates.Facts) -> str:
    if any("key" in problem for problem in facts.problems):
        return "make a new request with: debros-host csr, and have that one signed"
    return "have a new one signed; the role rqlite does that"
