"""A tenant's schema twice, without rows: once in its own names, once in physical ones and nothing else beside it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from debros.rqlite.sqltext import SqlTextError, tokens
from debros.tenants.sql import defaults, stored, unstable
from debros.tenants.sql.database import Database, Refused
from debros.tenants.sql.grammar import definitions
from debros.tenants.sql.grammar.expressions import TooDeep
from debros.tenants.sql.grammar.scopes import weight
from debros.tenants.sql.identifiers import fold
from debros.tenants.sql.policy import Policy
from debros.tenants.sql.vocabulary import MODULE_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from debros.tenants.sql.defaults import Default
    from debros.tenants.sql.stored import Stored

# Indexes of constraints have no text; SQLite's own tables are no objects of the tenant's.
_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql <> '' AND substr(name, 1, 7) <> 'sqlite_'"
_ORDER = {"table": 0, "index": 1, "view": 2, "trigger": 3}
# Sources that one statement may expand to, views included; SQLite joins at most 64 tables, and a statement of 1,000
# sources already takes it some 0.1 s.
MAX_WEIGHT = 1000


class Facts:
    """What the rewriting needs to know about a schema; read once, when first asked for."""

    def __init__(self, logical: Database) -> None:
        self._rows = [
            (str(kind), fold(str(name)), fold(str(table)), str(sql))
            for kind, name, table, sql in logical.rows(_OBJECTS)
        ]
        self._logical = logical

    @cached_property
    def existing(self) -> frozenset[str]:
        """Names of tables and views."""
        return frozenset(name for kind, name, _, _ in self._rows if kind in {"table", "view"})

    @cached_property
    def virtual(self) -> frozenset[str]:
        """Names of virtual tables."""
        return frozenset(name for kind, name, _, sql in self._rows if kind == "table" and _is_virtual(sql))

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Names of the tables in which virtual tables keep their content."""
        found = set()
        for kind, name, _, sql in self._rows:
            if kind == "table" and _is_virtual(sql):
                module = next((m for m in MODULE_TABLES if f"using {m}" in sql.lower()), "fts5")
                found |= {name + ending for ending in MODULE_TABLES[module]}
        return frozenset(found & self.existing)

    @cached_property
    def tables(self) -> int:
        """How many tables and views the tenant has made."""
        return len(self.existing - self.hidden)

    @cached_property
    def numbered(self) -> frozenset[str]:
        """Names of tables whose rows have a number that an INSERT reports."""
        rows = self._logical.rows("PRAGMA main.table_list")
        return frozenset(
            fold(str(name)) for _, name, kind, _, without_rowid, _ in rows if kind != "view" and not without_rowid
        )

    @cached_property
    def defaults(self) -> Mapping[str, Sequence[Default]]:
        """Table → columns whose defaults the gateway supplies."""
        found = {}
        for kind, name, _, sql in self._rows:
            if kind == "table" and "default" in sql.lower() and not _is_virtual(sql):
                settled = [
                    defaults.of_column(column.name, column.default)
                    for column in self._logical.columns(name)
                    if column.default
                ]
                if any(settled):
                    found[name] = [default for default in settled if default]
        return found

    @cached_property
    def weights(self) -> dict[str, int]:
        """View → how many sources it expands to."""
        found: dict[str, int] = {}
        views = {name: sql for kind, name, _, sql in self._rows if kind == "view"}
        for _ in range(len(views)):
            before = dict(found)
            for name, sql in views.items():
                found[name] = weight(definitions.read(list(tokens(sql)), self.existing).body, found, MAX_WEIGHT)
            if found == before:
                break
        return found

    @cached_property
    def ctes(self) -> frozenset[str]:
        """Names of common table expressions in views and triggers."""
        bodies = (sql for kind, _, _, sql in self._rows if kind in {"view", "trigger"} and "with" in sql.lower())
        return frozenset(name for sql in bodies for name in definitions.read(list(tokens(sql))).ctes)

    @cached_property
    def unstable(self) -> frozenset[str]:
        """Views that ask for the time or for randomness."""
        return frozenset(
            name for kind, name, _, sql in self._rows if kind == "view" and unstable.is_unstable(list(tokens(sql)))
        )

    @cached_property
    def parts(self) -> Sequence[tuple[str, str, str]]:
        """Type, name and table of everything that can be compiled."""
        return [(kind, name, table) for kind, name, table, _ in self._rows if name not in self.hidden]


