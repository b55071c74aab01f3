"""A namespace as the runner of migrations sees a database: through the gateway's SQL routes, one transaction a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from debros.cli.answers import RefusedError
from debros.rqlite.errors import StatementError, UnknownOutcome
from debros.rqlite.types import Level, Statement
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from debros.cli.http import Gateway

_Result = TypeVar("_Result")

_BAD_REQUEST = 400
_UNKNOWN = ("outcome_unknown", "timeout")
_INDEX = re.compile(r"index (\d+): (.*)", re.DOTALL)
# What decides whether a transaction that failed was beaten by another runner's, which shows in many ways.
_APPLIED = "SELECT 1 FROM schema_migrations WHERE version = ?"


@dataclass(frozen=True)
class Rows:
    """The rows of a read, as `debros.rqlite.types` has them."""

    values: list[list[Any]]


class Namespace:
    """What `debros.rqlite.migrate` asks of a database, done by a gateway; none of it ever waits for an event loop.

    Args:
        gateway: with a credential of the namespace.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def execute(self, statement: Statement) -> None:
        """Run one statement that changes something."""
        self._gateway.post("/v1/rqlite/exec", body=_body(statement))

    async def query(self, statement: Statement, level: Level = Level.WEAK) -> Rows:
        """Run one statement that reads."""
        body = _body(statement) | {"level": level.value}
        return Rows(self._gateway.post("/v1/db/query", body=body, writing=False, shape="rows").json().get("rows") or [])

    async def transaction(self, statements: Sequence[Statement]) -> None:
        """Run a migration and its record, all or none.

        Raises:
            StatementError: one of them is wrong; at index 0 it is the record, so another runner was faster.
            UnknownOutcome: the answer was lost on the way.
        """
        ops = [{"kind": "exec"} | _body(statement) for statement in statements]
        try:
            self._gateway.post("/v1/db/transaction", body={"ops": ops})
        except CliError as exc:
            if exc.code in _UNKNOWN:
                raise UnknownOutcome(exc.message) from exc
            if not isinstance(exc, RefusedError) or exc.status != _BAD_REQUEST:
                raise
            raise await self._why(statements[0], exc) from exc

    async def _why(self, record: Statement, refused: RefusedError) -> StatementError:
        """Return what is wrong: a statement, or only that another runner's commit came first."""
        version = next(iter(record.args))
        if (await self.query(Statement(_APPLIED, [version]), Level.STRONG)).values:
            return StatementError("UNIQUE constraint failed: schema_migrations.version", 0)
        found = _INDEX.fullmatch(refused.message)
        return StatementError(found[2], int(found[1])) if found else StatementError(refused.message, None)


def driven(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run to its end what waits for nothing but a `Namespace`, without an event loop.

    With one, Ctrl-C would cancel the work at its next wait, of which there is none: it would go on to its end. So
    Ctrl-C ends the request that is under way, as in every other command.
    """
    try:
        work.send(None)
    except StopIteration as end:
        result: _Result = end.value
        return result
    work.close()
    raise RuntimeError("it waits for an event loop")


def _body(statement: Statement) -> dict[str, Any]:
    return {"sql": statement.sql, "args": list(statement.args)} if statement.args else {"sql": statement.sql}
