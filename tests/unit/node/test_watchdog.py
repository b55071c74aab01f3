import trio

from debros.node.watchdog import report
from debros.systemd import Notifier


def test_it_reports_until_it_is_cancelled():
    rounds = 0

    async def main():
        async def check():
            nonlocal rounds
            rounds += 1
            if rounds == 2:
                nursery.cancel_scope.cancel()
            return ""

        async with trio.open_nursery() as nursery:
            await report(Notifier("/nowhere", watchdog=0.03), check=check, status=lambda: "fine")

    trio.run(main)
    assert rounds == 2


def test_without_systemd_it_ends_at_once():
    trio.run(lambda: report(Notifier(), check=None, status=None))
