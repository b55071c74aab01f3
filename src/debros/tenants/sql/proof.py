"""The proof of a statement; isolation.py says what it is worth."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Token, tokens
from debros.tenants.errors import SqlRefused
from debros.tenants.sql import catalogue, exact, returning, rewrite, settling, template
from debros.tenants.sql import vocabulary as words
from debros.tenants.sql.database import Compiled, Database, Refused
from debros.tenants.sql.grammar import definitions
from debros.tenants.sql.grammar.expressions import TooDeep
from debros.tenants.sql.grammar.scopes import weight
from debros.tenants.sql.identifiers import in_own_words
from debros.tenants.sql.plan import Plan, StatementKind
from debros.tenants.sql.policy import Policy
from debros.tenants.sql.shadow import MAX_WEIGHT, Shadow
from debros.tenants.sql.single import single

if TYPE_CHECKING:
    from collections.abc import Sequence

    from debros.tenants.sql.grammar.roles import Roles
    from debros.tenants.sql.template import Edit


class Prover:
    """Plans statements against a schema, one at a time."""

    def __init__(self, shadow: Shadow) -> None:
        self._shadow = shadow
        self._prefix = shadow.prefix

    def plan(self, sql: str) -> Plan:
        """Return what to run for a statement.

        Raises:
            SqlRefused: It may not run, or SQLite does not understand it.
        """
        statement = single(sql).sql
        parts = list(tokens(statement))
        word = parts[0].upper
        if word == "PRAGMA":
            catalogue.check_pragma(parts)
            return Plan(StatementKind.CATALOGUE, word, (statement,))
        if word == "EXPLAIN":
            rest = 3 if [token.upper for token in parts[1:3]] == ["QUERY", "PLAN"] else 1
            if rest < len(parts) and parts[rest].upper in words.READ_WORDS | words.CHANGE_WORDS:
                self.plan(statement[parts[rest].start :])
                return Plan(StatementKind.CATALOGUE, word, (statement,))
        if word not in words.FIRST_WORDS:
            raise self._not_allowed(statement, parts[0])
        try:
            return self._proved(statement, parts)
        except TooDeep:
            raise SqlRefused("sql_refused", "parentheses are nested too deep; at most 200 are allowed") from None

    def _proved(self, statement: str, parts: list[Token]) -> Plan:
        ddl = parts[0].upper in words.DDL_WORDS
        facts = self._shadow.facts
        roles = definitions.read(parts, facts.existing, facts.virtual)
        self._check_weight(roles)
        if roles.catalogue and not ddl:
            catalogue.check_query(roles)
            return Plan(StatementKind.CATALOGUE, roles.verb, (statement,))
        own, inner, disarming = settling.defining(parts, roles, facts, self._prefix) if ddl else ([], [], [])
        shared = settling.edits(parts, roles, facts, ddl=ddl)
        renaming = [*shared, *inner, *rewrite.edits(parts, roles, self._prefix, ddl=ddl)]
        plan = self._prove(
            roles, template.edited(statement, [*shared, *own]), template.edited(statement, renaming), ddl=ddl
        )
        if disarming:
            plan = replace(plan, parts=template.edited(statement, [*renaming, *disarming]))
            self._compile(self._shadow.physical, plan.text(), Policy(self._prefix, ddl=True, recursion=False))
        if plan.kind is not StatementKind.CHANGE:
            return plan
        if plan.columns and shared:
            plan = replace(plan, columns=self._names(statement, roles) or plan.columns)
        if plan.doubtful:
            plan = self._exactly(statement, parts, roles, plan, renaming)
        times, blind = settling.times(parts), settling.is_blind(parts, roles, facts)
        return replace(plan, times=times, blind=blind) if times or blind else plan

    def _names(self, statement: str, roles: Roles) -> tuple[str, ...]:
        """Return the names of results as SQLite makes them from what the caller wrote, before anything was settled."""
        policy = Policy("", recursion=False, ctes=roles.ctes | self._shadow.facts.ctes)
        with contextlib.suppress(Refused):
            return self._shadow.logical.compile(statement, policy).columns
        return ()

    def _exactly(self, statement: str, parts: list[Token], roles: Roles, plan: Plan, renaming: Sequence[Edit]) -> Plan:
        """Return the plan of a write with RETURNING whose results say what they are, where that can be done."""
        span = roles.returning
        changed = span and returning.edits(statement, parts, span, plan.physical, plan.doubtful, renaming)
        if changed:
            marked = replace(plan, parts=template.edited(statement, changed))
            ctes = roles.ctes | self._shadow.facts.ctes
            with contextlib.suppress(Refused):
                self._shadow.physical.compile(marked.text(), Policy(self._prefix, recursion=False, ctes=ctes))
                return marked
        return replace(plan, doubtful=frozenset())

    def _prove(
        self, roles: Roles, logical: tuple[template.Part, ...], physical: tuple[template.Part, ...], *, ddl: bool
    ) -> Plan:
        """Compile both texts and compare what SQLite asked.

        Raises:
            SqlRefused: SQLite or a policy says no, or the two are not the same but for the prefix.
        """
        now = template.present()
        texts = template.text(logical, now), template.text(physical, now)
        recursion = roles.verb in {"SELECT", "VALUES"}
        ctes = roles.ctes | self._shadow.facts.ctes
        # A virtual table is opened when it is first used, and asks for more then; so a difference is looked at twice.
        for _ in range(2 if self._shadow.facts.virtual else 1):
            own = Policy("", ddl=ddl, recursion=recursion, ctes=ctes)
            inner = Policy(self._prefix, ddl=ddl, recursion=recursion, ctes=ctes)
            try:
                expected = self._shadow.logical.compile(texts[0], own)
            except Refused as error:
                raise SqlRefused("sql_refused" if error.denied else "sql_error", error.message) from None
            if expected.length != len(texts[0]):
                raise SqlRefused("sql_refused", "expected exactly one SQL statement; use the transaction route")
            proved = self._compile(self._shadow.physical, texts[1], inner)
            if _same(expected, proved, texts[1]) and own.trace() == inner.trace():
                break
        else:
            raise _unproved("its meaning would change")
        self._check_views(own, writes=not expected.readonly)
        kind = StatementKind.DDL if ddl else StatementKind.READ if expected.readonly else StatementKind.CHANGE
        views = self._shadow.facts.weights
        return Plan(
            kind=kind,
            keyword=roles.verb,
            parts=physical,
            proved=physical if ddl else (),
            columns=expected.columns,
            physical=proved.columns,
            doubtful=exact.doubtful(proved.declared),
            grows=roles.verb in {"INSERT", "REPLACE", "UPDATE", "CREATE", "ALTER"},
            guarded=kind is StatementKind.CHANGE and any(event[4] in views for event in own.events),
        )

    def _compile(self, database: Database, text: str, policy: Policy) -> Compiled:
        try:
            return database.compile(text, policy)
        except Refused as error:
            raise _unproved(in_own_words(error.message, self._prefix)) from None

    def _not_allowed(self, statement: str, token: Token) -> SqlRefused:
        reason = words.REFUSED_WORDS.get(token.upper)
        if reason:
            return SqlRefused("sql_refused", f"{token.upper} is refused: {reason}")
        try:
            self._shadow.logical.compile(statement, Policy(""))
        except Refused as error:
            return SqlRefused("sql_error", error.message)
        return SqlRefused("sql_refused", f"{token.text[:40]} is not available")

    def _check_weight(self, roles: Roles) -> None:
        if weight(roles.body, self._shadow.facts.weights, MAX_WEIGHT) > MAX_WEIGHT:
            raise SqlRefused(
                "sql_refused",
                f"the statement reads more than {MAX_WEIGHT} tables, views and subqueries, counting those inside views "
                "and common table expressions each time they are named",
            )

    def _check_views(self, policy: Policy, *, writes: bool) -> None:
        """Refuse a write through a view that asks for the time: every host would find other rows in it."""
        if not writes:
            return
        unsettled = self._shadow.facts.unstable
        view = next((event[4] for event in policy.events if event[4] in unsettled), None) if unsettled else None
        if view is not None:
            raise SqlRefused(
                "sql_refused",
                f"the view {view} asks for the time or for randomness, so every host would write something else; "
                "put its query into the statement",
            )


def _unproved(reason: str) -> SqlRefused:
    return SqlRefused("sql_refused", f"the statement cannot be proved to touch only this namespace: {reason}")


def _same(expected: Compiled, proved: Compiled, text: str) -> bool:
    return (
        proved.length == len(text)
        and not proved.empty
        and not expected.empty
        and (proved.readonly, proved.parameters, len(proved.columns))
        == (expected.readonly, expected.parameters, len(expected.columns))
    )
