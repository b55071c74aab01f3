"""Presence: who is in a topic, on whichever gateway of the cluster."""

import asyncio

from debros.client import Joined, Left, Member
from settings import connect, say


async def main() -> None:
    """Be there, see somebody come and go."""
    async with connect() as client, connect() as friend:
        room = await client.pubsub.subscribe("example/room", member=Member("ann", {"colour": "red"}))
        visit = await friend.pubsub.subscribe("example/room", member="ben")
        say("present:", [one.member_id for one in await client.pubsub.presence("example/room")])
        await visit.close()
        async for event in room:
            if isinstance(event, Joined):
                say(event.member.id, "has come", event.member.meta or "")
            if isinstance(event, Left):
                say(event.member.id, "has gone")
                break
        await room.close()


asyncio.run(main())
