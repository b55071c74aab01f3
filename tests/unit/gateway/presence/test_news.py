"""What gateways tell each other can be said by nobody else, and only once."""

import pytest

from debros.gateway.presence import news
from debros.gateway.presence.news import Asks, Came, Ends, Everybody, Left, Person
from debros.gateway.presence.others import Others

KEY = b"key of the cluster"
HEAD = ("g1", 7, 1, 1000)
PERSON = Person("ns::a::t", "ann", 5, {"any": [1, None, "\x00"]})
KINDS = [Came(*HEAD, PERSON), Left(*HEAD, "t", "ann"), Everybody(*HEAD, 1, 0, 1, [PERSON]), Asks(*HEAD), Ends(*HEAD)]


@pytest.mark.parametrize("said", KINDS, ids=lambda said: type(said).__name__)
def test_what_is_said_is_heard(said) -> None:
    assert news.decode(news.encode(said, KEY), KEY) == said


@pytest.mark.parametrize("said", KINDS, ids=lambda said: type(said).__name__)
def test_nobody_without_the_key_can_say_or_change_it(said) -> None:
    data = news.encode(said, KEY)
    assert news.decode(data, b"another key") is None
    for place in (0, 31, 32, len(data) - 1):
        changed = bytearray(data)
        changed[place] ^= 1
        assert news.decode(bytes(changed), KEY) is None
    for length in (0, 1, 31, 32, len(data) - 1):
        assert news.decode(data[:length], KEY) is None


def test_what_another_release_says_is_not_understood_and_does_no_harm() -> None:
    for body in (b"", b"\x93\xa6future\x01\x02", b"\xc0", b"\x91\xa4came"):
        assert news.decode(news._digest(KEY, body) + body, KEY) is None


def test_the_largest_round_fits_into_a_message() -> None:
    people = [Person("t" * 330, "i" * 4096, 2**42, "m" * 4094)] * 100
    assert len(news.encode(Everybody("g" * 32, 2**63, 2**31, 2**42, 9, 9, 9, people), KEY)) < 1024 * 1024


def test_what_was_said_before_is_no_news() -> None:
    others = Others()
    assert others.hear(Asks("g1", 7, 1, 0), 1.0)
    assert not others.hear(Asks("g1", 7, 1, 0), 2.0)
    assert others.hear(Asks("g1", 7, 5, 0), 3.0)
    assert not others.hear(Asks("g1", 7, 4, 0), 4.0)
    assert not others.hear(Asks("g1", 6, 99, 0), 4.0)
    assert others.hear(Asks("g2", 1, 1, 0), 4.0)
    assert others.silent(3.5) == ["g1"]
    others.forget("g1")
    assert others.silent(100) == ["g2"]
    assert others.count() == 1
    assert not others.hear(Asks("g1", 7, 5, 0), 5.0), "an old recording must not bring it back"
    assert others.hear(Asks("g1", 8, 1, 0), 6.0)
    assert others.count() == 2


def test_parts_of_a_round_come_in_any_order_and_rounds_are_not_mixed() -> None:
    others = Others()

    def part(number: int, of_round: int, place: int, parts: int = 2) -> Everybody:
        said = Everybody("g1", 1, number, 0, of_round, place, parts, [Person("t", f"{of_round}.{place}", 0, None)])
        assert others.hear(said, 0)
        return said

    assert others.complete(part(1, 1, 1)) is None
    assert others.complete(part(2, 2, 0)) is None
    assert [person.id for person in others.complete(part(3, 2, 1))] == ["2.0", "2.1"]
    assert others.complete(part(4, 3, 5)) is None
    assert others.complete(part(5, 3, 0, 10**9)) is None
    assert [person.id for person in others.complete(part(6, 4, 0, 1))] == ["4.0"]
