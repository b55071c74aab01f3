"""The same statement for rqlited directly and for gateways: who is asked, where, and with what request."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from http_load import drive, post

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import cluster

INSERT = "INSERT INTO bench(name, value) VALUES(?, ?)"
SELECT = "SELECT id, name, value FROM bench WHERE id = ?"
TABLE = "CREATE TABLE IF NOT EXISTS bench(id INTEGER PRIMARY KEY, name TEXT, value INTEGER)"


@dataclass(frozen=True)
class Side:
    """One way to the database.

    Attributes:
        name: What the table calls it.
        port: Where it listens.
        request: Makes the next request.
    """

    name: str
    port: int
    request: Callable[[], bytes]


def sides(kind: str, bench: cluster.Cluster, gateways: dict[str, int]) -> list[Side]:
    """Return the sides for a kind of statement, `write` or `read`: rqlited first, then the gateways (name → port)."""
    counter = itertools.count(1)
    sql = INSERT if kind == "write" else SELECT

    def args() -> list[object]:
        n = next(counter)
        return [f"name-{n}", n] if kind == "write" else [1 + n % 100]

    def direct() -> bytes:
        path = "/db/execute" if kind == "write" else "/db/query?level=weak"
        return post(path, orjson.dumps([[sql, *args()]]), {})

    def gateway() -> bytes:
        path = "/v1/rqlite/exec" if kind == "write" else "/v1/rqlite/query?shape=rows"
        return post(path, orjson.dumps({"sql": sql, "args": args()}), {"X-API-Key": bench.key})

    return [
        Side("direct", bench.rqlite_port(), direct),
        *(Side(name, port, gateway) for name, port in gateways.items()),
    ]


async def prepare(bench: cluster.Cluster, ports: Sequence[int]) -> None:
    """Create the tables: the tenant's through the gateway, the direct side's at rqlited; 100 rows for the reads.

    Each side has a table of its own, so neither makes the other's larger.
    """
    rows = [f"INSERT INTO bench(name, value) VALUES('row', {n})" for n in range(100)]
    key = {"X-API-Key": bench.key}
    steps = [
        (ports[0], "/v1/rqlite/create-table", {"schema": TABLE}, key),
        (ports[0], "/v1/rqlite/transaction", {"statements": rows}, key),
        (bench.rqlite_port(), "/db/execute?transaction", [TABLE, *rows], {}),
    ]
    for port, path, body, headers in steps:
        request = post(path, orjson.dumps(body), headers)
        load = await drive(port, 1, 0, lambda request=request: request)  # type: ignore[misc]  # mypy infers no lambda with a default
        if load.failures:
            raise SystemExit(f"{path} was refused")
