"""What a tenant's database answers when the database goes away, or the schema changes under it."""

from typing import Any

import pytest

from debros.gateway.problems import problem_for
from debros.rqlite.errors import NoLeader, StatementError
from debros.rqlite.types import ExecResult, QueryResult, Statement
from debros.tenants.capacity import Capacity
from debros.tenants.database import TenantDatabase
from debros.tenants.errors import DatabaseFull, SchemaBusy, StatementFailed, TenantError
from debros.tenants.limits import Limits
from debros.tenants.schemas import Schema
from debros.tenants.sql.isolation import Isolation
from debros.tenants.sql.stored import Stored
from debros.tenants.transactions import Operation


class FakeClient:
    """Stands in for RqliteClient: commits, and loses its leader right after; a real cluster cannot be timed so."""

    def __init__(self, errors: list[StatementError] | None = None) -> None:
        self.committed: list[Statement] = []
        self.errors = errors or []

    async def execute(self, statement: Statement, before: Statement | None = None) -> ExecResult:
        return (await self.transaction([before, statement] if before else [statement]))[-1]

    async def transaction(self, statements: list[Statement]) -> list[ExecResult]:
        if self.errors:
            raise self.errors.pop(0)
        self.committed = list(statements)
        return [ExecResult(rows_affected=1, last_insert_id=1) for _ in statements]

    async def query(self, _statement: Statement, *_args: Any) -> QueryResult:
        if self.committed:
            raise NoLeader("leader not found")
        return QueryResult(["n"], ["integer"], [[0]])


class FakeWrites:
    """Stands in for Writes: notes what may share a request."""

    def __init__(self, client: FakeClient) -> None:
        self.client = client
        self.shared: list[str] = []

    async def execute(
        self, namespace: str, statement: Statement, departure: Any, *, before: Statement | None
    ) -> ExecResult:
        assert (namespace, departure) == ("default", None)
        self.shared.append(statement.sql)
        return await self.client.execute(statement, before)


class FakeSchemas:
    """Stands in for Schemas: remembers the first version of a schema, and the database has the last one."""

    def __init__(self, *versions: str) -> None:
        self.versions = [
            Schema(7, number, Isolation(7, [Stored("table", "n7_t", "n7_t", sql)]))
            for number, sql in enumerate(versions, start=1)
        ]
        self.asked = 0

    async def current(self, _namespace: str) -> Schema:
        return self.versions[0]

    async def fresh(self, _namespace: str) -> Schema:
        self.asked += 1
        return self.versions[-1]

    def forget(self, schema: Schema) -> None:
        pass


def database(
    client: FakeClient, *versions: str, size: int = 0, writes: FakeWrites | None = None
) -> tuple[TenantDatabase, FakeSchemas]:
    schemas = FakeSchemas(*(versions or ["CREATE TABLE n7_t(a)"]))
    capacity = Capacity(client, 100)
    capacity.size = size
    limits = Limits(rows=10, sql_bytes=1000, statements=10)
    writes = writes or FakeWrites(client)
    return TenantDatabase("default", client, writes, schemas, capacity, limits), schemas


WRITE = Operation("INSERT INTO t VALUES(1)", (), reads=False)
READ = Operation("SELECT count(*) AS n FROM t", (), reads=True)


async def test_a_lost_leader_after_the_commit_does_not_deny_the_writes() -> None:
    client = FakeClient()
    before, wrote, after = await database(client)[0].transaction([READ, WRITE, READ], results=True)
    assert isinstance(before, QueryResult)
    assert isinstance(wrote, ExecResult)
    assert isinstance(after, TenantError)
    assert (after.code, after.message) == (
        "read_failed",
        "index 2: the database did not answer this read; repeat it alone",
    )
    assert [statement.sql for statement in client.committed] == ["INSERT INTO n7_t VALUES(1)"]


async def test_without_writes_a_lost_leader_is_an_error() -> None:
    client = FakeClient()
    client.committed = [Statement("earlier")]
    with pytest.raises(NoLeader):
        await database(client)[0].transaction([READ], results=True)


async def test_an_old_schema_is_read_again_and_the_statement_tried_again() -> None:
    client = FakeClient()
    tenant, schemas = database(client, "CREATE TABLE n7_t(a)", "CREATE TABLE n7_t(a, b)")
    await tenant.execute("INSERT INTO t(a, b) VALUES(1, 2)")
    assert client.committed[0].sql == "INSERT INTO n7_t(a, b) VALUES(1, 2)"
    assert schemas.asked == 1


class RestlessSchemas(FakeSchemas):
    """Stands in for Schemas of a namespace whose schema is another one whenever it is looked at."""

    async def fresh(self, namespace: str) -> Schema:
        self.versions.append(Schema(7, self.asked + 2, self.versions[0].isolation))
        return await super().fresh(namespace)


async def test_who_loses_against_others_again_and_again_is_told_to_try_later(monkeypatch) -> None:
    monkeypatch.setitem(globals(), "FakeSchemas", RestlessSchemas)
    client = FakeClient([StatementError("table n7_t has no column named a")] * 5)
    tenant, schemas = database(client)
    with pytest.raises(SchemaBusy) as busy:
        await tenant.execute("INSERT INTO t(a) VALUES(1)")
    answer = problem_for(busy.value)
    assert (answer.status, answer.code, answer.headers) == (503, "schema_busy", {"Retry-After": "1"})
    assert (schemas.asked, client.committed) == (5, [])


