"""Storage: values by key, with an end, conditions and listings."""

import asyncio

from debros.client import NetworkClient, NotFoundError, PreconditionFailedError
from settings import connect, say


async def add_one(client: NetworkClient, key: str) -> int:
    """Count up, together with any number of others: read, write if it is still the same, else start again."""
    while True:
        stored = await client.storage.fetch(key)
        assert stored is not None  # only with if_none_match could it be
        number = int(stored.data) + 1
        try:
            await client.storage.put(key, str(number), if_match=stored.etag)
        except PreconditionFailedError:
            continue
        return number


async def main() -> None:
    """Store, read, count together, list, and delete."""
    async with connect() as client:
        storage = client.storage
        made = await storage.put("example/greeting", "hello", content_type="text/plain", ttl=3600)
        say(await storage.get("example/greeting"), "until", made.expires_at)
        await storage.put("example/counter", "0")
        say("counted:", sorted(await asyncio.gather(*(add_one(client, "example/counter") for _ in range(5)))))
        say("keys:", [key async for key in storage.keys("example/")])
        for key in ("example/greeting", "example/counter"):
            await storage.delete(key)
        try:
            await storage.get("example/greeting")
        except NotFoundError as error:
            say(error.code)


asyncio.run(main())
