"""What proving a statement costs: microseconds for a new one and for a known one, and memory for a schema.

    python bench/sql_isolation.py [--tables 10] [--rounds 200]

No process is started. "New" is the whole way of a statement nobody has sent before; "known" is a look into the cache.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import statistics
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from debros.tenants.sql.isolation import Isolation
from debros.tenants.sql.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STATEMENTS = {
    "point select": "SELECT id, name, value FROM t0 WHERE id = ?",
    "insert": "INSERT INTO t0(name, value) VALUES(?, ?)",
    "insert, default of time": "INSERT INTO stamped(name) VALUES(?)",
    "join and group": "SELECT a.name, count(*) AS n FROM t0 AS a LEFT JOIN t1 ON t1.value = a.value WHERE a.id > ?"
    " GROUP BY a.name HAVING n > 1 ORDER BY n DESC LIMIT 20",
    "upsert returning": "INSERT INTO t0(id, name) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET name = excluded.name"
    " WHERE t0.value < 9 RETURNING id, name",
}


def schema(tables: int) -> list[Stored]:
    """Return a schema with an index on every table."""
    found = []
    for number in range(tables):
        name = f"n7_t{number}"
        columns = "id INTEGER PRIMARY KEY, name TEXT, value INTEGER"
        found.append(Stored("table", name, name, f"CREATE TABLE {name}({columns})"))
        found.append(Stored("index", f"{name}_i", name, f"CREATE INDEX {name}_i ON {name}(value)"))
    made = Isolation(7).plan("CREATE TABLE stamped(name, at DEFAULT CURRENT_TIMESTAMP)").text()
    return [*found, Stored("table", "n7_stamped", "n7_stamped", made)]


def microseconds(work: Callable[[], object], rounds: int) -> float:
    """Return the median time of `work` on the processor; waiting for a neighbour does not count."""
    times = []
    for _ in range(rounds):
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return statistics.median(times) * 1e6


def plan_anew(isolation: Isolation, sql: str, numbers: Iterator[int]) -> None:
    """Plan a statement that was not there before: a comment behind it makes it new and changes nothing else."""
    isolation.plan(f"{sql} -- {next(numbers)}")


def resident() -> int:
    """Return the resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=200)
    given = parser.parse_args()
    objects = schema(given.tables)
    isolation = Isolation(7, objects, max_tables=given.tables + 2)
    print(f"## sql_isolation: {given.tables} tables, {given.rounds} rounds, medians\n")
    print("| statement | new, µs | known, µs |")
    print("|---|---|---|")
    for name, sql in STATEMENTS.items():
        new = microseconds(partial(plan_anew, isolation, sql, itertools.count()), given.rounds)
        isolation.plan(sql)
        known = microseconds(partial(isolation.plan, sql), given.rounds)
        print(f"| {name} | {new:.0f} | {known:.2f} |")
    build = microseconds(lambda: Isolation(7, objects), max(given.rounds // 10, 3))
    define = microseconds(lambda: isolation.plan("CREATE TABLE more(a, b)"), max(given.rounds // 10, 3))
    gc.collect()
    before = resident()
    kept = [Isolation(7, objects) for _ in range(50)]
    each = (resident() - before) / len(kept) / 1024
    print(f"\nA schema of {given.tables} tables: {build / 1000:.1f} ms to build, {each:.0f} KiB; ", end="")
    print(f"a definition proved against it: {define / 1000:.1f} ms.")


if __name__ == "__main__":
    main()
