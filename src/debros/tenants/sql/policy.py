"""What SQLite may be asked to do while a tenant's statement is compiled: everything else is denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

from debros.tenants.sql import vocabulary as words
from debros.tenants.sql.grammar.expressions import TABLE_FUNCTIONS
from debros.tenants.sql.identifiers import fold

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

# operation, two arguments that depend on it, database, innermost trigger or view
Event = tuple[int, str | None, str | None, str | None, str | None]
# A statement that is asked about more often is no statement of a person's; most are asked about less than 100 times.
_MAX_EVENTS = 20_000

TEMPORARY = "temporary objects are not available: the connection is shared by all callers"
_TABLES = frozenset({apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_CREATE_VIEW, apsw.SQLITE_DROP_TABLE, apsw.SQLITE_DROP_VIEW})
_ON_TABLES = frozenset(
    {apsw.SQLITE_CREATE_INDEX, apsw.SQLITE_CREATE_TRIGGER, apsw.SQLITE_DROP_INDEX, apsw.SQLITE_DROP_TRIGGER}
)
_CHANGES = frozenset({apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE})
# What fts5 and rtree ask for when they are opened; a tenant's own PRAGMA never gets here.
_MODULE_PRAGMAS = frozenset({"data_version", "page_size"})
_AUTOINDEX = "sqlite_autoindex_"


class Policy:
    """A default-deny authorizer that remembers what it was asked.

    Args:
        prefix: What names must begin with; empty where the tenant's own names are used.
        ddl: The statement defines something, so SQLite writes to its own tables.
        recursion: Recursive queries are allowed.
        catalogue: The schema may be read, with sqlite_master and pragmas, and nothing else.
        ctes: Names of common table expressions.
    """

    def __init__(
        self,
        prefix: str,
        *,
        ddl: bool = False,
        recursion: bool = True,
        catalogue: bool = False,
        ctes: AbstractSet[str] = frozenset(),
    ) -> None:
        self.events: list[Event] = []
        self.denied: Event | None = None
        self._prefix = prefix
        self._ddl = ddl
        self._recursion = recursion
        self._catalogue = catalogue
        self._ctes = ctes

    @property
    def authorizer(self) -> Callable[[int, str | None, str | None, str | None, str | None], int]:
        """Return the function for SQLite."""
        return self._ask

    def trace(self) -> list[Event]:
        """Return the events in the tenant's names."""
        own = self._own_name
        return [(op, own(a), own(b), None, own(inner)) for op, a, b, _, inner in self.events]

    def refusal(self) -> str:  # noqa: PLR0911 - one a case
        """Say what was denied, in the tenant's names."""
        if self.denied is None:
            return "it takes too many steps to compile"
        op, a, b, _, _ = self.denied
        first, second = self._own_name(a), self._own_name(b)
        match op:
            case apsw.SQLITE_FUNCTION if second in words.NEIGHBOUR_FUNCTIONS:
                return f"{second}() tells about other callers too; the answer carries rows_affected and last_insert_id"
            case apsw.SQLITE_FUNCTION:
                return f"the function {second}() is not available"
            case apsw.SQLITE_RECURSIVE:
                return "a recursive query in a write could hold up every other write; read first, then write the result"
            case apsw.SQLITE_CREATE_VTABLE:
                return f"of the virtual tables only {', '.join(sorted(words.MODULES))} are available, not {second}"
        named = str(apsw.mapping_authorizer_function[op]).removeprefix("SQLITE_").replace("_", " ").lower()
        if op in _TEMPORARY:
            return TEMPORARY
        return f"{named} {first or ''} is not allowed".replace("  ", " ")

    def _ask(self, op: int, a: str | None, b: str | None, database: str | None, inner: str | None) -> int:
        self.events.append((op, a, b, database, inner))
        if len(self.events) <= _MAX_EVENTS and self._allows(op, a or "", b or "", database):
            return apsw.SQLITE_OK
        if len(self.events) <= _MAX_EVENTS and self.denied is None:
            self.denied = self.events[-1]
        return apsw.SQLITE_DENY

    def _allows(self, op: int, a: str, b: str, database: str | None) -> bool:  # noqa: PLR0911 - one a kind
        if op == apsw.SQLITE_SELECT:
            return True
        if op == apsw.SQLITE_RECURSIVE:
            return self._recursion
        if op == apsw.SQLITE_FUNCTION:
            return b.lower() in words.FUNCTIONS or (self._ddl and b in words.DDL_FUNCTIONS)
        if self._catalogue:
            return self._allows_catalogue(op, a)
        if op == apsw.SQLITE_PRAGMA:
            return (a in _MODULE_PRAGMAS and not b) or (
                self._ddl and a == "quick_check" and self._is_own(b or self._prefix)
            )
        if op == apsw.SQLITE_ALTER_TABLE:
            # DROP COLUMN names the column where other operations name the database.
            return self._ddl and a == "main" and self._is_own(b)
        internal = self._ddl and a in words.DDL_TABLES
        if database not in {"main", None} and not (internal and database == "temp"):
            return False
        if op == apsw.SQLITE_READ:
            # Of a common table expression without a column that is used SQLite tells the name, with no column.
            return self._is_own(a) or a in TABLE_FUNCTIONS or internal or (not b and fold(a) in self._ctes)
        if op in _CHANGES:
            return self._is_own(a) or internal
        return self._ddl and self._allows_ddl(op, a, b)

    def _allows_ddl(self, op: int, a: str, b: str) -> bool:
        if op in _TABLES:
            return self._is_own(a) or (op == apsw.SQLITE_CREATE_TABLE and a == "sqlite_sequence")
        if op in _ON_TABLES:
            return (self._is_own(a) or a.startswith(_AUTOINDEX + self._prefix)) and self._is_own(b)
        if op in {apsw.SQLITE_CREATE_VTABLE, apsw.SQLITE_DROP_VTABLE}:
            return self._is_own(a) and b in words.MODULES
        return op == apsw.SQLITE_REINDEX and (self._is_own(a) or a.startswith(_AUTOINDEX + self._prefix))

    def _allows_catalogue(self, op: int, a: str) -> bool:
        if op == apsw.SQLITE_READ:
            known = a in {"sqlite_master", "sqlite_schema"} or a in TABLE_FUNCTIONS
            return known or a.removeprefix("pragma_") in words.PRAGMAS
        return op == apsw.SQLITE_PRAGMA and a in words.PRAGMAS

    def _is_own(self, name: str) -> bool:
        return name.startswith(self._prefix) if self._prefix else not name.startswith("sqlite_")

    def _own_name(self, name: str | None) -> str | None:
        if name is None or not self._prefix:
            return name
        if name.startswith(_AUTOINDEX + self._prefix):
            return _AUTOINDEX + name[len(_AUTOINDEX + self._prefix) :]
        return name.removeprefix(self._prefix)


_TEMPORARY = frozenset(
    {
        apsw.SQLITE_CREATE_TEMP_INDEX,
        apsw.SQLITE_CREATE_TEMP_TABLE,
        apsw.SQLITE_CREATE_TEMP_TRIGGER,
        apsw.SQLITE_CREATE_TEMP_VIEW,
        apsw.SQLITE_DROP_TEMP_INDEX,
        apsw.SQLITE_DROP_TEMP_TABLE,
        apsw.SQLITE_DROP_TEMP_TRIGGER,
        apsw.SQLITE_DROP_TEMP_VIEW,
    }
)
