"""What the parent and a worker say to each other, over a pair of sockets that nobody else has.

Frames as between gateway and node: four bytes of length, big-endian, and a msgpack map with its type.
"""

import struct
from typing import Final

import msgspec

_LENGTH: Final = struct.Struct(">I")
# Name, what it is, its type, and its samples: name, labels, value.
Family = tuple[str, str, str, list[tuple[str, dict[str, str], float]]]


class Ready(msgspec.Struct, tag=True):
    """The worker serves."""


class Alive(msgspec.Struct, tag=True):
    """The worker has just seen itself answer a request."""


class Draining(msgspec.Struct, tag=True):
    """The worker has begun to stop."""


class Figures(msgspec.Struct, tag=True):
    """The worker's figures, as asked for."""

    id: int
    families: list[Family]


class Revoked(msgspec.Struct, tag=True):
    """Something was revoked here: the other workers shall read it, and `Done` is wanted when they have."""

    id: int


class Topics(msgspec.Struct, tag=True):
    """Who listens to a namespace's topics? A worker asks it of the others, through the parent."""

    id: int
    namespace: str


class Subscribers(msgspec.Struct, tag=True):
    """How many sockets listen to each topic, by their bare names."""

    id: int
    topics: dict[str, int]


class Done(msgspec.Struct, tag=True):
    """What was asked for is done."""

    id: int


class Open(msgspec.Struct, tag=True):
    """Accept connections."""


class Stop(msgspec.Struct, tag=True):
    """Finish what is under way, and end."""


class Hurry(msgspec.Struct, tag=True):
    """End, and do not wait for anybody any more."""


class Reload(msgspec.Struct, tag=True):
    """Read the certificate again."""


class Count(msgspec.Struct, tag=True):
    """Tell your figures, and if wanted those of database and node: they are the same at every worker."""

    id: int
    upstream: bool


class Look(msgspec.Struct, tag=True):
    """Read what was revoked, and say `Done`."""

    id: int


FromWorker = Ready | Alive | Draining | Figures | Revoked | Topics | Subscribers | Done
FromParent = Open | Stop | Hurry | Reload | Count | Look | Topics | Subscribers | Done


def encode(message: msgspec.Struct) -> bytes:
    """Return a message as a frame."""
    body = msgspec.msgpack.encode(message)
    return _LENGTH.pack(len(body)) + body


def length(head: bytes) -> int:
    """Return how long the message is whose head this is."""
    size: int = _LENGTH.unpack(head)[0]
    return size


HEAD_BYTES: Final = _LENGTH.size
