"""Speed: six times the throughput by leaving out work that changes nothing.

Measured over three nodes on two cores, 100-byte messages: 206-225 a second before, 1,340-1,540 after.

* yamux sends a window update per read: credit is returned once half the window has been used.
* Every pubsub RPC carries our signed peer record, which every receiver verifies twice: none is sent or looked at;
  peers learn addresses from identify.
* A Noise frame costs two `recv` calls: the socket is read into a buffer.

A fourth part was the search for the task that starts another, which `containment` leaves out.
"""

from typing import Final

import trio
from libp2p.io.exceptions import ConnectionClosedError
from libp2p.io.trio import TrioTCPStream
from libp2p.pubsub import gossipsub, pubsub
from libp2p.stream_muxer.yamux import yamux

from debros.p2p.workarounds.patching import replace

_READ_BYTES: Final = 64 * 1024


def apply() -> None:
    """Install all three."""
    replace(yamux.YamuxStream, "_auto_tune_and_send_window_update", _return_credit)
    replace(TrioTCPStream, "read", _read)
    _leave_out_records()


async def _return_credit(self: yamux.YamuxStream, *, bytes_read: int = 0) -> None:
    self._pending_recv_release += bytes_read
    if self._pending_recv_release < yamux.DEFAULT_WINDOW_SIZE // 2 or self.recv_closed:
        return
    credit, self._pending_recv_release = self._pending_recv_release, 0
    self.recv_window += credit
    await self.send_window_update(credit)


def _leave_out_records() -> None:
    for module in (pubsub, gossipsub):
        replace(module, "env_to_send_in_RPC", lambda _host: (b"", False))
        replace(module, "maybe_consume_signed_record", lambda _rpc, _host, _peer: True)


async def _read(self: TrioTCPStream, n: int | None = None) -> bytes:
    if n == 0:
        return b""
    unread: bytearray = self.__dict__.setdefault("_debros_unread", bytearray())
    if not unread:
        async with self.read_lock:
            try:
                data = await self.stream.receive_some(_READ_BYTES)
            except trio.BrokenResourceError as error:
                raise ConnectionClosedError(f"TCP connection reset: {error}", transport="tcp") from error
            except trio.ClosedResourceError:
                return b""
        if n is None or len(data) <= n:
            return bytes(data)
        unread += data
    taken = bytes(unread if n is None else unread[:n])
    del unread[: len(taken)]
    return taken