class Shadow:
    """Two databases that change together.

    Args:
        prefix: What physical names begin with.
        objects: What the real database holds for this tenant.

    Attributes:
        logical: The schema in the tenant's names.
        physical: The schema in physical names.
        unusable: Names of objects that SQLite here does not take, or not any more.
    """

    def __init__(self, prefix: str, objects: Iterable[Stored]) -> None:
        self.prefix = prefix
        self.logical = Database()
        self.physical = Database()
        self.unusable: list[str] = []
        self._facts: Facts | None = None
        self._made: set[str] = set()
        # Virtual tables first: they make the tables they keep their content in, which are then skipped.
        for one in sorted(objects, key=lambda one: (_ORDER.get(one.type, 4), not _is_virtual(one.sql))):
            self._add(one)

    def close(self) -> None:
        """Give the memory back."""
        self.logical.close()
        self.physical.close()

    @property
    def facts(self) -> Facts:
        """What is known about the schema as it is now."""
        if self._facts is None:
            self._facts = Facts(self.logical)
        return self._facts

    def begin(self) -> None:
        """Begin changes that will be taken back."""
        for database in (self.logical, self.physical):
            list(database.rows("SAVEPOINT draft"))

    def take_back(self) -> None:
        """Take back all changes since `begin`."""
        for database in (self.logical, self.physical):
            list(database.rows("ROLLBACK TO draft"))
            list(database.rows("RELEASE draft"))
        self._facts = None

    def define(self, logical: str, physical: str) -> None:
        """Run a definition in both databases.

        Raises:
            Refused: SQLite says no.
        """
        self._facts = None
        self.logical.run(logical, Policy("", ddl=True, recursion=False))
        self.physical.run(physical, Policy(self.prefix, ddl=True, recursion=False))

    def broken(self) -> dict[str, str]:
        """Return views, triggers and tables that do not compile, each with SQLite's reason.

        SQLite compiles views and triggers only when they are used; here they are used, in both databases, and both must
        do the same.
        """
        found: dict[str, str] = {}
        heavy = {name for name, of_view in self.facts.weights.items() if of_view > MAX_WEIGHT}
        for kind, name, table in self.facts.parts:
            if name in heavy:
                found[name] = "it reads too many tables and views"
                continue
            for statement in self._uses(kind, name, table):
                reason = self._differs(statement)
                if reason:
                    found[name] = reason
                    break
        return found

    def _differs(self, statement: str) -> str:
        """Return why a statement of ours does not do the same in both databases; empty when it does."""
        for _ in range(2):  # a virtual table is opened when it is first used, and asks for more then
            policies = Policy("", ctes=self.facts.ctes), Policy(self.prefix, ctes=self.facts.ctes)
            try:
                self.logical.compile(statement.format(""), policies[0])
                self.physical.compile(statement.format(self.prefix), policies[1])
            except Refused as error:
                return "" if _is_harmless(error.message) else error.message
            if policies[0].trace() == policies[1].trace():
                return ""
        return "its meaning would change"

    def _uses(self, kind: str, name: str, table: str) -> list[str]:
        """Return statements that make SQLite compile all there is to an object; `{}` stands for the prefix."""
        if kind == "index":
            return []
        used = _escaped(name if kind == "view" else table)
        if kind == "view":
            return [f"SELECT * FROM {used}"]  # noqa: S608 - a quoted name of the schema, here and below
        columns = [_escaped(column.name, prefix="") for column in self.logical.columns(table) if column.hidden == 0]
        changes = [f"INSERT INTO {used} DEFAULT VALUES", f"DELETE FROM {used}"]  # noqa: S608 - quoted, see above
        if columns:
            changes.append(f"UPDATE {used} SET {', '.join(f'{column} = NULL' for column in columns)}")  # noqa: S608 - quoted
        return [f"SELECT * FROM {used}", *changes] if kind == "table" else changes  # noqa: S608 - quoted

    def _add(self, one: Stored) -> None:
        if one.name in self._made:
            return
        try:
            logical = stored.in_own_words(one.sql, self.prefix)
            if one.type in {"view", "trigger"}:
                definitions.read(list(tokens(logical)))  # what is too deep must not be met later
            self.physical.run(stored.rearmed(one.sql))
            if _is_virtual(one.sql):
                self._made = {str(name) for (name,) in self.physical.rows("SELECT name FROM sqlite_master")}
        except (Refused, SqlTextError, TooDeep):
            self.unusable.append(one.name)
            return
        try:
            self.logical.run(logical)
        except Refused:
            # Both or none: a statement that names it must fail the same way in both.
            self.unusable.append(one.name)
            list(self.physical.rows(f'DROP {one.type} "{one.name.replace(chr(34), chr(34) * 2)}"'))


def _is_harmless(message: str) -> bool:
    """Tell whether a statement of ours failed for another reason than a broken body."""
    return "cannot modify" in message or "may not be modified" in message


def _is_virtual(sql: str) -> bool:
    return sql[:15].upper().startswith("CREATE VIRTUAL ")


def _escaped(name: str, prefix: str = "{}") -> str:
    """Return a name in quotes for a text that str.format will fill in."""
    return f'"{prefix}{name.replace(chr(34), chr(34) * 2).replace("{", "{{").replace("}", "}}")}"'
