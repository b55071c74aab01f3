"""Memory: a peer that ignores yamux flow control must not fill ours.

Upstream announces a receive window but only logs when a peer sends more: 195 MB sent became 185 MB held.
"""

from typing import Any, Final

import trio
from libp2p.stream_muxer.yamux import yamux

from debros.p2p.workarounds.patching import replace

# Also the largest window auto-tuning may grant. Twice the largest pubsub RPC would be more than a stream can use.
MAX_STREAM_BUFFER: Final = 1024 * 1024
# A window update may cross with data under way; yamux frames carry at most 64 KiB.
_SLACK: Final = 64 * 1024


class _BoundedBuffer(bytearray):
    __slots__ = ()

    def extend(self, data: Any, /) -> None:
        if len(self) + len(data) > MAX_STREAM_BUFFER + _SLACK:
            # Upstream's reader logs other errors and reads on; at this one it closes the connection.
            raise trio.TooSlowError("the peer ignores yamux flow control")
        super().extend(data)


class _Buffers(dict[int, bytearray]):
    def __setitem__(self, stream_id: int, buffer: bytearray) -> None:
        super().__setitem__(stream_id, _BoundedBuffer(buffer))


def apply() -> None:
    """Bound each stream's receive buffer; overrunning it costs the peer its connection."""

    def init(self: yamux.Yamux, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.stream_buffers = _Buffers()

    original = replace(yamux.Yamux, "__init__", init)
    replace(yamux, "MAX_WINDOW_SIZE", MAX_STREAM_BUFFER)
