import random

import pytest
import trio
import trio.testing

from debros.p2p.bootstrap import Backoff, keep_connected
from debros.p2p.protocol import P2PError

PEER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
OTHER = "12D3KooWHoSyTgntm77sXShoeX9uNkqKNMhHxKtskaHqnA54SrSG"
ADDRESS = f"/ip4/192.0.2.1/tcp/4001/p2p/{PEER}"


def test_pauses_grow_from_5_s_by_half_to_10_minutes():
    backoff = Backoff(spread=lambda low, high: (low + high) / 2)
    pauses = [backoff.next() for _ in range(20)]
    assert pauses[:4] == pytest.approx([5, 7.5, 11.25, 16.875])
    assert pauses[-1] == 600
    backoff.reset()
    assert backoff.next() == 5


def test_pauses_are_spread_by_a_fifth():
    spread = [Backoff(random.Random(seed).uniform).next() for seed in range(200)]
    assert min(spread) >= 4
    assert max(spread) <= 6
    assert max(spread) - min(spread) > 1.5


class FakeHost:
    peer_id = OTHER

    def __init__(self):
        self.dials = []  # (time, address)
        self.up = True
        self.connected = False
        self.away = False

    def is_turned_away(self, _peer_id):
        return self.away

    def is_connected(self, _peer_id):
        return self.connected

    async def connect(self, multiaddr):
        self.dials.append((trio.current_time(), multiaddr))
        if not self.up:
            raise P2PError("unreachable", "connection refused")
        self.connected = True
        return PEER

    async def learn_peer_id(self, _multiaddr):
        if not self.up:
            raise P2PError("unreachable", "connection refused")
        return PEER


def run(scenario):
    """Run with a clock that jumps to the next deadline."""

    async def main():
        with trio.fail_after(10_000):
            await scenario()

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def test_dials_until_the_peer_is_there_and_again_when_it_is_lost():
    async def scenario():
        host = FakeHost()
        host.up = False
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_connected, host, [ADDRESS])
            await trio.sleep(30)
            gaps = [after - before for (before, _), (after, _) in zip(host.dials, host.dials[1:], strict=False)]
            for gap, expected in zip(gaps, [5, 7.5, 11.25], strict=False):
                assert 0.8 * expected <= gap <= 1.2 * expected
            host.up = True
            await trio.sleep(60)
            assert host.connected
            dialed = len(host.dials)
            host.connected = False
            await trio.sleep(1)
            assert host.connected  # a peer that was there for long is dialed at once
            assert len(host.dials) == dialed + 1
            nursery.cancel_scope.cancel()

    run(scenario)


def test_a_peer_that_an_operator_has_hung_up_on_is_not_dialed_until_it_may_come_again():
    async def scenario():
        host = FakeHost()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_connected, host, [ADDRESS])
            await trio.sleep(60)
            host.away, host.connected = True, False
            await trio.sleep(2000)
            assert (host.connected, len(host.dials)) == (False, 1)
            host.away = False
            await trio.sleep(10)
            assert (host.connected, len(host.dials)) == (True, 2)
            nursery.cancel_scope.cancel()

    run(scenario)


def test_a_peer_that_hangs_up_at_once_is_not_dialed_in_a_loop():
    async def scenario():
        host = FakeHost()

        async def hang_up():
            while True:
                host.connected = False
                await trio.sleep(0.1)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(hang_up)
            nursery.start_soon(keep_connected, host, [ADDRESS])
            await trio.sleep(60)
            assert 4 <= len(host.dials) <= 7
            nursery.cancel_scope.cancel()

    run(scenario)


def test_a_peer_without_id_is_asked_for_it_and_one_that_is_us_is_left_alone():
    async def scenario():
        host = FakeHost()
        host.up = False
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                keep_connected, host, ["/ip4/192.0.2.1/tcp/4001", f"/ip4/192.0.2.2/tcp/4001/p2p/{OTHER}"]
            )
            await trio.sleep(1)
            host.up = True
            await trio.sleep(10)
            nursery.cancel_scope.cancel()
        assert [address for _, address in host.dials] == [ADDRESS]

    run(scenario)
