"""What the cluster is told of a backup, and what becomes of it when nobody can be told; rqlite is a fake."""

import datetime as dt

import pytest

from debros.hosts.snapshots import told
from debros.hosts.snapshots.digest import Content
from debros.hosts.snapshots.manifest import Manifest
from debros.rqlite.errors import NoLeader, StatementError, UnknownOutcome

CREATED = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
MANIFEST = Manifest("00", 4096, Content({}, ""), "8.26.0", "n1", CREATED)


class Fake:
    def __init__(self, error=None):
        self.error, self.seen = error, []

    def execute(self, sql, *args):
        self.seen.append((sql, args))
        if self.error:
            raise self.error
        return 1


def test_it_is_one_row_of_this_host() -> None:
    database = Fake()
    assert told.tell(database, MANIFEST, 86_400.0) == ""
    ((sql, args),) = database.seen
    assert "_gw_backups" in sql
    assert args == ("n1", 1_767_323_045_000, 4096, 86_400_000)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StatementError("no such table: _gw_backups"), "no gateway has made its tables yet"),
        (StatementError("database or disk is full"), "database or disk is full"),
        (NoLeader("the database has no leader"), "the database has no leader"),
        (UnknownOutcome("no answer in time"), "no answer in time"),
    ],
)
def test_why_nobody_could_be_told(error, reason) -> None:
    assert told.tell(Fake(error), MANIFEST, 0.0) == reason
