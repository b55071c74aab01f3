import asyncio

import pytest
import trio

from debros.systemd import Notifier
from debros.systemd.watchdog import report_once


class Recording(Notifier):
    def __init__(self, watchdog=None):
        super().__init__("/nowhere", watchdog=watchdog)
        self.said = []

    def alive(self):
        self.said.append("alive")

    def status(self, text):
        self.said.append(text)


def reports(notifier, answers):
    """Report once for each answer of the check; return what was slept."""

    async def main():
        waits = []
        for answer in answers:

            async def check(answer=answer):
                return answer

            waits.append(await report_once(notifier, check=check, status=lambda: "fine"))
        return waits

    return main


@pytest.mark.parametrize("run", [lambda main: asyncio.run(main()), trio.run], ids=["asyncio", "trio"])
def test_the_watchdog_starves_while_something_is_wrong(run):
    notifier = Recording(watchdog=30)
    waits = run(reports(notifier, ["", "broken", "broken", ""]))
    assert notifier.said == ["fine", "alive", "fine", "alive"]
    assert waits == [10, 10, 10, 10]


def test_without_a_watchdog_nothing_is_checked_and_the_status_kept_up_to_date():
    notifier = Recording()
    assert asyncio.run(reports(notifier, ["never asked"])()) == [30]
    assert notifier.said[0] == "fine"
