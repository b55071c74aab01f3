"""Telling systemd how the node is: one line for people, and life signs that a real check has earned."""

from collections.abc import Awaitable, Callable
from typing import Final

import trio

from debros import logs
from debros.systemd import Notifier

_log = logs.get(__name__)
# Without a watchdog only the status line is kept up to date.
_STATUS_EVERY: Final = 30.0


async def report(notifier: Notifier, *, check: Callable[[], Awaitable[str]], status: Callable[[], str]) -> None:
    """Report until cancelled; ends at once when there is nobody to report to.

    Args:
        notifier: the way to systemd.
        check: says what is wrong with the node, "" when nothing is. As long as something is, the watchdog starves and
            systemd restarts the node.
        status: makes the line for `systemctl status`.
    """
    while notifier.listened_to:
        problem = await check() if notifier.feed_every else ""
        if problem:
            _log.error("self-check failed, the watchdog is not fed", reason=problem)
        else:
            notifier.status(status())
            notifier.alive()
        await trio.sleep(notifier.feed_every or _STATUS_EVERY)
