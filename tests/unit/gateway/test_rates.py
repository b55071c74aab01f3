import os

import pytest

from debros.gateway import rates
from debros.gateway.rates import Buckets, address_key, too_many
from debros.gateway.workers import shared
from debros.gateway.workers.buckets import SharedBuckets


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["of one process", "of several"])
def make(request, clock):
    """Make buckets of either kind."""
    if request.param == "of one process":
        yield lambda *rate: Buckets(*rate, clock)
        return
    memory = shared.create()
    table = shared.Shared(memory, 2, b"s" * 16).table("requests")
    yield lambda *rate: SharedBuckets(table, *rate, clock)
    os.close(memory)


def test_a_burst_then_the_rate(clock, make) -> None:
    buckets = make(2, 3)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now += 0.25
    assert buckets.take("a") == 0.25
    clock.now += 0.25
    assert (buckets.wait("a"), buckets.take("a"), buckets.take("a")) == (0, 0, 0.5)


def test_a_silence_fills_the_bucket_and_no_more(clock, make) -> None:
    buckets = make(2, 3)
    buckets.take("a")
    clock.now += 1_000_000
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_callers_do_not_share(make) -> None:
    buckets = make(1, 1)
    assert (buckets.take("a"), buckets.take("b"), buckets.take("a")) == (0, 0, 1)


def test_only_so_many_are_remembered(clock, monkeypatch) -> None:
    monkeypatch.setattr(rates, "_MOST", 2)
    buckets = Buckets(1, 1, clock)
    for caller in "abc":
        assert buckets.take(caller) == 0
    assert buckets.take("c") == 1
    assert len(buckets._buckets) == 2


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_who_counts_as_one_caller(address, key) -> None:
    assert address_key(address) == key


@pytest.mark.parametrize(("wait", "seconds"), [(0.01, "1"), (1.2, "2"), (9.9, "10")])
def test_when_to_come_back(wait, seconds) -> None:
    problem = too_many(wait, "requests")
    assert (problem.status, problem.headers["Retry-After"], problem.reason) == (429, seconds, "requests")
