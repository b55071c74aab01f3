"""`debros-host identity`."""

from __future__ import annotations

import click

from debros import identity
from debros.hosts import keyfiles, places
from debros.hosts.settings import Command, Settings
from debros.terminal import output


@click.command("identity", cls=Command)
@click.pass_obj
def command(settings: Settings) -> None:
    """Show this host's peer id; create its key if there is none.

    The key never leaves the host. One that is there is never replaced: it is the host's identity. No configuration is
    needed, for the configurations of all hosts are written with these ids.
    """
    path = settings.keys / places.IDENTITY_KEY
    new = not path.exists()
    key = identity.load_or_create(path)
    changed = keyfiles.secure(path) or new
    if settings.json:
        output.document({"peer_id": key.peer_id, "key_file": str(path), "changed": changed})
        return
    output.line(key.peer_id)
    if new:
        output.say(settings, f"created {path}")
