"""Answers of the pub/sub routes."""

from typing import Any, TypedDict


class TopicsAnswer(TypedDict):
    """Topics in order, by their bare names; `subscribers` counts the WebSockets at this gateway, by topic."""

    topics: list[str]
    subscribers: dict[str, int]


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
