"""`debros-rqlited` with a configuration file and a real rqlited."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

from debros.config import dump
from debros.rqlite.client import RqliteClient
from debros.rqlite.health import wait_ready
from debros.rqlite.types import Statement

READY = 120


async def test_it_becomes_a_database_and_keeps_it(make_server, rqlited, tmp_path):
    server = make_server()
    file = tmp_path / "node.yaml"
    database = replace(server.config.database, rqlite_binary=rqlited.path)
    file.write_text(dump(replace(server.config, database=database)))
    code = "from debros.rqlite.main import main; main()"
    for start in range(2):
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(  # noqa: ASYNC220 - starting takes no time; it is waited for below
                [sys.executable, "-c", code, "--config", file],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        try:
            async with RqliteClient([server.url]) as client:
                await wait_ready(client, READY)
                assert [node.id for node in await client.nodes()] == [server.id]
                if start == 0:
                    await client.execute(Statement("CREATE TABLE t (a)"))
                    await client.execute(Statement("INSERT INTO t VALUES (1)"))
                assert (await client.query(Statement("SELECT a FROM t"))).values == [[1]]
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
