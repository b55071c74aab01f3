"""Mutants of honest statements and attacks, run as a tenant beside a victim; what leaves its own tables is an escape.

    python -m testkit.fuzz [--mutants 1000000] [--seed 1] [--seconds 0]

Beside the safety of what is accepted it checks its meaning: plain SQLite with the tenant's schema must do the same.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import apsw

from debros.rqlite.sqltext import SqlTextError, split_statements, tokens
from debros.tenants.errors import SqlRefused
from debros.tenants.sql import unstable
from testkit.attacks import HARMLESS, REFUSED, ROWS, SCHEMA, SECRET
from testkit.tenancy import Failed, Tenancy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ATTACKER, VICTIM = 7, 8
_NOT_THE_ATTACKERS = "tbl_name NOT GLOB 'n7_*' AND name NOT GLOB 'sqlite_*'"
# Statements after which the schema starts anew, so that definitions have a life before they are gone.
_CHAIN = 40
_NAME_TEXT = """
    users notes adults recent docs stamped by_name audit name id age text rowid n8_users n8_notes n7_users
    n77_users N8_USERS _gw_kv schema_migrations sqlite_master sqlite_schema sqlite_sequence dbstat
    pragma_table_info json_each main temp new old excluded x u rank random load_extension last_insert_rowid
    docs_data sqlite_temp_master n8_adults
