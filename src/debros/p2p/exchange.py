"""Peer exchange, `/debros/peer-exchange/1.0.0`: one line of JSON asks, one line of JSON answers.

``{"limit": 20}`` → ``{"peers": [{"id": "12D3KooW…", "addrs": ["/ip4/…/tcp/4001"]}]}``. A line ends with a line feed or
with the stream. Whoever asks gets the peers connected to this node, with the addresses that they announce themselves.
"""

import contextlib
import random
from typing import Annotated, Any, Final

import msgspec
import trio
from libp2p.custom_types import TProtocol
from libp2p.network.stream.exceptions import StreamEOF
from libp2p.peer.id import ID

from debros import logs
from debros.p2p.host import Host
from debros.p2p.learned import MAX_ADDRESSES, believable

_log = logs.get(__name__)

PROTOCOL: Final = TProtocol("/debros/peer-exchange/1.0.0")
# Peers in one answer, whatever was asked for.
MAX_PEERS: Final = 32
# All of one exchange, both ways: whoever is slower has nothing to tell.
TIMEOUT: Final = 5.0
_MAX_REQUEST: Final = 1024  # bytes
_MAX_ANSWER: Final = 128 * 1024  # 32 peers with 8 addresses of 256 characters, and what is around them
# Askers served at once; the next ones are hung up on.
_MAX_SERVED: Final = 16


class _Request(msgspec.Struct):
    limit: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = MAX_PEERS


class Told(msgspec.Struct):
    """A peer as another one tells of it."""

    id: Annotated[str, msgspec.Meta(max_length=128)]
    addrs: Annotated[list[str], msgspec.Meta(max_length=64)] = []


class _Answer(msgspec.Struct):
    peers: Annotated[list[Told], msgspec.Meta(max_length=1024)] = []


_request: Final = msgspec.json.Decoder(_Request)
_answer: Final = msgspec.json.Decoder(_Answer)


class ExchangeError(Exception):
    """A peer did not answer, or not what the protocol wants; the text says which."""


class Exchange:
    """Asks peers whom they know, and tells them.

    Args:
        host: not yet running.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._served = 0
        host.libp2p.set_stream_handler(PROTOCOL, self._serve)

    async def ask(self, peer: str, limit: int = MAX_PEERS) -> list[Told]:
        """Return the peers that a connected peer knows, at most `limit`.

        Raises:
            ExchangeError: it does not speak the protocol, is too slow, or answers something else.
        """
        try:
            with trio.fail_after(TIMEOUT):
                stream = await self._host.libp2p.new_stream(ID.from_string(peer), [PROTOCOL])
                async with _Ended(stream):
                    await stream.write(msgspec.json.encode(_Request(limit)) + b"\n")
                    return _answer.decode(await _line(stream, _MAX_ANSWER)).peers[:limit]
        except trio.TooSlowError:
            raise ExchangeError(f"no answer within {TIMEOUT:.0f} s") from None
        except Exception as error:  # libp2p's errors have no common base, and whatever it is: this peer tells nothing
            raise ExchangeError(str(error) or type(error).__name__) from error

    async def _serve(self, stream: Any) -> None:
        peer = str(stream.muxed_conn.peer_id)
        async with _Ended(stream):
            if self._served >= _MAX_SERVED:
                return
            self._served += 1
            try:
                with trio.fail_after(TIMEOUT):
                    asked = _request.decode(await _line(stream, _MAX_REQUEST))
                    await stream.write(msgspec.json.encode(_Answer(self._known(peer, asked.limit))) + b"\n")
                    await stream.close()
                    # Until the asker has read it and closes: a reset would take the answer away from it.
                    with contextlib.suppress(StreamEOF):
                        await stream.read(1)
            except Exception as error:  # noqa: BLE001 - a stranger's request may fail in any way, and ends with its stream
                _log.debug("peer exchange failed", peer=peer, error=repr(error))
            finally:
                self._served -= 1

    def _known(self, asker: str, limit: int) -> list[Told]:
        others = [peer for peer in self._host.connected() if peer != asker and not self._host.is_turned_away(peer)]
        random.shuffle(others)  # each asker learns of others, also where more are connected than one answer holds
        told: list[Told] = []
        local = self._host.is_local(asker)
        for peer in others:
            said = self._host.announced_by(peer)
            fit = [text for text in said if believable(text, peer, teller_is_local=local) is not None][:MAX_ADDRESSES]
            if fit and len(told) < min(limit, MAX_PEERS):
                told.append(Told(peer, fit))
        return told


class _Ended:
    """A stream that is over with the block: closed where both sides are done, else reset, and never waited for long."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        with trio.CancelScope(shield=True), trio.move_on_after(1):
            try:
                await self._stream.reset()
            except Exception as error:  # noqa: BLE001 - closed by both sides already
                _log.debug("resetting a stream failed", error=repr(error))


async def _line(stream: Any, most: int) -> bytes:
    """Read to the end of the line, or of the stream.

    Raises:
        ExchangeError: it is longer than `most` bytes.
    """
    data = bytearray()
    while b"\n" not in data:
        if len(data) > most:
            raise ExchangeError(f"more than {most} bytes")
        try:
            part = await stream.read(most + 1 - len(data))
        except StreamEOF:
            break
        if not part:
            break
        data += part
    line = bytes(data.partition(b"\n")[0])
    if len(line) > most:
        raise ExchangeError(f"more than {most} bytes")
    return line
