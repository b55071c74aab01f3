"""Definitions tried out: what becomes of the schema is looked at, then all is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.rqlite.sqltext import tokens
from debros.tenants.errors import SqlRefused
from debros.tenants.sql import template, virtual
from debros.tenants.sql.database import Refused
from debros.tenants.sql.identifiers import in_own_words
from debros.tenants.sql.single import single

if TYPE_CHECKING:
    from debros.tenants.sql.plan import Plan
    from debros.tenants.sql.shadow import Shadow


class Draft:
    """A schema's next form, of a transaction; one at a time.

    Args:
        shadow: The schema.
        max_tables: Tables and views it may have.
    """

    def __init__(self, shadow: Shadow, max_tables: int) -> None:
        self._shadow = shadow
        self._max_tables = max_tables
        self._broken: dict[str, str] | None = None
        self._tables = 0

    def open(self) -> None:
        """Begin; what is broken already is nobody's fault."""
        if self._broken is None:
            self._broken = self._shadow.broken()
            self._tables = self._shadow.facts.tables
        self._shadow.begin()

    def close(self) -> None:
        """Take all back."""
        self._shadow.take_back()

    def define(self, sql: str, plan: Plan) -> None:
        """Add a definition.

        Raises:
            SqlRefused: SQLite says no.
        """
        statement = single(sql).sql
        parts = list(tokens(statement))
        facts = self._shadow.facts
        logical = statement
        if [token.upper for token in parts[:2]] == ["CREATE", "VIRTUAL"]:
            edits = virtual.edits(parts, "", facts.existing)
            logical = template.text(template.edited(statement, edits), template.present())
        try:
            self._shadow.define(logical, template.text(plan.proved, template.present()))
        except Refused as error:
            raise SqlRefused(
                "sql_refused" if error.denied else "sql_error", in_own_words(error.message, self._shadow.prefix)
            ) from None

    def check(self) -> None:
        """Look at what has become of the schema.

        Raises:
            SqlRefused: There are too many tables, or something works no more that did before.
        """
        assert self._broken is not None
        if self._shadow.facts.tables > max(self._max_tables, self._tables):
            raise SqlRefused(
                "too_many_tables", f"a namespace may have {self._max_tables} tables and views; drop what is not needed"
            )
        for name, reason in self._shadow.broken().items():
            if name not in self._broken:
                raise SqlRefused(
                    "sql_refused",
                    f"{name} would not work any more: {in_own_words(reason, self._shadow.prefix)}; change it first",
                )
