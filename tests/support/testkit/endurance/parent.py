"""A process of the endurance run and its parent: it tells of its progress in lines of JSON, and ends with its input."""

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

import trio


async def until_parent_ends(work, *args):
    """Do `work(*args)`, but no longer than standard input is open."""
    async with trio.open_nursery() as nursery:

        async def parent():
            async with trio.lowlevel.FdStream(sys.stdin.fileno()) as stdin:
                while await stdin.receive_some():
                    pass
            nursery.cancel_scope.cancel()

        nursery.start_soon(parent)
        await work(*args)
        nursery.cancel_scope.cancel()


class Child:
    """A module run as a process, as long as the block lasts.

    Attributes:
        told: its last line of JSON.
    """

    def __init__(self, module, *arguments):
        self._command = [sys.executable, "-m", f"testkit.endurance.{module}", *map(str, arguments)]
        self.told = {}

    async def __aenter__(self):
        pipe = asyncio.subprocess.PIPE
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, env=os.environ | {"PYTHONPATH": path}
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_):
        await self.stop()

    async def wait(self):
        """Wait until it has done all; return its exit status."""
        await self._reading
        return await self._process.wait()

    async def stop(self):
        """End it; return its exit status."""
        with contextlib.suppress(ConnectionError):
            self._process.stdin.close()
        return await self.wait()

    async def _read(self):
        async for line in self._process.stdout:
            self.told = json.loads(line)
