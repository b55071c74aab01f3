"""What whoever reaches a node's port can do to it before it has proved a key: bytes over TCP, each attack a function.

They come from addresses of 127.0.0.0/8 other than 127.0.0.1, as strangers do who are not the node's honest peers.
"""

import contextlib
import os
import socket
import struct
from contextlib import asynccontextmanager

import trio

# Seconds an attacker waits for an answer, or holds its connection without a word: longer than the node's patience (5).
_HOLD = 8.0


@asynccontextmanager
async def line(port, random, *, polite=True):
    """A TCP connection to the node; ended with a reset when not `polite`."""
    sock = trio.socket.socket()
    await sock.bind((f"127.0.0.{random.randrange(2, 250)}", 0))
    if not polite:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await sock.connect(("127.0.0.1", port))
    stream = trio.SocketStream(sock)
    try:
        yield stream
    finally:
        sock.close()


def multistream(word):
    """A word of multistream-select, with its length in front."""
    return bytes([len(word) + 1]) + word + b"\n"


async def _until_hung_up(stream):
    with trio.move_on_after(_HOLD):
        while await stream.receive_some(65536):
            pass


async def garbage(port, random):
    async with line(port, random) as stream:
        await stream.send_all(os.urandom(random.choice((1, 10, 200, 5000, 100_000))))
        await _until_hung_up(stream)


async def another_protocol(port, random):
    request = random.choice((b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-2.0-x\r\n", b"\x16\x03\x01\x02\x00\x01" * 20))
    async with line(port, random) as stream:
        await stream.send_all(request)
        await _until_hung_up(stream)


async def no_noise(port, random):
    """Offers everything but Noise, for as long as it is listened to."""
    async with line(port, random) as stream:
        await stream.send_all(multistream(b"/multistream/1.0.0"))
        with trio.move_on_after(_HOLD):
            while True:
                await stream.send_all(multistream(random.choice((b"/plaintext/2.0.0", b"/secio/1.0.0", b"/tls/1.0.0"))))
                if not await stream.receive_some(1000):
                    return


async def invalid_text(port, random):
    async with line(port, random) as stream:
        await stream.send_all(multistream(b"/multistream/1.0.0") + multistream(b"\xff\xfe\xfd"))
        await _until_hung_up(stream)


async def oversized_word(port, random):
    async with line(port, random) as stream:
        await stream.send_all(multistream(b"/multistream/1.0.0") + b"\xff\xff\xff\xff\x0f" + bytes(100_000))
        await _until_hung_up(stream)


async def bad_handshake(port, random):
    """A Noise message of the wrong length and content."""
    async with line(port, random) as stream:
        await stream.send_all(multistream(b"/multistream/1.0.0") + multistream(b"/noise"))
        await stream.receive_some(1000)
        await stream.send_all(struct.pack("!H", random.choice((0, 1, 32, 96, 65535))) + os.urandom(5000))
        await _until_hung_up(stream)


async def half_open(port, random):
    async with line(port, random) as stream:
        await _until_hung_up(stream)


async def slow_handshake(port, random):
    """A byte at a time."""
    async with line(port, random) as stream:
        with trio.move_on_after(_HOLD):
            for byte in multistream(b"/multistream/1.0.0") + multistream(b"/noise") + bytes(100):
                await stream.send_all(bytes([byte]))
                await trio.sleep(0.2)


async def hang_up(port, random):
    """Leave in the middle, with a reset."""
    async with line(port, random, polite=False) as stream:
        await stream.send_all(multistream(b"/multistream/1.0.0")[: random.randrange(19)])


async def crowd(port, random):
    """Thirty at once that say nothing."""
    async with contextlib.AsyncExitStack() as lines:
        for _ in range(30):
            await lines.enter_async_context(line(port, random))
        await trio.sleep(random.uniform(0, 2))


ATTACKS = (
    garbage, another_protocol, no_noise, invalid_text, oversized_word, bad_handshake, half_open, slow_handshake,
    hang_up, crowd,
)  # fmt: skip
