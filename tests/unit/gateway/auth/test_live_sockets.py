import asyncio

import pytest

from debros.gateway.auth.live_sockets import LiveSocket, LiveSockets
from debros.gateway.auth.principal import Principal
from debros.rqlite.errors import NoLeader

WHO = Principal("shop", "jwt", "ses_1", "0xab", session="ses_1")
ACCEPT, TEXT = {"type": "websocket.accept"}, {"type": "websocket.send", "text": "x"}


@pytest.fixture
def sent():
    return []


@pytest.fixture
def socket(sent):
    async def send(message):
        sent.append(message)

    return LiveSocket(WHO, send)


async def settled(sockets) -> None:
    await asyncio.gather(sockets._looking)


async def test_a_closed_socket_gets_nothing_more(socket, sent) -> None:
    await socket.send(ACCEPT)
    await socket.close()
    await socket.close()
    await socket.send(TEXT)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert sent[1]["code"] == 1008


async def test_one_that_is_not_open_yet_is_closed_when_it_is(socket, sent) -> None:
    await socket.close()
    assert sent == []
    await socket.send(ACCEPT)
    await socket.send(TEXT)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]


async def test_a_socket_that_ends_by_itself_is_left_alone(socket, sent) -> None:
    await socket.send(ACCEPT)
    await socket.send({"type": "websocket.close", "code": 1000})
    await socket.close()
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("now", "closed"),
    [(WHO, False), (None, True), (Principal("shop", "jwt", "ses_1", owner=False), True), (NoLeader(), False)],
)
async def test_who_is_closed_after_a_change(socket, sent, now, closed) -> None:
    async def recheck(_principal):
        if isinstance(now, Exception):
            raise now
        return now

    sockets = LiveSockets(recheck)
    sockets.look()  # nobody is there
    sockets.add(socket)
    await socket.send(ACCEPT)
    sockets.look([])
    await settled(sockets)
    assert (sent[-1]["type"] == "websocket.close") is closed
    await sockets.close()
