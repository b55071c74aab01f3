import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from libp2p.network.stream.exceptions import StreamReset
from libp2p.utils import encode_varint_prefixed

from debros.p2p.workarounds.frames import FrameError, MessageStream


class FakeStream:
    def __init__(self, data, sizes):
        self.data, self.sizes = data, list(sizes)

    async def read(self, _n):
        size = self.sizes.pop(0) if self.sizes else len(self.data)
        piece, self.data = self.data[:size], self.data[size:]
        if not piece:
            raise StreamReset
        return piece


def read(data, sizes=(), limit=100_000):
    async def main():
        stream = MessageStream(FakeStream(data, sizes), limit)
        messages = []
        while (message := await stream.next()) is not None:
            messages.append(message)
        return messages

    return trio.run(main)


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(1, 50), max_size=40))
def test_messages_survive_any_cut(messages, sizes):
    assert read(b"".join(map(encode_varint_prefixed, messages)), sizes) == messages


def test_half_a_message_is_none():
    assert read(encode_varint_prefixed(b"whole") + encode_varint_prefixed(b"half")[:-1]) == [b"whole"]


@pytest.mark.parametrize("data", [b"\xff" * 11, encode_varint_prefixed(bytes(101)), b"\xff\xff\xff\xff\x07"])
def test_lengths_are_limited_before_anything_is_kept(data):
    with pytest.raises(FrameError):
        read(data, limit=100)
