"""Several operations, all or nothing: the writes as one transaction of rqlite, reads before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.rqlite.errors import RqliteError
from debros.rqlite.types import ExecResult, QueryResult, Value
from debros.tenants.errors import SqlRefused, TenantError
from debros.tenants.kinds import READS, read_only, written
from debros.tenants.sql.plan import Plan, StatementKind
from debros.tenants.wording import at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debros.tenants.idempotency import Claim
    from debros.tenants.runner import Runner
    from debros.tenants.schemas import Schema, Schemas

Result = ExecResult | QueryResult | TenantError


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a transaction, before it was checked; `reads` is None when the statement decides that."""

    sql: str
    args: Sequence[Value]
    reads: bool | None = None


class Transactions:
    """Runs transactions of one namespace."""

    def __init__(self, namespace: str, runner: Runner, schemas: Schemas) -> None:
        self._namespace = namespace
        self._runner = runner
        self._schemas = schemas

    async def run(
        self, schema: Schema, operations: Sequence[Operation], *, results: bool, claim: Claim | None = None
    ) -> list[Result]:
        """Run one; see TenantDatabase.transaction.

        Raises:
            SqlRefused: An operation may not run here or SQLite refused it; nothing was applied, `index` says which.
            TenantError: There is no room, or a result is too large.
            RqliteError: The database cannot take it.
        """
        plans = _planned(schema, operations)
        first, last = _writes(plans)
        defines = any(plan.kind is StatementKind.DDL for plan in plans)
        if not defines:
            # So that a wrong one stops all beforehand.
            for position in range(last, len(plans)):
                if plans[position].kind is StatementKind.READ:
                    await self._runner.compile(schema, plans[position], operations[position].args, position)
        before: list[Result] = []
        for position in range(first) if results else ():
            operation = operations[position]
            with at(position):
                before.append(await self._runner.read(schema, plans[position], operation.sql, operation.args))
        changed: list[ExecResult] = []
        if first < last:
            args = [operation.args for operation in operations[first:last]]
            changed = await self._runner.write_all(schema, plans[first:last], args, first, claim)
        after = [
            await self._read_late(schema, plans[position], operations[position], position, changed=defines)
            for position in (range(last, len(plans)) if results else ())
        ]
        return [*before, *changed, *after] if results else []

    async def _read_late(
        self, schema: Schema, plan: Plan, operation: Operation, position: int, *, changed: bool
    ) -> QueryResult | TenantError:
        """Read after the writes were applied; a failure is returned, not raised."""
        try:
            if changed:
                schema = await self._schemas.fresh(self._namespace)
                plan = schema.isolation.plan(operation.sql)
            return await self._runner.read(schema, plan, operation.sql, operation.args)
        except SqlRefused as error:
            return error.at(position)
        except TenantError as error:
            return error
        except RqliteError:
            return TenantError(
                "read_failed", f"index {position}: the database did not answer this read; repeat it alone"
            )


def _planned(schema: Schema, operations: Sequence[Operation]) -> list[Plan]:
    plans = schema.isolation.batch([operation.sql for operation in operations])
    for position, (operation, plan) in enumerate(zip(operations, plans, strict=True)):
        if operation.reads is not None:
            with at(position):
                (read_only if operation.reads else written)(plan)
    return plans


def _writes(plans: Sequence[Plan]) -> tuple[int, int]:
    """Return where the writes begin and where they end.

    Raises:
        SqlRefused: A read stands among them.
    """
    writes = [position for position, plan in enumerate(plans) if plan.kind not in READS]
    first, last = (writes[0], writes[-1] + 1) if writes else (len(plans), len(plans))
    for position in range(first, last):
        if plans[position].kind in READS:
            raise SqlRefused(
                "read_between_writes", "a query between two writes; put it before or after all of them", position
            )
    return first, last
