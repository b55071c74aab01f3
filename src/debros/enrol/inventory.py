"""The list of members as the roles read it: `members.yml` beside the host's own hosts.yml, and `peers/<name>`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from debros import files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from debros.enrol.members import Member

FILE: Final = "members.yml"
PEERS: Final = "peers"
_HEAD: Final = """\
# The members of this cluster, written by the machine from the cluster's own list; changes made here are lost.
# To add one: sudo network-cli invite. To remove one: sudo debros-host members remove NAME
"""


def text(members: Sequence[Member]) -> str:
    """Return members.yml. The fields have been checked (`members.parse`), so none needs escaping."""
    lines = ["debros:", "  hosts:"]
    for member in members:
        lines += [
            f'    "{member.name}":',
            f'      debros_address: "{member.address}"',
            f"      debros_position: {member.position}",
        ]
    return _HEAD + "\n".join(lines) + "\n"


def write(members: Sequence[Member], inventory: Path, secrets: Path, *, own: str) -> bool:
    """Make `members.yml` and the peer ids what the list says.

    A peer id that is not in the list goes: its host may have been set up anew, with another key. That of this host is
    the roles' business.

    Args:
        members: the whole list.
        inventory: directory of the inventory; it exists.
        secrets: directory of secrets; it exists.
        own: name of this host.

    Returns:
        Whether that changed anything.

    Raises:
        OSError: something cannot be written.
    """
    peers = secrets / PEERS
    if not peers.is_dir():
        peers.mkdir(mode=0o700)
    wanted = {member.name: f"{member.peer_id}\n" for member in members if member.peer_id and member.name != own}
    changed = False
    for path in peers.iterdir():
        if path.name not in wanted and path.name != own:
            path.unlink()
            changed = True
    for name, peer_id in wanted.items():
        changed |= _put(peers / name, peer_id, 0o600)
    return _put(inventory / FILE, text(members), 0o644) or changed


def _put(path: Path, content: str, mode: int) -> bool:
    with contextlib.suppress(OSError, ValueError):
        if not path.is_symlink() and path.read_text("utf-8") == content:
            return False
    if path.is_symlink():
        path.unlink()  # root does not write wherever a link points to
    files.replace(path, content, mode=mode)
    return True
