import logging

import trio
import trio.testing

from debros.p2p.lasting import lasting


def run(task):
    return trio.run(task, clock=trio.testing.MockClock(autojump_threshold=0))


def test_a_part_that_fails_is_started_again_and_its_trace_logged(caplog):
    starts = []

    async def part():
        starts.append(trio.current_time())
        if len(starts) < 3:
            raise ValueError(f"defect {len(starts)}")

    async def main():
        await lasting("topics", part)

    with caplog.at_level(logging.ERROR):
        run(main)
    assert [round(start - starts[0]) for start in starts] == [0, 1, 2]
    assert [record.exc_info[1].args for record in caplog.records] == [("defect 1",), ("defect 2",)]


def test_it_ends_when_it_is_cancelled():
    async def main():
        with trio.move_on_after(5) as scope:
            await lasting("topics", trio.sleep_forever)
        assert scope.cancelled_caught

    run(main)
