"""What a transaction answers when the database goes away between its commit and a read behind it."""

from typing import Any

import pytest

from debros.rqlite.errors import NoLeader
from debros.rqlite.types import ExecResult, QueryResult, Statement
from debros.tenants.database import Limits, Operation, TenantDatabase
from debros.tenants.errors import TenantError


class FakeClient:
    """Stands in for RqliteClient: commits, and loses its leader right after; a real cluster cannot be timed so."""

    def __init__(self) -> None:
        self.committed: list[Statement] = []

    async def transaction(self, statements: list[Statement]) -> list[ExecResult]:
        self.committed = list(statements)
        return [ExecResult(rows_affected=1, last_insert_id=1) for _ in statements]

    async def query(self, _statement: Statement, *_args: Any) -> QueryResult:
        if self.committed:
            raise NoLeader("leader not found")
        return QueryResult(["n"], ["integer"], [[0]])


WRITE = Operation("INSERT INTO t VALUES(1)", (), reads=False)
READ = Operation("SELECT count(*) AS n FROM t", (), reads=True)


async def test_a_lost_leader_after_the_commit_does_not_deny_the_writes() -> None:
    client = FakeClient()
    database = TenantDatabase(client, Limits(rows=10, sql_bytes=1000, statements=10))  # type: ignore[arg-type]
    before, wrote, after = await database.transaction([READ, WRITE, READ], results=True)
    assert isinstance(before, QueryResult)
    assert isinstance(wrote, ExecResult)
    assert isinstance(after, TenantError)
    assert (after.code, after.message) == (
        "read_failed",
        "index 2: the database did not answer this read; repeat it alone",
    )
    assert len(client.committed) == 1


async def test_without_writes_a_lost_leader_is_an_error() -> None:
    client = FakeClient()
    client.committed = [Statement("earlier")]
    database = TenantDatabase(client, Limits(rows=10, sql_bytes=1000, statements=10))  # type: ignore[arg-type]
    with pytest.raises(NoLeader):
        await database.transaction([READ], results=True)
