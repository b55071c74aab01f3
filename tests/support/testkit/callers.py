"""Callers of one gateway, each with tables of its own and a SQLite of its own, which says what it should hear."""

from __future__ import annotations

import asyncio
import random

import apsw
import pytest

from debros.rqlite.errors import CallerGone
from debros.rqlite.writes import Departure
from debros.tenants.errors import SqlRefused

_UNLUCKY = "SELECT RAISE(ROLLBACK, 'unlucky') WHERE new.name = 'r'; SELECT RAISE(FAIL, 'failing') WHERE new.name = 'f';"
_NOTE = "INSERT INTO {t}_log(id, name) VALUES(new.id + 1000, new.name)"
SCHEMA = (
    "CREATE TABLE {t}(id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INT CHECK(n < 100))",
    "CREATE TABLE {t}_words(word TEXT PRIMARY KEY, n INT) WITHOUT ROWID",
    "CREATE TABLE {t}_log(id INTEGER PRIMARY KEY, name TEXT)",
    f"CREATE TRIGGER {{t}}_noted AFTER INSERT ON {{t}} BEGIN {_NOTE}; {_UNLUCKY} END",
)
NAMES = "abcdefghijklmnopqr"
STATEMENTS = 50


def statement(chance: random.Random) -> tuple[str, tuple]:
    name, n, number = chance.choice(NAMES), chance.randrange(110), chance.randrange(30)
    return chance.choice(
        [
            ("INSERT INTO {t}(name, n) VALUES(?, ?)", (name, n)),
            ("INSERT INTO {t}(name, n) VALUES(?, ?)", (name, n)),
            ("INSERT INTO {t}(id, name) VALUES(?, ?), (?, ?)", (number, name, number + 1, name + name)),
            ("INSERT OR IGNORE INTO {t}(name, n) VALUES(?, ?)", (name, n)),
            ("INSERT OR ROLLBACK INTO {t}(name, n) VALUES(?, ?)", (name, n)),
            ("INSERT OR FAIL INTO {t}(id, name) VALUES(?, ?), (?, ?)", (number, None, number, name)),
            ("REPLACE INTO {t}(name, n) VALUES(?, ?)", (name, n)),
            ("INSERT INTO {t}(name, n) VALUES(?, 1) ON CONFLICT(name) DO UPDATE SET n = n + 1", (name,)),
            ("INSERT INTO {t}(name, n) VALUES(?, 1) ON CONFLICT DO NOTHING", (name,)),
            ("INSERT INTO {t}_words VALUES(?, ?)", (name, n)),
            ("INSERT INTO {t}_words SELECT name, n FROM {t} WHERE id % 5 = ?", (n % 5,)),
            ("WITH x(w) AS (VALUES(?)) REPLACE INTO {t}_words SELECT w, 1 FROM x", (name,)),
            ("UPDATE {t} SET n = n + 20 WHERE id % 3 = ?", (n % 3,)),
            ("UPDATE {t} SET name = ? WHERE id = ?", (name, number)),
            ("UPDATE {t} SET name = 'same'", ()),
            ("DELETE FROM {t} WHERE id = ?", (number,)),
            ("DELETE FROM {t}_log WHERE name = ?", (name,)),
            ("DELETE FROM {t} WHERE id > ? RETURNING id", (n,)),
            ("INSERT INTO {t}(id) VALUES('no number')", ()),
            ("INSERT INTO {t}_nowhere VALUES(1)", ()),
            ("INSERT INTO {t}(nowhere) VALUES(1)", ()),
            ("INSERT INTO {t}(n) VALUES(json(?))", ("{",)),
            ("INSERT INTO {t}(nonsense", ()),
        ]
    )


class Alone:
    """A SQLite of a caller's own: what it would have heard."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.connection = apsw.Connection(":memory:")
        for sql in SCHEMA:
            self.connection.execute(sql.format(t=table))

    def run(self, sql: str, args: tuple) -> tuple:
        self.connection.set_last_insert_rowid(0)
        try:
            rows = list(self.connection.execute(sql.format(t=self.table), args))
        except apsw.Error as error:
            return ("error", str(error))
        inserts = sql.startswith(("INSERT", "REPLACE", "WITH"))
        changed, inserted = self.connection.changes(), self.connection.last_insert_rowid()
        return ("done", changed, inserted if inserts and changed else 0, [list(row) for row in rows])

    def contents(self) -> list:
        return [self.rows(f"SELECT * FROM {self.table}{more} ORDER BY 1") for more in ("", "_words", "_log")]

    def rows(self, sql: str) -> list:
        return [list(row) for row in self.connection.execute(sql)]


class Caller:
    """Sends statements one after the other, and sometimes goes away."""

    def __init__(self, gateway, namespace: str, table: str, seed: int, lock: asyncio.Lock) -> None:
        self.lock = lock
        self.writes = gateway.services.writes
        self.database = gateway.services.tenants.database(namespace)
        self.alone = Alone(table)
        self.table = table
        self.chance = random.Random(seed)
        self.taken_back = 0
        # Without group commit nothing waits, and a request that is broken off may still be under way.
        self.leaves = gateway.config.writes.group_commit

    async def create(self) -> None:
        for sql in SCHEMA:
            await self.database.create(sql.format(t=self.table))

    async def live(self) -> None:
        for _ in range(STATEMENTS):
            for _ in range(self.chance.randrange(4)):
                await asyncio.sleep(0)
            sql, args = statement(self.chance)
            departure = Departure()
            task = asyncio.ensure_future(self.database.execute(sql.format(t=self.table), args, departure))
            if self.leaves and "RETURNING" not in sql and self.chance.random() < 0.2:
                for _ in range(1 + self.chance.randrange(6)):  # it has begun in any case
                    await asyncio.sleep(0)
                if await self.leave(task, departure):
                    self.taken_back += 1
                    continue
            heard = await self.heard(task)
            if heard is None:  # it is on its way; what comes now, also alone, must come after it
                await self.database.execute(f"DELETE FROM {self.table} WHERE 0")
            expected = self.alone.run(sql, args)
            assert heard in (expected, None), (sql, args)

    async def leave(self, task, departure) -> bool:
        """Go away in one of two ways; tell whether the write was taken back. One caller at a time, so as to see."""
        async with self.lock:
            before = self.writes.figures.left
            if self.chance.random() < 0.5:
                departure.note()
            else:
                task.cancel()
                await asyncio.wait([task])
            taken_back = self.writes.figures.left > before
        if taken_back:
            with pytest.raises((CallerGone, asyncio.CancelledError)):
                await task
        return taken_back

    @staticmethod
    async def heard(task) -> tuple | None:
        """Return what came back; None when we had gone while it was on its way."""
        try:
            result = await task
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():
                raise  # the test is being ended
            return None
        except SqlRefused as error:
            return ("error", error.message)
        return ("done", result.rows_affected, result.last_insert_id, result.values)

    async def contents(self) -> list:
        tables = [f"SELECT * FROM {self.table}{more} ORDER BY 1" for more in ("", "_words", "_log")]
        return [(await self.database.query(sql)).values for sql in tables]
