"""Pub/sub of one namespace. Every method raises DebrosError as errors.py tells."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import msgspec

from debros.client.calls.keys import Idempotency, read, write
from debros.client.calls.request import Request, json_body
from debros.client.pubsub.events import Member, Present
from debros.client.pubsub.feed import Feed
from debros.client.pubsub.inbox import ON_SLOW, Inbox, OnSlow
from debros.client.pubsub.subscription import Subscription

if TYPE_CHECKING:
    from debros.client.calls.caller import Caller

_QUEUE = 1024  # events
_QUEUE_BYTES = 16 * 1024 * 1024


class _Topics(msgspec.Struct):
    topics: list[str]


class _Presence(msgspec.Struct):
    members: list[Present]


class PubSub:
    """Topics of one namespace."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._open: set[Subscription] = set()

    async def subscribe(
        self,
        topic: str,
        *,
        member: Member | str | None = None,
        queue: int = _QUEUE,
        queue_bytes: int = _QUEUE_BYTES,
        on_slow: OnSlow = "drop_oldest",
        timeout: float | None = None,
    ) -> Subscription:
        """Listen to a topic; what is published once this has returned is heard.

        Args:
            topic: Its name.
            member: Be present in the topic as this, and be told who comes and goes.
            queue: Events that may wait for the reader.
            queue_bytes: Bytes of payload that may wait.
            on_slow: When more waits: "drop_oldest" and "drop_newest" leave a `Gap` with their number; "wait" reads no
                further, until the gateway gives up and a `Gap` follows; "close" ends it with SlowReaderError.
            timeout: Seconds for the first connection; None for the client's. Later ones are tried for ever.
        """
        if queue < 1 or queue_bytes < 1:
            raise ValueError("queue and queue_bytes must be at least 1")
        if on_slow not in ON_SLOW:
            raise ValueError(f"on_slow: {on_slow!r} is none of {', '.join(ON_SLOW)}")
        inbox = Inbox(queue, queue_bytes, on_slow)
        feed = Feed(self._caller, _request(topic, Member(member) if isinstance(member, str) else member), topic, inbox)
        opened = await feed.open(timeout)
        subscription = Subscription(topic, feed, inbox, opened, self._open.discard)
        self._open.add(subscription)
        return subscription

    async def unsubscribe(self, topic: str | Subscription) -> None:
        """Close a subscription, or all of this client to a topic. Harmless when there is none."""
        wanted = [one for one in self._open if topic in (one, one.topic)]
        await asyncio.gather(*(one.close() for one in wanted))

    async def publish(
        self, topic: str, data: bytes | str, *, idempotency: Idempotency = False, timeout: float | None = None
    ) -> None:
        """Publish a message; when this returns, the node has taken it for the other hosts as well.

        Args:
            topic: Its name.
            data: The payload, perhaps empty; text is sent as UTF-8.
            idempotency: With a key it is published once at most, however often it is sent; that costs a commit.
            timeout: Seconds; None for the client's.

        Raises:
            OutcomeUnknownError: The answer was lost; it may have been published.
            UnavailableError: With the code relay_unavailable subscribers at this gateway have got it, others not.
        """
        payload = base64.b64encode(data.encode() if isinstance(data, str) else data).decode()
        request = write("/v1/pubsub/publish", {"topic": topic, "data_base64": payload}, idempotency=idempotency)
        await self._caller.call(request, timeout)

    async def topics(self, *, timeout: float | None = None) -> list[str]:
        """Return the topics somebody on the gateway's host listens to, in order."""
        return (await self._caller.call(read("GET", "/v1/pubsub/topics"), timeout)).decode(_Topics).topics

    async def presence(self, topic: str, *, timeout: float | None = None) -> list[Present]:
        """Return who is present in a topic on any gateway of the cluster, in the order in which they came."""
        request = read("GET", "/v1/pubsub/presence", query={"topic": topic})
        return (await self._caller.call(request, timeout)).decode(_Presence).members

    async def close(self) -> None:
        """Close every subscription."""
        await asyncio.gather(*(one.close() for one in list(self._open)))


def _request(topic: str, member: Member | None) -> Request:
    query = {"topic": topic, "envelope": "raw", "gaps": "true"}  # an older gateway passes over what it does not know
    if member is not None:
        query |= {"presence": "true", "member_id": member.id}
        if member.meta is not None:
            query["member_meta"] = json_body(member.meta).decode()
    return Request("GET", "/v1/pubsub/ws", query)
