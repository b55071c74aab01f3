import asyncio
import socket

import pytest

from debros.gateway.workers.channel import Channel, ChannelClosedError
from debros.gateway.workers.messages import Alive, Count, Figures, FromParent, FromWorker, Look, Ready, Stop


@pytest.fixture
async def ends():
    one, other = socket.socketpair()
    parent, worker = await Channel.open(one, FromWorker), await Channel.open(other, FromParent)
    yield parent, worker
    parent.close()
    worker.close()


async def test_messages_come_in_order(ends) -> None:
    parent, worker = ends
    for message in (Ready(), Alive(), Alive()):
        worker.send(message)
    assert [await parent.receive() for _ in range(3)] == [Ready(), Alive(), Alive()]


async def test_an_answer_reaches_who_asked_whatever_comes_between(ends) -> None:
    parent, worker = ends
    big = [("name", "text", "gauge", [(f"sample_{number}", {"a": "b"}, float("nan")) for number in range(20_000)])]
    asking = [asyncio.ensure_future(parent.ask(lambda number: Count(number, upstream=False))) for _ in range(2)]
    first, second = await worker.receive(), await worker.receive()
    worker.send(Figures(second.id, []))
    worker.send(Alive())
    worker.send(Figures(first.id, big))
    worker.send(Ready())
    assert [await parent.receive(), await parent.receive()] == [Alive(), Ready()]
    assert [len(answer.families) for answer in await asyncio.gather(*asking)] == [1, 0]


async def test_who_waits_for_somebody_who_goes_is_told(ends) -> None:
    parent, worker = ends
    asking = asyncio.ensure_future(parent.ask(Look))
    await worker.receive()
    worker.close()
    assert await parent.receive() is None
    with pytest.raises(ChannelClosedError):
        await asking
    with pytest.raises(ChannelClosedError):
        await parent.ask(Look)
    parent.send(Stop())  # nobody reads it, and nothing happens
