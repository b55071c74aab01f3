"""Versions of rqlite and what differs between them.

Sources: rqlite's CHANGELOG.md and cmd/rqlited/flags.go at the tags named below.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Self

# A version as rqlited prints it: "rqlited v10.2.7 linux amd64 …", or in the header X-Rqlite-Version: "v10.2.7".
_VERSION = re.compile(r"(?:^|\s)v?(\d{1,4})(?:\.(\d{1,4})(?:\.(\d{1,4}))?)?(?=[\s-]|$)")


class Version(NamedTuple):
    """A release of rqlite; compares as numbers do."""

    major: int
    minor: int = 0
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @classmethod
    def find(cls, text: str) -> Self | None:
        """Return the first version in a text, or None.

        A bare "8" is what a build without link-time variables calls itself. The only such build in circulation is the
        npm package's, which behaves like 8.26; a later bare number is taken at its word, as the oldest of its line.
        """
        match = _VERSION.search(text)
        if match is None:
            return None
        if is_bare(text):
            return cls(8, 26, 0) if match[1] == "8" else cls(int(match[1]))
        return cls(*(int(number or 0) for number in match.groups()))


def is_bare(text: str) -> bool:
    """Tell whether a text names only a major version, so that `Version.find` had to guess the rest."""
    match = _VERSION.search(text)
    return match is not None and match[2] is None


# Production runs this one; see docs for the upgrade path. 10.2.7 fixes the inverted rewrite switch of 10.2.0-10.2.6.
PRODUCTION = Version(10, 2, 7)
# Below this a comment-only statement loops for ever and can enter the Raft log (rqlite#2441).
SAFE_FOR_USER_SQL = Version(9, 3, 13)
# The oldest version this package was tested against.
OLDEST = Version(8, 26, 0)


class Capabilities(NamedTuple):
    """What a version can do, or calls differently.

    Attributes:
        heartbeat_flag: The flag for Raft's heartbeat timeout (renamed in 10.0).
        linearizable: It honours level=linearizable (8.32); older ones silently treat it as weak.
        atomic_returning: A failing RETURNING statement rolls its transaction back (9.4.2).
        verifies_hosts: With -node-verify-client it really asks other hosts for a certificate. The 8 line's NewTLSMux
            drops that argument (tcp/mux.go); mended by 10.0 at the latest.
        safe_for_user_sql: It survives comment-only statements (9.3.13).
    """

    heartbeat_flag: str
    linearizable: bool
    atomic_returning: bool
    verifies_hosts: bool
    safe_for_user_sql: bool

    @classmethod
    def of(cls, version: Version) -> Self:
        """Return the capabilities of a version."""
        return cls(
            heartbeat_flag="-raft-heartbeat-timeout" if version >= Version(10) else "-raft-timeout",
            linearizable=version >= Version(8, 32),
            verifies_hosts=version >= Version(10),
            atomic_returning=version >= Version(9, 4, 2),
            safe_for_user_sql=version >= SAFE_FOR_USER_SQL,
        )
