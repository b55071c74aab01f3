"""Whether the node does its work, found out the way its users do: over its socket, and at its listener's door."""

import contextlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import trio

from debros.config import multiaddrs
from debros.p2p import protocol

_TIMEOUT: Final = 10.0
# What a libp2p listener says first (multistream-select 1.0): a length, the protocol's name, a line end.
_GREETING_BYTES: Final = 20
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - replaced, not bound


class SelfCheck:
    """Two questions to a running node.

    Args:
        socket: its Unix socket.
        listen: the multiaddrs on which its libp2p listens.
        timeout: seconds for all answers together.
    """

    def __init__(self, socket: Path, listen: Sequence[str], *, timeout: float = _TIMEOUT) -> None:
        self._socket = socket
        self._listen = [multiaddrs.parse(address) for address in listen]
        self._timeout = timeout

    async def __call__(self) -> str:
        """Ask. Returns what is wrong, "" when nothing is."""
        where = "the p2p socket"
        try:
            with trio.move_on_after(self._timeout) as scope:
                await self._ask_for_status()
                for address in self._listen:
                    where = f"the libp2p listener {address}"
                    await _knock(_ANY_ADDRESS.get(address.host, address.host), address.port)
        except (OSError, trio.BrokenResourceError, protocol.P2PError) as error:
            return f"{where}: {str(error) or type(error).__name__}"
        return f"{where}: no answer within {self._timeout:g} s" if scope.cancelled_caught else ""

    async def _ask_for_status(self) -> None:
        """Say hello, ask for the status, and read the answers: what a gateway does."""
        parser = protocol.Parser(protocol.FromDaemon)
        async with await trio.open_unix_socket(str(self._socket)) as stream:
            await stream.send_all(protocol.encode(protocol.Hello(protocol.VERSION, protocol.SELF_CHECK)))
            await stream.send_all(protocol.encode(protocol.Status(1)))
            while True:
                data = await stream.receive_some()
                if not data:
                    raise protocol.ProtocolError("it hung up")
                if any(isinstance(frame, protocol.StatusReport) for frame in parser.feed(data)):
                    return


async def _knock(host: str, port: int) -> None:
    """Connect, and wait for the greeting; a listener that turns us away has accepted us all the same.

    Only the first byte tells: the kernel completes connections also for a process that hangs.
    """
    async with await trio.open_tcp_stream(host, port, happy_eyeballs_delay=math.inf) as stream:
        with contextlib.suppress(trio.BrokenResourceError):
            await stream.receive_some(_GREETING_BYTES)
