"""Answers of the pub/sub routes."""

from typing import Any, NotRequired, TypedDict


class TopicsAnswer(TypedDict):
    """Topics in order, by their bare names; `subscribers`, if asked for: how many WebSockets listen here to each."""

    topics: list[str]
    subscribers: NotRequired[dict[str, int]]


class PresentMember(TypedDict):
    """Somebody who is present; `joinedAt` is `joined_at` under its other name, Unix time in milliseconds."""

    member_id: str
    joinedAt: int
    joined_at: int
    meta: Any


class PresenceAnswer(TypedDict):
    """Who is present in a topic."""

    topic: str
    members: list[PresentMember]
    count: int