"""
_NAMES = _NAME_TEXT.split()
_WORDS = [
    "SELECT",
    "FROM",
    "WHERE",
    "JOIN",
    "LEFT",
    "NATURAL",
    "ON",
    "USING",
    "AS",
    "IN",
    "NOT",
    "EXISTS",
    "UNION",
    "ALL",
    "WITH",
    "RECURSIVE",
    "MATERIALIZED",
    "INSERT",
    "INTO",
    "REPLACE",
    "UPDATE",
    "SET",
    "DELETE",
    "VALUES",
    "DEFAULT",
    "RETURNING",
    "CREATE",
    "TABLE",
    "VIEW",
    "TRIGGER",
    "INDEX",
    "VIRTUAL",
    "TEMP",
    "DROP",
    "ALTER",
    "RENAME",
    "TO",
    "ADD",
    "COLUMN",
    "REFERENCES",
    "CHECK",
    "BEGIN",
    "END",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "ORDER",
    "BY",
    "GROUP",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "WINDOW",
    "OVER",
    "FILTER",
    "PARTITION",
    "INDEXED",
    "CONFLICT",
    "DO",
    "NOTHING",
    "OR",
    "IGNORE",
    "IS",
    "DISTINCT",
    "CROSS",
    "FULL",
    "OUTER",
    "EXPLAIN",
    "PRAGMA",
    "ATTACH",
    "VACUUM",
    "ANALYZE",
    "COLLATE",
    "CAST",
    "MATCH",
    "(",
    ")",
    ",",
    ".",
    ";",
    "*",
    "=",
    "+",
    "||",
    "->>",
    "?",
    "?2",
    ":a",
    "1",
    "'x'",
    "NULL",
    "/**/",
    "--\n",
    "'n8_users'",
]
_QUOTES = [
    '"{}"',
    "[{}]",
    "`{}`",
    "'{}'",
    "{}",
    "/* */{}",
    "main.{}",
    "temp.{}",
    'main."{}"',
    "({})",
    "n8_{}",
    "{} n8_x",
]


@dataclass
class Outcome:
    """What a run found."""

    counts: Counter[str] = field(default_factory=Counter)
    escapes: list[tuple[str, str]] = field(default_factory=list)
    crashes: list[tuple[str, str]] = field(default_factory=list)
    differences: list[tuple[str, str]] = field(default_factory=list)


def seeds(corpus: Path | None = None) -> list[str]:
    """Return the statements that mutants are made of."""
    found = [sql for statements in REFUSED.values() for sql in statements if len(sql) < 300] + HARMLESS + SCHEMA
    for path in sorted(corpus.glob("*.sql")) if corpus else []:
        found += [statement.sql for statement in split_statements(path.read_text())]
    return found


class Mutator:
    """Makes mutants; the same seed makes the same ones."""

    def __init__(self, statements: list[str], seed: int) -> None:
        self._random = random.Random(seed)
        self._pieces = []
        for sql in statements:
            try:
                cut = [token.text for token in tokens(sql)]
            except (SqlTextError, UnicodeEncodeError):
                cut = sql.split()
            if cut:
                self._pieces.append(cut)

    def mutant(self) -> str:
        """Return a statement with one to four changes."""
        made = list(self._random.choice(self._pieces))
        for _ in range(self._random.choice((1, 1, 1, 2, 2, 3, 4))):
            self._change(made)
        return " ".join(made)

    def _change(self, made: list[str]) -> None:  # noqa: C901 - one a kind
        draw = self._random
        place = draw.randrange(len(made) + 1)
        at = min(place, len(made) - 1)
        match draw.randrange(9) if made else 0:
            case 0:
                made.insert(place, draw.choice(_WORDS))
            case 1:
                made[at] = draw.choice(_NAMES)
            case 2:
                del made[at]
            case 3:
                made[at] = draw.choice(_QUOTES).format(made[at].strip("\"'`[]"))
            case 4:
                other = draw.choice(self._pieces)
                start = draw.randrange(len(other))
                made[place:place] = other[start : start + draw.randrange(1, 9)]
            case 5:
                other = draw.randrange(len(made))
                made[at], made[other] = made[other], made[at]
            case 6:
                names = [index for index, text in enumerate(made) if text.lower() in _NAMES]
                if names:
                    made[draw.choice(names)] = draw.choice(_NAMES)
            case 7:
                made[place:place] = ["(", *draw.choice(self._pieces)[:12], ")"]
            case 8:
                made[at] = made[at].swapcase()


class Arena:
    """A tenant, a victim, and plain SQLite with the tenant's schema."""

    def __init__(self) -> None:
        self.tenancy = Tenancy()
        for namespace, text in ((ATTACKER, "plain"), (VICTIM, SECRET)):
            for sql in (*SCHEMA, *ROWS):
                self.tenancy.run(namespace, sql.format(text=text))
        self._victim = self._dump()
        self.plain = apsw.Connection(":memory:")
        self.plain.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
        self.plain.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
        self.plain.set_progress_handler(self._spend, 1000)
        self._budget = 0
        for sql in (*SCHEMA, *ROWS):
            self._alone(sql.format(text="plain"))

    def victim_is_intact(self) -> bool:
        """Tell whether nothing of the victim's or the gateway's has changed."""
        return self._dump() == self._victim

    def run(self, sql: str, outcome: Outcome) -> None:
        """Run one statement as the attacker."""
        try:
            columns, rows = self.tenancy.run(ATTACKER, sql, ())
        except SqlRefused:
            outcome.counts["refused"] += 1
            return
        except Failed:
            outcome.counts["failed"] += 1
            return
        except apsw.Error as error:
            outcome.counts["failed"] += 1
            if not isinstance(error, apsw.BindingsError):
                outcome.crashes.append((sql, repr(error)))
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            outcome.crashes.append((sql, repr(error)))
            return
        outcome.counts["accepted"] += 1
        # What the attacker has written itself comes back as the name of a column without one.
        physical = "n7_" in repr(columns) and "n7_" not in sql.lower()
        if SECRET in repr(rows) or physical or (self.tenancy.escapes and self.tenancy.escapes[0]):
            outcome.escapes.append((sql, repr(self.tenancy.escapes or rows)[:300]))
            self.tenancy.escapes.clear()
        self._compare(sql, rows, outcome)

    def _compare(self, sql: str, rows: list[tuple[Any, ...]], outcome: Outcome) -> None:
        """Do the same in plain SQLite."""
        try:
            stable = not unstable.is_unstable(list(tokens(sql))) and "stamped" not in sql.lower()
            found = self._alone(sql)
        except apsw.InterruptError:
            return  # it has no end, and what asks the catalogue ends at the limit of rows
        except apsw.Error as error:
            # Comments between the words of a module's argument are SQLite's, who gives them to the module, to refuse.
            # One that ends ALTER TABLE ADD it takes into the table's text without its line's end, and stumbles.
            module = "VIRTUAL" in sql.upper() and "/*" in sql
            added = "after add column: incomplete input" in str(error) and "--" in sql.rstrip().rpartition("\n")[2]
            if not (module or added):
                outcome.differences.append((sql, f"plain SQLite: {error}"))
            return
        # The shadow numbers and orders its pages in its own way.
        stable &= not any(word in sql.lower() for word in ("recent", "sqlite_", "explain"))
        # fts5 puts into the column that has its table's name the number of a cursor, each time another one.
        if "docs" in sql.lower() and sql.split(maxsplit=1)[0].upper() == "SELECT":
            stable &= found == self._alone(sql)
        if stable and sorted(map(repr, found)) != sorted(map(repr, rows)):
            outcome.differences.append((sql, f"{rows!r:.200} is not {found!r:.200}"))

    def _alone(self, sql: str) -> list[tuple[Any, ...]]:
        self._budget = 2000
        return list(self.plain.execute(sql, can_cache=False))

    def _spend(self) -> bool:
        self._budget -= 1
        return self._budget < 0

    def _dump(self) -> list[Any]:
        connection = self.tenancy.connection
        names = [
            str(name)
            for (name,) in connection.execute(
                f"SELECT name FROM sqlite_master WHERE type = 'table' AND {_NOT_THE_ATTACKERS} ORDER BY name"
            )
        ]
        rows: list[Any] = [(name, list(connection.execute(f'SELECT * FROM "{name}"'))) for name in names]
        schema = f"SELECT * FROM sqlite_master WHERE {_NOT_THE_ATTACKERS}"
        return [rows, sorted(repr((r[0], r[1], r[2], r[4])) for r in connection.execute(schema))]


