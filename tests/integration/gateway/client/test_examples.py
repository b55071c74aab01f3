"""examples/client, each run as a program against a real gateway."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[4] / "examples" / "client"
# What each prints, as far as it is the same every time.
SAID = {
    "sql": ["rows written: 2", "{'id': 4611686018427387904, 'name': 'Ann', 'photo': b'\\x89PNG'}", "{'id': 7}"],
    "transactions": ["[['Ann', 70], ['Ben', 30]]", "nothing was applied; operation 1 failed", "Ben has 40"],
    "storage": [
        "b'hello' until 2",
        "counted: [1, 2, 3, 4, 5]",
        "['example/counter', 'example/greeting']",
        "key_not_found",
    ],
    "pubsub": ["one\ntwo\n", "topics: ['example/news']"],
    "presence": ["present: ['ann', 'ben']", "ann has come {'colour': 'red'}", "ben has come", "ben has gone"],
    "auth": ["namespace of its own: True", "b'hello' with 1 refresh", "401 invalid_api_key"],
    "owners": [
        "keys: ['backup']",
        "the key reads: b'hello'",
        "after its end: 401",
        "owners: 2",
        "open sessions: 1",
        "403 wallet_required",
        "sessions ended: 1",
    ],
    "migrations": ["applied: ['001_example_shop.sql', '002_example_paid.sql']", "again: []", "2 example_paid applied"],
    "sync": [
        "rows: [{'one': 1, 'two': 2}]",
        "keys: ['example/sync']",
        "event: Message(topic='example/sync', data=b'hi')",
    ],
}


@pytest.mark.parametrize("name", SAID)
async def test_it_runs_and_says_what_it_found(relayed, tmp_path, name) -> None:
    key = tmp_path / "api.key"
    key.touch(0o600)
    key.write_text(relayed.http.headers["X-API-Key"])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", str(FOLDER / f"{name}.py")),
        env={**os.environ, "DEBROS_GATEWAY_URL": relayed.url, "DEBROS_API_KEY_FILE": str(key)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = (text.decode() for text in await process.communicate())
    assert (process.returncode, err) == (0, "")
    for part in SAID[name]:
        assert part in out


def test_every_example_is_run_and_listed() -> None:
    names = {path.stem for path in FOLDER.glob("*.py")} - {"settings"}
    assert names == SAID.keys()
    listed = (FOLDER / "README.md").read_text()
    assert [name for name in names if f"[{name}.py]({name}.py)" not in listed] == []
