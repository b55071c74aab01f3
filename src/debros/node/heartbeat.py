"""What a node says of itself every half minute, to the other nodes of its cluster.

It goes over GossipSub, which signs every message with the publisher's key (StrictSign) and checks it at every hop, so
the word's author is known; `debros.node.roll` decides whom to believe. A word carries the time, which only grows, so
that nobody can say a recorded one again. The topic begins like none of a tenant's (``ns::``), and local programs cannot
follow or publish it.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import msgspec
import psutil
import trio

from debros import logs, version
from debros.node.monitor import Snapshot

_log = logs.get(__name__)

TOPIC: Final = "debros::nodes"
INTERVAL: Final = 30.0  # the contract's
# A node that has just come hears the others at once; several that come together cost one word.
_SETTLE: Final = 1.0
# A word has about 200 bytes; the rest is room for later releases.
MAX_BYTES: Final = 4096

_Text = Annotated[str, msgspec.Meta(max_length=64)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Amount = Annotated[float, msgspec.Meta(ge=0, le=1e12)]


class Word(msgspec.Struct, frozen=True):
    """One heartbeat; what a later release adds is passed over.

    Attributes:
        at: when it was said, Unix time in milliseconds; grows with every word.
        version: of debros.
        rqlite_version: of the database beside it; "" as long as that has not answered.
        uptime: seconds the node runs.
        peers: peers it is connected to.
        cpu_percent: processor time of its process since its last word, of one core.
        memory_bytes: resident memory of its process.
        database_role: leader, follower, candidate, nonvoter; "" when unknown.
        database_ready: the database has a leader and has caught up with it.
    """

    at: _Count
    version: _Text
    rqlite_version: _Text
    uptime: _Amount
    peers: _Count
    cpu_percent: _Amount
    memory_bytes: _Count
    database_role: _Text
    database_ready: bool


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Word)


def encode(word: Word) -> bytes:
    """Return a word as bytes."""
    return _encoder.encode(word)


def decode(data: bytes) -> Word | None:
    """Return a word; None when it is none."""
    if len(data) > MAX_BYTES:
        return None
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError:
        return None


class Heart:
    """Says this node's word, every half minute and when somebody new listens.

    Args:
        say: publishes a word to the other nodes.
        peers: how many peers there are now.
        database: the database as last seen.
        uptime: seconds the node runs.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        say: Callable[[Word], Awaitable[None]],
        *,
        peers: Callable[[], int],
        database: Callable[[], Snapshot],
        uptime: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._say = say
        self._peers = peers
        self._database = database
        self._uptime = uptime
        self._clock = clock
        self._last = 0
        self._process = psutil.Process()
        self._process.cpu_percent()  # the first call only sets the mark the next one counts from
        self._wanted = trio.Event()

    def somebody_listens(self) -> None:
        """A peer has begun to follow the topic: it need not wait half a minute."""
        self._wanted.set()

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            self._wanted = trio.Event()
            word = self._word()
            _log.info(
                "heartbeat",
                peers=word.peers,
                cpu_percent=word.cpu_percent,
                memory_bytes=word.memory_bytes,
                database_role=word.database_role or "unknown",
                database_ready=word.database_ready,
            )
            await self._say(word)
            with trio.move_on_after(INTERVAL):
                await self._wanted.wait()
                await trio.sleep(_SETTLE)

    def _word(self) -> Word:
        database = self._database()
        self._last = max(int(self._clock() * 1000), self._last + 1)
        return Word(
            at=self._last,
            version=version.current().version[:64],
            rqlite_version=database.version[:64],
            uptime=round(self._uptime(), 3),
            peers=self._peers(),
            cpu_percent=self._process.cpu_percent(),
            memory_bytes=self._process.memory_info().rss,
            database_role=database.role[:64],
            database_ready=database.ready,
        )
