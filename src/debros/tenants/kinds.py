"""Which plans a route takes: reads here, writes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.tenants.errors import SqlRefused
from debros.tenants.sql.plan import Plan, StatementKind
from debros.tenants.sql.vocabulary import CHANGE_WORDS, DDL_WORDS

if TYPE_CHECKING:
    from debros.tenants.schemas import Schema

READS = frozenset({StatementKind.READ, StatementKind.CATALOGUE})


def read_only(plan: Plan) -> Plan:
    """Return the plan of a read.

    Raises:
        SqlRefused: It writes.
    """
    if plan.kind not in READS:
        raise _not_a_read(plan.keyword)
    return plan


def written(plan: Plan) -> Plan:
    """Return the plan of a write.

    Raises:
        SqlRefused: It only reads.
    """
    if plan.kind in READS:
        raise SqlRefused("not_a_write", f"{plan.keyword} only reads; send reads to the query route")
    return plan


def planned_read(schema: Schema, sql: str) -> Plan:
    """Return the plan of a read; a write is refused as one even where SQLite finds other faults with it.

    Raises:
        SqlRefused: It writes, or may not run.
    """
    try:
        return read_only(schema.isolation.plan(sql))
    except SqlRefused as error:
        verb = schema.isolation.verb(sql) if error.code == "sql_error" else ""
        raise _not_a_read(verb) if verb in CHANGE_WORDS | DDL_WORDS else error from None


def _not_a_read(verb: str) -> SqlRefused:
    return SqlRefused("not_a_read", f"{verb} writes; this route only reads, send writes to exec")
