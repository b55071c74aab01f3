"""The manifest beside each backup: what was in it when it was taken and found to be sound."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Any

from debros.hosts.snapshots.digest import Content, SnapshotError, Table

_FORMAT = 1
# A manifest names each table; two thousand of them (the most a cluster should have) take 300 KB.
LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        sha256: of the file, hex.
        bytes: of the file.
        content: tables and schema.
        rqlite: version of the rqlite that gave it, "" when unknown.
        host: Raft id of the host that took it.
        created: when, UTC.
    """

    sha256: str
    bytes: int
    content: Content
    rqlite: str
    host: str
    created: dt.datetime

    def dump(self) -> str:
        """Return it as JSON."""
        document = {
            "format": _FORMAT,
            "created": self.created.isoformat(timespec="seconds"),
            "host": self.host,
            "rqlite": self.rqlite,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "schema": self.content.schema,
            "tables": {name: asdict(table) for name, table in self.content.tables.items()},
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def parse(text: str | bytes) -> Manifest:
    """Read a manifest.

    Raises:
        SnapshotError: it is none, or one of a later format.
    """
    try:
        document: dict[str, Any] = json.loads(text)
        if document["format"] != _FORMAT:
            raise SnapshotError(f"the manifest has format {document['format']}, and this program knows {_FORMAT}")
        tables = {str(name): Table(int(one["rows"]), str(one["checksum"])) for name, one in document["tables"].items()}
        created = dt.datetime.fromisoformat(document["created"])
        if created.tzinfo is None:
            raise SnapshotError("the manifest's time has no zone")
        return Manifest(
            sha256=str(document["sha256"]),
            bytes=int(document["bytes"]),
            content=Content(tables, str(document["schema"])),
            rqlite=str(document["rqlite"]),
            host=str(document["host"]),
            created=created,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotError(f"the manifest cannot be read: {type(error).__name__}: {error}") from None
