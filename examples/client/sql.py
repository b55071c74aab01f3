"""SQL: tables, rows, big integers, bytes, reads in parts."""

import asyncio

from settings import connect, say


async def main() -> None:
    """Make a table, write, read, and take the table away again."""
    async with connect() as client:
        db = client.database
        await db.create_table("CREATE TABLE example_users (id INTEGER PRIMARY KEY, name TEXT, photo BLOB)")
        try:
            made = await db.exec(
                "INSERT INTO example_users (id, name, photo) VALUES (?, ?, ?), (?, ?, NULL)",
                [2**62, "Ann", b"\x89PNG", 7, "Ben"],
            )
            say("rows written:", made.rows_affected)
            # Integers keep all their digits. A BLOB comes as bytes where its column is named.
            for row in await db.query("SELECT * FROM example_users ORDER BY name", blobs=["photo"]):
                say(row)
            # Names and values from outside: the gateway makes the statement.
            say(await db.find_one("example_users", {"name": ["Ben", "Cy"]}, select=["id"]))
            say("tables:", [table.name for table in await db.schema() if table.name.startswith("example_")])
        finally:
            await db.drop_table("example_users")


asyncio.run(main())
