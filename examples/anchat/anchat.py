"""Anchat: a chat in the terminal. What you type is said; Ctrl-D leaves.

`anchat.py --key-file id.json --namespace anchat` makes a room and prints its invite; with `--invite` you enter one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path

from debros.client import DebrosError, Joined, Left, NetworkClient, WalletKey
from debros.client.wallets import load
from room import Heard, Room
from sealed import Line, RoomKey

_NAME = 6  # characters of an address that are shown


def say(text: str) -> None:
    """Show a line. What comes from others must not steer the terminal."""
    print("".join(c if c.isprintable() else "�" for c in text), flush=True)  # noqa: T201 - a chat talks


def shown(heard: Heard) -> str:
    """Return what is shown of an event."""
    match heard:
        case Line(author=author, text=text, sent_at=sent_at):
            return f"{datetime.fromtimestamp(sent_at / 1000):%H:%M} {author[:_NAME]}: {text}"  # noqa: DTZ006 - local time
        case Joined(member=member):
            return f"* {member.id[:_NAME]} is here"
        case Left(member=member):
            return f"* {member.id[:_NAME]} has gone"
    return f"! {heard}"


async def typed() -> asyncio.StreamReader:
    """Return standard input, read without holding up the rest."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    return reader


async def chat(url: str, key_file: Path, namespace: str, invite: str | None) -> None:
    """Be in a room until the input ends."""
    wallet = load(key_file)
    key = RoomKey.of_invite(invite) if invite else RoomKey.new()
    async with NetworkClient(url, auth=WalletKey(wallet, namespace)) as client:
        room = Room(client, key, wallet)
        async with await room.enter() as subscription:
            say(f"You are {wallet.address}. Invite others, over another line, with: {key.invite}")

            async def show() -> None:
                async for heard in room.listen(subscription):
                    say(shown(heard))

            showing = asyncio.create_task(show())
            lines = await typed()
            while line := (await lines.readline()).decode(errors="replace").rstrip("\n"):
                await room.say(line)
        await showing


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key-file", type=Path, required=True, help="a Solana key file, as solana-keygen writes it")
    parser.add_argument("--namespace", default="anchat", help="whose owners you are among")
    parser.add_argument("--gateway", default=os.environ.get("DEBROS_GATEWAY_URL", "http://localhost:6001"))
    given = parser.parse_args()
    try:
        # An argument would stand in the list of processes.
        asyncio.run(chat(given.gateway, given.key_file, given.namespace, os.environ.get("ANCHAT_INVITE")))
    except (DebrosError, ValueError) as error:
        sys.exit(f"anchat: {error}")


if __name__ == "__main__":
    main()