async def test_what_the_database_refuses_is_tried_once_more_when_the_schema_has_changed() -> None:
    client = FakeClient([StatementError("table n7_t has no column named a")])
    tenant, schemas = database(client, "CREATE TABLE n7_t(a)", "CREATE TABLE n7_t(a, b)")
    await tenant.execute("INSERT INTO t(a) VALUES(1)")
    assert len(client.committed) == 1
    assert schemas.asked == 1


async def test_what_fails_for_its_values_asks_nobody() -> None:
    client = FakeClient([StatementError("UNIQUE constraint failed: n7_t.a")])
    tenant, schemas = database(client)
    with pytest.raises(StatementFailed, match=r"^UNIQUE constraint failed: t\.a$"):
        await tenant.execute("INSERT INTO t(a) VALUES(1)")
    assert schemas.asked == 0


async def test_a_warm_write_is_one_request() -> None:
    client = FakeClient()
    tenant, schemas = database(client)
    await tenant.execute("INSERT INTO t(a) VALUES(1)")
    assert (len(client.committed), schemas.asked) == (1, 0)


async def test_a_definition_is_bound_to_its_version() -> None:
    client = FakeClient()
    await database(client)[0].execute("CREATE TABLE u(a)")
    bump, create = client.committed
    assert (bump.args, create.sql) == ((7, 1), "CREATE TABLE n7_u(a)")
    assert create.verbatim


async def test_a_definition_that_came_second_is_proved_again() -> None:
    client = FakeClient([StatementError("NOT NULL constraint failed: _gw_schemas.version", 0)])
    tenant, _ = database(client, "CREATE TABLE n7_t(a)", "CREATE TABLE n7_t(a, b)")
    await tenant.execute("CREATE INDEX i ON t(a)")
    assert client.committed[0].args == (7, 2)


async def test_a_write_through_a_view_is_bound_to_the_version_too() -> None:
    client = FakeClient()
    tenant, schemas = database(client)
    isolation = Isolation(
        7,
        [
            Stored("table", "n7_t", "n7_t", "CREATE TABLE n7_t(a)"),
            Stored("view", "n7_v", "n7_v", "CREATE VIEW n7_v AS SELECT a FROM n7_t"),
        ],
    )
    schemas.versions = [Schema(7, 5, isolation)]
    await tenant.execute("INSERT INTO t SELECT a FROM v")
    assert [statement.args for statement in client.committed] == [(5, 7), ()]


async def test_a_full_database_takes_no_more_but_gives_away() -> None:
    client = FakeClient()
    tenant, _ = database(client, size=100)
    for sql in ("INSERT INTO t VALUES(1)", "UPDATE t SET a = 2", "CREATE TABLE u(a)"):
        with pytest.raises(DatabaseFull, match="its limit is 100"):
            await tenant.execute(sql)
    await tenant.execute("DELETE FROM t")
    assert len(client.committed) == 1


async def test_now_in_a_parameter_is_the_time() -> None:
    client = FakeClient()
    await database(client)[0].execute("INSERT INTO t VALUES(datetime(?)), (?)", ["now", "now"])
    first, second = client.committed[0].args
    assert first[:2] == "20"
    assert second == "now"


@pytest.mark.parametrize(
    ("sql", "shared"),
    [
        ("INSERT INTO t VALUES(1)", True),
        ("REPLACE INTO t VALUES(1)", True),
        ("UPDATE t SET a = 2", True),
        ("DELETE FROM t", True),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", True),
        ("INSERT INTO t VALUES(1) ON CONFLICT DO NOTHING", True),
        ("INSERT INTO t VALUES(random())", True),
        ("INSERT INTO t VALUES('RETURNING a')", True),
        ("INSERT INTO t VALUES(1) RETURNING a", False),
        ("DELETE FROM t RETURNING a AS b", False),
        ("INSERT INTO t SELECT a FROM v", False),
        ("CREATE TABLE u(a)", False),
        ("DROP VIEW v", False),
    ],
)
async def test_only_plain_changes_of_rows_share_a_request(sql, shared) -> None:
    client = FakeClient()
    writes = FakeWrites(client)
    tenant, schemas = database(client, writes=writes)
    table = Stored("table", "n7_t", "n7_t", "CREATE TABLE n7_t(a)")
    view = Stored("view", "n7_v", "n7_v", "CREATE VIEW n7_v AS SELECT a FROM n7_t")
    schemas.versions = [Schema(7, 5, Isolation(7, [table, view]))]
    await tenant.execute(sql)
    assert bool(writes.shared) is shared
    assert client.committed


async def test_a_transaction_of_one_write_stays_one() -> None:
    client = FakeClient()
    writes = FakeWrites(client)
    await database(client, writes=writes)[0].transaction([WRITE], results=True)
    assert (writes.shared, len(client.committed)) == ([], 1)


@pytest.mark.parametrize(
    ("sql", "reported", "told"),
    [
        ("INSERT INTO t VALUES(1)", (1, 9), (1, 9)),
        ("INSERT INTO t VALUES(1) ON CONFLICT DO NOTHING", (0, 9), (0, 0)),
        ("UPDATE t SET a = 1", (3, 9), (3, 0)),
        ("DELETE FROM t", (0, 9), (0, 0)),
    ],
)
async def test_what_the_shared_connection_remembers_of_others_is_not_told(
    sql: str, reported: tuple[int, int], told: tuple[int, int]
) -> None:
    class Shared(FakeClient):
        async def execute(self, _statement: Statement, _before: Statement | None = None) -> ExecResult:
            return ExecResult(*reported)

    result = await database(Shared())[0].execute(sql)
    assert (result.rows_affected, result.last_insert_id) == told
