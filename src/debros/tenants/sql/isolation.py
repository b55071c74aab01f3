"""One tenant's statements: rewritten to its physical names, and proved before they are let through.

The proof: the original is compiled by SQLite on a database with the tenant's schema in its own names, the rewritten
text on one with the physical names and nothing else, both under a default-deny authorizer. SQLite must ask its
authorizer the same about both, but for the prefix, and see one statement with the same parameters. Only then is the
text sent.

Beside that no name or text in what is sent begins like that of anything that is not the tenant's (rewrite.py),
whatever SQLite makes of it. So safety does not hang on the shadow being up to date, nor on the SQLite here and the one
in rqlited being of one version; both only decide whether a statement is refused that could run, or fails there.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from debros.rqlite.sqltext import tokens
from debros.tenants.errors import SqlRefused
from debros.tenants.sql import catalogue, defaults
from debros.tenants.sql.draft import Draft
from debros.tenants.sql.grammar import definitions
from debros.tenants.sql.grammar.expressions import TooDeep
from debros.tenants.sql.identifiers import in_own_words, prefix_of
from debros.tenants.sql.plan import Plan, StatementKind
from debros.tenants.sql.proof import Prover
from debros.tenants.sql.shadow import Shadow
from debros.tenants.sql.single import single

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from debros.rqlite.types import QueryResult
    from debros.tenants.sql.stored import Stored

# Plans remembered for one namespace, and the longest statement among them: together at most some 2 MiB.
_CACHED_PLANS = 512
_CACHED_LENGTH = 2048


class Isolation:
    """A namespace's statements, against its schema at one moment.

    Args:
        namespace_id: The namespace's number.
        objects: What the database holds for it.
        max_tables: Tables and views it may have.
    """

    def __init__(self, namespace_id: int, objects: Iterable[Stored] = (), *, max_tables: int = 100) -> None:
        self.prefix = prefix_of(namespace_id)
        self._shadow = Shadow(self.prefix, objects)
        self._prover = Prover(self._shadow)
        self._draft = Draft(self._shadow, max_tables)
        self._plans: OrderedDict[str, Plan] = OrderedDict()

    @property
    def shadow(self) -> Shadow:
        """The schema."""
        return self._shadow

    def close(self) -> None:
        """Give the memory back."""
        self._shadow.close()

    def plan(self, sql: str) -> Plan:
        """Return what to run for a statement.

        Raises:
            SqlRefused: It may not run, or SQLite does not understand it.
        """
        (plan,) = self.batch([sql])
        return plan

    def batch(self, texts: Sequence[str]) -> list[Plan]:
        """Return what to run for the statements of a transaction: each sees what those before it define.

        Raises:
            SqlRefused: One may not run; `index` says which when there are several.
        """
        plans: list[Plan] = []
        drafting = False
        try:
            for text in texts:
                plan = self._planned(text, remember=not drafting)
                if plan.kind is StatementKind.DDL:
                    if not drafting:
                        self._draft.open()
                        drafting = True
                    self._draft.define(text, plan)
                plans.append(plan)
            if drafting:
                self._draft.check()
        except SqlRefused as error:
            raise error if len(texts) == 1 or error.index is not None else error.at(len(plans)) from None
        finally:
            if drafting:
                self._draft.close()
        return plans

    def verb(self, sql: str) -> str:
        """Return a statement's verb as far as it can be read: SELECT, INSERT, CREATE … or what it begins with.

        Raises:
            SqlRefused: It is none or several, or no SQL.
        """
        parts = list(tokens(single(sql).sql))
        try:
            return definitions.read(parts).verb or parts[0].text[:40]
        except TooDeep:
            return parts[0].upper

    def ask(self, sql: str, args: Sequence[Any] = (), max_rows: int = 10_000) -> QueryResult:
        """Return the answer to a statement whose plan is of the catalogue's kind.

        Raises:
            SqlRefused: SQLite says no.
        """
        return catalogue.answer(self._shadow, single(sql).sql, args, max_rows)

    def own_words(self, message: str) -> str:
        """Return a message of the database in the tenant's names."""
        if defaults.MARK in message:
            return "a column whose default is the time or random was left to the database; give it a value"
        return in_own_words(message, self.prefix)

    # --- one statement

    def _planned(self, sql: str, *, remember: bool) -> Plan:
        known = self._plans.get(sql) if remember else None
        if known is not None:
            self._plans.move_to_end(sql)
            return known
        plan = self._prover.plan(sql)
        if remember and plan.kind is not StatementKind.DDL and len(sql) <= _CACHED_LENGTH:
            self._plans[sql] = plan
            if len(self._plans) > _CACHED_PLANS:
                self._plans.popitem(last=False)
        return plan
