import trio
import trio.testing

from debros.node.heartbeat import INTERVAL, Heart, decode, encode
from debros.node.monitor import Snapshot


def beats(scenario, *, clock=trio.current_time):
    """Run with a clock that jumps to the next deadline, and return when each word was said, and the words."""
    said = []

    async def main():
        async def say(word):
            said.append((trio.current_time() - began, word))

        began = trio.current_time()
        snapshot = Snapshot(role="leader", ready=True, version="v10")
        heart = Heart(say, peers=lambda: 3, database=lambda: snapshot, uptime=lambda: 1.5, clock=clock)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(heart.run)
            await scenario(heart)
            nursery.cancel_scope.cancel()

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return said


def test_a_word_at_once_and_then_every_half_minute():
    async def scenario(_heart):
        await trio.sleep(100)

    said = beats(scenario)
    assert [round(when) for when, _ in said] == [0, 30, 60, 90]
    word = said[0][1]
    assert (word.peers, word.uptime, word.database_role, word.database_ready) == (3, 1.5, "leader", True)
    assert word.rqlite_version == "v10"
    assert word.memory_bytes > 0
    assert decode(encode(word)) == word


def test_several_who_begin_to_listen_cost_one_word():
    async def scenario(heart):
        await trio.sleep(10)
        for _ in range(100):
            heart.somebody_listens()
        await trio.sleep(5)

    assert [round(when) for when, _ in beats(scenario)] == [0, 11]


def test_the_time_grows_also_when_the_clock_does_not():
    async def scenario(_heart):
        await trio.sleep(3 * INTERVAL)

    times = [word.at for _, word in beats(scenario, clock=lambda: 1000.0)]
    assert times == sorted(set(times))
