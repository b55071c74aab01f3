"""What is remembered, and when it is forgotten."""

import pytest

from debros.gateway.auth.changes import Change, Changes
from debros.gateway.auth.facts import Fact, Facts, owner
from debros.rqlite.errors import NoLeader
from debros.rqlite.types import QueryResult

ALICE = owner("shop", "alice")
SESSION = Fact("session", "ses_1")


class Database:
    """Rows of changes, and facts that hold; counts what is asked."""

    def __init__(self) -> None:
        self.changes: list[tuple[int, str, str]] = []
        self.true = {"alice", "ses_1", "key_1"}
        self.asked = 0
        self.away = False
        self.meanwhile = lambda: None

    async def query(self, statement, timeout=None):  # noqa: ASYNC109, ARG002 - as RqliteClient has it
        if self.away:
            raise NoLeader
        if "MAX(seq)" in statement.sql:
            return QueryResult(values=[[max((row[0] for row in self.changes), default=0)]])
        since, most = statement.args
        return QueryResult(values=[list(row) for row in self.changes if row[0] > since][:most])

    async def query_many(self, statements):
        self.asked += len(statements)
        answers = [QueryResult(values=[[1]] if statement.args[-1] in self.true else []) for statement in statements]
        self.meanwhile()
        return answers


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database():
    return Database()


@pytest.fixture
async def changes(database, clock):
    changes = Changes(database, clock)
    await changes.look()
    return changes


@pytest.fixture
def facts(database, changes):
    return Facts(database, changes)


async def test_what_holds_is_asked_once(facts, database) -> None:
    for _ in range(3):
        assert await facts.hold([ALICE, SESSION]) == [True, True]
    assert database.asked == 2


async def test_what_does_not_hold_is_asked_again(facts, database) -> None:
    bob = owner("shop", "bob")
    assert await facts.hold([bob, ALICE]) == [False, True]
    database.true.add("bob")
    assert await facts.hold([bob, ALICE]) == [True, True]
    assert database.asked == 3


async def test_a_change_is_forgotten_and_nothing_else(facts, changes, database) -> None:
    await facts.hold([ALICE, SESSION])
    database.true.discard("ses_1")
    database.changes.append((7, "session", "ses_1"))
    assert await facts.hold([ALICE, SESSION]) == [True, True]
    await changes.look()
    assert await facts.hold([ALICE, SESSION]) == [True, False]
    assert database.asked == 3
    database.changes.append((8, "owner", "shop alice"))
    database.true.discard("alice")
    await changes.look()
    assert await facts.hold([ALICE]) == [False]


async def test_after_very_many_changes_all_is_forgotten(facts, changes, database) -> None:
    await facts.hold([ALICE])
    database.changes += [(number, "session", f"s{number}") for number in range(1, 1001)]
    await changes.look()
    await facts.hold([ALICE])
    assert database.asked == 2


async def test_without_a_look_for_five_seconds_nothing_is_believed(facts, changes, database, clock) -> None:
    await facts.hold([ALICE])
    clock.now = 4.9
    await facts.hold([ALICE])
    assert (database.asked, changes.current) == (1, True)
    clock.now = 5.0
    assert not changes.current
    database.true.clear()
    assert await facts.hold([ALICE]) == [False]


async def test_what_was_missed_meanwhile_is_forgotten_with_the_rest(facts, changes, database, clock) -> None:
    await facts.hold([ALICE])
    database.away = True
    clock.now = 6
    with pytest.raises(NoLeader):
        await changes.look()
    database.away = False
    database.true.clear()
    await changes.look()
    assert changes.current
    assert await facts.hold([ALICE]) == [False]


async def test_an_answer_that_a_change_overtook_is_not_remembered(facts, changes, database) -> None:
    def revoked() -> None:
        database.true.clear()
        changes._tell([Change("owner", "shop alice")], 1)

    database.meanwhile = revoked
    assert await facts.hold([ALICE]) == [True]  # it held when it was asked
    database.meanwhile = lambda: None
    assert await facts.hold([ALICE]) == [False]


async def test_a_gateway_that_revokes_forgets_at_once_and_does_not_fail_for_it(facts, changes, database) -> None:
    await facts.hold([SESSION])
    database.true.discard("ses_1")
    database.changes.append((7, "session", "ses_1"))
    database.away = True
    await changes.catch_up()
    assert await facts.hold([SESSION]) == [True]
    database.away = False
    await changes.catch_up()
    assert await facts.hold([SESSION]) == [False]
