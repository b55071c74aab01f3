"""Telling systemd how the node is; its life signs are earned by a real check."""

from collections.abc import Awaitable, Callable

import trio

from debros.systemd import Notifier, watchdog


async def report(notifier: Notifier, *, check: Callable[[], Awaitable[str]], status: Callable[[], str]) -> None:
    """Report until cancelled, with the arguments of `report_once`; ends at once when there is nobody to report to."""
    while notifier.listened_to:
        seconds = await watchdog.report_once(notifier, check=check, status=status)
        await trio.sleep(seconds)
