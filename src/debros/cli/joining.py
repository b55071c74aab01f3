"""What to type on a host that is to join with an invite."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from debros.hosts.membership.roles import third_party

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = "install-debros-network.sh"
_DOWNLOAD = f"https://github.com/DeBrosOfficial/network/releases/latest/download/{SCRIPT}"


def by_download(invite: str) -> str:
    """Return the command for a host with a network; it names this release, since members let in no other one."""
    release = metadata.version("debros")
    return f"curl -sSL {_DOWNLOAD} | sudo bash -s -- --version {release} --join {invite}"


def by_bundle(invite: str, release: Path) -> str | None:
    """Return the command for a host to which a bundle is carried; None where this host has come without one.

    Args:
        invite: the invite.
        release: the one that runs here; a bundle's has brought the system's packages along.
    """
    if not (release / "debs").is_dir():
        return None
    flag = " --third-party-rqlite" if third_party(release) else ""
    return f"sudo bash {SCRIPT} --offline debros-bundle-*.tar.gz{flag} --join {invite}"