def run(statements: list[str], *, mutants: int, seed: int, seconds: float = 0) -> Outcome:
    """Run mutants; stop after `seconds` if that is not 0."""
    outcome, mutator = Outcome(), Mutator(statements, seed)
    began = time.monotonic()
    for batch in _batches(mutants):
        arena = Arena()
        accepted = outcome.counts["accepted"]
        for _ in range(batch):
            outcome.counts["mutants"] += 1
            arena.run(mutator.mutant(), outcome)
            # Definitions and rows pile up; a fresh start after some keeps statements about the known schema alive.
            if outcome.counts["accepted"] - accepted >= _CHAIN:
                if not arena.victim_is_intact():
                    outcome.escapes.append(("(a chain of statements)", "the victim's rows or schema changed"))
                arena, accepted = Arena(), outcome.counts["accepted"]
        if not arena.victim_is_intact():
            outcome.escapes.append(("(a chain of statements)", "the victim's rows or schema changed"))
        if seconds and time.monotonic() - began > seconds:
            break
    return outcome


def _batches(total: int, size: int = 2000) -> Iterator[int]:
    while total > 0:
        yield min(size, total)
        total -= size


def main() -> int:
    """Run from the command line; exit 1 on any finding."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--corpus", default="tests/unit/tenants/sql/corpus")
    given = parser.parse_args()
    from pathlib import Path  # noqa: PLC0415 - only here

    outcome = run(seeds(Path(given.corpus)), mutants=given.mutants, seed=given.seed, seconds=given.seconds)
    sys.stdout.write(f"seed {given.seed}: {dict(outcome.counts)}\n")
    for kind, found in (
        ("ESCAPE", outcome.escapes), ("crash", outcome.crashes), ("difference", outcome.differences),
    ):  # fmt: skip
        sys.stdout.write(f"{kind}: {len(found)}\n")
        for sql, what in found[:20]:
            sys.stdout.write(f"  {sql!r}\n    {what}\n")
    return 1 if outcome.escapes or outcome.crashes or outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main())
