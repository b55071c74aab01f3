"""The short form of `make endurance`: the same runs, in numbers that show they work; hours show what lasts."""

import pytest

from testkit.endurance import run
from testkit.endurance.honest import TOPIC, Listener


@pytest.fixture
async def three(tmp_path):
    async with run.three_nodes(tmp_path) as nodes:
        yield nodes


async def test_peers_come_and_go_and_no_message_is_lost(three):
    report = await run.cycles(three, count=24)
    assert report.wrong == [], report.seen


async def test_ten_thousand_messages_cross_a_relay_once_and_in_order(three):
    report = await run.messages(three, count=10_000)
    assert report.wrong == [], report.seen


async def test_hostile_peers_disturb_nobody(three):
    report = await run.hostile(three, attacks=60, seed=1)
    assert report.wrong == [], report.seen


def test_what_is_lost_or_out_of_order_is_counted(tmp_path):
    listener = Listener(tmp_path / "p2p.sock")
    for number in (0, 1, 3, 2, 3):
        listener._hear(TOPIC, number.to_bytes(8, "big"), "")
    assert (listener.heard, listener.lost, listener.disorder) == (5, 1, 2)
