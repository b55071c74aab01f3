"""Waiting until rqlite can serve."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from debros.rqlite.errors import Unavailable

if TYPE_CHECKING:
    from debros.rqlite.client import RqliteClient

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5  # seconds


async def wait_ready(client: RqliteClient, deadline: float) -> None:
    """Return as soon as a node has a leader and has caught up with it (`/readyz?sync`).

    Plain `/readyz` is not enough: it was seen to say 200 while the node still answered "no such table".

    Args:
        client: An open client.
        deadline: Seconds to wait at most.

    Raises:
        Unavailable: It did not become ready in time.
        AccessDenied: rqlite refuses our credentials, so waiting is no use.
    """
    end = time.monotonic() + deadline
    pause = _FIRST_PAUSE
    while not await client.ready(sync=True):
        if time.monotonic() + pause >= end:
            raise Unavailable(f"rqlite was not ready within {deadline:g} s: no leader, not caught up, or not running")
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
