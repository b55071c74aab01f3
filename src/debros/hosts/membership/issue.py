"""Making an invite (own place in the list, the file the door reads, the door, the string), and taking invites back."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from typing import TYPE_CHECKING, Final

from debros.enrol import keep
from debros.enrol.door import offers
from debros.enrol.invite import SECRET_BYTES, Invite
from debros.hosts import places, units
from debros.hosts.membership import own, roll
from debros.journal import Journal
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from pathlib import Path

    from debros.hosts.settings import Settings

_START_SECONDS: Final = 60.0


def issue(settings: Settings, etc: Path, *, ttl: float, port: int, address: str | None) -> tuple[Invite, int]:
    """Make an invite and open the door for it.

    Args:
        settings: of this host.
        etc: directory of the host's settings.
        ttl: seconds for which it is good.
        port: where the door is to be.
        address: under which the new host reaches this one; None = the one the members use.

    Returns:
        The invite, and how many hosts the cluster has now.

    Raises:
        CliError: this host cannot invite, or the door does not open; the invite is gone then.
        ConfigError, IdentityError, SecretFileError, RqliteError: what it takes cannot be read or asked.
        OSError: it cannot be written.
    """
    if not settings.config.exists():
        raise CliError(
            f"DeBros Network is not installed on this host ({settings.config} is missing)",
            code="not_installed",
            hint="make invites on a member of the cluster; the local cluster of a checkout (make up) takes none",
        )
    own.require_self_managed(etc)
    itself = own.itself(settings)
    with settings.database() as database:
        roll.found(database, itself)
        count = len(roll.read(database))
    secret = secrets.token_bytes(SECRET_BYTES)
    expires = int(time.time() + ttl)
    invite = Invite(address or itself.address, port, _authority(etc), secret, expires)
    offer = offers.Offer(secrets.token_hex(4), hashlib.sha256(secret).hexdigest(), expires, port)
    path = offers.write(offer, etc / places.INVITES)
    try:
        # A door that is open already reads the new invite when it is started anew; whoever is inside is served first.
        units.restart(units.DOOR, _START_SECONDS)
    except CliError:
        path.unlink(missing_ok=True)
        raise
    until = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(expires))
    _note(f"invite made: {offer.id}, by {_who()}, good until {until}", offer.id)
    return invite, count


def take_back(etc: Path) -> int:
    """Make all invites of this host worthless, and close the door.

    Args:
        etc: directory of the host's settings.

    Returns:
        How many had not expired.

    Raises:
        CliError: the door does not close; the invites are gone, but it still knows them.
        OSError: they cannot be read or removed.
    """
    directory = etc / places.INVITES
    found = offers.read(directory) if directory.is_dir() else []
    for offer in found:
        (directory / f"{offer.id}.json").unlink(missing_ok=True)
    units.stop(units.DOOR)
    usable = offers.usable(found, time.time())
    for offer in usable:
        _note(f"invite taken back: {offer.id}, by {_who()}", offer.id)
    return len(usable)


def _authority(etc: Path) -> bytes:
    directory = etc / places.SECRETS
    try:
        found = keep.authority(directory)
    except keep.KeepError as error:
        raise CliError(str(error), code="secrets", hint="restore it from a backup") from None
    if found is None:
        raise CliError(f"{directory / keep.CERTIFICATE} is missing", code="secrets", hint="restore it from a backup")
    return found


def _who() -> str:
    return os.environ.get("SUDO_USER", "root")


def _note(text: str, identity: str) -> None:
    """Leave a line in the journal: who let whom in is asked later."""
    journal = Journal.open()
    if journal is None:
        return
    try:
        journal.send({"MESSAGE": text, "PRIORITY": "5", "SYSLOG_IDENTIFIER": "debros-enrol", "DEBROS_INVITE": identity})
    except OSError:
        pass  # a journal that is away is no reason to withhold an invite
    finally:
        journal.close()
