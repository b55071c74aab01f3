import trio
import trio.testing

from debros.identity import Identity
from debros.p2p.discovery import ASKED, DIALED, Discovery
from debros.p2p.exchange import ExchangeError, Told
from debros.p2p.learned import Learned
from debros.p2p.protocol import P2PError


def peer(number):
    return Identity.from_seed(number.to_bytes(32, "big")).peer_id


OWN = peer(1)


class Net:
    """A host and its exchange: who is there can be dialed, and tells of `tells`."""

    def __init__(self, *, connected=(), tells=(), there=()):
        self.up = list(connected)
        self.tells = {one: [f"/ip4/192.0.2.{number}/tcp/1"] for number, one in enumerate(tells, 1)}
        self.there = set(there)
        self.away = set()
        self.asked, self.dials = [], []

    def connected(self):
        return list(self.up)

    def is_turned_away(self, peer_id):
        return peer_id in self.away

    def is_local(self, _peer_id):
        return False

    async def connect(self, multiaddr):
        self.dials.append(multiaddr)
        peer_id = multiaddr.rpartition("/")[2]
        if peer_id not in self.there:
            raise P2PError("unreachable", "connection refused")
        self.up.append(peer_id)
        return peer_id

    async def ask(self, peer_id):
        self.asked.append(peer_id)
        if not self.tells:
            raise ExchangeError("it does not speak it")
        return [Told(one, addresses) for one, addresses in self.tells.items()]


def rounds(net, count, **settings):
    """Let rounds pass, with a clock that jumps to the next deadline."""

    async def main():
        settings.setdefault("max_connections", 50)
        learned = Learned(OWN, trio.current_time)
        with trio.move_on_after(15 * count + 8):
            await Discovery(net, net, learned, interval=15, **settings).run()

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return net


def test_who_is_told_of_is_dialed_and_not_again():
    net = rounds(Net(connected=[peer(2)], tells=[peer(3), OWN, peer(2)], there=[peer(3)]), 4)
    assert net.dials == [f"/ip4/192.0.2.1/tcp/1/p2p/{peer(3)}"]


def test_who_is_not_there_is_dialed_only_when_told_of_again():
    net = Net(connected=[peer(2)], tells=[peer(3)])
    rounds(net, 3)
    assert 3 <= len(net.dials) <= 4
    net.tells = {}
    dialed = len(net.dials)
    rounds(net, 3)
    assert len(net.dials) == dialed


def test_a_round_asks_few_and_dials_few():
    net = rounds(Net(connected=[peer(n) for n in range(2, 12)], tells=[peer(n) for n in range(20, 60)]), 1)
    assert len(net.asked) == ASKED
    assert len(net.dials) == DIALED


def test_a_quarter_of_the_connections_is_left_to_others():
    net = Net(connected=[peer(2)], tells=[peer(n) for n in range(20, 40)], there=[peer(n) for n in range(20, 40)])
    rounds(net, 6, max_connections=8)
    assert len(net.up) == 6


def test_whom_an_operator_has_hung_up_on_is_left_alone():
    net = Net(connected=[peer(2)], tells=[peer(3)], there=[peer(3)])
    net.away = {peer(3)}
    assert rounds(net, 3).dials == []


def test_nobody_to_ask_is_no_failure():
    assert rounds(Net(), 3).asked == []
