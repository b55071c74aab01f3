"""Migrations: an application's own schema, each step once, however many processes start together.

Files `NNN_name.sql` in a directory do as well: `client.migrations.apply("migrations")`.
"""

import asyncio

from settings import connect, say

STEPS = {
    "example_shop": "CREATE TABLE example_orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL);",
    "example_paid": """
        ALTER TABLE example_orders ADD COLUMN paid INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX example_unpaid ON example_orders (id) WHERE NOT paid;
    """,
}


async def main() -> None:
    """Apply from two processes at once, and again."""
    async with connect() as client, connect() as other:
        try:
            both = await asyncio.gather(client.migrations.apply(STEPS), other.migrations.apply(STEPS))
            say("applied:", sorted(one.file for applied in both for one in applied))
            say("again:", await client.migrations.apply(STEPS))
            for one in await client.migrations.status(STEPS):
                say(one.version, one.name, one.state)
        finally:
            await client.database.drop_table("example_orders")
            await client.database.drop_table("schema_migrations")


asyncio.run(main())
