"""Two namespaces with the same names at the same time, on one database: each finds what plain SQLite gives it alone.

A round here; `make corpus` goes on for ten minutes.
"""

import asyncio
import base64
import json
import os
import random
import sys
import time
from typing import Any

import apsw
import pytest

from debros.rqlite.sqltext import first_keyword
from testkit import corpus

SECONDS = float(os.environ.get("DEBROS_CORPUS_SECONDS", "0"))
# Of the order of the scripts, and of which gateway is asked.
SEED = int(os.environ.get("DEBROS_CORPUS_SEED", "1"))

# Known to newer SQLite than that of some rqlited: a part of the statement, and since when.
NEWER = {"1_000": (3, 46)}
READS = ("SELECT", "VALUES", "PRAGMA", "EXPLAIN")

pytestmark = pytest.mark.timeout(SECONDS + 300)


def cell(value: Any) -> Any:
    """Return a value as JSON has it."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


class Tenant:
    """A namespace, its twin in plain SQLite, and what they did not agree about."""

    def __init__(self, gateways: list[Any], key: str, seed: int) -> None:
        self.gateways = gateways
        self.headers = {"X-API-Key": key}
        self.random = random.Random(seed)
        self.version = (0,)
        self.asked = 0
        self.different: list[tuple[str, corpus.Outcome, Any]] = []

    async def post(self, gateway: Any, route: str, sql: str, args: tuple[Any, ...] = ()) -> Any:
        body = json.dumps({"sql": sql, "args": args})
        answer = await gateway.http.post(f"/v1/rqlite/{route}", content=body, headers=self.headers)
        self.asked += 1
        return answer.json()

    async def round(self, deadline: float) -> None:
        """Run all scripts, in an order of its own, each at one gateway and with an empty schema."""
        for path in self.random.sample(corpus.SCRIPTS, len(corpus.SCRIPTS)):
            gateway = self.random.choice(self.gateways)
            await self.clear(gateway)
            twin = corpus.plain()
            for sql in corpus.statements(path):
                await self.compare(gateway, twin, sql)
                if deadline and time.monotonic() > deadline:
                    return
        await self.clear(self.gateways[0])

    async def compare(self, gateway: Any, twin: apsw.Connection, sql: str) -> None:
        if any(part in sql and self.version < since for part, since in NEWER.items()):
            return
        expected = corpus.alone(twin, sql)
        word = first_keyword(sql)
        reads = word in READS or (word == "WITH" and expected.reads)
        found = await self.post(gateway, "query" if reads else "exec", sql, corpus.values(sql))
        if expected.error:
            agreed = found.get("error") == expected.error
        elif expected.columns and "columns" in found:
            rows = [[cell(value) for value in row] for row in expected.rows]
            agreed = (found["columns"], found["rows"]) == (list(expected.columns), rows)
        else:
            agreed = "error" not in found
        if not agreed:
            self.different.append((sql, expected, found))

    async def clear(self, gateway: Any) -> None:
        """Drop everything; a table that something hangs on goes later."""
        listed = await self.post(
            gateway, "query", "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view')"
        )
        for _ in range(len(listed["rows"]) + 1):
            left = []
            for kind, name in listed["rows"]:
                quoted = name.replace('"', '""')
                if "error" in await self.post(gateway, "exec", f'DROP {kind} IF EXISTS "{quoted}"'):
                    left.append([kind, name])
            if not left:
                return
            listed["rows"] = left
        raise AssertionError(f"not dropped: {listed['rows']}")


async def test_two_namespaces_never_see_each_other(make_gateway, own_keys, capsys) -> None:
    plenty = {"per_second": 1_000_000, "burst": 1_000_000}
    rates = {f"{scope}_{what}": value for scope in ("requests", "failures") for what, value in plenty.items()}
    gateways = [await make_gateway(rates=rates, api_keys=own_keys) for _ in range(2)]
    tenants = [Tenant(gateways, entry["key"], SEED + 1000 * number) for number, entry in enumerate(own_keys)]
    ((version,),) = await gateways[0].rows("SELECT sqlite_version()")
    deadline = time.monotonic() + SECONDS if SECONDS else 0.0

    async def go(tenant: Tenant) -> None:
        tenant.version = tuple(map(int, version.split(".")))
        await tenant.round(deadline)
        while deadline and time.monotonic() < deadline:
            await tenant.round(deadline)

    await asyncio.gather(*(go(tenant) for tenant in tenants))
    with capsys.disabled():
        sys.stdout.write(f"\n    {' and '.join(str(tenant.asked) for tenant in tenants)} statements\n")
    for tenant in tenants:
        assert tenant.different == []
        assert tenant.asked > 300, "a corpus that is not found tests nothing"
