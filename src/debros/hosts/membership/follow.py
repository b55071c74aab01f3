"""Following the list of members: what it says comes into this host's inventory, and the roles bring it further on.

Nobody else runs the roles on such a host by itself, so they run for a certificate that is about to end, too.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from debros import files
from debros.enrol import inventory
from debros.hosts import places
from debros.hosts.cluster import look
from debros.hosts.membership import own, roles, roll
from debros.hosts.membership.renewal import Renewal
from debros.rqlite.types import Level
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from debros.enrol.members import Member
    from debros.hosts.database import Database
    from debros.hosts.settings import Settings

# Changes that come while the roles run are followed as well; a list that changes all the time is not.
_ROUNDS: Final = 10
# How often in a row the same list may fail before it is left to debros-members.timer.
_PATIENCE: Final = 5


def follow(settings: Settings, etc: Path, lock: Path, applied: Path) -> bool:
    """Bring the list of members into the inventory and run the roles with it, until nothing is new.

    They also run in the last days of this host's certificate, with a list or without.

    The list is this host's own copy: who cannot reach a leader because the firewall does not know it yet has to learn
    of it from here.

    Args:
        settings: of this host.
        etc: directory of the host's settings.
        lock: that of the installer.
        applied: file that names the list this host works with; beside it stands when the certificate was looked after.

    Returns:
        Whether the roles were run.

    Raises:
        CliError: the list is not followed; exit code 5 when trying again may help.
        ConfigError, IdentityError, SecretFileError, RqliteError, OSError: what it takes cannot be read or written.
    """
    own.require_self_managed(etc)
    itself = own.itself(settings)
    renewal = Renewal(settings.node, applied.with_name("renewal"))
    ran = False
    with roles.alone(lock) as descriptor, settings.database() as database:
        for _ in range(_ROUNDS):
            members = roll.read(database, Level.NONE)
            notes = _Notes(applied, members)
            new = first = False
            if members:
                _require_sense(members, database, itself)
                first = len(members) == 1 and not (etc / places.INVENTORY / inventory.FILE).exists()
                changed = inventory.write(members, etc / places.INVENTORY, etc / places.SECRETS, own=itself.name)
                new = changed or not notes.applied()
            if first:  # the founder alone, when it makes its first invite: the roles know all this
                notes.followed()
                continue
            due = renewal.due()
            if not new and not due:
                if not members and not ran:
                    output.say(settings, "the cluster has no list of members; nothing to do")
                return ran
            if new:
                output.say(settings, f"following the list of members: {', '.join(member.name for member in members)}")
            if due:
                output.say(settings, f"{due}: the roles make a new one")
            with notes:
                roles.run(itself.name, etc, descriptor)
            if due:
                renewal.ran()
            ran = True
    raise CliError(
        f"the list of members changed {_ROUNDS} times while it was followed",
        code="members",
        exit_code=ExitCode.UNAVAILABLE,
    )


class _Notes:
    """What is remembered between runs: the list this host works with, and how often another one has failed.

    As a context manager it notes how the roles ended, and tells the service manager when to give up.
    """

    def __init__(self, path: Path, members: Sequence[Member]) -> None:
        text = json.dumps([member.as_dict() for member in members])
        self._path = path
        self._digest = hashlib.sha256(text.encode()).hexdigest()

    def applied(self) -> bool:
        """Whether this host works with the list."""
        return self._read() == (self._digest, 0)

    def followed(self) -> None:
        """Note that this host works with the list."""
        self._write(0)

    def __enter__(self) -> None:
        digest, failures = self._read()
        self._write(failures + 1 if digest == self._digest else 1)

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            self.followed()
        elif isinstance(error, CliError) and self._read()[1] < _PATIENCE:
            error.exit_code = ExitCode.UNAVAILABLE  # the unit tries again

    def _read(self) -> tuple[str, int]:
        try:
            document = json.loads(self._path.read_text("ascii"))
            return str(document["members"]), int(document["failures"])
        except (OSError, ValueError, KeyError, TypeError):
            return "", 0

    def _write(self, failures: int) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(self._path, json.dumps({"members": self._digest, "failures": failures}) + "\n", mode=0o644)


def _require_sense(members: Sequence[Member], database: Database, itself: Member) -> None:
    """Refuse a list that would cut this host, or another one, off.

    Raises:
        CliError: it would.
    """
    names = [member.name for member in members]
    if itself.name not in names:
        raise CliError(
            f"{itself.name} is not in the cluster's list of members any more; nothing is changed here",
            code="not_a_member",
            hint="if it was removed: sudo bash install-debros-network.sh --purge. If an older backup was restored:"
            " sudo debros-host members announce",
        )
    if lost := [node.id for node in look(database).members if node.id not in names]:
        raise CliError(
            f"the list of members lacks {', '.join(lost)}, which the database still counts in; nothing is changed",
            code="members_lost",
            hint="if an older backup was restored, run there: sudo debros-host members announce."
            f" To remove one: sudo debros-host members remove {lost[0]}",
        )
