import pytest

from debros.p2p import accounts
from debros.p2p.accounts import Accounts


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def charge(book, peer, *topics):
    for topic in topics:
        book.charge(topic, peer)


def test_there_is_room_until_one_has_its_share(clock):
    book = Accounts(clock, most=10, share=2)
    assert book.place("a") == ""
    charge(book, "a", "t1", "t2")
    assert book.place("a") is None
    assert book.place("b") == ""


def test_when_all_is_taken_the_oldest_of_the_largest_account_goes(clock):
    book = Accounts(clock, most=4, share=3)
    charge(book, "a", "t1", "t2", "t3")
    charge(book, "b", "t4")
    assert book.place("c") == "t1"
    assert book.place("b") == "t1"
    assert book.place("a") is None


def test_nobody_gives_way_to_one_who_would_have_as_much(clock):
    book = Accounts(clock, most=4, share=4)
    charge(book, "a", "t1", "t2")
    charge(book, "b", "t3", "t4")
    assert book.place("a") is None
    assert book.place("c") in ("t1", "t3")
    charge(book, "c", "t1")
    assert book.place("c") is None


def test_a_topic_changes_accounts(clock):
    book = Accounts(clock, most=1, share=1)
    charge(book, "a", "t1")
    assert book.payer("t1") == "a"
    charge(book, "b", "t1")
    assert book.payer("t1") == "b"
    charge(book, None, "t1", "t2")
    assert book.payer("t1") is None
    assert book.place("a") == ""


def test_so_many_begin_at_once_and_then_so_many_a_second(clock):
    book = Accounts(clock)
    assert all(book.in_time() for _ in range(accounts.BURST))
    assert not book.in_time()
    clock.now += 2
    assert [book.in_time() for _ in range(101)].count(True) == 2 * accounts.PER_SECOND
