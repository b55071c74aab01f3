import asyncio
import contextlib

import pytest

from debros.rqlite.errors import NoLeader, StatementTimeout, TooLarge, UnknownOutcome
from debros.rqlite.observe import Call, observed, operation


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/db/execute", "execute"),
        ("/db/execute?noparse", "execute"),
        ("/db/execute?transaction", "transaction"),
        ("/db/execute?transaction&noparse", "transaction"),
        ("/db/query?level=weak&db_timeout=9500ms", "query"),
        ("/readyz?sync&timeout=2s", "readyz"),
        ("/debug/vars", "vars"),
    ],
)
def test_what_a_request_is_called(path, name) -> None:
    assert operation(path) == name


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "ok"),
        (NoLeader("x"), "no_leader"),
        (UnknownOutcome("x"), "unknown_outcome"),
        (StatementTimeout("x"), "statement_timeout"),
        (TooLarge("x"), "too_large"),
        (asyncio.CancelledError(), "cancelled"),
    ],
)
def test_how_it_ended(error, outcome) -> None:
    seen: list[Call] = []
    with contextlib.suppress(BaseException), observed(seen.append, "/db/execute"):
        if error:
            raise error
    assert [(call.operation, call.outcome) for call in seen] == [("execute", outcome)]
    assert seen[0].seconds >= 0


def test_without_an_observer_nothing_happens() -> None:
    with pytest.raises(NoLeader), observed(None, "/db/execute"):
        raise NoLeader("x")
