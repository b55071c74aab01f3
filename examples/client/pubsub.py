"""Pub/sub: messages, and what to do about a gap."""

import asyncio

from debros.client import Gap, Message, Subscription
from settings import connect, say


async def read(news: Subscription) -> None:
    """Show what comes, up to the last message."""
    async for event in news:
        match event:
            case Gap():
                # The gateway was away, or this reader too slow: what matters has to be read from where it is kept.
                say(f"something may be missing ({event.reason}); {event.dropped} were dropped here")
            case Message(text="that is all"):
                return
            case Message():
                say(event.text)


async def main() -> None:
    """Listen, publish, and stop."""
    async with connect() as client, await client.pubsub.subscribe("example/news", queue=100) as news:
        reading = asyncio.create_task(read(news))
        for text in ("one", "two", "that is all"):
            await client.pubsub.publish("example/news", text)
        await reading
        say("topics:", [topic for topic in await client.pubsub.topics() if topic.startswith("example/")])


asyncio.run(main())
