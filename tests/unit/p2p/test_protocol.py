import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debros.p2p import protocol, state
from debros.p2p.protocol import P2PError, Parser, ProtocolError

FRAMES = [
    protocol.Hello(1, "gateway"),
    protocol.Publish(1, "ns::a::t", b"\x00\xff"),
    protocol.Publish(2, "ns::a::t", b""),
    protocol.Subscribe(3, "ns::a::ü"),
    protocol.Unsubscribe(4, "ns::a::t"),
    protocol.Peers(5),
    protocol.Connect(6, "/ip4/192.0.2.1/tcp/4001/p2p/x"),
    protocol.Disconnect(7, "x"),
    protocol.Status(8),
]
ANSWERS = [
    protocol.Welcome(1, "12D3"),
    protocol.Done(1),
    protocol.Refused(2, "busy", "later"),
    protocol.PeerList(5, [state.PeerInfo("12D3", ["/ip4/192.0.2.1/tcp/1"], True, 1.5)]),
    protocol.StatusReport(8, state.NodeStatus("n", "12D3", 0, 1.0, {"ready": False}, ["ns::a::t"], [])),
    protocol.Message("ns::a::t", bytes(range(256)), "12D3", 2**63),
    protocol.Dropped(3),
    protocol.Fault("protocol", "no"),
]


@pytest.mark.parametrize(("kinds", "frames"), [(protocol.FromClient, FRAMES), (protocol.FromDaemon, ANSWERS)])
@pytest.mark.parametrize("step", [1, 3, 10_000])
def test_frames_survive_any_cut(kinds, frames, step):
    data = b"".join(map(protocol.encode, frames))
    parser = Parser(kinds)
    received = [frame for start in range(0, len(data), step) for frame in parser.feed(data[start : start + step])]
    assert received == frames


def test_what_is_on_the_wire():
    assert protocol.encode(protocol.Done(7)) == b"\x00\x00\x00\x07" + b"\x92\xa4done\x07"


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!I", protocol.MAX_FRAME_BYTES + 1),
        struct.pack("!I", 0),
        struct.pack("!I", 1) + b"\xc1",
        struct.pack("!I", 5) + b"\x92\xa4done",
        protocol.encode(protocol.Done(1)),  # a daemon's frame
        protocol.encode(protocol.Hello(1))[:4] + b"\x93\xa5hello\xa11\xa0",  # a text for a number
    ],
)
def test_what_is_not_the_protocol_is_refused(data):
    with pytest.raises(ProtocolError):
        Parser(protocol.FromClient).feed(data)


@given(st.binary(max_size=200))
def test_no_input_raises_anything_else(data):
    with suppress(ProtocolError):
        Parser(protocol.FromClient).feed(data)


def test_frames_have_a_limit():
    largest = protocol.Publish(1, "t", bytes(protocol.MAX_PAYLOAD_BYTES))
    assert Parser(protocol.FromClient).feed(protocol.encode(largest)) == [largest]
    with pytest.raises(P2PError) as caught:
        protocol.encode(protocol.Publish(1, "t", bytes(protocol.MAX_FRAME_BYTES)))
    assert caught.value.code == "too_large"
