"""examples/anchat: people in terminals, and what everybody else sees of what they say."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from debros.client import Message, NetworkClient, WalletKey
from testkit.wallets import Solana

PROGRAM = Path(__file__).parents[4] / "examples" / "anchat" / "anchat.py"
PATIENCE = 120  # seconds to wait for a line; never a measurement


class Person:
    """A wallet, and a terminal that Anchat runs in."""

    def __init__(self, directory: Path, seed: bytes) -> None:
        self.wallet = Solana(seed)
        self.file = directory / f"{self.wallet.address}.json"
        self.file.touch(0o600)
        self.file.write_text(json.dumps([*seed, *bytes(self.wallet._key.verify_key)]))
        self.heard: list[str] = []

    @property
    def name(self) -> str:
        return self.wallet.address[:6]

    async def enter(self, url: str, namespace: str, invite: str = "") -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-W", "error", str(PROGRAM), "--key-file", str(self.file), "--namespace", namespace, "--gateway", url),
            env={**os.environ, "ANCHAT_INVITE": invite},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def hears(self, pattern: str) -> re.Match[str]:
        """Read up to a line that fits."""
        async with asyncio.timeout(PATIENCE):
            while line := (await self.process.stdout.readline()).decode():
                self.heard.append(line)
                if match := re.search(pattern, line):
                    return match
        raise AssertionError(f"{pattern} was never heard: {self.heard}")

    def says(self, text: str) -> None:
        self.process.stdin.write(f"{text}\n".encode())

    async def leave(self) -> None:
        out, _ = await self.process.communicate(b"")  # without input, Python 3.11 leaves its stdin open
        assert self.process.returncode == 0, out


@pytest.fixture
async def two(relayed, people, tmp_path, name):
    ann, ben = Person(tmp_path, b"a" * 32), Person(tmp_path, b"b" * 32)
    token = (await people.sign_in(relayed, ann.wallet, name))["access_token"]
    added = await relayed.http.post(
        f"/v1/namespaces/{name}/owners",
        json={"wallet": ben.wallet.address, "chain_type": "SOL"},
        headers={"X-API-Key": "", "Authorization": f"Bearer {token}"},
    )
    assert added.status_code == 201, added.text
    return ann, ben


async def test_two_people_talk_and_nobody_else_understands(relayed, two, name) -> None:
    ann, ben = two
    await ann.enter(relayed.url, name)
    invite = (await ann.hears(r"anchat1:\S+"))[0]
    async with NetworkClient(relayed.url, auth=WalletKey(ben.wallet, name)) as outsider:
        (topic,) = await outsider.pubsub.topics()
        eavesdropping = await outsider.pubsub.subscribe(topic)
        ann.says("a first secret")
        await ann.hears(rf"{ann.name}: a first secret")

        await ben.enter(relayed.url, name, invite)
        await ben.hears(rf"{ann.name}: a first secret")  # from the table
        ben.says("an answer \x1b[2J é")
        await ann.hears(rf"{ben.name}: an answer �\[2J é")
        await eavesdropping.close()

        rows = await outsider.database.query("SELECT * FROM anchat_messages", blobs=["sealed"])
        assert len(rows) == 2
        assert not any(b"secret" in row["sealed"] or b"answer" in row["sealed"] for row in rows)
        assert invite.removeprefix("anchat1:") not in str(rows.values) + topic

        # What an owner of the namespace without the key puts in is shown as what it is.
        await outsider.pubsub.publish(topic, b"forged")
        await ann.hears("! a message that was not made with this room's key")
    await ben.leave()
    await ann.hears(rf"\* {ben.name} has gone")
    await ann.leave()


async def test_a_spy_hears_only_noise(relayed, two, name) -> None:
    ann, ben = two
    await ann.enter(relayed.url, name)
    await ann.hears(r"anchat1:\S+")
    async with NetworkClient(relayed.url, auth=WalletKey(ben.wallet, name)) as spy:
        (topic,) = await spy.pubsub.topics()
        async with await spy.pubsub.subscribe(topic) as heard:
            ann.says("the same")
            ann.says("the same")
            first, second = [await heard.get(timeout=PATIENCE) for _ in range(2)]
    assert isinstance(first, Message)
    assert first.data != second.data
    assert b"same" not in first.data + second.data
    await ann.leave()


async def test_what_is_no_invite_is_told(relayed, two, name) -> None:
    await two[0].enter(relayed.url, name, "anchat1:short")
    out, _ = await two[0].process.communicate()
    assert (two[0].process.returncode, out.decode().partition(";")[0]) == (1, "anchat: this is no invite")
