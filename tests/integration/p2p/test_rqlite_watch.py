"""The node beside a real rqlited that comes and goes."""

import asyncio
import json
import subprocess
import urllib.request

import pytest
import yaml

from debros.rqlite import binary
from testkit.ports import free_port


@pytest.fixture
def rqlited(tmp_path):
    """Start and stop one rqlited with `start()` and `stop()`."""
    program = binary.find(None, allow_third_party=True).path
    http, raft = free_port(), free_port()
    running = []

    class Rqlited:
        port = http

        def start(self, *extra):
            command = [program, "-node-id", "db1", "-http-addr", f"127.0.0.1:{http}", "-raft-addr", f"127.0.0.1:{raft}"]
            with (tmp_path / "rqlited.log").open("ab") as log:
                running.append(subprocess.Popen([*command, *extra, tmp_path / "db"], stdout=log, stderr=log))

        def stop(self):
            running[-1].terminate()
            running[-1].wait(120)

    yield Rqlited()
    for process in running:
        process.kill()
        process.wait(60)


async def test_the_status_follows_the_database(nodes, clients, rqlited):
    node = nodes()
    config = yaml.safe_load(node.config.read_text())
    config["database"] |= {"rqlite_port": rqlited.port, "replication_factor": 2}
    node.config.write_text(yaml.safe_dump(config))
    node.start()
    client = await clients(node)

    async def seen(condition):
        async with asyncio.timeout(120):
            while not condition(database := (await client.status()).rqlite):  # noqa: ASYNC110 - it is asked for
                await asyncio.sleep(0.2)
        return database

    await seen(lambda database: database["error"] not in ("", "not asked yet"))
    rqlited.start()
    database = await seen(lambda database: database["ready"])
    assert database["role"] == "leader"
    assert database["leader"] == "db1"
    assert (database["voters"], database["reachable_voters"], database["replication_factor"]) == (1, 1, 2)
    assert database["under_replicated"]
    assert database["database_size"] > 0
    body = b'["CREATE TABLE t (a)"]'
    request = urllib.request.Request(
        f"http://127.0.0.1:{rqlited.port}/db/execute", body, {"Content-Type": "application/json"}
    )
    await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=30).close())
    size = database["database_size"]
    await seen(lambda database: database["database_size"] > size)
    rqlited.stop()
    database = await seen(lambda database: not database["reachable"])
    assert not database["ready"]
    log = node.log.read_text()
    for event in ("rqlite is not reachable", "rqlite is ready", "under-replicated", "rqlite is not ready"):
        assert event in log


@pytest.mark.parametrize("password", ["n", "wrong"])
async def test_a_database_that_asks_for_a_password(nodes, clients, rqlited, tmp_path, password):
    auth, credentials = tmp_path / "auth.json", tmp_path / "rqlite-node"
    for path in (auth, credentials):
        path.touch(0o600)
    auth.write_text(json.dumps([{"username": "node", "password": "n", "perms": ["status", "ready", "query"]}]))
    credentials.write_text(f"node:{password}")
    rqlited.start("-auth", str(auth))
    node = nodes()
    config = yaml.safe_load(node.config.read_text())
    config["database"] |= {"rqlite_port": rqlited.port, "rqlite_credentials_file": str(credentials)}
    node.config.write_text(yaml.safe_dump(config))
    node.start()
    client = await clients(node)
    refused = "it refuses our credentials; see database.rqlite_credentials_file"
    async with asyncio.timeout(120):
        while True:
            database = (await client.status()).rqlite
            if database["ready"] if password == "n" else database["error"] == refused:
                break
            await asyncio.sleep(0.2)
    assert node.stop() == 0
    assert (refused in node.log.read_text()) == (password == "wrong")
