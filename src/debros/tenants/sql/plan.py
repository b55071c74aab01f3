"""What becomes of a tenant's statement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from debros.tenants.sql import template
from debros.tenants.sql.vocabulary import CHANGE_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class StatementKind(StrEnum):
    """What a statement does."""

    READ = "read"
    CHANGE = "change"
    DDL = "ddl"
    CATALOGUE = "catalogue"  # about the schema: answered here, no database is asked


@dataclass(frozen=True, slots=True)
class Plan:
    """A proved statement.

    Attributes:
        kind: What it does.
        keyword: Its verb, behind any WITH.
        parts: Its text in physical names, with holes for what is settled anew at every run.
        columns: Names of the result's columns, as the tenant would see them in a database of its own.
        physical: The same as the database will call them.
        doubtful: Which of them (from 0) rqlite would not hand over as they are; see `exact`.
        grows: It may make the database larger.
        guarded: It may be run only while the schema is the one it was proved against.
        blind: It inserts, but SQLite may leave the row id of an earlier INSERT standing: an upsert that updates, a
            table WITHOUT ROWID, a view.
        times: Parameters (from 0) that a time function takes as its time.
        proved: Of a definition: the text that was proved, with the tenant's own defaults.
    """

    kind: StatementKind
    keyword: str
    parts: tuple[template.Part, ...]
    columns: tuple[str, ...] = ()
    physical: tuple[str, ...] = ()
    doubtful: frozenset[int] = frozenset()
    grows: bool = False
    guarded: bool = False
    blind: bool = False
    times: frozenset[int] = frozenset()
    proved: tuple[template.Part, ...] = ()

    @property
    def shareable(self) -> bool:
        """Whether it may stand in one request beside other callers' statements.

        SQLite itself has said that it changes rows of tables only, and gives none back (a RETURNING clause would).
        """
        return (
            self.kind is StatementKind.CHANGE and self.keyword in CHANGE_WORDS and not self.columns and not self.guarded
        )

    def text(self, now: datetime | None = None) -> str:
        """Return the SQL of one run."""
        return template.text(self.parts, now or template.present())

    def arguments(self, args: Sequence[Any], now: datetime) -> Sequence[Any]:
        """Return the arguments of one run: 'now' for a time is the time."""
        if not any(place < len(args) and _is_now(args[place]) for place in self.times):
            return args
        time = template.moment(template.Moment.NOW, now)
        return [time if place in self.times and _is_now(arg) else arg for place, arg in enumerate(args)]


def _is_now(value: object) -> bool:
    return isinstance(value, str) and value.lower() == "now"
