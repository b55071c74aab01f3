"""Putting a backup in the place of the cluster's data, and proving that it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.hosts.cluster import Cluster, look
from debros.hosts.snapshots import digest, store, take
from debros.hosts.waiting import Wait
from debros.rqlite.errors import NoLeader, RqliteError, Unavailable, UnknownOutcome
from debros.terminal import output
from debros.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from debros.hosts.database import Database
    from debros.hosts.settings import Settings
    from debros.hosts.snapshots.manifest import Manifest

_CHUNK = 1024 * 1024
# Loading a large database can cost a busy leader its office, which undoes the load. Loading twice is harmless.
_ATTEMPTS = 3
_KEEP_BEFORE_RESTORE = 3


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        before: the backup of what was there before.
        content: what is there now; equal to the backup's.
    """

    before: store.Backup
    content: digest.Content


def require_quorum(database: Database) -> Cluster:
    """Return the members, of whom a majority is there.

    Raises:
        CliError: it is not.
        NoLeader, Unavailable, AccessDenied: there is no leader, or nobody answers.
    """
    cluster = look(database)
    if cluster.leader is None:
        raise NoLeader("the voters have not elected one")
    if cluster.reachable < cluster.quorum:
        raise CliError(
            f"{cluster.reachable} of {len(cluster.voters)} voters are reachable, and {cluster.quorum} are needed; "
            f"missing: {', '.join(cluster.unreachable())}",
            code="quorum",
            exit_code=ExitCode.UNAVAILABLE,
            hint="bring the missing hosts back first",
        )
    return cluster


def restore(
    settings: Settings, database: Database, directory: Path, path: Path, manifest: Manifest, timeout: float
) -> Restored:
    """Load a backup that has just been verified, with the directory locked by the caller.

    Args:
        settings: whether to talk.
        database: this host's.
        directory: where the present state goes.
        path: the backup.
        manifest: its manifest.
        timeout: seconds to wait for a leader after each attempt to load.

    Raises:
        CliError: nothing was changed, or something else is there now than is in the backup; the text says which, and
            where what was there before lies.
        NoLeader, Unavailable, AccessDenied: the present state could not be backed up; nothing was changed.
    """
    before = take.take(database, directory, store.BEFORE_RESTORE)
    output.say(settings, f"what is there now: {before.path}")
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            database.load(_pieces(path), manifest.bytes)
            failure = ""
        except (UnknownOutcome, NoLeader, Unavailable) as error:
            failure = str(error)
        except RqliteError as error:
            raise _failed(f"rqlite refuses the backup: {error}", before) from None
        content = _content(settings, database, directory, before, timeout)
        different = digest.differences(manifest.content, content)
        if not different:
            store.prune(directory, store.BEFORE_RESTORE, _KEEP_BEFORE_RESTORE)
            return Restored(before, content)
        if not failure:
            raise _failed(f"the cluster's data differs from the backup: {'; '.join(different)}", before, _WRITERS)
        output.say(settings, f"loading failed ({failure}), attempt {attempt} of {_ATTEMPTS}")
    assert before.manifest is not None
    untouched = not digest.differences(before.manifest.content, content)
    state = (
        "the cluster's data is what it was before" if untouched else "the cluster's data is neither the old nor the new"
    )
    raise _failed(f"the backup could not be loaded in {_ATTEMPTS} attempts ({failure}); {state}", before, _LARGE)


_WRITERS = "stop the gateways on all hosts (systemctl stop debros-gateway) so that nobody writes, and restore again"
_LARGE = "a large database needs memory of several times its size and a quiet time; try again on the leader's host"


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


def _content(
    settings: Settings, database: Database, directory: Path, before: store.Backup, timeout: float
) -> digest.Content:
    """Return what the leader holds now, as soon as there is one that can be asked."""
    found: list[digest.Content] = []

    def obstacle() -> str:
        try:
            with take.copy(database, directory) as copied:
                found.append(copied.content)
        except RqliteError as error:
            return str(error)
        return ""

    try:
        reason = Wait(settings, "a copy of what the cluster has now", timeout).until(obstacle)
    except CliError as error:
        raise _failed(f"the backup was sent, but its arrival could not be checked: {error}", before) from None
    if reason:
        raise _failed(f"the backup was sent, but its arrival could not be checked: {reason}", before)
    return found[-1]


def _failed(message: str, before: store.Backup, hint: str = "") -> CliError:
    back = f"to go back: debros-host restore {before.path}"
    return CliError(
        message,
        code="restore_failed",
        hint=f"{hint}; {back}" if hint else back,
        extra={"before": str(before.path)},
    )
