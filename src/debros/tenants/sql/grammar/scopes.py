"""Which names a query can see: its sources, those of the queries around it, and common table expressions."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Body:
    """A query's body, or a CTE's: what it reads, for its weight.

    Attributes:
        reads: Names of tables and views, and the bodies of common table expressions.
    """

    reads: list[str | Body] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Scope:
    """What can be named in one query.

    Attributes:
        parent: The query around this one.
        sources: Exposed name → the table's own name; None for an alias and for everything that is not a table.
        ctes: Common table expressions that are visible from here on.
        qualifiers: Tokens before a dot, with the token behind the dot.
        columns: Tokens that may be a column.
        aliases: Alias → the table's own name.
    """

    parent: Scope | None = None
    sources: dict[str, str | None] = field(default_factory=dict)
    ctes: dict[str, Body] = field(default_factory=dict)
    qualifiers: list[tuple[int, str, int]] = field(default_factory=list)
    columns: list[tuple[int, str]] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)

    def cte(self, name: str) -> Body | None:
        """Return the body of a visible common table expression."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.ctes:
                return scope.ctes[name]
            scope = scope.parent
        return None

    def source(self, name: str) -> tuple[bool, str | None]:
        """Return whether a source is exposed under this name, and which table it is."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.sources:
                return True, scope.sources[name]
            scope = scope.parent
        return False, None

    def reads_table(self, name: str) -> bool:
        """Tell whether a table is among the sources, under whatever name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.sources.values():
                return True
            scope = scope.parent
        return False


def weight(body: Body, views: dict[str, int], limit: int) -> int:
    """Return how many sources SQLite has to expand for a body, or something above `limit` when it is more.

    A view or a common table expression is expanded wherever it is named, so a dozen short ones that each read the
    one before twice make thousands; SQLite needs minutes for those, and nothing can interrupt it.
    """
    known: dict[int, int] = {}

    def of(one: Body, depth: int) -> int:
        if id(one) in known:
            return known[id(one)]
        known[id(one)] = 1  # a recursive one names itself
        total = 1
        for read in one.reads:
            total += views.get(read, 1) if isinstance(read, str) else (of(read, depth + 1) if depth < 200 else limit)
            if total > limit:
                break
        known[id(one)] = total
        return total

    return of(body, 0)
