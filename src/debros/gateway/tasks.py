"""What runs in the background: started by name, looked at, ended together. None dies unnoticed."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from debros import logs

_log = logs.get("debros.gateway")


class Tasks:
    """Some tasks of one gateway."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Begin to work; the event loop runs. The name appears in figures and in the log."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        task.add_done_callback(_tell)
        self._tasks[name] = task

    def states(self) -> dict[str, str]:
        """Return by name: running, done, or failed, which is a defect of ours."""
        return {name: _state(task) for name, task in self._tasks.items()}

    async def close(self) -> None:
        """End them all."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


def _state(task: asyncio.Task[None]) -> str:
    if not task.done():
        return "running"
    return "failed" if not task.cancelled() and task.exception() is not None else "done"


def _tell(task: asyncio.Task[None]) -> None:
    if _state(task) == "failed":
        _log.error("what runs in the background has failed", task=task.get_name(), exc_info=task.exception())
