"""What is being restored on this host, written down so that an interrupted restore can go on or be undone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from debros import files
from debros.hosts.restoring.members import Member
from debros.hosts.restoring.places import ID
from debros.hosts.snapshots import manifest, store
from debros.hosts.snapshots.digest import SnapshotError
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from pathlib import Path

    from debros.hosts.restoring.places import Places
    from debros.hosts.snapshots.manifest import Manifest

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """One restore, or the undoing of one.

    Attributes:
        id: UTC time of its beginning, the same on all hosts; what it replaces is kept under it.
        backup: name of the file, "" when a restore is undone.
        manifest: the backup's; None when a restore is undone.
        members: of the cluster it makes.
        position: Raft's index and term of the prepared data, which must be equal on all hosts.
        back_to: id of the restore that is undone, "" when none is.
    """

    id: str
    backup: str = ""
    manifest: Manifest | None = None
    members: tuple[Member, ...] = ()
    position: tuple[int, int] = (0, 0)
    back_to: str = ""

    @property
    def voters(self) -> int:
        """Number of members that vote."""
        return sum(one.voter for one in self.members)


def read(places: Places) -> Plan | None:
    """Return the plan of the restore that goes on here; None when none does.

    Raises:
        CliError: it cannot be read.
    """
    for path in (places.next_plan, places.plan):
        try:
            return _parsed(json.loads(path.read_text()))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise store.unusable(path, error) from None
        except (ValueError, KeyError, TypeError, SnapshotError) as error:
            raise CliError(
                f"{path}: {type(error).__name__}: {error}",
                code="plan_unreadable",
                hint="written by another release? Use the one that began the restore",
            ) from None
    return None


def write(path: Path, plan: Plan) -> None:
    """Write a plan down.

    Raises:
        OSError: it cannot be written.
    """
    document = {
        "format": _FORMAT,
        "id": plan.id,
        "backup": plan.backup,
        "manifest": plan.manifest.dump() if plan.manifest else "",
        "members": [str(one) for one in plan.members],
        "position": plan.position,
        "back_to": plan.back_to,
    }
    files.replace(path, json.dumps(document, indent=1) + "\n")


def checked_id(text: str) -> str:
    """Return an id.

    Raises:
        ValueError: it is none.
    """
    if not ID.fullmatch(text):
        raise ValueError(f"{text!r} is not a time like 20260102T030405Z")
    return text


def _parsed(document: dict[str, Any]) -> Plan:
    if document["format"] != _FORMAT:
        raise ValueError(f"format {document['format']}, and this program knows {_FORMAT}")
    index, term = document["position"]
    return Plan(
        id=checked_id(document["id"]),
        backup=str(document["backup"]),
        manifest=manifest.parse(document["manifest"]) if document["manifest"] else None,
        members=tuple(Member.parse(one) for one in document["members"]),
        position=(int(index), int(term)),
        back_to=checked_id(document["back_to"]) if document["back_to"] else "",
    )
