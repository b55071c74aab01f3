"""What a claim makes of the database's errors, and what it keeps of answers; its SQL is tested with real rqlited."""

from typing import Any

import pytest

from debros.rqlite.errors import StatementError, UnknownOutcome
from debros.rqlite.types import ExecResult, Statement
from debros.tenants.idempotency import Answer, Bounds, Claim, KeysFull, KeyTaken

ONE = Statement("INSERT INTO t VALUES(1)")


class FakeClient:
    """Stands in for RqliteClient: fails as it is told, or numbers its results."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.sent: list[Statement] = []

    async def transaction(self, statements: list[Statement]) -> list[ExecResult]:
        self.sent = statements
        if self.error is not None:
            raise self.error
        return [ExecResult(rows_affected=number) for number in range(len(statements))]


def claim(**more: Any) -> Claim:
    return Claim("id", "ns", "print", 1000, Bounds(10, 1000, answer_bytes=4), 60, lambda _: Answer(412, "no"), **more)


async def test_only_the_results_of_the_callers_statements_come_back() -> None:
    client, claimed = FakeClient(), claim()
    done = await claimed.transaction(client, [ONE, ONE], [claimed.count(changes=True, inserts=True)])
    assert [result.rows_affected for result in done] == [1, 2]
    assert len(client.sent) == 4
    assert claimed.committed


@pytest.mark.parametrize(
    ("message", "index", "raised"),
    [
        ("NOT NULL constraint failed: _gw_idempotency.fingerprint", 0, KeyTaken),
        ("NOT NULL constraint failed: _gw_idempotency.namespace", 0, KeysFull),
        ("NOT NULL constraint failed: _gw_idempotency.fingerprint", 1, StatementError),
    ],
)
async def test_a_key_that_cannot_be_claimed(message: str, index: int, raised: type[Exception]) -> None:
    claimed = claim()
    with pytest.raises(raised):
        await claimed.transaction(FakeClient(StatementError(message, index)), [ONE, ONE])
    assert not claimed.committed


@pytest.mark.parametrize(("index", "place"), [(1, 0), (3, 2), (None, None)])
async def test_errors_count_from_the_callers_first_statement(index: int | None, place: int | None) -> None:
    with pytest.raises(StatementError) as caught:
        await claim().transaction(FakeClient(StatementError("no such table: t", index)), [ONE, ONE, ONE])
    assert (caught.value.message, caught.value.index) == ("no such table: t", place)


async def test_a_lost_answer_is_not_a_commit() -> None:
    claimed = claim()
    with pytest.raises(UnknownOutcome):
        await claimed.transaction(FakeClient(UnknownOutcome("lost")), [ONE])
    assert not claimed.committed


@pytest.mark.parametrize(("body", "kept"), [("1234", "1234"), ("12345", None), ("äöü", None)])
async def test_a_large_answer_is_kept_without_its_body(body: str, kept: str | None) -> None:
    client = FakeClient()
    await claim(expected=Answer(201, body, {"etag": "x"})).transaction(client, [ONE])
    args = client.sent[0].args
    assert (201, '{"etag":"x"}', kept) == tuple(args[7:10])


def test_two_claims_of_one_key_are_two_attempts() -> None:
    assert claim()._attempt != claim()._attempt
