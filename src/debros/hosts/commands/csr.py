"""`debros-host csr`."""

from __future__ import annotations

import click

from debros.hosts import certificates, keyfiles, places
from debros.hosts.settings import Command, Settings
from debros.terminal import output
from debros.terminal.errors import CliError


@click.command("csr", cls=Command)
@click.option("--name", required=True, help="Name of this host, as in the inventory.")
@click.option("--address", required=True, help="IP address (or DNS name) under which the other hosts reach it.")
@click.option("--server-name", default=places.RAFT_NAME, show_default=True, help="Name that all hosts bear.")
@click.pass_obj
def command(settings: Settings, name: str, address: str, server_name: str) -> None:
    """Print a certificate request for the database's port.

    Its private key is made on this host if there is none, and never leaves it. Sign the request with the cluster's
    authority, and give the result to 'debros-host certificate install'.
    """
    path = settings.keys / places.RAFT_KEY
    new = not path.exists() and keyfiles.create(path, certificates.new_key())
    changed = keyfiles.secure(path) or new
    key = keyfiles.read(path, "the key", "run this as root")
    try:
        text = certificates.request(key, name=name, address=address, common_name=server_name).decode()
    except certificates.CertificateError as error:
        hint = f"correct --name or --address; a key that cannot be read: move {path} away to get a new one"
        raise CliError(f"{path}: {error}", code="csr", hint=hint) from None
    if settings.json:
        output.document({"csr": text, "key_file": str(path), "changed": changed})
        return
    output.raw(text.encode())
    if new:
        output.say(settings, f"created {path}")
