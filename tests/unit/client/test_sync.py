"""The facade is the async client: the same methods with the same arguments, made blocking."""

import asyncio
import inspect
import threading
import time

import pytest

from debros import client as library
from debros.client import ClosedError, sync
from debros.client.sync.blocking import iterate
from debros.client.sync.client import ClientOptions
from debros.client.sync.loop import LoopThread

PAIRS = [(getattr(library, name), getattr(sync, name)) for name in sync.__all__]


@pytest.mark.parametrize(("ours", "facade"), PAIRS, ids=sync.__all__)
def test_nothing_is_missing_and_nothing_is_different(ours, facade) -> None:
    public = {name for name in vars(ours) if not name.startswith("_")} - {"close"}
    assert public
    assert sorted(public - vars(facade).keys()) == []
    for name in public:
        theirs = getattr(facade, name)
        if hasattr(theirs, "method"):
            assert theirs.method is getattr(ours, name), name
            assert theirs.__doc__
        else:
            assert isinstance(theirs, property) or name == "unsubscribe", name


def test_the_constructor_takes_the_same() -> None:
    parameters = inspect.signature(library.NetworkClient.__init__).parameters
    options = {name: one.annotation for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY}
    assert options == {name: hint.__forward_arg__ for name, hint in ClientOptions.__annotations__.items()}


def test_every_coroutine_is_covered() -> None:
    """A part that is added to the async client has to be added here, too."""
    parts = {name for name in vars(library.NetworkClient("http://x")) if not name.startswith("_")}
    with sync.NetworkClient("http://x") as client:
        assert parts <= vars(client).keys()


@pytest.fixture
def loop():
    thread = LoopThread()
    yield thread
    thread.close(asyncio.sleep(0))


def test_results_and_errors_come_through(loop) -> None:
    async def divide(one: int, other: int) -> float:
        await asyncio.sleep(0)
        return one / other

    assert loop.run(divide(1, 2)) == 0.5
    with pytest.raises(ZeroDivisionError):
        loop.run(divide(1, 0))


def test_an_async_iterator_comes_one_by_one(loop) -> None:
    seen = []

    async def source():
        for number in range(3):
            seen.append(number)
            yield number

    found = iterate(loop, source())
    assert next(found) == 0
    assert seen == [0]
    assert list(found) == [1, 2]


def test_what_is_under_way_when_it_is_closed_fails() -> None:
    loop = LoopThread()
    failed = []

    def wait() -> None:
        try:
            loop.run(asyncio.sleep(3600))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller must hear of it
            failed.append(type(error).__name__)

    thread = threading.Thread(target=wait)
    thread.start()
    while not loop.run(_others()):
        time.sleep(0.01)
    loop.close(asyncio.sleep(0))
    thread.join(60)
    assert failed == ["ClosedError"]
    with pytest.raises(ClosedError):
        loop.run(asyncio.sleep(0))
    loop.close(asyncio.sleep(0))


async def _others() -> int:
    return len(asyncio.all_tasks()) - 1


def test_a_blocking_call_in_the_loop_is_refused(loop) -> None:
    async def inside() -> None:
        loop.run(asyncio.sleep(0))

    with pytest.raises(RuntimeError, match="would wait for ever"):
        loop.run(inside())
