"""Telling systemd how a service is: one line for people, and life signs that a real check has earned."""

from collections.abc import Awaitable, Callable
from typing import Final

from debros import logs
from debros.systemd.notify import Notifier

_log = logs.get(__name__)
# Without a watchdog only the status line is kept up to date.
_STATUS_EVERY: Final = 30.0


async def report_once(notifier: Notifier, *, check: Callable[[], Awaitable[str]], status: Callable[[], str]) -> float:
    """Report once; for asyncio and trio alike, so the caller sleeps.

    Args:
        notifier: the way to systemd.
        check: says what is wrong with the service, "" when nothing is. As long as something is, the watchdog starves
            and systemd restarts the service.
        status: makes the line for `systemctl status`.

    Returns:
        Seconds until the next report is due.
    """
    problem = await check() if notifier.feed_every else ""
    if problem:
        _log.error("self-check failed, the watchdog is not fed", reason=problem)
    else:
        notifier.status(status())
        notifier.alive()
    return notifier.feed_every or _STATUS_EVERY
