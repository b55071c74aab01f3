"""Who waits for which answer of the p2p daemon."""

import asyncio

import pytest

from debros.p2p import protocol
from debros.p2p.pending import Pending
from debros.p2p.protocol import P2PError, RelayUnavailable


class Wire:
    """Takes the place of a link; keeps what is sent."""

    def __init__(self):
        self.sent = []

    def send(self, frame):
        self.sent.append(frame)


@pytest.fixture
def pending():
    return Pending()


async def asked(pending, link, topic="t"):
    """Ask, and return the request's id and who waits for the answer."""
    request = pending.next_id()
    waiting = asyncio.create_task(pending.ask(link, protocol.Subscribe(request, topic), protocol.Done))
    await asyncio.sleep(0)
    return request, waiting


async def test_each_answer_finds_who_waits_for_it(pending) -> None:
    link = Wire()
    (first, one), (second, other) = await asked(pending, link), await asked(pending, link)
    assert first != second
    assert len(link.sent) == 2
    pending.settle(second, protocol.Done(second))
    assert await other == protocol.Done(second)
    assert not one.done()
    pending.refuse(first, P2PError("invalid_topic", "no"))
    with pytest.raises(P2PError, match="no"):
        await one


async def test_an_answer_that_nobody_waits_for_is_nothing(pending) -> None:
    pending.settle(7, protocol.Done(7))
    pending.refuse(7, P2PError("busy", "no"))
    request, waiting = await asked(pending, Wire())
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    pending.settle(request, protocol.Done(request))


async def test_without_a_link_nobody_waits(pending) -> None:
    _, waiting = await asked(pending, None)
    with pytest.raises(RelayUnavailable, match="not connected"):
        await waiting


async def test_when_the_link_is_lost_everybody_hears_of_it(pending) -> None:
    link = Wire()
    welcome = asyncio.create_task(pending.greet(link, "gateway"))
    _, waiting = await asked(pending, link)
    pending.fail(RelayUnavailable, "lost")
    for one in (welcome, waiting):
        with pytest.raises(RelayUnavailable, match="lost"):
            await one


async def test_a_greeting_waits_for_its_welcome(pending) -> None:
    welcome = asyncio.create_task(pending.greet(Wire(), "gateway"))
    await asyncio.sleep(0)
    assert not welcome.done()
    pending.welcome(protocol.Welcome(protocol.VERSION, "12D3KooW"))
    await welcome


async def test_an_answer_of_another_kind_is_none(pending) -> None:
    request, waiting = await asked(pending, Wire())
    pending.settle(request, protocol.PeerList(request, []))
    with pytest.raises(RelayUnavailable, match="wrong answer"):
        await waiting
