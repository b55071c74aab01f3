"""Expressions, and the tables, columns and functions that they name."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Kind
from debros.tenants.sql.grammar import words
from debros.tenants.sql.grammar.cursor import Cursor
from debros.tenants.sql.grammar.roles import Insert, Roles
from debros.tenants.sql.grammar.scopes import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from debros.rqlite.sqltext import Token

CATALOGUE = frozenset({"sqlite_master", "sqlite_schema"})
TABLE_FUNCTIONS = frozenset({"json_each", "json_tree"})
_MAX_DEPTH = 200  # of parentheses; SQLite's own limit for expressions is 1000


class TooDeep(Exception):  # noqa: N818 - names say what happened
    """Parentheses are nested too deep."""


class Expressions(Cursor):
    """Reads expressions, filling in roles.

    Args:
        tokens: Those of the whole statement.
        existing: Names of the tenant's tables and views; a function or the catalogue is one only if no table is.
        virtual: Names of its fts5 tables.
    """

    def __init__(self, tokens: Sequence[Token], existing: AbstractSet[str], virtual: AbstractSet[str]) -> None:
        super().__init__(tokens)
        self.roles = Roles()
        self._existing = existing
        self._virtual = virtual
        self._body = self.roles.body
        self._scopes: list[Scope] = []
        self._depth = 0

    def scope(self, parent: Scope | None) -> Scope:
        """Return a new scope."""
        made = Scope(parent)
        self._scopes.append(made)
        return made

    def settle(self) -> Roles:
        """Decide about qualifiers and columns, now that all sources are known."""
        for scope in self._scopes:
            for place, name, behind in scope.qualifiers:
                found, table = scope.source(name)
                if found and table == name:
                    self.roles.objects.add(place)
                table = scope.aliases.get(name, table)
                if found and table in self._virtual and self._named(behind) == table:
                    self.roles.hidden.add(behind)
            for place, name in scope.columns:
                if scope.reads_table(name):
                    self.roles.hidden.add(place)
        return self.roles

    def _named(self, place: int) -> str:
        """Return the name at a place; empty behind the end and for an operator."""
        if place >= len(self.tokens) or self.tokens[place].kind is Kind.OPERATOR:
            return ""
        return self.name(place - self.at)

    @abstractmethod
    def select(self, parent: Scope | None, insert: Insert | None = None) -> None:
        """Read a query."""

    def expressions(self, scope: Scope, *, commas: bool = True, joins: bool = False) -> None:
        """Read expressions up to the end of their clause: a keyword of another one, `)` or `;`.

        Args:
            scope: What they can name.
            commas: Commas separate expressions; else the first one ends them.
            joins: They stand in a join's ON, where a comma or a join operator begins the next source.
        """
        while not self.done():
            word = self.word()
            if word in {")", ";"} or (word == "," and (joins or not commas)):
                return
            if word == "(":
                self._parenthesis(scope)
            elif (
                (word in words.CLAUSES and not (word == "FROM" and self.word(-1) == "DISTINCT"))
                or (word == "DO" and self.word(1) in {"NOTHING", "UPDATE"})
                or (joins and self.is_join())
                or self.is_window_clause()
            ):
                return
            elif word == "IN" and self.is_name(1):
                self._in_table(scope)
            elif word == "REFERENCES" and self.is_name(1):
                self.at += 1
                self.object_name()
            elif self.is_name() and self.word(1) == ".":
                self._qualified(scope)
            else:
                if self.is_name() and self.word(1) != "(" and self.word(-1) not in {"AS", "COLLATE"}:
                    self._column(scope, self.at)
                self.at += 1

    def _parenthesis(self, scope: Scope) -> None:
        self.at += 1
        self._deeper()
        if self.is_subquery():
            self.select(scope)
        while not self.done() and self.word() != ")":
            before = self.at
            self.expressions(scope)
            if self.at == before:  # a keyword where none belongs, or one inside a call: ORDER BY, FILTER (WHERE
                self.at += 1
        self._depth -= 1
        self.skip(")")

    def _table_name(self) -> tuple[int, str, bool]:
        """Go past a name that may have a schema's before it; return its place, the name, and whether it had one."""
        qualified = self.word(1) == "." and self.is_name(2)
        place = self.at + 2 if qualified else self.at
        self.at = place + 1
        return place, self.name(-1), qualified

    def _in_table(self, scope: Scope) -> None:
        self.at += 1
        place, name, qualified = self._table_name()
        if self.word() == "(":
            self._function(scope, place, name)
        else:
            self._table(scope, place, name, qualified=qualified)

    def _qualified(self, scope: Scope) -> None:
        """Read `table.column`, `table.*` or `schema.table.column`."""
        if self.is_name(2) and self.word(3) == ".":
            self.at += 2
        scope.qualifiers.append((self.at, self.name(), self.at + 2))
        self.at += 3

    def _column(self, scope: Scope, place: int) -> None:
        name = self.name(place - self.at)
        if name in self._virtual and self.tokens[place].kind is not Kind.STRING:
            scope.columns.append((place, name))

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise TooDeep

    def object_name(self) -> tuple[int, str]:
        """Read `name` or `schema.name` of an object; return its place and name."""
        if self.word(1) == "." and self.is_name(2):
            self.at += 2
        place, name = self.at, self.name()
        self.roles.objects.add(place)
        self.at += 1
        return place, name

    def _table(self, scope: Scope, place: int, name: str, *, qualified: bool) -> str | None:
        """Note a table that is read; return its name, or None for a common table expression."""
        cte = None if qualified else scope.cte(name)
        if cte is not None:
            self._body.reads.append(cte)
            return None
        if name not in self._existing:
            if name in CATALOGUE or name.startswith("pragma_"):
                self.roles.catalogue.append(place)
                return None
            if name in TABLE_FUNCTIONS:
                self._body.reads.append(name)
                return None
        self.roles.objects.add(place)
        self.roles.tables.append(name)
        self._body.reads.append(name)
        return name

    def _function(self, scope: Scope, place: int, name: str) -> None:
        """Read a table-valued function; its arguments see the sources before it."""
        if name.startswith("pragma_") and name not in self._existing:
            self.roles.catalogue.append(place)
        elif name in self._existing:  # `t(1)`: no function, and SQLite says so
            self.roles.objects.add(place)
            self.roles.tables.append(name)
        self._body.reads.append(name)
        self.at += 1
        self.expressions(scope, commas=True)
        self.skip(")")
