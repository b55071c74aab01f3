"""What a user's own mypy --strict says about code that uses the client."""

import subprocess
import sys
from pathlib import Path

GOOD = """
from debros.client import ApiKey, Gap, Message, NetworkClient, Rows, SqlError, Write
from debros.client.sync import NetworkClient as SyncClient


def blocking() -> str:
    with SyncClient("http://a", auth="ak_x:shop", repeats=1) as client:
        rows: Rows = client.database.query("SELECT 1", timeout=3)
        client.database.find("users", {"id": 1}, limit=3)
        with client.pubsub.subscribe("news", queue=10, on_slow="close") as news:
            for event in news:
                if isinstance(event, Gap):
                    return event.reason.value
                if isinstance(event, Message):
                    return event.text
        return "".join(client.storage.keys("a")) + str(len(rows)) + client.health().status


async def main() -> int:
    async with NetworkClient(["http://a", "http://b"], auth=ApiKey("ak_x:shop"), timeout=3) as client:
        rows: Rows = await client.database.query("SELECT ?", [1], level="strong")
        found = await client.database.find_one("users", {"id": 1}, order_by=["id"], limit=3)
        await client.database.transaction([Write("DELETE FROM users"), "DELETE FROM orders"])
        stored = await client.storage.fetch("key")
        made_key = await client.api_keys.create("backup", plan="gold", timeout=3)
        ends = (await client.whoami()).expires_at
        owners = [owner.wallet.lower() for owner in await client.owners.list()]
        began = [session.created_at.year for session in await client.sessions.list(timeout=3) if session.current]
        await client.sessions.end(str(began))
        print(made_key.api_key, ends.year if ends else None, owners, await client.owners.add("0x", chain="ETH"))
        async for key in client.storage.keys("a"):
            print(key.upper(), found)
        try:
            made = await client.database.exec("INSERT INTO users VALUES (?)", [b"x"])
        except SqlError as error:
            return error.index or 0
        return made.rows_affected + len(rows) + (len(stored.data) if stored else 0)
"""
BAD = [
    ('client.database.query("SELECT 1", level="weakest")', "arg-type"),
    ('client.database.find("users", order="id")', "call-arg"),
    ('client.database.exec("DELETE FROM t", [object()])', "list-item"),
    ('client.storage.put("key", 3)', "arg-type"),
    ('client.owners.add("0x", chain="BTC")', "arg-type"),
    ("(await client.whoami()).expires_at.year", "union-attr"),
    ("(await client.sessions.list())[0].renewed_at.year", "union-attr"),
    ('(await client.storage.fetch("key")).data', "union-attr"),
    ('client.pubsub.subscribe("news", on_slow="drop")', "arg-type"),
    ('(sync.storage.put("key", 3))', "arg-type"),
    ('(sync.database.query("SELECT 1", levle="weak"))', "call-arg"),
    ('(sync.pubsub.subscribe("news")).connect', "attr-defined"),
]


def mypy(tmp_path: Path, code: str) -> tuple[int, str]:
    (tmp_path / "user.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir=cache", "user.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_good_code_is_good_and_each_mistake_is_found(tmp_path) -> None:
    assert mypy(tmp_path, GOOD) == (0, "")
    lines = "".join(f"    await {call}\n" if not call.startswith("(") else f"    {call}\n" for call, _ in BAD)
    head = (
        "from debros.client import NetworkClient\nfrom debros.client import sync as s\n\n\n"
        "async def main(client: NetworkClient, sync: s.NetworkClient) -> None:\n"
    )
    code, told = mypy(tmp_path, head + lines)
    assert code == 1, told
    for number, (call, kind) in enumerate(BAD, 6):
        found = [line for line in told.splitlines() if f"user.py:{number}:" in line and f"[{kind}]" in line]
        assert found, (call, told)
