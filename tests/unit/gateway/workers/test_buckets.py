"""Buckets in memory that processes share. How a bucket fills is asked in ../test_rates.py, of both kinds."""

import os
import subprocess
import sys

import pytest

from debros.gateway.workers import buckets, shared
from debros.gateway.workers.buckets import SharedBuckets
from debros.gateway.workers.shared import Shared

SECRET = b"s" * 16
# Takes as often as it is let, of a bucket that does not fill.
TAKER = """
import sys
from debros.gateway.workers.buckets import SharedBuckets
from debros.gateway.workers.shared import Shared

buckets = SharedBuckets(Shared(int(sys.argv[1]), 4, b"s" * 16).table("requests"), 1e-9, 3000)
print(sum(buckets.take("somebody") == 0 for _ in range(2000)))
"""


@pytest.fixture
def memory():
    descriptor = shared.create()
    yield descriptor
    os.close(descriptor)


def test_four_processes_at_once_take_no_more_than_there_is(memory) -> None:
    takers = [
        subprocess.Popen([sys.executable, "-c", TAKER, str(memory)], pass_fds=[memory], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    taken = [int(taker.communicate(timeout=120)[0]) for taker in takers]
    assert sum(taken) == 3000, taken


def test_tables_are_apart(memory) -> None:
    held = Shared(memory, 2, SECRET)
    for name in ("requests", "sign_in", "failures", "user_codes"):
        made = SharedBuckets(held.table(name), 1, 1)
        assert (made.take("a"), made.take("a") > 0) == (0, True)


def test_of_a_full_row_the_one_longest_untouched_is_forgotten(memory, monkeypatch) -> None:
    monkeypatch.setattr(buckets, "_ROWS", 1)
    now = [100.0]
    made = SharedBuckets(Shared(memory, 2, SECRET).table("requests"), 1e-9, 1, lambda: now[0])
    for caller in "abcdefgh":
        now[0] += 1
        assert made.take(caller) == 0
    assert all(made.take(caller) > 0 for caller in "abcdefgh")
    assert made.take("i") == 0
    assert (made.take("a"), made.take("i") > 0, made.take("c") > 0) == (0, True, True)  # "b" made room for "a"


def test_a_worker_that_has_ended_is_taken_out_of_the_tallies(memory) -> None:
    held = Shared(memory, 2, SECRET)
    for name in ("connections", "sockets"):
        held.tally(name, 0).here(3)
        held.tally(name, 1).here(4)
    held.forget(1)
    assert [held.tally(name, 0).total() for name in ("connections", "sockets")] == [3, 3]
