import pytest

from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.rqlite.errors import NoLeader

HERE, THERE = Caller("192.0.2.1", "r1"), Caller("192.0.2.2", "r2")
REFUSED = Entry("access", "denied", "shop", detail="missing_api_key /v1/a")


class Database:
    def __init__(self) -> None:
        self.statements = []
        self.away = False

    async def execute(self, statement):
        if self.away:
            raise NoLeader
        self.statements.append(statement)

    @property
    def rows(self):
        values = [value for statement in self.statements for value in statement.args]
        return [tuple(values[start : start + 9]) for start in range(0, len(values), 9)]


@pytest.fixture
def database():
    return Database()


@pytest.fixture
def audit(database):
    return Audit(database, lambda: 1000)


async def test_equal_refusals_are_one_row(audit, database) -> None:
    for path in "abc":
        audit.note(Entry("access", "denied", "shop", detail=f"missing_api_key /v1/{path}"), HERE)
    audit.note(REFUSED, THERE)
    await audit.flush()
    assert database.rows == [
        (1000, "access", "denied", "shop", "", "", "192.0.2.1", "r1", "missing_api_key /v1/a (3 times)"),
        (1000, "access", "denied", "shop", "", "", "192.0.2.2", "r2", "missing_api_key /v1/a"),
    ]
    await audit.flush()
    assert len(database.statements) == 1


async def test_they_wait_for_the_database(audit, database) -> None:
    database.away = True
    audit.note(REFUSED, HERE)
    with pytest.raises(NoLeader):
        await audit.flush()
    audit.note(REFUSED, THERE)
    database.away = False
    await audit.flush()
    assert [row[6] for row in database.rows] == ["192.0.2.1", "192.0.2.2"]


async def test_many_go_in_batches_and_too_many_are_counted(audit, database, caplog) -> None:
    for number in range(10_005):
        audit.note(REFUSED, Caller(f"a{number}", ""))
    await audit.flush()
    assert len(database.rows) == 10_000
    assert len(database.statements) == 50
    assert [record.fields["lost"] for record in caplog.records if "lost" in getattr(record, "fields", {})] == [5]


async def test_long_and_odd_texts_are_cut(audit, database) -> None:
    audit.note(Entry("access", "denied", subject="x" * 10_000, detail="\udcff"), HERE)
    await audit.flush()
    (row,) = database.rows
    assert len(row[4]) == 300
    assert row[8] == "?"
