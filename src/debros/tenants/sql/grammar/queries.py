"""Queries and the statements that change rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Kind
from debros.tenants.sql.grammar import words
from debros.tenants.sql.grammar.roles import Insert
from debros.tenants.sql.grammar.scopes import Body
from debros.tenants.sql.grammar.sources import Sources

if TYPE_CHECKING:
    from debros.tenants.sql.grammar.scopes import Scope


class Queries(Sources):
    """Reads queries, filling in roles."""

    def statement(self, parent: Scope | None = None) -> None:
        """Read SELECT, VALUES, INSERT, REPLACE, UPDATE or DELETE, with or without WITH."""
        outer = self.scope(parent)
        if self.word() == "WITH":
            self._with(outer)
        scope = self.scope(outer)
        verb = self.word()
        self.roles.verb = self.roles.verb or verb
        match verb:
            case "SELECT" | "VALUES":
                self.select(outer)
            case "INSERT" | "REPLACE":
                self._insert(scope)
            case "UPDATE":
                self._update(scope)
            case "DELETE":
                self._delete(scope)

    def select(self, parent: Scope | None, insert: Insert | None = None) -> None:
        """Read a query, with WITH if it has one; `insert` learns where its results end."""
        outer = self.scope(parent)
        if self.word() == "WITH":
            self._with(outer)
        while True:
            scope = self.scope(outer)
            if self.word() == "VALUES":
                self._values(scope, insert)
            elif self.skip("SELECT"):
                self._core(scope, insert)
            else:
                return
            while self.skip("ORDER", "BY") or self.skip("LIMIT"):
                self.expressions(scope)
            if self.word() not in words.COMPOUNDS:
                return
            self.at += 1
            self.skip("ALL")

    def _core(self, scope: Scope, insert: Insert | None) -> None:
        start = self.at
        if self.word() in {"DISTINCT", "ALL"}:
            self.at += 1
        self.expressions(scope)
        if insert is not None:
            insert.results.append(self.at - 1)
        if self.skip("FROM"):
            self._sources(scope)
        while True:
            if self.skip("WHERE") or self.skip("HAVING") or self.skip("GROUP", "BY"):
                self.expressions(scope)
            elif self.is_window_clause():
                self.at += 1
                self.expressions(scope)
            else:
                break
        while self.skip("ORDER", "BY") or self.skip("LIMIT"):
            self.expressions(scope)
        self.roles.per_row.update(range(start, self.at))

    def _values(self, scope: Scope, insert: Insert | None) -> None:
        self.at += 1
        while self.word() == "(":
            self.at += 1
            self.expressions(scope, commas=True)
            if insert is not None:
                insert.rows.append(self.at - 1)
            self.skip(")")
            if not (self.word() == "," and self.word(1) == "("):
                return
            self.at += 1

    def _with(self, scope: Scope) -> None:
        self.at += 1
        if self.word() == "RECURSIVE" and self.is_name(1):
            self.at += 1
        pending: list[tuple[Body, int]] = []
        while self.is_name():
            body = Body()
            scope.ctes[self.name()] = body
            self.roles.ctes.add(self.name())
            self.at += 1
            if self.word() == "(":
                self.at = self.matching() + 1
            self.skip("AS")
            self.skip("NOT")
            self.skip("MATERIALIZED")
            if self.word() != "(":
                break
            pending.append((body, self.at + 1))
            self.at = self.matching() + 1
            if not self.skip(","):
                break
        # Every one sees all of them, those that follow included.
        after, outer = self.at, self._body
        for body, start in pending:
            self.at, self._body = start, body
            self._nested(scope)
        self.at, self._body = after, outer

    def _nested(self, scope: Scope) -> None:
        """Read what stands in the parentheses of a common table expression: a query."""
        self._deeper()
        self.select(scope)
        self._depth -= 1

    def _insert(self, scope: Scope) -> None:
        self.at += 1
        if self.skip("OR"):
            self.at += 1
        if not self.skip("INTO") or not self.is_name():
            return
        insert = Insert(self._target(scope))
        self.roles.inserts.append(insert)
        self._insert_columns(scope, insert)
        if self.word() == "DEFAULT" and self.word(1) == "VALUES":
            insert.defaults = (self.at, self.at + 1)
            self.at += 2
        else:
            self.select(scope.parent, insert)
        self._upserts(scope)
        self._returning(scope)

    def _insert_columns(self, scope: Scope, insert: Insert) -> None:
        if self.word() == "(" and not self._subquery_ahead():
            insert.close = self.matching()
            insert.columns = [
                place for place in range(self.at + 1, min(insert.close, len(self.tokens))) if self.words[place] != ","
            ]
            for place in insert.columns:
                if self.tokens[place].kind is not Kind.OPERATOR:
                    self._column(scope, place)
            self.at = insert.close + 1

    def _upserts(self, scope: Scope) -> None:
        scope.sources.setdefault("excluded", None)
        while self.skip("ON", "CONFLICT"):
            self.expressions(scope)
            while self.skip("WHERE"):
                self.expressions(scope)
            if self.skip("DO", "NOTHING"):
                continue
            if self.skip("DO", "UPDATE", "SET"):
                self.expressions(scope)
                if self.skip("WHERE"):
                    self.expressions(scope)

    def _subquery_ahead(self) -> bool:
        self.at += 1
        found = self.is_subquery() and self.word() != "WITH"
        self.at -= 1
        return found

    def _update(self, scope: Scope) -> None:
        self.at += 1
        if self.skip("OR"):
            self.at += 1
        if not self.is_name():
            return
        self._target(scope)
        self._indexed()
        if self.skip("SET"):
            self.expressions(scope)
        if self.skip("FROM"):
            self._sources(scope)
        self._where_returning(scope)

    def _delete(self, scope: Scope) -> None:
        self.at += 1
        if not self.skip("FROM") or not self.is_name():
            return
        self._target(scope)
        self._indexed()
        self._where_returning(scope)

    def _where_returning(self, scope: Scope) -> None:
        start = self.at
        if self.skip("WHERE"):
            self.expressions(scope)
            self.roles.per_row.update(range(start, self.at))
        self._returning(scope)
        while self.skip("ORDER", "BY") or self.skip("LIMIT"):
            self.expressions(scope)

    def _returning(self, scope: Scope) -> None:
        if self.skip("RETURNING"):
            start = self.at
            self.expressions(scope)
            self.roles.returning = range(start, self.at)

    def _target(self, scope: Scope) -> int:
        """Read the table that a statement changes; no common table expression hides it."""
        place, name = self.object_name()
        self.roles.tables.append(name)
        self._body.reads.append(name)
        if self.skip("AS") and self.is_name():
            scope.sources[self.name()] = None
            scope.sources.setdefault(f"\0{name}", name)  # still a source, under no name
            self.at += 1
        else:
            scope.sources[name] = name
        return place
