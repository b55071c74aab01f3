"""What a user's own mypy --strict says about code that uses the client."""

import subprocess
import sys
from pathlib import Path

GOOD = """
from debros.client import ApiKey, NetworkClient, Rows, SqlError, Write


async def main() -> int:
    async with NetworkClient(["http://a", "http://b"], auth=ApiKey("ak_x:shop"), timeout=3) as client:
        rows: Rows = await client.database.query("SELECT ?", [1], level="strong")
        found = await client.database.find_one("users", {"id": 1}, order_by=["id"], limit=3)
        await client.database.transaction([Write("DELETE FROM users"), "DELETE FROM orders"])
        stored = await client.storage.fetch("key")
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
    ('(await client.storage.fetch("key")).data', "union-attr"),
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
    code, told = mypy(
        tmp_path,
        f"from debros.client import NetworkClient\n\n\nasync def main(client: NetworkClient) -> None:\n{lines}",
    )
    assert code == 1, told
    for number, (call, kind) in enumerate(BAD, 5):
        assert [line for line in told.splitlines() if f"user.py:{number}:" in line and f"[{kind}]" in line], (
            call,
            told,
        )
