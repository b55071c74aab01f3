"""Which nodes the cluster has, and what each of them said last.

Only members are believed: those of the cluster's list (`debros.node.members`), and the bootstrap peers whose peer id
the operator has configured. What is not known is not taken for dead: a member that has said nothing since this node
runs is `unknown`, one that was heard and has missed three words is `down`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from debros import logs
from debros.node.heartbeat import INTERVAL, Word, decode
from debros.p2p.state import NodeReport

_log = logs.get(__name__)

# Three words missed: one may be lost, and hosts under load are late.
DOWN_AFTER: Final = 3 * INTERVAL
# By how much the clocks of hosts may differ, and how old a word may be that had to wait. A recorded word of a node
# that has gone can be said again for that long, to a node that has just started.
_SKEW: Final = 90.0


@dataclass(frozen=True, slots=True)
class _Heard:
    word: Word
    when: float  # by this node's own clock that nobody sets


class Roll:
    """The nodes of the cluster as this one sees them.

    Args:
        own: this node's peer id.
        own_name: how it calls itself.
        members: peer id and name of every member; asked anew each time, for the list changes.
        clock: seconds since 1970.
        monotonic: seconds of a clock that only goes forward.
    """

    def __init__(
        self,
        own: str,
        own_name: str,
        members: Callable[[], Mapping[str, str]],
        *,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._own = own
        self._own_name = own_name
        self._members = members
        self._clock = clock
        self._monotonic = monotonic
        self._heard: dict[str, _Heard] = {}
        self._down: set[str] = set()
        self._off: set[str] = set()  # those whose clocks differ too much

    def accepts(self, publisher: str, data: bytes) -> bool:
        """Whether a message is a member's word, newer than its last one; nothing else is passed on to other nodes."""
        if publisher not in self._members():
            return False
        word = decode(data)
        if word is None or not self._timely(publisher, word):
            return False
        last = self._heard.get(publisher)
        return last is None or word.at > last.word.at

    def _timely(self, publisher: str, word: Word) -> bool:
        off = word.at / 1000 - self._clock()
        if abs(off) <= _SKEW:
            self._off.discard(publisher)
            return True
        if publisher not in self._off:
            self._off.add(publisher)
            _log.warning(
                "a node's heartbeat is not believed: its clock differs; set the hosts' clocks",
                peer=publisher,
                seconds=round(off),
            )
        return False

    def hear(self, publisher: str, data: bytes) -> None:
        """Take in a message that was accepted."""
        if (word := decode(data)) is not None:
            self.note(publisher, word)

    def note(self, peer_id: str, word: Word) -> None:
        """Take in a word of a member, or this node's own."""
        self._heard[peer_id] = _Heard(word, self._monotonic())
        if peer_id in self._down:
            self._down.discard(peer_id)
            _log.info("a node is heard again", peer=peer_id)

    def watch(self) -> None:
        """Log who has fallen silent since the last call, and forget who is a member no more."""
        members = {self._own, *self._members()}
        for peer_id in [peer for peer in self._heard if peer not in members]:
            del self._heard[peer_id]
            self._down.discard(peer_id)
        self._off &= members
        for peer_id, heard in self._heard.items():
            age = self._monotonic() - heard.when
            if age > DOWN_AFTER and peer_id not in self._down:
                self._down.add(peer_id)
                _log.warning("a node is not heard any more", peer=peer_id, seconds=round(age))

    def reports(self) -> list[NodeReport]:
        """Every node of the cluster, this one first, the others by name."""
        members = dict(self._members())
        own_name = members.pop(self._own, "") or self._own_name
        others = sorted((name, peer) for peer, name in members.items())
        return [self._report(own_name, self._own), *(self._report(name, peer) for name, peer in others)]

    def _report(self, name: str, peer_id: str) -> NodeReport:
        heard = self._heard.get(peer_id)
        if heard is None:
            return NodeReport(name=name or peer_id, peer_id=peer_id, state="unknown")
        age, word = self._monotonic() - heard.when, heard.word
        return NodeReport(
            name=name or peer_id,
            peer_id=peer_id,
            state="down" if age > DOWN_AFTER else "up",
            age=round(age, 3),
            version=word.version,
            rqlite_version=word.rqlite_version,
            uptime=word.uptime,
            peers=word.peers,
            cpu_percent=word.cpu_percent,
            memory_bytes=word.memory_bytes,
            database_role=word.database_role,
            database_ready=word.database_ready,
        )
