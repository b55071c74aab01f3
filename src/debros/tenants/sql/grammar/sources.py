"""What stands behind FROM: tables, functions and queries, joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.tenants.sql.grammar.expressions import Expressions

if TYPE_CHECKING:
    from debros.tenants.sql.grammar.scopes import Scope


class Sources(Expressions):
    """Reads sources, filling in roles."""

    def _sources(self, scope: Scope) -> None:
        while True:
            self._source(scope)
            while self.word() in {"ON", "USING"} and not (self.word() == "ON" and self.word(1) == "CONFLICT"):
                if self.skip("ON"):
                    self.expressions(scope, commas=True, joins=True)
                else:
                    self.at += 1
                    self.at = self.matching() + 1
            if self.word() == "," or self.word() == "JOIN":
                self.at += 1
            elif self.is_join():
                while self.word() != "JOIN":
                    self.at += 1
                self.at += 1
            else:
                return

    def _source(self, scope: Scope) -> None:
        if self.word() == "(":
            self.at += 1
            self._deeper()
            if self.is_subquery():
                self.select(scope.parent)
            else:
                self._sources(scope)
            self._depth -= 1
            self.skip(")")
            self._alias(scope, None)
            return
        if not self.is_name():
            return
        place, name, qualified = self._table_name()
        if self.word() == "(":
            self._function(scope, place, name)
            self._alias(scope, None, default=name)
            return
        self._alias(scope, self._table(scope, place, name, qualified=qualified), default=name)
        self._indexed()

    def _alias(self, scope: Scope, table: str | None, default: str = "") -> None:
        if self.skip("AS"):
            if self.is_name():
                self._aliased(scope, table)
        elif self.is_alias():
            self._aliased(scope, table)
        elif default:
            scope.sources.setdefault(default, table)

    def _aliased(self, scope: Scope, table: str | None) -> None:
        """Read an alias: from here on it is the source's only name; the hidden column of a table keeps the table's."""
        scope.sources[self.name()] = None
        if table is not None:
            scope.sources.setdefault(f"\0{table}", table)
            scope.aliases[self.name()] = table
        self.at += 1

    def _indexed(self) -> None:
        if self.skip("INDEXED", "BY") and self.is_name():
            self.roles.objects.add(self.at)
            self.at += 1
        else:
            self.skip("NOT", "INDEXED")
