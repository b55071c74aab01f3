"""A database with several tenants in it, in memory: what rqlited holds, without rqlited.

Every statement goes the gateway's way: planned and proved by `Isolation`, then run as it would be sent. A logging
authorizer on the database sees what really is touched.
"""

from __future__ import annotations

from typing import Any

import apsw

from debros.tenants.sql import exact, template
from debros.tenants.sql.identifiers import prefix_of
from debros.tenants.sql.isolation import Isolation
from debros.tenants.sql.plan import StatementKind
from debros.tenants.sql.stored import Stored

_OWN = """
CREATE TABLE _gw_namespaces(id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE _gw_kv(key TEXT PRIMARY KEY, value BLOB);
CREATE TABLE schema_migrations(version INTEGER PRIMARY KEY, name TEXT);
INSERT INTO _gw_kv VALUES('ns::default::k', 'secret of the gateway');
"""
_INTERNAL = frozenset(
    {
        "sqlite_master",
        "sqlite_schema",
        "sqlite_sequence",
        "sqlite_temp_master",
        "sqlite_temp_schema",
        "pragma_quick_check",
    }
)
_NOTHING: frozenset[str] = frozenset()
_NONE: frozenset[int] = frozenset()
_TABLE_OPERATIONS = frozenset(
    {
        apsw.SQLITE_READ, apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE, apsw.SQLITE_CREATE_TABLE,
        apsw.SQLITE_CREATE_VIEW, apsw.SQLITE_DROP_TABLE, apsw.SQLITE_DROP_VIEW, apsw.SQLITE_CREATE_VTABLE,
        apsw.SQLITE_DROP_VTABLE,
    }
)  # fmt: skip
_ON_TABLES = frozenset(
    {apsw.SQLITE_CREATE_INDEX, apsw.SQLITE_CREATE_TRIGGER, apsw.SQLITE_DROP_INDEX, apsw.SQLITE_DROP_TRIGGER}
)
_HARMLESS = frozenset({apsw.SQLITE_SELECT, apsw.SQLITE_RECURSIVE, apsw.SQLITE_FUNCTION, apsw.SQLITE_REINDEX})
_STEPS = 2000  # times 1000 virtual machine steps


class Failed(Exception):  # noqa: N818 - names say what happened
    """The database refused a statement; the text is in the tenant's words."""


class Tenancy:
    """One database, several tenants, and what they touched that was not theirs."""

    def __init__(self) -> None:
        self.connection = apsw.Connection(":memory:")
        # As in rqlited: texts in double quotes are allowed, nothing is defended.
        self.connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 1)
        self.connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 1)
        self.connection.execute(_OWN)
        self.escapes: list[tuple[int, str, str]] = []
        self.max_tables = 100
        self._modules = {str(name) for (name,) in self.connection.execute("SELECT name FROM pragma_module_list")}
        self._objects: set[str] = set()
        self._isolations: dict[int, Isolation] = {}
        self._budget = 0

    def isolation(self, namespace: int) -> Isolation:
        """Return the namespace's isolation for the schema as it is now."""
        if namespace not in self._isolations:
            self._isolations[namespace] = Isolation(namespace, self.stored(namespace), max_tables=self.max_tables)
        return self._isolations[namespace]

    def stored(self, namespace: int) -> list[Stored]:
        """Return what sqlite_master holds for a namespace."""
        prefix = prefix_of(namespace)
        rows = self.connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE substr(name, 1, ?) = ? AND sql <> ''",
            (len(prefix), prefix),
        )
        return [Stored(*(str(cell) for cell in row)) for row in rows]

    def forget(self, namespace: int) -> None:
        """Have the schema read again at the next statement."""
        known = self._isolations.pop(namespace, None)
        if known is not None:
            known.close()

    def run(
        self, namespace: int, sql: str, args: tuple[Any, ...] = ()
    ) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Plan a statement and run it; return columns and rows.

        Raises:
            SqlRefused: It was not let through.
            Failed: The database refused it.
        """
        isolation = self.isolation(namespace)
        plan = isolation.plan(sql)
        if plan.kind is StatementKind.CATALOGUE:
            answer = isolation.ask(sql, args)
            return tuple(answer.columns), [tuple(row) for row in answer.values]
        now = template.present()
        text = plan.text(now)
        marked = plan.doubtful if plan.kind in {StatementKind.READ, StatementKind.CHANGE} else _NONE
        wrapped = bool(marked) and plan.kind is StatementKind.READ
        if wrapped:
            text = exact.wrapped(text, len(plan.physical), marked, "0")
        try:
            rows = self.send(namespace, text, tuple(plan.arguments(args, now)), ddl=plan.kind is StatementKind.DDL)
        except apsw.Error as error:
            raise Failed(isolation.own_words(str(error))) from None
        if plan.kind is StatementKind.DDL:
            self.forget(namespace)
        if wrapped:
            rows = [row[:-1] for row in rows]
        return plan.columns, [
            tuple(_unmarked(cell) if place in marked else cell for place, cell in enumerate(row)) for row in rows
        ]

    def send(
        self, namespace: int, text: str, args: tuple[Any, ...] = (), *, ddl: bool = False
    ) -> list[tuple[Any, ...]]:
        """Run a text as rqlited would, with a watch on what it touches."""
        prefix = prefix_of(namespace)
        if ddl or not self._objects:
            self._objects = {str(name) for (name,) in self.connection.execute("SELECT lower(name) FROM sqlite_master")}

        def watch(op: int, a: str | None, b: str | None, database: str | None, _inner: str | None) -> int:
            # Of a common table expression that gives no column SQLite tells the name only.
            is_cte = op == apsw.SQLITE_READ and not b and not self._is_object(str(a))
            if not is_cte and not _touches_own(op, a or "", b or "", database, prefix, _INTERNAL if ddl else _NOTHING):
                self.escapes.append((namespace, text, f"{apsw.mapping_authorizer_function.get(op, op)} {a} {b}"))
            return apsw.SQLITE_OK

        self._budget = _STEPS
        self.connection.set_progress_handler(self._spend, 1000)
        self.connection.authorizer = watch
        try:
            return list(self.connection.execute(text, args, can_cache=False))
        finally:
            self.connection.authorizer = None
            self.connection.set_progress_handler(None)

    def _is_object(self, name: str) -> bool:
        return name.lower() in self._objects or name.lower() in self._modules or name.lower().startswith("sqlite_")

    def _spend(self) -> bool:
        self._budget -= 1
        return self._budget < 0


def _unmarked(cell: Any) -> Any:
    """Return what a marked value was; a BLOB as bytes, where a gateway answers base64."""
    if not isinstance(cell, str):
        return cell
    return bytes.fromhex(cell[1:]) if cell[0] == "b" else cell[1:]


def _touches_own(op: int, a: str, b: str, database: str | None, prefix: str, internal: frozenset[str]) -> bool:
    if op in _HARMLESS or (op == apsw.SQLITE_ALTER_TABLE and b.startswith(prefix)):
        return True
    if op == apsw.SQLITE_PRAGMA:
        # fts5's and rtree's own, and that of ADD COLUMN with a CHECK
        return (a in {"data_version", "page_size"} and not b) or (a == "quick_check" and b.startswith(prefix))
    if database not in {"main", None} and a not in internal:
        return False
    if op in _TABLE_OPERATIONS:
        return a.startswith(prefix) or a in internal or a in {"json_each", "json_tree"}
    if op in _ON_TABLES:
        return b.startswith(prefix) and a.removeprefix("sqlite_autoindex_").startswith(prefix)
    return False
