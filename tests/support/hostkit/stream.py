"""Numbers that flow from one gateway to others while something breaks: who missed which?"""

import asyncio
import contextlib
import struct
import threading
import uuid
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from hostkit.gateway import Gateway
from hostkit.patience import eventually

_NUMBER = struct.Struct("!q")
_PROBE = -1
_RATE = 100  # messages a second
_QUIET = 30.0  # seconds without a message after which the rest is taken for lost


class Stream:
    """Publishes 0, 1, 2, … at one gateway and listens at others, each over one WebSocket, none of which reconnects.

    `heard` has what each listener got, in the order of arrival; `closed` those whose WebSocket ended before the stream.
    """

    def __init__(self, speaker: Gateway, listeners: dict[str, Gateway]) -> None:
        self.sent = 0
        self.heard: dict[str, list[int]] = {name: [] for name in listeners}
        self.closed: list[str] = []
        self._speaker, self._listeners = speaker, listeners
        self._topic = f"stream-{uuid.uuid4().hex[:12]}"
        self._stop = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.more(20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self._failed is not None and error is None:
            raise self._failed

    def more(self, count: int) -> None:
        """Return when so many more have been sent."""
        wanted = self.sent + count
        eventually(lambda: self.sent >= wanted or not self._thread.is_alive(), "nothing is sent", 120, 0.02)

    def check(self) -> None:
        """Everybody has heard everything, once and in order; to be called after the end."""
        assert self.closed == []
        everything = list(range(self.sent))
        for name, numbers in self.heard.items():
            missed = sorted(set(everything) - set(numbers))
            assert missed == [], f"{name} missed {len(missed)} of {self.sent}: {missed[:20]}"
            assert numbers == everything, f"{name} heard some twice, or in another order"

    def _run(self) -> None:
        try:
            asyncio.run(self._flow())
        except BaseException as error:  # noqa: BLE001 -- raised again in the thread of the test
            self._failed = error

    async def _flow(self) -> None:
        async with contextlib.AsyncExitStack() as stack:
            mouth = await stack.enter_async_context(self._speaker.socket(self._topic))
            echo = asyncio.create_task(_read_away(mouth))
            ears = {
                name: await stack.enter_async_context(gateway.socket(self._topic))
                for name, gateway in self._listeners.items()
            }
            for ear in ears.values():
                await _until_heard(mouth, ear)
            readers = [asyncio.create_task(self._listen(name, ear)) for name, ear in ears.items()]
            while not self._stop.is_set():
                await mouth.send(_NUMBER.pack(self.sent))
                self.sent += 1
                await asyncio.sleep(1 / _RATE)
            await self._settled()
            for task in (*readers, echo):
                task.cancel()
            await asyncio.gather(*readers, echo, return_exceptions=True)

    async def _listen(self, name: str, ear: ClientConnection) -> None:
        try:
            async for frame in ear:
                assert isinstance(frame, bytes)
                (number,) = _NUMBER.unpack(frame)
                if number != _PROBE:
                    self.heard[name].append(number)
        except ConnectionClosed:
            pass
        self.closed.append(name)

    async def _settled(self) -> None:
        before, still = -1, 0.0
        while still < _QUIET and any(len(numbers) < self.sent for numbers in self.heard.values()):
            now = sum(map(len, self.heard.values()))
            still = 0.0 if now != before else still + 0.1
            before = now
            await asyncio.sleep(0.1)


async def _read_away(socket: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for _ in socket:
            pass


async def _until_heard(mouth: ClientConnection, ear: ClientConnection) -> None:
    """Say something until it arrives: the path is open from then on."""
    async with asyncio.timeout(60):
        while True:
            await mouth.send(_NUMBER.pack(_PROBE))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ear.recv(), 0.5)
                return
