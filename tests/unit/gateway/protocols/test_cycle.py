"""What our cycle writes is byte for byte what uvicorn's own would."""

import asyncio
import logging

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from debros.gateway.protocols import cycle

LENGTH = (b"content-length", b"2")


class Transport:
    """Keeps what is written."""

    def __init__(self):
        self.pieces = []
        self.closed = False

    @property
    def written(self):
        return b"".join(self.pieces)

    def write(self, data):
        assert not self.closed
        self.pieces.append(data)

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed


def made(*, method="GET", keep_alive=True):
    transport = Transport()
    return RequestResponseCycle(
        scope={"type": "http", "method": method},
        transport=transport,
        flow=FlowControl(transport),
        logger=logging.getLogger("x"),
        access_logger=logging.getLogger("x"),
        access_log=False,
        default_headers=[(b"date", b"today")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: None,
    )


async def outcome(one, messages):
    """What was written, whether the connection was closed, and what was wrong."""
    error = None
    try:
        for message in messages:
            await one.send(dict(message))
    except RuntimeError as raised:
        error = str(raised)
    await asyncio.sleep(0)  # what is held is written in the loop's next turn
    return one.transport.written, one.transport.closed, one.response_complete, error


@pytest.mark.parametrize("options", [{}, {"method": "HEAD"}, {"keep_alive": False}], ids=str)
@pytest.mark.parametrize("body", [b"{}", b"", b"much more"])
@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, [LENGTH, (b"Content-Type", b"application/json"), (b"vary", b"a"), (b"vary", b"b"), (b"empty", b"")]),
        (201, []),
        (204, []),
        (304, [(b"etag", b'"x"')]),
        (413, [LENGTH, (b"Connection", b"close")]),
        (200, [LENGTH, LENGTH]),
        (200, [(b"transfer-encoding", b"chunked")]),
        (200, [LENGTH, (b"bad name", b"x")]),
        (200, [LENGTH, (b"name", b"bad\r\nvalue: x")]),
        (200, [LENGTH, (b"name", b"a\tb \xff")]),
    ],
)
async def test_every_answer_is_the_same(options, body, status, headers) -> None:
    messages = [
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body, "more_body": False},
    ]
    assert await outcome(cycle.of(made(**options)), messages) == await outcome(made(**options), messages)


@pytest.mark.parametrize("first", ["http.response.body", "http.response.start"])
async def test_messages_out_of_turn_are_refused_the_same(first) -> None:
    messages = [{"type": first, "status": 200, "headers": [LENGTH]}] * 2
    assert await outcome(cycle.of(made()), messages) == await outcome(made(), messages)


async def test_nothing_is_written_to_a_client_that_has_gone() -> None:
    one = cycle.of(made())
    one.disconnected = True
    await one.send({"type": "http.response.start", "status": 200, "headers": [LENGTH]})
    assert one.transport.written == b""


async def test_a_body_has_arrived_when_nothing_is_missing_and_nobody_has_taken_it() -> None:
    one = cycle.of(made())
    assert not one.arrived()
    one.body += b"first"
    one.message_event.set()
    assert not one.arrived()
    one.more_body = False
    assert one.arrived()
    assert (await one.receive())["body"] == b"first"
    assert not one.arrived()


HEAD = {"type": "http.response.start", "status": 200, "headers": [LENGTH]}


async def test_head_and_body_are_one_write() -> None:
    one = cycle.of(made())
    await outcome(one, [HEAD, {"type": "http.response.body", "body": b"{}"}])
    assert len(one.transport.pieces) == 1


async def test_a_head_whose_body_is_late_goes_ahead() -> None:
    one = cycle.of(made())
    await one.send(dict(HEAD))
    await asyncio.sleep(0)
    assert one.transport.written.endswith(b"content-length: 2\r\n\r\n")
    await one.send({"type": "http.response.body", "body": b"{", "more_body": True})
    await one.send({"type": "http.response.body", "body": b"}"})
    assert one.transport.written.endswith(b"\r\n\r\n{}")
    assert one.response_complete


@pytest.mark.parametrize("end", ["gone", "closed"])
async def test_a_head_that_is_held_is_not_written_behind_the_end(end) -> None:
    one = cycle.of(made())
    await one.send(dict(HEAD))
    if end == "gone":
        one.disconnected = True
    else:
        one.transport.close()
    await asyncio.sleep(0)
    assert one.transport.pieces == []


async def test_a_server_that_stops_meanwhile_ends_the_connection_with_the_answer() -> None:
    one = cycle.of(made())
    await one.send(dict(HEAD))
    one.keep_alive = False
    await one.send({"type": "http.response.body", "body": b"{}"})
    assert one.transport.closed
    assert one.transport.written.endswith(b"{}")
