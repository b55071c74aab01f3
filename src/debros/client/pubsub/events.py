"""What a subscription gives its reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Message:
    """A message; `data` is the payload as it was published."""

    topic: str
    data: bytes

    @property
    def text(self) -> str:
        """The payload as UTF-8 text.

        Raises:
            UnicodeDecodeError: It is none.
        """
        return self.data.decode()


class GapReason(StrEnum):
    """Why messages may be missing."""

    RECONNECTED = "reconnected"  # the connection to the gateway was lost, and made anew
    SLOW_READER = "slow_reader"  # more came than the queue of this subscription holds
    SLOW_CONNECTION = "slow_connection"  # the gateway has closed the connection because it did not keep up
    NODE_AWAY = "node_away"  # the node beside the gateway was away: messages of other hosts are missing
    SLOW_GATEWAY = "slow_gateway"  # the gateway has not kept up with its node


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages may be missing at this place, of those that came after the last event and before the next.

    Attributes:
        reason: Why; of several in a row the first.
        seconds: How long nothing could be heard; 0 when only the queue was full.
        dropped: Events that this side, or the gateway's node, has dropped, in number.
    """

    reason: GapReason
    seconds: float = 0.0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """How somebody introduces itself in a topic: the name it goes by, and any JSON about itself."""

    id: str
    meta: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody has come; `timestamp` is Unix time in milliseconds."""

    member: Member
    timestamp: int


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody has gone; `timestamp` is Unix time in milliseconds."""

    member: Member
    timestamp: int


Event = Message | Gap | Joined | Left


class Present(msgspec.Struct, frozen=True):
    """Somebody who is present; `joined_at` is Unix time in milliseconds."""

    member_id: str
    joined_at: int
    meta: Any = None


class _Frame(msgspec.Struct):
    type: str
    timestamp: int = 0
    member_id: str = ""
    meta: Any = None
    reason: str = ""
    seconds: float = 0.0
    dropped: int = 0


def of_frame(topic: str, frame: bytes | str) -> Event | None:
    """Return what a frame of the gateway says; None for one of a later release."""
    if isinstance(frame, bytes):
        return Message(topic, frame)
    try:
        told = msgspec.json.decode(frame, type=_Frame)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    member = Member(told.member_id, told.meta)
    match told.type:
        case "presence.join":
            return Joined(member, told.timestamp)
        case "presence.leave":
            return Left(member, told.timestamp)
        case "gap":
            slow = told.reason == GapReason.SLOW_GATEWAY  # any other: of a later release, and a gap all the same
            return Gap(GapReason.SLOW_GATEWAY if slow else GapReason.NODE_AWAY, told.seconds, told.dropped)
    return None
