"""Transactions: all or nothing, and which operation was at fault."""

import asyncio
import uuid

from debros.client import Read, SqlError, Write
from settings import connect, say

TAKE = "UPDATE example_accounts SET euros = euros - ? WHERE name = ?"
GIVE = "UPDATE example_accounts SET euros = euros + ? WHERE name = ?"


async def main() -> None:
    """Pay once, try to pay too much, and pay with an order number that makes a repeat harmless."""
    async with connect() as client:
        db = client.database
        await db.create_table("CREATE TABLE example_accounts (name TEXT PRIMARY KEY, euros INTEGER CHECK (euros >= 0))")
        try:
            await db.exec("INSERT INTO example_accounts VALUES ('Ann', 100), ('Ben', 0)")
            *_, after = await db.transaction(
                [
                    Write(TAKE, [30, "Ann"]),
                    Write(GIVE, [30, "Ben"]),
                    Read("SELECT * FROM example_accounts ORDER BY name"),
                ],
                results=True,
            )
            say(after)
            try:
                await db.transaction([Write(GIVE, [900, "Ben"]), Write(TAKE, [900, "Ann"])])
            except SqlError as error:
                say(f"nothing was applied; operation {error.index} failed: {error.message}")
            # The client repeats a write by itself, and makes a key for it. With a key of your own even another process
            # may repeat it, for 24 hours.
            order = f"order-{uuid.uuid4()}"
            for _ in range(3):
                await db.transaction([Write(TAKE, [10, "Ann"]), Write(GIVE, [10, "Ben"])], idempotency=order)
            say("Ben has", (await db.query("SELECT euros FROM example_accounts WHERE name = 'Ben'")).scalar())
        finally:
            await db.drop_table("example_accounts")


asyncio.run(main())
