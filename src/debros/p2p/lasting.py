"""Loops that last: a part of the node that meets a defect is started again, while messages go on through the others."""

from collections.abc import Awaitable, Callable
from typing import Final

import trio

from debros import logs

_log = logs.get(__name__)

# Seconds before a part is started again: a defect that stays shall not fill a core and the log.
PAUSE: Final = 1.0


async def lasting(part: str, run: Callable[[], Awaitable[object]]) -> None:
    """Run a part until it returns or is cancelled; when it raises, log the defect with its trace and run it again.

    Args:
        part: what the log calls it.
        run: starts it; has to be able to begin anew.
    """
    while True:
        try:
            await run()
        except Exception as error:  # noqa: BLE001 - a defect is what this is for
            _log.error("a part of the node failed and is started again", part=part, reason=repr(error), exc_info=error)
            await trio.sleep(PAUSE)
        else:
            return
