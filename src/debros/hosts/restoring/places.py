"""Where a restore keeps what it needs on a host: beside the database's directory, on the same disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BEFORE = ".before-restore-"
ID = re.compile(r"\d{8}T\d{6}Z")


@dataclass(frozen=True, slots=True)
class Places:
    """The paths.

    Attributes:
        live: the database's own directory, database.data_dir.
    """

    live: Path

    @property
    def root(self) -> Path:
        """The restore's own directory; there is one only while a restore goes on."""
        return self.live.with_name("restore")

    @property
    def plan(self) -> Path:
        """What was put in the database's place, or was put back."""
        return self.root / "plan.json"

    @property
    def partial(self) -> Path:
        """What is being made."""
        return self.root / "next.partial"

    @property
    def next(self) -> Path:
        """What comes next, whole and checked: the new data directory `db` and its plan, which appear in one step."""
        return self.root / "next"

    @property
    def next_data(self) -> Path:
        """The new data directory."""
        return self.next / "db"

    @property
    def next_plan(self) -> Path:
        """Its plan."""
        return self.next / "plan.json"

    @property
    def database_stopped(self) -> Path:
        """While this file exists systemd does not start the database (AssertPathExists= in its unit)."""
        return self.root / "database-stopped"

    @property
    def gateway_stopped(self) -> Path:
        """The same for the gateway, its socket and backups."""
        return self.root / "gateway-stopped"

    def before(self, identity: str) -> Path:
        """Return where the data lie that a restore has replaced."""
        return self.live.with_name(f"{self.live.name}{_BEFORE}{identity}")

    def kept(self) -> list[str]:
        """Return the ids of the restores whose replaced data are still there, newest first."""
        prefix = f"{self.live.name}{_BEFORE}"
        try:
            names = [entry.name.removeprefix(prefix) for entry in self.live.parent.glob(f"{prefix}*")]
        except OSError:
            return []
        return sorted(filter(ID.fullmatch, names), reverse=True)
