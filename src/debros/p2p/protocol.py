"""The frames of the Unix socket between the p2p daemon and its clients.

A frame is a 4-byte big-endian length and that many bytes of msgpack: an array whose first element names the kind.
The client opens with `Hello`; everything it sends after `Welcome` carries an id of its choosing, which the answer
repeats. `Message` and `Dropped` come unasked. `Fault` is the last frame before the daemon hangs up.

Topics are always complete (``ns::<namespace>::<topic>``); this protocol knows nothing of namespaces.
"""

import struct
from typing import Any, Final

import msgspec

from debros.p2p.state import NodeStatus, PeerInfo

VERSION: Final = 1
# The name under which the node itself knocks at its socket every few seconds; not worth a line of its log.
SELF_CHECK: Final = "self-check"
MAX_FRAME_BYTES: Final = 2 * 1024 * 1024
MAX_PAYLOAD_BYTES: Final = 1024 * 1024  # the contract's limit for one message
# What nodes tell each other; local programs can neither follow nor publish it.
RESERVED_PREFIX: Final = "debros::"
MAX_TOPIC_BYTES: Final = 512  # ns:: + namespace (63) + :: + topic (256) fits

# What one `Connect` may take: a name with several addresses, of which the first ones do not answer.
CONNECT_SECONDS: Final = 20.0

_LENGTH: Final = struct.Struct("!I")


class P2PError(Exception):
    """The daemon refused a request.

    Attributes:
        code: stable name of the reason, for programs.
        message: what was wrong, for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ProtocolError(P2PError):
    """The other side sent something that is not this protocol; the connection is of no use any more."""

    def __init__(self, message: str) -> None:
        super().__init__("protocol", message)


class RelayUnavailable(Exception):  # noqa: N818 - the name its users know
    """The node did not take a request in time: it is not running, or its peers are too slow."""


class _Frame(msgspec.Struct, array_like=True):
    pass


class Hello(_Frame, tag="hello"):
    """The client's first frame. `name` appears in the daemon's log."""

    version: int
    name: str = ""


class Publish(_Frame, tag="publish"):
    """Send `data` to everyone who follows `topic`, except over this connection."""

    id: int
    topic: str
    data: bytes


class Subscribe(_Frame, tag="subscribe"):
    """Follow a topic; again is harmless."""

    id: int
    topic: str


class Unsubscribe(_Frame, tag="unsubscribe"):
    """Stop following; without having followed is harmless."""

    id: int
    topic: str


class Peers(_Frame, tag="peers"):
    """Ask for `PeerList`."""

    id: int


class Connect(_Frame, tag="connect"):
    """Dial a multiaddr that ends in /p2p/<peer id>; the peer is not turned away any more."""

    id: int
    multiaddr: str


class Disconnect(_Frame, tag="disconnect"):
    """Close the connections to a peer, and turn it away until `Connect` or a restart."""

    id: int
    peer_id: str


class Status(_Frame, tag="status"):
    """Ask for `StatusReport`."""

    id: int


class Welcome(_Frame, tag="welcome"):
    """The daemon's answer to `Hello`."""

    version: int
    peer_id: str


class Done(_Frame, tag="done"):
    """A request was carried out; a `Publish` has been handed to GossipSub."""

    id: int


class Refused(_Frame, tag="refused"):
    """A request was not carried out."""

    id: int
    code: str
    message: str


class PeerList(_Frame, tag="peer_list"):
    """Answer to `Peers`."""

    id: int
    peers: list[PeerInfo]


class StatusReport(_Frame, tag="status_report"):
    """Answer to `Status`."""

    id: int
    status: NodeStatus


class Message(_Frame, tag="message"):
    """A message of a topic the client follows. (`publisher`, `seqno`) is unique; seqno 0: published on this host."""

    topic: str
    data: bytes
    publisher: str
    seqno: int


class Dropped(_Frame, tag="dropped"):
    """The client read too slowly: this many messages before the next one are lost to it."""

    count: int


class Fault(_Frame, tag="fault"):
    """The client broke the protocol; the daemon hangs up."""

    code: str
    message: str


Request = Publish | Subscribe | Unsubscribe | Peers | Connect | Disconnect | Status
FromClient = Hello | Request
Answer = Done | Refused | PeerList | StatusReport
FromDaemon = Welcome | Answer | Message | Dropped | Fault

_encoder: Final = msgspec.msgpack.Encoder()


def encode(frame: FromClient | FromDaemon) -> bytes:
    """The frame with its length in front.

    Raises:
        P2PError: it is larger than `MAX_FRAME_BYTES` (code `too_large`).
    """
    body = _encoder.encode(frame)
    if len(body) > MAX_FRAME_BYTES:
        raise P2PError("too_large", f"a frame of {len(body)} bytes is over the limit of {MAX_FRAME_BYTES}")
    return _LENGTH.pack(len(body)) + body


class Parser:
    """Turns received bytes into frames; one per connection.

    Args:
        kinds: the union of frames the other side may send, `FromClient` or `FromDaemon`.
    """

    def __init__(self, kinds: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(kinds)
        self._buffer = bytearray()

    def feed(self, data: bytes | bytearray | memoryview) -> list[Any]:
        """Take in bytes and return the frames they complete.

        Raises:
            ProtocolError: a frame is too large or not one of ours; frames before it in `data` are lost with it.
        """
        buffer = self._buffer
        buffer += data
        frames: list[Any] = []
        position = 0
        view = memoryview(buffer)
        try:
            while len(buffer) - position >= 4:
                (length,) = _LENGTH.unpack_from(buffer, position)
                if length > MAX_FRAME_BYTES:
                    raise ProtocolError(
                        f"a frame of {length} bytes is announced; at most {MAX_FRAME_BYTES} are allowed"
                    )
                end = position + 4 + length
                if len(buffer) < end:
                    break
                try:
                    frames.append(self._decoder.decode(view[position + 4 : end]))
                except (msgspec.DecodeError, msgspec.ValidationError) as error:
                    raise ProtocolError(f"malformed frame: {error}") from error
                position = end
        finally:
            view.release()
        del buffer[:position]
        return frames
