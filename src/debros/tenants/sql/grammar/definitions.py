"""Statements that make, change and drop tables, views, indexes and triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.tenants.sql.grammar.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from debros.rqlite.sqltext import Token
    from debros.tenants.sql.grammar.roles import Roles
    from debros.tenants.sql.grammar.scopes import Scope

_NOTHING: frozenset[str] = frozenset()


def read(tokens: Sequence[Token], existing: AbstractSet[str] = _NOTHING, virtual: AbstractSet[str] = _NOTHING) -> Roles:
    """Return what the names in a statement are for.

    Args:
        tokens: Those of one statement; something that is no SQL gives roles as far as it can be read.
        existing: The tenant's tables and views.
        virtual: Those of them that are fts5 tables.

    Raises:
        TooDeep: Parentheses are nested deeper than this reader goes.
    """
    reader = Definitions(tokens, existing, virtual)
    word = reader.word()
    if word in {"CREATE", "DROP", "ALTER"}:
        reader.roles.verb = word
        reader.at = 1
        {"CREATE": reader.create, "DROP": reader.drop, "ALTER": reader.alter}[word]()
    else:
        reader.statement()
        reader.roles.verb = reader.roles.verb or word
    return reader.settle()


class Definitions(Queries):
    """Reads what begins with CREATE, DROP or ALTER; the cursor stands behind that word."""

    def create(self) -> None:
        """Read CREATE."""
        if self.word() in {"TEMP", "TEMPORARY", "UNIQUE", "VIRTUAL"}:
            self.at += 1
        kind = self.word()
        self.at += 1
        self.skip("IF", "NOT", "EXISTS")
        if not self.is_name():
            return
        _, self.roles.target = self.object_name()
        match kind:
            case "TABLE":
                self._table_body()
            case "VIEW":
                if self.word() == "(":
                    self.at = self.matching() + 1
                if self.skip("AS"):
                    self.select(None)
            case "INDEX":
                self._index_body()
            case "TRIGGER":
                self._trigger_body()

    def drop(self) -> None:
        """Read DROP."""
        kind = self.word()
        self.at += 1
        self.skip("IF", "EXISTS")
        if self.is_name():
            _, name = self.object_name()
            if kind in {"TABLE", "VIEW"}:
                self.roles.tables.append(name)

    def alter(self) -> None:
        """Read ALTER TABLE."""
        if not self.skip("TABLE") or not self.is_name():
            return
        scope = self._on_table()
        if self.skip("RENAME"):
            if self.skip("TO") and self.is_name():
                self.object_name()
        elif self.skip("ADD"):
            while not self.done():
                before = self.at
                self.expressions(scope)
                if self.at == before:
                    self.at += 1

    def _on_table(self) -> Scope:
        """Read the name of the table that a definition is about; its columns may carry that name."""
        scope = self.scope(None)
        _, name = self.object_name()
        self.roles.tables.append(name)
        scope.sources[name] = name
        return scope

    def _table_body(self) -> None:
        if self.skip("AS"):
            self.select(None)
            return
        if self.word() != "(":
            return
        scope = self.scope(None)
        scope.sources[self.roles.target] = self.roles.target
        end = min(self.matching(), len(self.tokens))  # a parenthesis may lack its other half
        self.at += 1
        while self.at < end:
            start = self.at
            while self.at < end and self.word() != ",":
                before = self.at
                self.expressions(scope, commas=False)
                if self.at == before and self.word() != ",":
                    self.at += 1
            self.roles.columns.append(range(start, min(self.at, end)))
            self.at += 1

    def _index_body(self) -> None:
        if not self.skip("ON") or not self.is_name():
            return
        scope = self._on_table()
        if self.word() == "(":
            self.at += 1
            self.expressions(scope)
            self.skip(")")
        if self.skip("WHERE"):
            self.expressions(scope)

    def _trigger_body(self) -> None:
        while not self.done() and self.word() != "ON":
            self.at += 1
        self.at += 1
        if not self.is_name():
            return
        _, name = self.object_name()
        self.roles.tables.append(name)
        scope = self.scope(None)
        scope.sources["new"] = scope.sources["old"] = None
        self.skip("FOR", "EACH", "ROW")
        if self.skip("WHEN"):
            while not self.done() and self.word() != "BEGIN":
                before = self.at
                self.expressions_until_begin(scope)
                if self.at == before:
                    self.at += 1
        if not self.skip("BEGIN"):
            return
        while not self.done() and self.word() != "END":
            before = self.at
            self.statement(scope)
            self.skip(";")
            if self.at == before:
                self.at += 1

    def expressions_until_begin(self, scope: Scope) -> None:
        """Read a trigger's WHEN: BEGIN is no reserved word, so its place tells what it is."""
        begin = next(
            (
                place
                for place in range(self.at, len(self.words))
                if self.words[place] == "BEGIN"
                and place + 1 < len(self.words)
                and self.words[place + 1] in {"SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "VALUES"}
            ),
            len(self.words),
        )
        words, tokens = self.words, self.tokens
        self.words, self.tokens = words[:begin], tokens[:begin]
        self.expressions(scope)
        self.words, self.tokens = words, tokens
