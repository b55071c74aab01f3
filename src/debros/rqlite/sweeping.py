"""Removing what is over, for as long as a process lives: a little at a time, not in step with others."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from debros import logs
from debros.rqlite.errors import RqliteError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_log = logs.get("debros.rqlite")
_BREATH = 0.5  # seconds between two batches, for everybody else's writes
# Of our own: who seeds or watches the one that all share (Hypothesis does) is not to meet ours there.
_random = random.Random()  # noqa: S311 - for pauses


async def keep_sweeping(sweep: Callable[[], Awaitable[bool]], *, period: float, what: str) -> None:
    """Remove batches until nothing is left, again and again, until cancelled.

    Args:
        sweep: Removes one batch and tells whether there is more.
        period: Seconds from one time to the next, on average.
        what: What is removed, for the log.
    """
    while True:
        await asyncio.sleep(period * _random.uniform(0.5, 1.5))
        try:
            more = await sweep()
            while more:
                await asyncio.sleep(_BREATH)
                more = await sweep()
        except RqliteError as error:
            _log.info(f"{what} could not be removed; trying again later", reason=type(error).__name__)
